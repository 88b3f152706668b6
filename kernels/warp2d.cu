/* warp2d.cu - boxes of slices, stretched to a square, on the device: one thread a byte, or
 * four */
#include <stdlib.h>

#include "warp2d_dev.h"

enum { CHUNK_BYTES = 1 << 28 };

__global__ static void warps(size_t n, uint8_t *dst, struct dorg_stretch s)
{
    DORG_EACH(i, n) dst[i] = dorg_stretch_sample(&s, i);
}

/* n: fours of neighbours, where the side is a multiple of 4 */
__global__ static void warps_by_4(size_t n, uchar4 *dst, struct dorg_stretch s)
{
    DORG_EACH(i, n)
    {
        uint8_t to[4];
        dorg_stretch_samples<4>(to, &s, (uint32_t)i);
        dst[i] = uchar4{to[0], to[1], to[2], to[3]};
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
        struct dorg_stretch s = {volume, boxes, n[0], n[1], p->size};
        if (dorg_cuda_send(boxes, box + from, k * sizeof *box, e)) goto done;
        if (p->size % 4 == 0)
            DORG_LAUNCH(warps_by_4, 0, k * area / 4, (uchar4 *)squares, s);
        else
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
