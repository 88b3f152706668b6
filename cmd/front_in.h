/* front_in.h - private to front.c, front_opt.c and front_list.c */
#ifndef DORG_FRONT_IN_H
#define DORG_FRONT_IN_H

#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

#include "../libcommon/base/par.h"
#include "front.h"

void dorg_front_start(const struct dorg_cmd *c); /* remember the card, catch signals */
void dorg_front_watch(void);                     /* options are known: tell of progress */
void dorg_front_stop(void);                      /* free what parsing kept */

/* The operands, options and -o of a case; NULL is left as it is.  Gives the operands. */
const char *const *dorg_front_case(const char *const *name, const char *const *value, int n);
const struct dorg_cmd *dorg_front_cmd(void);

#endif
