/* grid.h - a volume's orientation corrected without moving a voxel; boxes; stored order.
 *
 * A scan may carry a header that is not the patient's.  Its stored voxels stay as they are;
 * stored axis t is declared to run towards codes[t] (R L A P S I), at its own pitch, about
 * the same centre.
 *
 * Fails    DORG_EUSAGE for codes that are not one of each pair RL, AP, SI; DORG_EDATA for a
 *          singular matrix; DORG_EIO. */
#ifndef DORG_GRID_H
#define DORG_GRID_H

#include <stddef.h>

#include "vol.h"

/* The canonical grid of n[0] x n[1] x n[2] stored voxels whose (i, j, k, 1) lies at
 * to_mm (i, j, k, 1), RAS+ millimetres. */
int dorg_grid_of(struct dorg_grid *g, const int32_t n[3], double to_mm[3][4],
                 struct dorg_err *e);

/* "RAS": the canonical axis and the direction (1 or -1) of each stored axis. */
int dorg_grid_codes(int axis[3], double sign[3], const char *codes, struct dorg_err *e);

int dorg_grid_restate(struct dorg_vol *out, const struct dorg_vol *v, const char *codes,
                      struct dorg_err *e);

/* ---- lay one volume's stored voxels on another's grid, index for index --------------- */

/*   out(stored voxel i of `grid`) = v(stored voxel f(i) of v),   f(i)[a] = n[a] - 1 - i[a]
 *                                                                 on the axes to be flipped
 *
 * Whatever v's header says about directions, pitch and origin is ignored: for labels whose
 * headers disagree with the image they were drawn on (paper.md 11).
 *
 * Shapes   the stored extents of both must be equal; flip is along stored axes.
 * Fails    DORG_EDATA when they are not; DORG_EIO without memory. */

int dorg_grid_by_index(struct dorg_vol *out, const struct dorg_vol *v,
                       const struct dorg_grid *grid, const bool flip[3], struct dorg_err *e);

/* ---- a box cut out of a volume, where it lay ----------------------------------------- */

/* The result's grid places every voxel at the millimetres it had: out(i, j, k) =
 * in(i + lo[0], j + lo[1], k + lo[2]) for the canonical axes x, y, z.  History and stored
 * axis order carry over. */

/* lo and hi are inclusive voxel indices, 0 <= lo <= hi < n on each axis, else DORG_EUSAGE. */
int dorg_grid_crop(struct dorg_vol *out, const struct dorg_vol *in, const int32_t lo[3],
                   const int32_t hi[3], struct dorg_err *e);

/* Stride and start that walk a canonical array in stored order: the element of stored
 * voxel (i, j, k) is start + i*step[0] + j*step[1] + k*step[2]. */
struct dorg_walk {
    int32_t n[3]; /* stored extents */
    ptrdiff_t step[3], start;
};
void dorg_walk_stored(struct dorg_walk *w, const struct dorg_grid *g);

#endif
