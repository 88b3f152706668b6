/* smooth.h - a map smoothed in space (gauss3d.h), its width in voxels or in mm. */
#ifndef DORG_SMOOTH_H
#define DORG_SMOOTH_H

#include "../../kernels/kernels.h"
#include "../file/vol.h"

struct dorg_smooth {
    float sigma; /* standard deviation, in voxels of each axis ... */
    bool in_mm;  /* ... or in mm */
    bool zero_outside;
};

/* out becomes a volume like map, which is DORG_F32.  DORG_EDATA where mm are asked for on a
 * sheared grid. */
int dorg_smooth(struct dorg_vol *out, const struct dorg_vol *map, const struct dorg_smooth *o,
                const struct dorg_kernels *k, int jobs, struct dorg_err *e);

#endif
