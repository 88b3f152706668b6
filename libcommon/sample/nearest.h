/* nearest.h - fill a mask from the voxels of it that are known.
 *
 *   out(v) = out(s),  s = argmin over known s of |v - s|^2 in mm      for every mask voxel v
 *
 * Exact: pitches are taken in whole nanometres (coarser on grids over 2 m across, so that a
 * squared distance fits 63 bits) and all comparisons are of integers.  Of several s equally
 * near the one with the lowest voxel index wins.  Three passes, one per axis, each an exact
 * search by repeated halving of the line; time per voxel grows with the logarithm of the
 * sides, whatever the mask.
 *
 * Source   Roth et al. 2015, sec. 2.2, "nearest neighbor interpolation".
 * Memory   4 bytes per voxel of the known voxels' and the mask's common bounding box. */
#ifndef DORG_NEAREST_H
#define DORG_NEAREST_H

#include <stddef.h>
#include <stdint.h>

#include "../base/err.h"
#include "../file/vol.h"

/* out: DORG_F32, holds values at the n voxels at[] (ascending, all in mask); mask: DORG_U8 on
 * the same grid.  Voxels outside the mask stay as they are.  n = 0: nothing is done.  The
 * result does not depend on jobs.  DORG_EDATA for a sheared grid with voxels to fill; DORG_EIO
 * if memory cannot be had. */
int dorg_nearest_fill(struct dorg_vol *out, const struct dorg_vol *mask, const uint64_t *at,
                      size_t n, int jobs, struct dorg_err *e);

#endif
