/* tpswarp_dev.h - one pixel of tpswarp.h on the device: the arithmetic of tpswarp.c, in float
 * and in the same order, so the bytes are the CPU's.  C++. */
#ifndef DORG_TPSWARP_DEV_H
#define DORG_TPSWARP_DEV_H

#include "cuda_host.h"

struct dorg_tps_field {
    int c, h, w, n;
    const float *basis; /* float[h][n][w] */
};

/* All channels of pixel (x, y): dst and src are uint8[c][h][w], d: float[2][n]. */
__device__ static inline void dorg_tps_pixel(uint8_t *dst, const uint8_t *src, int x, int y,
                                             const float *d, const struct dorg_tps_field *f)
{
    const float *basis = f->basis + (size_t)y * (size_t)f->n * (size_t)f->w + x;
    float right = (float)(f->w - 1), bottom = (float)(f->h - 1), ux = 0, uy = 0;
    for (int k = 0; k < f->n; k++) {
        float b = basis[(size_t)k * (size_t)f->w];
        ux += d[k] * b;
        uy += d[f->n + k] * b;
    }
    float sx = (float)x + ux, sy = (float)y + uy;
    sx = sx < 0 ? 0 : sx;
    sx = sx > right ? right : sx;
    sy = sy < 0 ? 0 : sy;
    sy = sy > bottom ? bottom : sy;
    int x0 = (int)sx, y0 = (int)sy;
    int x1 = x0 < f->w - 1 ? x0 + 1 : x0, y1 = y0 < f->h - 1 ? y0 + 1 : y0;
    float fx = sx - (float)x0, fy = sy - (float)y0;
    size_t plane = (size_t)f->h * (size_t)f->w;
    size_t top = (size_t)y0 * (size_t)f->w, low = (size_t)y1 * (size_t)f->w;
    for (int k = 0; k < f->c; k++) {
        const uint8_t *s = src + (size_t)k * plane;
        float t0 = (float)s[top + (size_t)x0], t1 = (float)s[top + (size_t)x1];
        float l0 = (float)s[low + (size_t)x0], l1 = (float)s[low + (size_t)x1];
        float t = t0 + fx * (t1 - t0), l = l0 + fx * (l1 - l0);
        dst[(size_t)k * plane + (size_t)y * (size_t)f->w + (size_t)x] =
            (uint8_t)(int)(t + fy * (l - t) + 0.5f);
    }
}

#endif
