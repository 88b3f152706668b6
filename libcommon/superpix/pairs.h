/* pairs.h - counting pairs of numbers: a hash table of (a, b) -> count */
#ifndef DORG_PAIRS_H
#define DORG_PAIRS_H

#include <stddef.h>
#include <stdint.h>

#include "../base/err.h"

struct dorg_pair {
    uint32_t a, b;
    uint32_t n; /* times counted; 0: an empty place */
};

struct dorg_pairs {
    struct dorg_pair *slot; /* owned: n_slots, a power of two, or NULL */
    size_t n_slots, n;
};
#define DORG_PAIRS_INIT ((struct dorg_pairs){0})

/* Count (a, b) `times` more times. */
int dorg_pairs_count(struct dorg_pairs *p, uint32_t a, uint32_t b, uint32_t times,
                     struct dorg_err *e);

/* Move the n pairs to the front of slot, ascending in a, then b; no counting afterwards. */
void dorg_pairs_sort(struct dorg_pairs *p);

void dorg_pairs_free(struct dorg_pairs *p);

#endif
