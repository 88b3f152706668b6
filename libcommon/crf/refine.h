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
 * refine.h.
 *
 * Source   none in Roth et al. 2015, whose borders are borders of superpixels; the energy is
 *          that of Boykov and Funka-Lea, IJCV 70 (2006), sec. 2.
 * Exact    as maxflow.h; of equal minima the one with the fewest voxels inside.
 * Shapes   map: float in [0, 1]; ct: float HU; mask: bytes, 0 or not; one grid.
 * Fails    DORG_EDATA when grids disagree or the map leaves [0, 1]; DORG_EIO without memory.
 */
#ifndef DORG_REFINE_H
#define DORG_REFINE_H

#include <stdint.h>

#include "../file/vol.h"
#include "../base/err.h"

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

/* ---- how much likelier a voxel's HU is inside a mask than outside --------------------------- */

/*   llr(v) = ln (h_in(v) / h_out(v)), clamped to [-4, 4]
 *
 * with v the HU around the voxel (weights 1 2 1 along each axis, over what is in the volume),
 * h_in the distribution of v over the mask, h_out over the voxels of the band outside it: 100
 * bins of 5 HU from -200, one count added to each, smoothed by 1 4 6 4 1.  The scan explains
 * itself; nothing is learnt from other scans.
 *
 * Source   none in Roth et al. 2015; Boykov and Jolly, ICCV 2001, sec. 2.4, for regional terms
 *          from histograms.
 * Fails    DORG_EIO without memory. */

/* llr: float[nz][ny][nx], filled where the band is set, 0 elsewhere; 0 everywhere when the
 * mask, or the band outside it, is empty. */
int dorg_intensity(float *llr, const float *hu, const uint8_t *mask, const uint8_t *band,
                   const int32_t n[3], int jobs, struct dorg_err *e);

#endif
