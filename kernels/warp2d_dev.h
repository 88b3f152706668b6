/* warp2d_dev.h - one sample of warp2d.h on the device: the arithmetic of warp2d.c, in float
 * and in the same order: two rows of the box are blended at two columns, then the two columns.
 * So the bytes are the CPU's.  C++. */
#ifndef DORG_WARP2D_DEV_H
#define DORG_WARP2D_DEV_H

#include "cuda_host.h"

extern "C" {
#include "warp2d.h"
}

struct dorg_stretch {
    const uint8_t *src;
    const struct dorg_box *box;
    int32_t nx, ny, size;
};

struct dorg_place { /* sample k of size over m pixels lies frac after pixel at */
    int32_t at;
    float frac;
};

__device__ static inline struct dorg_place dorg_place_of(int32_t k, int32_t m, int32_t size)
{
    uint32_t pos = (uint32_t)k * (uint32_t)(m - 1); /* below 4096 * DORG_BOX_MAX = 2^32 */
    struct dorg_place p = {(int32_t)(pos / (uint32_t)size),
                           (float)(pos % (uint32_t)size) / (float)size};
    return p;
}

/* Column j of the box, between its rows y and y + 1; 0 outside the image. */
__device__ static inline float dorg_stretch_column(const struct dorg_stretch *s,
                                                   const struct dorg_box *b, int32_t j,
                                                   int32_t y, float frac)
{
    int32_t x = b->x + j;
    if (j >= b->nx || x < 0 || x >= s->nx) return 0;
    bool in0 = y >= 0 && y < s->ny, in1 = y + 1 >= 0 && y + 1 < s->ny;
    const uint8_t *slice = s->src + (size_t)b->z * (size_t)s->nx * (size_t)s->ny;
    float v0 = (float)slice[(in0 ? (size_t)y * (size_t)s->nx : 0) + (size_t)x];
    float v1 = (float)slice[(in1 ? (size_t)(y + 1) * (size_t)s->nx : 0) + (size_t)x];
    return (in0 ? 1 - frac : 0) * v0 + (in1 ? frac : 0) * v1;
}

/* Numbers MANY i.. of the squares, counted as uint8[count][size][size]: neighbours in a row.
 */
template <int MANY>
__device__ static inline void dorg_stretch_samples(uint8_t to[MANY],
                                                   const struct dorg_stretch *s, uint32_t i)
{
    uint32_t side = (uint32_t)s->size, wide = side / MANY, row = i / wide, box = row / side;
    const struct dorg_box b = s->box[box];
    struct dorg_place py = dorg_place_of((int32_t)(row - box * side), b.ny, s->size);
    for (int k = 0; k < MANY; k++) {
        int32_t col = (int32_t)(i - row * wide) * MANY + k;
        struct dorg_place px = dorg_place_of(col, b.nx, s->size);
        float left = dorg_stretch_column(s, &b, px.at, b.y + py.at, py.frac);
        float right = dorg_stretch_column(s, &b, px.at + 1, b.y + py.at, py.frac);
        to[k] = (uint8_t)(int)((1 - px.frac) * left + px.frac * right + 0.5f);
    }
}

__device__ static inline uint8_t dorg_stretch_sample(const struct dorg_stretch *s, size_t i)
{
    uint8_t one[1];
    dorg_stretch_samples<1>(one, s, (uint32_t)i);
    return one[0];
}

#endif
