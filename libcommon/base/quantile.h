/* quantile.h - order statistics by selection.
 *
 *   Q(q) = x(k) + (h - k) (x(k+1) - x(k)),   h = q (n - 1), k = floor(h)
 *
 * with x(0) <= x(1) <= ... : linear interpolation, type 7 of Hyndman and Fan, The American
 * Statistician 50 (1996).
 *
 * Shapes   x: n >= 1 values, no NaN; infinities are allowed.  x is reordered.
 * Bounds   min(x) <= Q <= max(x); with n == 0 the result is NaN. */
#ifndef DORG_QUANTILE_H
#define DORG_QUANTILE_H

#include <stddef.h>

double dorg_quantile(double *x, size_t n, double q);

#endif
