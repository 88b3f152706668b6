/* twin.h - a word that comes twice among many, in n log n. */
#ifndef DORG_TWIN_H
#define DORG_TWIN_H

#include <stddef.h>

#include "err.h"

/* *first < *again are the places of the first word that is there again, *again == n if none
 * is; DORG_EIO without memory. */
int dorg_twin(size_t *first, size_t *again, const char *const *word, size_t n,
              struct dorg_err *e);

#endif
