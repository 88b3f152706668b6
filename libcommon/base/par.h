/* par.h - a parallel for whose result does not depend on the number of threads.
 *
 * Items are handed out one at a time; each item must own what it writes.  A failure stops
 * handing out; of several failures the one with the lowest item is reported. */
#ifndef DORG_PAR_H
#define DORG_PAR_H

#include <stddef.h>

#include "err.h"

/* item in 0..n-1; worker in 0..jobs-1, for per-thread scratch. */
typedef int dorg_par_fn(void *ctx, size_t item, size_t worker, struct dorg_err *e);

/* Run fn for every item on at most `jobs` threads (the caller is one of them; jobs <= 1 is a
 * plain loop).  Threads that cannot be started are done without. */
int dorg_par(size_t n, int jobs, dorg_par_fn *fn, void *ctx, struct dorg_err *e);

/* Tell how far a dorg_par has come, in the thread that called it; of one within another nothing
 * is told.  For the whole process, so set once, before the first dorg_par; NULL for nobody. */
typedef void dorg_par_tell_fn(size_t done, size_t n);
void dorg_par_watch(dorg_par_tell_fn *tell);

/* The workers that dorg_par makes do with for `jobs`, if there are items enough; at least 1. */
size_t dorg_par_team(int jobs);

/* Processors this process may run on, at least 1. */
int dorg_par_cpus(void);

#endif
