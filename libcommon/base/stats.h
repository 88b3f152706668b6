/* stats.h - the twelve statistics of a set of values (paper.md 3.2).
 *
 *   mean, standard deviation (population), minimum, maximum, and the percentiles
 *   20, 30 ... 90, where percentile q of n values is the one of rank ceil(q n), the smallest
 *   having rank 1: always one of the values
 *
 * Source  12 statistics per channel: Farag et al., recalled in paper.md 3.2. */
#ifndef DORG_STATS_H
#define DORG_STATS_H

#include <stddef.h>

enum { DORG_STATS = 12, DORG_STATS_FIRST_PERCENTILE = 4 };

/* "mean", "std", "min", "max", "p20" ... "p90" */
extern const char *const dorg_stats_name[DORG_STATS];

/* out[12] of v[0..n), n >= 1; v comes back reordered. */
void dorg_stats12(float out[DORG_STATS], float *v, size_t n);

/* Rank ceil(q n / 100) - 1, from 0, of percentile q. */
size_t dorg_stats_rank(int q, size_t n);

/* Put v's elements of the given ranks (ascending, from 0) in their sorted places. */
void dorg_select(float *v, size_t n, const size_t *rank, size_t n_ranks);

#endif
