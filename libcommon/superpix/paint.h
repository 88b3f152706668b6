/* paint.h - the bridge from superpixels to voxels.
 *
 *   out(v) = the value of the row whose id is label(v), 0 without such a row or label
 *
 * Source  Roth et al. 2015, sec. 2.4: per-superpixel probabilities written to every pixel. */
#ifndef DORG_PAINT_H
#define DORG_PAINT_H

#include "../../kernels/kernels.h"
#include "../file/tab.h"
#include "../file/vol.h"

/* labels: DORG_I32.  Column `col` of t (>= 0), or `value` for every row when col < 0.
 * out is made, of type DORG_F32 or DORG_U8 (values must then be whole, 0..255: DORG_EDATA).
 * t NULL: every label above 0 has a row. */
int dorg_paint(struct dorg_vol *out, const struct dorg_vol *labels, const struct dorg_tab *t,
               int col, double value, enum dorg_type type, const struct dorg_kernels *k,
               int jobs, struct dorg_err *e);

#endif
