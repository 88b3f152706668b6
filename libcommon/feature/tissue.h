/* tissue.h - where an abdominal organ can be at all: neither air nor fat, nor bone.
 *
 *   m(x, y) = mean over the 3 x 3 pixels around (x, y) of min(max(HU, 0), 255)
 *   mask    = lo <= m <= hi
 *
 * Of the 3 x 3 those inside the slice.  Values are clamped first, so that a scan that was
 * stored within 0..255 HU has the same mask as the scan itself.
 *
 * Source   none in the paper, whose candidates come from its forests (sec. 2.1).
 * Numbers  float; sums of nine values. */
#ifndef DORG_TISSUE_H
#define DORG_TISSUE_H

#include "../file/vol.h"

/* mask becomes a DORG_U8 volume like ct, which is DORG_F32.  hu: lo <= hi, else DORG_EUSAGE.
 */
int dorg_tissue(struct dorg_vol *mask, const struct dorg_vol *ct, const float hu[2], int jobs,
                struct dorg_err *e);

/* Leaves of mask what is not 0 in other, too, or with `outside` what is 0 there.  Both DORG_U8;
 * DORG_EDATA when grids disagree. */
int dorg_tissue_within(struct dorg_vol *mask, const struct dorg_vol *other, bool outside,
                       struct dorg_err *e);

/* Leaves the slices that lie below[0] to below[1] mm below slice `lungs`, where the lungs end
 * (lungs.h); all of them when that is NaN. */
void dorg_tissue_below(struct dorg_vol *mask, double lungs, const double below[2]);

/* How bright it is, which tells of the contrast phase: the mean of the voxels' HU, clamped to
 * 0 to 255, and their number; 0 of none.  mask: as dorg_tissue made it of ct. */
void dorg_tissue_mean(double *mean, size_t *n, const struct dorg_vol *mask,
                      const struct dorg_vol *ct);

#endif
