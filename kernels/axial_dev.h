/* axial_dev.h - one sample of axial.h on the device: the arithmetic of axial.c, in double and in
 * the same order, so the bytes are the CPU's.  C++.
 *
 * The sums at the corners of voxels are whole numbers below 2^32 where a slice has at most
 * DORG_AXIAL_CUT_MOST voxels: exact, in whatever order they were added up. */
#ifndef DORG_AXIAL_DEV_H
#define DORG_AXIAL_DEV_H

#include "cuda_host.h"

extern "C" {
#include "axial.h"
}

struct dorg_cut_axial {
    const uint32_t *sums; /* [slices][ny + 1][nx + 1] */
    const uint64_t *at;
    uint64_t first; /* slice of the first sums */
    uint32_t nx, ny;
    struct dorg_axial p;
};

struct dorg_axial_edge { /* as struct edge of axial.c */
    uint32_t i;
    double f;
};

__device__ static inline struct dorg_axial_edge
dorg_axial_edge_of(int32_t s, int32_t size, uint32_t centre, uint32_t n, double side)
{
    double u = (double)centre + 0.5 + ((double)(s - size / 2) - 0.5) * side;
    u = u < 0 ? 0 : u > (double)n ? (double)n : u;
    uint32_t i = (uint32_t)u;
    struct dorg_axial_edge e;
    e.i = i < n ? i : n - 1;
    e.f = u - (double)e.i;
    return e;
}

/* The sum of all to the left of x and above y. */
__device__ static inline double dorg_axial_sum(const uint32_t *s, uint32_t w,
                                               struct dorg_axial_edge x,
                                               struct dorg_axial_edge y)
{
    const uint32_t *a = s + (size_t)y.i * w + x.i, *b = a + w;
    double a0 = (double)a[0], b0 = (double)b[0];
    double p = a0 + x.f * ((double)a[1] - a0), q = b0 + x.f * ((double)b[1] - b0);
    return p + y.f * (q - p);
}

/* Pixel (row, col) of channel k of example j. */
__device__ static inline uint8_t dorg_axial_sample(const struct dorg_cut_axial *c, size_t j,
                                                   int k, int32_t row, int32_t col)
{
    uint64_t area = (uint64_t)c->nx * c->ny, at = c->at[j], z = at / area;
    uint32_t in = (uint32_t)(at - z * area), y0 = in / c->nx, x0 = in - y0 * c->nx;
    uint32_t w = c->nx + 1;
    const uint32_t *s = c->sums + (size_t)(z - c->first) * w * (c->ny + 1);
    double sx = c->p.side[k][0], sy = c->p.side[k][1];
    struct dorg_axial_edge left = dorg_axial_edge_of(col, c->p.size, x0, c->nx, sx);
    struct dorg_axial_edge right = dorg_axial_edge_of(col + 1, c->p.size, x0, c->nx, sx);
    struct dorg_axial_edge top = dorg_axial_edge_of(row, c->p.size, y0, c->ny, sy);
    struct dorg_axial_edge low = dorg_axial_edge_of(row + 1, c->p.size, y0, c->ny, sy);
    double below = dorg_axial_sum(s, w, right, low) - dorg_axial_sum(s, w, left, low);
    double above = dorg_axial_sum(s, w, right, top) - dorg_axial_sum(s, w, left, top);
    return (uint8_t)((below - above) / (sx * sy) + 0.5);
}

#endif
