/* by_index.h - lay one volume's stored voxels on another's grid, index for index.
 *
 *   out(stored voxel i of `grid`) = v(stored voxel f(i) of v),   f(i)[a] = n[a] - 1 - i[a]
 *                                                                 on the axes to be flipped
 *
 * Whatever v's header says about directions, pitch and origin is ignored: for labels whose
 * headers disagree with the image they were drawn on (paper.md 11).
 *
 * Shapes   the stored extents of both must be equal; flip is along stored axes.
 * Fails    DORG_EDATA when they are not; DORG_EIO without memory. */
#ifndef DORG_BY_INDEX_H
#define DORG_BY_INDEX_H

#include "vol.h"

int dorg_by_index(struct dorg_vol *out, const struct dorg_vol *v, const struct dorg_grid *grid,
                  const bool flip[3], struct dorg_err *e);

#endif
