/* warp2d.cu - boxes of slices, stretched to a square, on the device: one thread a byte
 *
 * The arithmetic is that of warp2d.c, in float and in the same order: two rows of the box
 * are blended at two columns, then the two columns.  So the bytes are the CPU's. */
#include <stdlib.h>

#include "cuda_host.h"

extern "C" {
#include "warp2d.h"
}

enum { CHUNK_BYTES = 1 << 28 };

struct stretch {
    const uint8_t *src;
    const struct dorg_box *box;
    int32_t nx, ny, size;
    size_t area;
};

struct place { /* sample k of size over m pixels lies frac after pixel at */
    int32_t at;
    float frac;
};

__device__ static struct place place_of(int32_t k, int32_t m, int32_t size)
{
    int64_t pos = (int64_t)k * (m - 1);
    struct place p = {(int32_t)(pos / size), (float)(pos % size) / (float)size};
    return p;
}

/* Column j of the box, between its rows y and y + 1; 0 outside the image. */
__device__ static float column(const struct stretch *s, const struct dorg_box *b, int32_t j,
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

__global__ static void warps(size_t n, uint8_t *dst, struct stretch s)
{
    DORG_EACH(i, n)
    {
        const struct dorg_box b = s.box[i / s.area];
        int32_t k = (int32_t)(i % s.area);
        struct place px = place_of(k % s.size, b.nx, s.size);
        struct place py = place_of(k / s.size, b.ny, s.size);
        float left = column(&s, &b, px.at, b.y + py.at, py.frac);
        float right = column(&s, &b, px.at + 1, b.y + py.at, py.frac);
        dst[i] = (uint8_t)(int)((1 - px.frac) * left + px.frac * right + 0.5f);
    }
}

int dorg_warp2d_cuda(uint8_t *dst, const uint8_t *src, const int32_t n[3],
                     const struct dorg_box *box, size_t count, const struct dorg_warp2d *p,
                     int jobs, struct dorg_err *e)
{
    size_t voxels = (size_t)n[0] * (size_t)n[1] * (size_t)n[2];
    size_t area = (size_t)p->size * (size_t)p->size, chunk = CHUNK_BYTES / area;
    uint8_t *volume = NULL, *squares = NULL;
    struct dorg_box *boxes = NULL;
    (void)jobs;
    chunk = chunk < 1 ? 1 : chunk > count ? count : chunk;
    if (!count || dorg_cuda_use(e)) return e->code;
    if (!(volume = (uint8_t *)dorg_cuda_room(voxels, 1, e)) ||
        !(squares = (uint8_t *)dorg_cuda_room(chunk, area, e)) ||
        !(boxes = (struct dorg_box *)dorg_cuda_room(chunk, sizeof *boxes, e)) ||
        dorg_cuda_send(volume, src, voxels, e))
        goto done;
    for (size_t from = 0; from < count; from += chunk) {
        size_t k = count - from < chunk ? count - from : chunk;
        struct stretch s = {volume, boxes, n[0], n[1], p->size, area};
        if (dorg_cuda_send(boxes, box + from, k * sizeof *box, e)) goto done;
        DORG_LAUNCH(warps, 0, k * area, squares, s);
        if (dorg_cuda_launched("warp2d", e) ||
            dorg_cuda_check(cudaMemcpy2D(dst + from * p->stride, p->stride, squares, area,
                                         area, k, cudaMemcpyDeviceToHost),
                            "copying from the device", e))
            goto done;
    }
done:
    cudaFree(volume);
    cudaFree(squares);
    cudaFree(boxes);
    return e->code;
}
