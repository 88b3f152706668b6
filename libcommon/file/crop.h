/* crop.h - a box cut out of a volume, where it lay.
 *
 * The result's grid places every voxel at the millimetres it had: out(i, j, k) =
 * in(i + lo[0], j + lo[1], k + lo[2]) for the canonical axes x, y, z.  History and stored
 * axis order carry over. */
#ifndef DORG_CROP_H
#define DORG_CROP_H

#include "vol.h"

/* lo and hi are inclusive voxel indices, 0 <= lo <= hi < n on each axis, else DORG_EUSAGE. */
int dorg_crop(struct dorg_vol *out, const struct dorg_vol *in, const int32_t lo[3],
              const int32_t hi[3], struct dorg_err *e);

#endif
