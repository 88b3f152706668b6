/* tpswarp.h - move an 8-bit window by a sum of basis fields.
 *
 *   u(x) = sum_k d_k B_k(x),   dst(x) = src(x + u(x)), linear between pixels
 *
 * The source point is clamped to the window; the value is rounded half up.  u is summed in
 * float in the order of k, so that every instruction set gives the same bytes.
 *
 * Shapes   dst, src: uint8[c][h][w], not aliased; basis: float[h][n][w]; d: float[2][n], along
 *          x, then along y; w, h >= 2.
 * Bounds   min(src) <= dst <= max(src); all d zero: dst = src. */
#ifndef DORG_TPSWARP_H
#define DORG_TPSWARP_H

#include <stddef.h>
#include <stdint.h>

#include "../libcommon/base/err.h"

/* Floats of scratch a call needs. */
size_t dorg_tpswarp_scratch(int h, int w);

void dorg_tpswarp(uint8_t *dst, const uint8_t *src, int c, int h, int w, const float *basis,
                  const float *d, int n, float *scratch);

/* Many: dst uint8[count][copies][c][h][w] from src uint8[count][c][h][w], a field each:
 * d float[count][copies][2][n].  DORG_EIO if memory cannot be had. */
struct dorg_tpswarps {
    int c, h, w, n, copies;
    const float *basis; /* float[h][n][w] */
};
typedef int dorg_tpswarps_fn(uint8_t *dst, const uint8_t *src, size_t count,
                             const struct dorg_tpswarps *p, const float *d, int jobs,
                             struct dorg_err *e);

dorg_tpswarps_fn dorg_tpswarps_cpu;
dorg_tpswarps_fn dorg_tpswarps_cuda;

#endif
