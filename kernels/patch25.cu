/* patch25.cu - 2.5-D patches on the device: one thread a byte, or four
 *
 * The arithmetic is that of patch25.c, in float and in the same order, so the bytes are the
 * CPU's.  The volume goes to the device once a call; patches are made a chunk at a time, so
 * that any number of them fits. */
#include <stdlib.h>

#include "patch25_dev.h"

extern "C" {
#include "../libcommon/base/mem.h"
}

enum { CHUNK_BYTES = 1 << 28 };

__global__ static void patches(size_t n, uint8_t *dst, struct dorg_cut25 c)
{
    DORG_EACH(i, n) dst[i] = dorg_patch_sample(&c, i);
}

/* n: fours of neighbours, where the side is a multiple of 4 */
__global__ static void patches_by_4(size_t n, uchar4 *dst, struct dorg_cut25 c)
{
    DORG_EACH(i, n)
    {
        uint8_t to[4];
        dorg_patch_samples<4>(to, &c, (uint32_t)i);
        dst[i] = uchar4{to[0], to[1], to[2], to[3]};
    }
}

struct room { /* on the device, but for host */
    uint8_t *src, *dst;
    uint64_t *at;
    int32_t *off;
    float *frac;
    void *host;
};

static void drop(struct room *r)
{
    cudaFree(r->src);
    cudaFree(r->dst);
    cudaFree(r->at);
    cudaFree(r->off);
    cudaFree(r->frac);
    free(r->host);
}

static int furnish(struct room *r, struct dorg_cut25 *c, const uint8_t *src, size_t voxels,
                   size_t chunk, const struct dorg_patch25 *p, struct dorg_err *e)
{
    size_t side = (size_t)p->size, words = 3 * side;
    if (!(r->host = dorg_array(words, sizeof(int32_t) + sizeof(float), e)) ||
        !(r->src = (uint8_t *)dorg_cuda_room(voxels, 1, e)) ||
        !(r->dst = (uint8_t *)dorg_cuda_room(chunk, 3 * side * side, e)) ||
        !(r->at = (uint64_t *)dorg_cuda_room(chunk, sizeof *r->at, e)) ||
        !(r->off = (int32_t *)dorg_cuda_room(words, sizeof *r->off, e)) ||
        !(r->frac = (float *)dorg_cuda_room(words, sizeof *r->frac, e)))
        return e->code;
    int32_t *off = (int32_t *)r->host;
    float *frac = (float *)(off + words);
    dorg_patch_tabulate(off, frac, p);
    c->src = r->src;
    c->at = r->at;
    c->off = r->off;
    c->frac = r->frac;
    c->size = p->size;
    return dorg_cuda_send(r->src, src, voxels, e) ||
                   dorg_cuda_send(r->off, off, words * sizeof *off, e) ||
                   dorg_cuda_send(r->frac, frac, words * sizeof *frac, e)
               ? e->code
               : 0;
}

int dorg_patch25_cuda(uint8_t *dst, const uint8_t *src, const int32_t n[3], const uint64_t *at,
                      size_t count, const struct dorg_patch25 *p, int jobs, struct dorg_err *e)
{
    size_t bytes = 3 * dorg_pixel(p->size, 0, p->size), chunk = CHUNK_BYTES / bytes;
    struct room r = {};
    struct dorg_cut25 c = {};
    (void)jobs;
    chunk = chunk < 1 ? 1 : chunk > count ? count : chunk;
    for (int a = 0; a < 3; a++)
        c.n[a] = n[a];
    if (!count || dorg_cuda_use(e)) return e->code;
    if (furnish(&r, &c, src, dorg_voxels(n), chunk, p, e)) goto done;
    for (size_t from = 0; from < count; from += chunk) {
        size_t k = count - from < chunk ? count - from : chunk;
        if (dorg_cuda_send(r.at, at + from, k * sizeof *at, e)) goto done;
        if (p->size % 4 == 0)
            DORG_LAUNCH(patches_by_4, 0, k * bytes / 4, (uchar4 *)r.dst, c);
        else
            DORG_LAUNCH(patches, 0, k * bytes, r.dst, c);
        if (dorg_cuda_launched("patch25", e) ||
            dorg_cuda_fetch(dst + from * bytes, r.dst, k * bytes, e))
            goto done;
    }
done:
    drop(&r);
    return e->code;
}
