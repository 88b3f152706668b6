/* intensity.h - how much a voxel's HU speaks for the inside of a mask.
 *
 *   llr(v) = ln (h_in(v) / h_out(v)), clamped to [-4, 4]
 *
 * with v the HU around the voxel (weights 1 2 1 along each axis, over what is in the volume),
 * h_in the distribution of v over the mask, h_out over the voxels of the band outside it: 100
 * bins of 5 HU from -200, one count added to each, smoothed by 1 4 6 4 1.  The scan explains
 * itself; nothing is learnt from other scans.
 *
 * Source   none in Roth et al. 2015; Boykov and Jolly, ICCV 2001, sec. 2.4, for regional terms
 *          from histograms.
 * Fails    DORG_EIO without memory. */
#ifndef DORG_INTENSITY_H
#define DORG_INTENSITY_H

#include <stdint.h>

#include "../base/err.h"

/* llr: float[nz][ny][nx], filled where the band is set, 0 elsewhere; 0 everywhere when the
 * mask, or the band outside it, is empty. */
int dorg_intensity(float *llr, const float *hu, const uint8_t *mask, const uint8_t *band,
                   const int32_t n[3], int jobs, struct dorg_err *e);

#endif
