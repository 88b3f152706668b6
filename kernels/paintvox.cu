/* paintvox.cu - superpixel values onto voxels, on the device: one thread a voxel, a chunk of
 * voxels at a time */
#include "cuda_host.h"

extern "C" {
#include "paintvox.h"
}

static const size_t CHUNK = (size_t)1 << 26;

struct table {
    const uint64_t *bits;
    const uint32_t *rank;
    const float *value;
};

/* as dorg_ids_at */
__device__ static float look_up(const struct table *t, int32_t id)
{
    size_t w = (size_t)id >> 6;
    uint64_t below = t->bits[w] & (((uint64_t)1 << ((uint32_t)id & 63)) - 1);
    return t->value[t->rank[w] + (size_t)__popcll(below)];
}

template <typename T>
__global__ static void paint(size_t n, T *dst, const int32_t *label, struct table t)
{
    DORG_EACH(i, n) dst[i] = label[i] ? (T)look_up(&t, label[i]) : (T)0;
}

struct room {
    uint64_t *bits;
    uint32_t *rank;
    float *value;
    int32_t *label;
    void *dst;
};

static void drop(struct room *r)
{
    cudaFree(r->bits);
    cudaFree(r->rank);
    cudaFree(r->value);
    cudaFree(r->label);
    cudaFree(r->dst);
}

static int furnish(struct room *r, const struct dorg_ids *ids, const float *value,
                   size_t chunk, size_t size, struct dorg_err *e)
{
    size_t words = ((size_t)ids->max_id >> 6) + 1;
    if (!(r->bits = (uint64_t *)dorg_cuda_room(words, sizeof *r->bits, e)) ||
        !(r->rank = (uint32_t *)dorg_cuda_room(words, sizeof *r->rank, e)) ||
        !(r->value = (float *)dorg_cuda_room(ids->n, sizeof *r->value, e)) ||
        !(r->label = (int32_t *)dorg_cuda_room(chunk, sizeof *r->label, e)) ||
        !(r->dst = dorg_cuda_room(chunk, size, e)) ||
        dorg_cuda_send(r->bits, ids->bits, words * sizeof *r->bits, e) ||
        dorg_cuda_send(r->rank, ids->rank, words * sizeof *r->rank, e) ||
        dorg_cuda_send(r->value, value, ids->n * sizeof *r->value, e))
        return e->code;
    return 0;
}

int dorg_paintvox_cuda(void *dst, const int32_t *label, size_t count,
                       const struct dorg_ids *ids, const float *value, bool whole, int jobs,
                       struct dorg_err *e)
{
    size_t chunk = count < CHUNK ? count : CHUNK, size = whole ? 1 : sizeof(float);
    struct room r = {};
    (void)jobs;
    if (!count || dorg_cuda_use(e)) return e->code;
    if (furnish(&r, ids, value, chunk, size, e)) goto done;
    for (size_t from = 0; from < count; from += chunk) {
        size_t n = count - from < chunk ? count - from : chunk;
        struct table t = {r.bits, r.rank, r.value};
        if (dorg_cuda_send(r.label, label + from, n * sizeof *label, e)) goto done;
        if (whole)
            DORG_LAUNCH(paint<uint8_t>, 0, n, (uint8_t *)r.dst, (const int32_t *)r.label, t);
        else
            DORG_LAUNCH(paint<float>, 0, n, (float *)r.dst, (const int32_t *)r.label, t);
        if (dorg_cuda_launched("painting", e) ||
            dorg_cuda_fetch((char *)dst + from * size, r.dst, n * size, e))
            goto done;
    }
done:
    drop(&r);
    return e->code;
}
