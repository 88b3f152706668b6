/* warp2d.h - boxes of axial slices, stretched to a square.
 *
 *   dst[r][c] = F(x + c (nx - 1) / size, y + r (ny - 1) / size)      r, c = 0..size-1
 *
 * for a box of nx by ny pixels whose first pixel is (x, y) of slice z.  F is the slice
 * between its pixels by linear interpolation, and 0 outside; the result is rounded to
 * nearest, halves up.  The two sides are stretched by different factors (R-CNN's "warp").
 *
 * Source   Roth et al. 2015, sec. 2.3; output spacing (in - 1) / out of the input's, same
 *          origin, no masking: the first author's rescaleImage2D (paper.md 6).
 * Silent   what lies outside the image: dorg-choices(7), 0, the window's minimum.
 * Shapes   src: uint8[nz][ny][nx]; dst: `count` squares uint8[size][size], `stride` bytes
 *          from one to the next (so that two channels can be laid side by side).
 * Numbers  weights and sums in float; where a sample falls is exact.
 * Fails    DORG_EIO if scratch cannot be had. */
#ifndef DORG_WARP2D_H
#define DORG_WARP2D_H

#include <stddef.h>
#include <stdint.h>

#include "../libcommon/base/err.h"

enum { DORG_BOX_MAX = 1 << 20 }; /* largest side, and largest |x|, |y| */

struct dorg_box {
    int32_t x, y, z; /* first pixel; x and y may lie outside, z may not */
    int32_t nx, ny;  /* 1..DORG_BOX_MAX */
};

struct dorg_warp2d {
    int32_t size;  /* 1..4096 */
    size_t stride; /* bytes, at least size*size */
};

typedef int dorg_warp2d_fn(uint8_t *dst, const uint8_t *src, const int32_t n[3],
                           const struct dorg_box *box, size_t count,
                           const struct dorg_warp2d *p, int jobs, struct dorg_err *e);

dorg_warp2d_fn dorg_warp2d_cpu;
dorg_warp2d_fn dorg_warp2d_cuda;

#endif
