/* restate.h - where a volume's stored axes point, said anew; no voxel is moved in the file.
 *
 * A scan may carry a header that is not the patient's.  Its stored voxels stay as they are;
 * stored axis t is declared to run towards codes[t] (R L A P S I), at its own pitch, about
 * the same centre.
 *
 * Fails    DORG_EUSAGE for codes that are not one of each pair RL, AP, SI; DORG_EDATA for a
 *          singular matrix; DORG_EIO. */
#ifndef DORG_RESTATE_H
#define DORG_RESTATE_H

#include "vol.h"

/* The canonical grid of n[0] x n[1] x n[2] stored voxels whose (i, j, k, 1) lies at
 * to_mm (i, j, k, 1), RAS+ millimetres. */
int dorg_grid_of(struct dorg_grid *g, const int32_t n[3], double to_mm[3][4],
                 struct dorg_err *e);

int dorg_restate(struct dorg_vol *out, const struct dorg_vol *v, const char *codes,
                 struct dorg_err *e);

/* A volume of DORG_F32 whose values are all whole and fit goes to DORG_U8, else DORG_I16,
 * in place; others stay. */
void dorg_vol_narrow(struct dorg_vol *v);

#endif
