/* tpswarp.cu - deformed copies of windows on the device: one thread a pixel of all channels, a
 * chunk of windows at a time */
#include "tpswarp_dev.h"

extern "C" {
#include "tpswarp.h"
}

enum { CHUNK_BYTES = 1 << 28 };

__global__ static void warps(size_t n, uint8_t *dst, const uint8_t *src, const float *d,
                             struct dorg_tps_field f, size_t copies)
{
    DORG_EACH(i, n)
    {
        size_t area = (size_t)f.h * (size_t)f.w, pixels = (size_t)f.c * area;
        size_t copy = i / area;
        int at = (int)(i % area);
        dorg_tps_pixel(dst + copy * pixels, src + copy / copies * pixels, at % f.w, at / f.w,
                       d + copy * 2 * (size_t)f.n, &f);
    }
}

int dorg_tpswarps_cuda(uint8_t *dst, const uint8_t *src, size_t count,
                       const struct dorg_tpswarps *p, const float *d, int jobs,
                       struct dorg_err *e)
{
    size_t area = (size_t)p->h * (size_t)p->w, pixels = (size_t)p->c * area;
    size_t copies = (size_t)p->copies, words = (size_t)p->n * area;
    size_t chunk = CHUNK_BYTES / (pixels * (copies + 1)), moves = copies * 2 * (size_t)p->n;
    uint8_t *from = NULL, *to = NULL;
    float *field = NULL, *basis = NULL;
    (void)jobs;
    chunk = chunk < 1 ? 1 : chunk > count ? count : chunk;
    if (!count || !copies || dorg_cuda_use(e)) return e->code;
    if (!(from = (uint8_t *)dorg_cuda_room(chunk, pixels, e)) ||
        !(to = (uint8_t *)dorg_cuda_room(chunk * copies, pixels, e)) ||
        !(field = (float *)dorg_cuda_room(chunk * moves, sizeof *field, e)) ||
        !(basis = (float *)dorg_cuda_room(words, sizeof *basis, e)) ||
        dorg_cuda_send(basis, p->basis, words * sizeof *basis, e))
        goto done;
    for (size_t i = 0; i < count; i += chunk) {
        size_t n = count - i < chunk ? count - i : chunk;
        struct dorg_tps_field f = {p->c, p->h, p->w, p->n, basis};
        if (dorg_cuda_send(from, src + i * pixels, n * pixels, e) ||
            dorg_cuda_send(field, d + i * moves, n * moves * sizeof *d, e))
            goto done;
        DORG_LAUNCH(warps, 0, n * copies * area, to, (const uint8_t *)from,
                    (const float *)field, f, copies);
        if (dorg_cuda_launched("deforming", e) ||
            dorg_cuda_fetch(dst + i * copies * pixels, to, n * copies * pixels, e))
            goto done;
    }
done:
    cudaFree(from);
    cudaFree(to);
    cudaFree(field);
    cudaFree(basis);
    return e->code;
}
