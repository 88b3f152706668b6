/* patch25_dev.h - one sample of patch25.h on the device: the arithmetic of patch25.c, in float
 * and in the same order, so the bytes are the CPU's.  C++. */
#ifndef DORG_PATCH25_DEV_H
#define DORG_PATCH25_DEV_H

#include <math.h>

#include "cuda_host.h"

extern "C" {
#include "patch25.h"
}

struct dorg_cut25 {
    const uint8_t *src;
    const uint64_t *at;
    const int32_t *off; /* [3][size]: whole voxels from the centre to the lower neighbour */
    const float *frac;  /* [3][size]: and the rest */
    int32_t n[3], size;
};

struct dorg_tap { /* the two voxels of a sample; a weight is 0 for one outside the volume */
    size_t at[2];
    float w[2];
};

__device__ static inline struct dorg_tap dorg_tap_of(const struct dorg_cut25 *c, int axis,
                                                     int32_t s, int32_t centre, size_t step)
{
    int32_t i = centre + c->off[axis * c->size + s], n = c->n[axis];
    float f = c->frac[axis * c->size + s];
    bool in0 = i >= 0 && i < n, in1 = i + 1 >= 0 && i + 1 < n;
    struct dorg_tap t;
    t.at[0] = in0 ? (size_t)i * step : 0;
    t.at[1] = in1 ? (size_t)(i + 1) * step : 0;
    t.w[0] = in0 ? 1 - f : 0;
    t.w[1] = in1 ? f : 0;
    return t;
}

/* A voxel's three indices; 64-bit division is slow on a device, and rarely needed. */
__device__ static inline void dorg_centre_of(int32_t centre[3], uint64_t at,
                                             const int32_t n[3])
{
    if (at >> 32) {
        centre[0] = (int32_t)(at % (uint64_t)n[0]);
        at /= (uint64_t)n[0];
        centre[1] = (int32_t)(at % (uint64_t)n[1]);
        centre[2] = (int32_t)(at / (uint64_t)n[1]);
    } else {
        uint32_t i = (uint32_t)at, row = i / (uint32_t)n[0];
        centre[0] = (int32_t)(i - row * (uint32_t)n[0]);
        centre[1] = (int32_t)(row % (uint32_t)n[1]);
        centre[2] = (int32_t)(row / (uint32_t)n[1]);
    }
}

/* Numbers MANY i.. of the patches, counted as uint8[count][3][size][size]: neighbours in a
 * row, so MANY divides size.  A voxel whose weight is 0 is not read. */
template <int MANY>
__device__ static inline void dorg_patch_samples(uint8_t to[MANY], const struct dorg_cut25 *c,
                                                 uint32_t i)
{
    const int along_u[3] = {0, 1, 0}, along_v[3] = {1, 2, 2}, fixed[3] = {2, 0, 1};
    const size_t nx = (size_t)c->n[0], step[3] = {1, nx, nx * (size_t)c->n[1]};
    uint32_t side = (uint32_t)c->size, wide = side / MANY, row = i / wide, plane = row / side;
    int32_t r = (int32_t)(row - plane * side), s = (int32_t)(i - row * wide) * MANY;
    uint32_t patch = plane / 3;
    int which = (int)(plane - patch * 3), u = along_u[which], v = along_v[which];
    int32_t centre[3];
    dorg_centre_of(centre, c->at[patch], c->n);
    struct dorg_tap tv = dorg_tap_of(c, v, r, centre[v], step[v]);
    const uint8_t *base = c->src + (size_t)centre[fixed[which]] * step[fixed[which]];
    const uint8_t *a = base + tv.at[0], *b = base + tv.at[1];
    for (int k = 0; k < MANY; k++) {
        struct dorg_tap tu = dorg_tap_of(c, u, s + k, centre[u], step[u]);
        float p = 0, q = 0;
        if (tv.w[0] != 0) {
            p = tu.w[0] * (float)a[tu.at[0]];
            if (tu.w[1] != 0) p += tu.w[1] * (float)a[tu.at[1]];
        }
        if (tv.w[1] != 0) {
            q = tu.w[0] * (float)b[tu.at[0]];
            if (tu.w[1] != 0) q += tu.w[1] * (float)b[tu.at[1]];
        }
        to[k] = (uint8_t)(int)(tv.w[0] * p + tv.w[1] * q + 0.5f);
    }
}

__device__ static inline uint8_t dorg_patch_sample(const struct dorg_cut25 *c, size_t i)
{
    uint8_t one[1];
    dorg_patch_samples<1>(one, c, (uint32_t)i);
    return one[0];
}

/* Where samples fall, for all three axes; as make_axis of patch25.c. */
static inline void dorg_patch_tabulate(int32_t *off, float *frac, const struct dorg_patch25 *p)
{
    for (int a = 0; a < 3; a++)
        for (int32_t s = 0; s < p->size; s++) {
            double u = (s - p->size / 2) * p->step[a], lower = floor(u);
            lower = lower < -1e8 ? -1e8 : lower > 1e8 ? 1e8 : lower;
            off[a * p->size + s] = (int32_t)lower;
            frac[a * p->size + s] = (float)(u - lower);
        }
}

#endif
