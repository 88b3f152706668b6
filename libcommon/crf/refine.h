/* refine.h - move the border of a mask to the best place near it, voxel by voxel.
 *
 *   E(x) = sum_i R_i(x_i) + lambda sum_(i,j) [x_i != x_j] exp(-(d_ij / sigma_hu)^2) / mm_ij
 *
 * over voxels i in the band within width_mm of the mask's border, and pairs (i, j) of face
 * neighbours of which at least one is in it; the others keep what the mask says.  d_ij is the
 * difference of the two voxels' HU, mm_ij the distance of their centres, so that lambda is in
 * mm and the smoothness does not depend on the grid.
 *
 *   R_i(1) = -ln p_i,  R_i(0) = -ln (1 - p_i)    each clamped to [0, clamp]
 *
 * where ln of the odds of p_i is that of the map's value less that of `cut` (at the operating
 * point the map is thresholded at, it favours neither side) plus intensity * llr_i of
 * intensity.h.
 *
 * Source   none in Roth et al. 2015, whose borders are borders of superpixels; the energy is
 *          that of Boykov and Funka-Lea, IJCV 70 (2006), sec. 2.
 * Exact    as maxflow.h; of equal minima the one with the fewest voxels inside.
 * Shapes   map: float in [0, 1]; ct: float HU; mask: bytes, 0 or not; one grid.
 * Fails    DORG_EDATA when grids disagree or the map leaves [0, 1]; DORG_EIO without memory.
 */
#ifndef DORG_REFINE_H
#define DORG_REFINE_H

#include "../file/vol.h"

struct dorg_refine {
    double width_mm, lambda_mm, sigma_hu, cut, clamp, intensity;
    int jobs;
};

struct dorg_refine_sum {                 /* what was done, for a message */
    size_t n_band, n_edges, n_in, n_out; /* voxels that came in, that went out */
    double energy;
};

/* mask becomes 0 or 1. */
int dorg_refine(struct dorg_vol *mask, const struct dorg_vol *ct, const struct dorg_vol *map,
                const struct dorg_refine *p, struct dorg_refine_sum *sum, struct dorg_err *e);

#endif
