/* engine_cudnn_dev.h - what the engine's device code shares: types, places, Philox.  C++. */
#ifndef DORG_ENGINE_CUDNN_DEV_H
#define DORG_ENGINE_CUDNN_DEV_H

#include <cuda_bf16.h>

#include "../../cuda_host.h"

extern "C" {
#include "../../netcfg.h"
}

typedef __nv_bfloat16 half_t;

__device__ static inline float get(float x)
{
    return x;
}
__device__ static inline float get(half_t x)
{
    return __bfloat162float(x);
}
__device__ static inline void put(float *to, float x)
{
    *to = x;
}
__device__ static inline void put(half_t *to, float x)
{
    *to = __float2bfloat16(x);
}

/* Where the numbers of a batch are: number `at` of map c of an image is image * maps * plane +
 * c * map_step + at * at_step.  Maps are whole planes one after another, or, `last`, the maps'
 * numbers of one position are neighbours, as tensor cores like them.  A batch's numbers are
 * counted in 32 bits (dorg_cu_measure sees to it): 64-bit division is slow on a device. */
struct dorg_cu_lay {
    uint32_t maps, plane, map_step, at_step;
};

static inline struct dorg_cu_lay dorg_cu_lay(const int size[3], bool last)
{
    uint32_t maps = (uint32_t)size[0], plane = (uint32_t)size[1] * (uint32_t)size[2];
    struct dorg_cu_lay l = {maps, plane, last ? 1 : plane, last ? maps : 1};
    return l;
}

__device__ static inline uint32_t map_of(const struct dorg_cu_lay *l, size_t i)
{
    return l->map_step == 1 ? (uint32_t)i % l->maps : (uint32_t)i / l->plane % l->maps;
}

__device__ static inline uint32_t at_of(const struct dorg_cu_lay *l, size_t i)
{
    return l->map_step == 1 ? (uint32_t)i / l->maps % l->plane : (uint32_t)i % l->plane;
}

__device__ static inline uint32_t image_of(const struct dorg_cu_lay *l, size_t i)
{
    return (uint32_t)i / (l->maps * l->plane);
}

/* The first number of number i's image. */
__device__ static inline size_t start_of(const struct dorg_cu_lay *l, size_t i)
{
    return (size_t)image_of(l, i) * l->maps * l->plane;
}

/* Number i, as float[n][c][h][w] would count. */
__device__ static inline size_t plain_of(const struct dorg_cu_lay *l, size_t i)
{
    return start_of(l, i) + (size_t)map_of(l, i) * l->plane + at_of(l, i);
}

/* Four words of Philox-4x32-10, as dorg_rng4 of libcommon/rng.h. */
__device__ static inline void dorg_cu_rng4(uint32_t c[4], uint64_t seed, uint32_t purpose,
                                           uint64_t item, uint32_t draw)
{
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    c[0] = draw;
    c[1] = (uint32_t)item;
    c[2] = (uint32_t)(item >> 32);
    c[3] = purpose;
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c[0], p1 = (uint64_t)0xCD9E8D57u * c[2];
        uint32_t n0 = (uint32_t)(p1 >> 32) ^ c[1] ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c[3] ^ k1;
        c[1] = (uint32_t)p1;
        c[3] = (uint32_t)p0;
        c[0] = n0;
        c[2] = n2;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
}

#endif
