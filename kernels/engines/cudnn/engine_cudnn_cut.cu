/* engine_cudnn_cut.cu - examples cut on the device and run through the net there
 *
 * Volumes go to the device once, probabilities come back once; between them nothing waits for
 * the host, which is ahead with the next batches' launches. */
#include <stdlib.h>

#include "engine_cudnn.h"
#include "../../axial_dev.h"
#include "../../patch25_dev.h"
#include "../../warp2d_dev.h"

extern "C" {
#include "../../../libcommon/base/mem.h"
#include "../../engine_images.h"
}

enum { TOLD = 32 }; /* batches between two words to the caller */

struct room { /* on the device */
    uint8_t *volume[2];
    float *mean, *p;
    uint64_t *at;
    struct dorg_box *box;
    int32_t *off;
    float *frac;
    uint32_t *sums; /* axial patches: of the slices from `first` on */
    uint64_t first;
};

static void drop(struct room *r)
{
    void *all[] = {r->volume[0], r->volume[1], r->mean, r->p,   r->at,
                   r->box,       r->off,       r->frac, r->sums};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        cudaFree(all[i]);
}

/* The first layer's numbers, in its type and order; 0 from image `real` on. */
template <typename T>
__global__ static void cut_patches(size_t n, T *x, struct dorg_cut25 c, const float *mean,
                                   struct dorg_cu_lay l, size_t real)
{
    size_t pixels = (size_t)l.maps * l.plane;
    DORG_EACH(i, n)
    {
        size_t to = plain_of(&l, i);
        float v = 0;
        if (to / pixels < real) v = (float)dorg_patch_sample(&c, to) - mean[to % pixels];
        put(&x[i], v);
    }
}

template <typename T>
__global__ static void cut_boxes(size_t n, T *x, struct dorg_stretch s, const uint8_t *second,
                                 const float *mean, struct dorg_cu_lay l, size_t real)
{
    DORG_EACH(i, n)
    {
        size_t j = image_of(&l, i), c = map_of(&l, i), at = at_of(&l, i);
        struct dorg_stretch of = s;
        float v = 0;
        if (c) of.src = second;
        if (j < real)
            v = (float)dorg_stretch_sample(&of, j * l.plane + at) - mean[c * l.plane + at];
        put(&x[i], v);
    }
}

template <typename T>
__global__ static void cut_axial(size_t n, T *x, struct dorg_cut_axial c, const float *mean,
                                 struct dorg_cu_lay l, size_t real)
{
    DORG_EACH(i, n)
    {
        size_t j = image_of(&l, i), k = map_of(&l, i);
        int32_t at = (int32_t)at_of(&l, i), row = at / c.p.size;
        float v = 0;
        if (j < real)
            v = (float)dorg_axial_sample(&c, j, (int)k, row, at - row * c.p.size) -
                mean[k * l.plane + (size_t)at];
        put(&x[i], v);
    }
}

/* A row of sums: along the row of voxels above it, or zeros. */
__global__ static void sum_rows(size_t n, uint32_t *sums, const uint8_t *src, uint32_t nx,
                                uint32_t ny)
{
    DORG_EACH(i, n)
    {
        size_t slice = i / (ny + 1), row = i % (ny + 1);
        uint32_t *to = sums + i * (nx + 1), sum = 0;
        const uint8_t *from = src + (slice * ny + (row ? row - 1 : 0)) * nx;
        to[0] = 0;
        for (uint32_t x = 0; x < nx; x++) {
            sum += row ? from[x] : 0;
            to[x + 1] = sum;
        }
    }
}

/* And down each column. */
__global__ static void sum_columns(size_t n, uint32_t *sums, uint32_t nx, uint32_t ny)
{
    DORG_EACH(i, n)
    {
        size_t w = (size_t)nx + 1, slice = i / w;
        uint32_t *to = sums + slice * w * ((size_t)ny + 1) + i % w;
        for (uint32_t y = 0; y < ny; y++, to += w)
            to[w] += to[0];
    }
}

static int send_new(void **to, const void *from, size_t n, size_t size, struct dorg_err *e)
{
    if (!(*to = dorg_cuda_room(n, size, e))) return e->code;
    return dorg_cuda_send(*to, from, n * size, e);
}

static int send_steps(struct room *r, const struct dorg_patch25 *p, struct dorg_err *e)
{
    size_t words = 3 * (size_t)p->size;
    int32_t *off = (int32_t *)dorg_array(words, sizeof *off, e);
    float *frac = (float *)dorg_array(words, sizeof *frac, e);
    if (!e->code) {
        dorg_patch_tabulate(off, frac, p);
        if (!send_new((void **)&r->off, off, words, sizeof *off, e))
            send_new((void **)&r->frac, frac, words, sizeof *frac, e);
    }
    free(off);
    free(frac);
    return e->code;
}

/* Sums over the slices that have examples. */
static int sum_up(struct room *r, const struct dorg_engine *g, const struct dorg_cut *c,
                  struct dorg_err *e)
{
    size_t nx = (size_t)c->n[0], ny = (size_t)c->n[1];
    size_t last = c->at[c->count - 1] / (nx * ny), slices;
    r->first = c->at[0] / (nx * ny);
    slices = last - r->first + 1;
    if (!(r->sums =
              (uint32_t *)dorg_cuda_room(slices * (ny + 1), (nx + 1) * sizeof *r->sums, e)))
        return e->code;
    DORG_LAUNCH(sum_rows, g->stream, slices * (ny + 1), r->sums,
                (const uint8_t *)r->volume[0] + r->first * nx * ny, (uint32_t)nx,
                (uint32_t)ny);
    DORG_LAUNCH(sum_columns, g->stream, slices * (nx + 1), r->sums, (uint32_t)nx,
                (uint32_t)ny);
    return dorg_cuda_launched("summing slices up", e);
}

static int furnish(struct room *r, const struct dorg_engine *g, const struct dorg_cut *c,
                   struct dorg_err *e)
{
    size_t voxels = dorg_voxels(c->n);
    for (int i = 0; i < 2; i++)
        if (c->volume[i] && send_new((void **)&r->volume[i], c->volume[i], voxels, 1, e))
            return e->code;
    if (send_new((void **)&r->mean, c->mean, dorg_layer_in(&g->cfg.layer[0]), sizeof(float),
                 e) ||
        !(r->p = (float *)dorg_cuda_room(c->count, (size_t)g->cfg.classes * sizeof(float), e)))
        return e->code;
    if (!c->at) return send_new((void **)&r->box, c->box, c->count, sizeof *c->box, e);
    if (send_new((void **)&r->at, c->at, c->count, sizeof *c->at, e)) return e->code;
    return c->axial ? sum_up(r, g, c, e) : send_steps(r, &c->patch, e);
}

/* Examples from..from+real-1 into g->input. */
static int cut(struct dorg_engine *g, const struct room *r, const struct dorg_cut *c,
               size_t from, size_t real, struct dorg_err *e)
{
    struct dorg_cu_pass s = {};
    s.g = g;
    s.l = &g->cfg.layer[0];
    s.c = &g->layer[0];
    struct dorg_cu_lay l = dorg_cu_lay(s.l->in, g->last);
    int32_t side = s.l->in[1];
    if (c->at && c->axial) {
        struct dorg_cut_axial k = {r->sums,           r->at + from,      r->first,
                                   (uint32_t)c->n[0], (uint32_t)c->n[1], *c->axial};
        DORG_BY_TYPE(cut_axial, &s, dorg_cu_in(&s), (T *)g->input, k, (const float *)r->mean,
                     l, real);
    } else if (c->at) {
        struct dorg_cut25 k = {
            r->volume[0], r->at + from, r->off, r->frac, {c->n[0], c->n[1], c->n[2]}, side};
        DORG_BY_TYPE(cut_patches, &s, dorg_cu_in(&s), (T *)g->input, k, (const float *)r->mean,
                     l, real);
    } else {
        struct dorg_stretch k = {r->volume[0], r->box + from, c->n[0], c->n[1], side};
        DORG_BY_TYPE(cut_boxes, &s, dorg_cu_in(&s), (T *)g->input, k,
                     (const uint8_t *)r->volume[1], (const float *)r->mean, l, real);
    }
    return dorg_cuda_launched("cutting examples", e);
}

static int run(struct dorg_engine *g, const struct room *r, const struct dorg_cut *c,
               struct dorg_err *e)
{
    size_t batch = (size_t)g->opts.max_batch, classes = (size_t)g->cfg.classes, told = 0;
    const void *y = g->layer[g->cfg.n_layers - 1].y;
    for (size_t from = 0; from < c->count; from += batch) {
        size_t real = c->count - from < batch ? c->count - from : batch;
        if (cut(g, r, c, from, real, e) || dorg_cu_apply(g, (int)real, true, e) ||
            dorg_cuda_check(cudaMemcpyAsync(r->p + from * classes, y,
                                            real * classes * sizeof(float),
                                            cudaMemcpyDeviceToDevice, g->stream),
                            "probabilities", e))
            return e->code;
        if (!c->progress || (++told % TOLD && from + real < c->count)) continue;
        if (dorg_cuda_check(cudaStreamSynchronize(g->stream), "applying the net", e))
            return e->code;
        c->progress("examples", from + real, c->count);
    }
    return dorg_cuda_check(cudaStreamSynchronize(g->stream), "applying the net", e);
}

/* Where there is no room beside the net, the net makes some. */
static int fit(struct room *r, struct dorg_engine *g, const struct dorg_cut *c,
               struct dorg_err *e)
{
    const struct room nothing = {};
    struct dorg_err why = {};
    dorg_cuda_short.of_memory = false;
    while (furnish(r, g, c, &why)) {
        drop(r);
        *r = nothing;
        if (!dorg_cuda_short.of_memory || g->opts.max_batch < 2) {
            *e = why;
            return e->code;
        }
        dorg_cuda_short.of_memory = false;
        why.code = 0;
        if (dorg_cu_shrink(g, e)) return e->code;
    }
    return 0;
}

int dorg_cu_forward_cut(struct dorg_engine *g, const struct dorg_cut *c, float *p,
                        struct dorg_err *e)
{
    struct room r = {};
    const struct dorg_layer *l = &g->cfg.layer[0];
    int channels = c->axial ? c->axial->channels : c->at ? 3 : c->volume[1] ? 2 : 1;
    int side = c->axial ? c->axial->size : c->at ? c->patch.size : l->in[1];
    if (l->in[0] != channels || side != l->in[1])
        return dorg_fail(e, DORG_EDATA, "%d channels for a net of %d, side %d for %d",
                         channels, l->in[0], side, l->in[1]);
    if (c->axial && dorg_area(c->n) > DORG_AXIAL_CUT_MOST)
        return dorg_fail(e, DORG_EDATA, "slices of more than %d voxels", DORG_AXIAL_CUT_MOST);
    if (!c->count || dorg_cuda_check(cudaSetDevice(g->opts.device), "choosing the device", e))
        return e->code;
    if (!fit(&r, g, c, e) && !run(g, &r, c, e))
        dorg_cuda_fetch(p, r.p, c->count * (size_t)g->cfg.classes * sizeof *p, e);
    if (e->code) cudaStreamSynchronize(g->stream);
    drop(&r);
    return e->code;
}
