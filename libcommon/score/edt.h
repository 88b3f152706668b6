/* edt.h - exact Euclidean distances in a box of voxels.
 *
 *   d(q) = min over sites s of sqrt(sum_a (mm[a] (q[a] - s[a]))^2)
 *
 * or, where the box has a tilt, the length of the same offset by the axes as they lie
 * (bits.h): then every query searches, from where the perpendicular meets each slice.
 *
 * A query looks at rows in order of their distance, until that alone exceeds the best found;
 * the nearest site of a row is the nearest bit of a few words.  So surfaces that lie close
 * are found at once.  Where many are far, a transform takes over: the lower
 * envelope of the rows' parabolas in each slice that has a site, over the box of the queries,
 * then a search over slices alone.
 *
 * Source   Felzenszwalb and Huttenlocher, "Distance transforms of sampled functions", Theory
 *          of Computing 8 (2012); Meijster, Roerdink and Hesselink (2000) for the order.
 * Shapes   query and site: masks of the box b (bits.h); b's own masks are not looked at.
 * Bounds   the offsets are whole voxels, so d is exact up to the rounding of the sum above.
 * Fails    DORG_EIO without memory. */
#ifndef DORG_EDT_H
#define DORG_EDT_H

#include "bits.h"

/* *d (owned by the caller) becomes the distance of every query voxel from the nearest site,
 * in the order z, y, x (x fastest), and *n their number; INFINITY where there is no site. */
int dorg_edt(double **d, size_t *n, const struct dorg_bits *b, const uint64_t *query,
             const uint64_t *site, int jobs, struct dorg_err *e);

#endif
