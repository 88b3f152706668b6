/* band.h - the voxels near the border of a mask.
 *
 * A voxel is in the band when the centre of some voxel on the other side of the mask lies no
 * farther than `width_mm` from its own.  Exact: squared distances are least sums along x, then
 * y, then z, each over the few steps that width_mm reaches.
 *
 * Fails    DORG_EIO without memory. */
#ifndef DORG_BAND_H
#define DORG_BAND_H

#include <stdint.h>

#include "../file/vol.h"

/* band: uint8[n[2]][n[1]][n[0]], 1 in the band, 0 elsewhere. */
int dorg_band(uint8_t *band, const uint8_t *mask, const struct dorg_grid *g, double width_mm,
              int jobs, struct dorg_err *e);

#endif
