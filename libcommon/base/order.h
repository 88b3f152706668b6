/* order.h - order statistics by selection; the area under the ROC curve.
 *
 *   Q(q) = x(k) + (h - k) (x(k+1) - x(k)),   h = q (n - 1), k = floor(h)
 *
 * with x(0) <= x(1) <= ... : linear interpolation, type 7 of Hyndman and Fan, The American
 * Statistician 50 (1996).
 *
 * Shapes   x: n >= 1 values, no NaN; infinities are allowed.  x is reordered.
 * Bounds   min(x) <= Q <= max(x); with n == 0 the result is NaN. */
#ifndef DORG_ORDER_H
#define DORG_ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

double dorg_order_quantile(double *x, size_t n, double q);

/* For qsort: doubles, or rows that begin with one, from the smallest up. */
int dorg_order_ascending(const void *a, const void *b);

/* ---- the twelve statistics of a set of values (paper.md 3.2) ------------------------- */

/*   mean, standard deviation (population), minimum, maximum, and the percentiles
 *   20, 30 ... 90, where percentile q of n values is the one of rank ceil(q n), the smallest
 *   having rank 1: always one of the values
 *
 * Source  12 statistics per channel: Farag et al., recalled in paper.md 3.2. */

enum { DORG_ORDER_STATS = 12, DORG_ORDER_FIRST_PERCENTILE = 4 };

/* "mean", "std", "min", "max", "p20" ... "p90" */
extern const char *const dorg_order_stat_name[DORG_ORDER_STATS];

/* out[12] of v[0..n), n >= 1; v comes back reordered. */
void dorg_order_stats(float out[DORG_ORDER_STATS], float *v, size_t n);

/* Rank ceil(q n / 100) - 1, from 0, of percentile q. */
size_t dorg_order_rank(int q, size_t n);

/* P(score of a positive > score of a negative), ties counting half: the area under the ROC
 * curve; NaN when a class is empty. */
double dorg_order_auc(const float *score, const uint8_t *positive, size_t n,
                      struct dorg_err *e);

#endif
