/* edt.h - exact Euclidean distances in a box of voxels.
 *
 *   d(q) = min over sites s of sqrt(sum_a (mm[a] (q[a] - s[a]))^2)
 *
 * The nearest site of every row first (two sweeps along x).  A query then looks at rows in
 * order of their distance, until that alone exceeds the best found: surfaces that lie close
 * are done with at once.  Where many are far, the transform is finished: the lower envelope of
 * the rows' parabolas in each slice, then a search over slices alone.
 *
 * Source   Felzenszwalb and Huttenlocher, "Distance transforms of sampled functions", Theory
 *          of Computing 8 (2012); Meijster, Roerdink and Hesselink (2000) for the order.
 * Shapes   cell: uint8[n[2]][n[1]][n[0]]; a voxel is a query or a site when that bit is set.
 *          Each n at most 32767; mm > 0 and finite.
 * Bounds   the offsets are whole voxels, so d is exact up to the rounding of the sum above.
 * Fails    DORG_EIO without memory. */
#ifndef DORG_EDT_H
#define DORG_EDT_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct dorg_cells {
    uint8_t *cell;
    int32_t n[3];
    double mm[3];
};

/* *d (owned by the caller) becomes the distance of every query voxel from the nearest site,
 * in the order y, x, z (z fastest), and *n their number; INFINITY where there is no site. */
int dorg_edt(double **d, size_t *n, const struct dorg_cells *b, uint8_t query, uint8_t site,
             int jobs, struct dorg_err *e);

#endif
