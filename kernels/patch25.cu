/* patch25.cu - 2.5-D patches on the device: one thread a byte
 *
 * The arithmetic is that of patch25.c, in float and in the same order, so the bytes are the
 * CPU's.  The volume goes to the device once a call; patches are made a chunk at a time, so
 * that any number of them fits. */
#include <math.h>
#include <stdlib.h>

#include "cuda_host.h"

extern "C" {
#include "../libcommon/mem.h"
#include "patch25.h"
}

enum { CHUNK_BYTES = 1 << 28 };

struct cut {
    const uint8_t *src;
    const uint64_t *at;
    const int32_t *off; /* [3][size]: whole voxels from the centre to the lower neighbour */
    const float *frac;  /* [3][size]: and the rest */
    int32_t n[3], size;
};

struct tap { /* the two voxels of a sample; a weight is 0 for one outside the volume */
    size_t at[2];
    float w[2];
};

__device__ static struct tap tap_of(const struct cut *c, int axis, int32_t s, int32_t centre,
                                    size_t step)
{
    int32_t i = centre + c->off[axis * c->size + s], n = c->n[axis];
    float f = c->frac[axis * c->size + s];
    bool in0 = i >= 0 && i < n, in1 = i + 1 >= 0 && i + 1 < n;
    struct tap t;
    t.at[0] = in0 ? (size_t)i * step : 0;
    t.at[1] = in1 ? (size_t)(i + 1) * step : 0;
    t.w[0] = in0 ? 1 - f : 0;
    t.w[1] = in1 ? f : 0;
    return t;
}

__global__ static void patches(size_t n, uint8_t *dst, struct cut c)
{
    const int along_u[3] = {0, 1, 0}, along_v[3] = {1, 2, 2}, fixed[3] = {2, 0, 1};
    const size_t nx = (size_t)c.n[0], ny = (size_t)c.n[1];
    const size_t step[3] = {1, nx, nx * ny};
    DORG_EACH(i, n)
    {
        size_t side = (size_t)c.size, area = side * side;
        int plane = (int)(i / area % 3), u = along_u[plane], v = along_v[plane];
        uint64_t at = c.at[i / (3 * area)];
        const int32_t centre[3] = {(int32_t)(at % nx), (int32_t)(at / nx % ny),
                                   (int32_t)(at / nx / ny)};
        struct tap tu = tap_of(&c, u, (int32_t)(i % side), centre[u], step[u]);
        struct tap tv = tap_of(&c, v, (int32_t)(i / side % side), centre[v], step[v]);
        const uint8_t *base = c.src + (size_t)centre[fixed[plane]] * step[fixed[plane]];
        const uint8_t *a = base + tv.at[0], *b = base + tv.at[1];
        float p = tu.w[0] * (float)a[tu.at[0]] + tu.w[1] * (float)a[tu.at[1]];
        float q = tu.w[0] * (float)b[tu.at[0]] + tu.w[1] * (float)b[tu.at[1]];
        dst[i] = (uint8_t)(int)(tv.w[0] * p + tv.w[1] * q + 0.5f);
    }
}

/* Where samples fall, for all three axes; as make_axis of patch25.c. */
static void tabulate(int32_t *off, float *frac, const struct dorg_patch25 *p)
{
    for (int a = 0; a < 3; a++)
        for (int32_t s = 0; s < p->size; s++) {
            double u = (s - p->size / 2) * p->step[a], lower = floor(u);
            lower = lower < -1e8 ? -1e8 : lower > 1e8 ? 1e8 : lower;
            off[a * p->size + s] = (int32_t)lower;
            frac[a * p->size + s] = (float)(u - lower);
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

static int furnish(struct room *r, struct cut *c, const uint8_t *src, size_t voxels,
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
    tabulate(off, frac, p);
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
    size_t bytes = 3 * (size_t)p->size * (size_t)p->size, chunk = CHUNK_BYTES / bytes;
    struct room r = {};
    struct cut c = {};
    (void)jobs;
    chunk = chunk < 1 ? 1 : chunk > count ? count : chunk;
    for (int a = 0; a < 3; a++)
        c.n[a] = n[a];
    if (!count || dorg_cuda_use(e)) return e->code;
    if (furnish(&r, &c, src, (size_t)n[0] * (size_t)n[1] * (size_t)n[2], chunk, p, e))
        goto done;
    for (size_t from = 0; from < count; from += chunk) {
        size_t k = count - from < chunk ? count - from : chunk;
        if (dorg_cuda_send(r.at, at + from, k * sizeof *at, e)) goto done;
        DORG_LAUNCH(patches, 0, k * bytes, r.dst, c);
        if (dorg_cuda_launched("patch25", e) ||
            dorg_cuda_fetch(dst + from * bytes, r.dst, k * bytes, e))
            goto done;
    }
done:
    drop(&r);
    return e->code;
}
