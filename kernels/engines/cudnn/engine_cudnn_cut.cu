/* engine_cudnn_cut.cu - examples cut on the device and run through the net there
 *
 * Volumes go to the device once, probabilities come back once; between them nothing waits for
 * the host, which is ahead with the next batches' launches. */
#include <stdlib.h>

#include "engine_cudnn.h"
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
};

static void drop(struct room *r)
{
    void *all[] = {r->volume[0], r->volume[1], r->mean, r->p, r->at, r->box, r->off, r->frac};
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

static int furnish(struct room *r, const struct dorg_engine *g, const struct dorg_cut *c,
                   struct dorg_err *e)
{
    size_t voxels = (size_t)c->n[0] * (size_t)c->n[1] * (size_t)c->n[2];
    for (int i = 0; i < 2; i++)
        if (c->volume[i] && send_new((void **)&r->volume[i], c->volume[i], voxels, 1, e))
            return e->code;
    if (send_new((void **)&r->mean, c->mean, dorg_layer_in(&g->cfg.layer[0]), sizeof(float),
                 e) ||
        !(r->p = (float *)dorg_cuda_room(c->count, (size_t)g->cfg.classes * sizeof(float), e)))
        return e->code;
    if (!c->at) return send_new((void **)&r->box, c->box, c->count, sizeof *c->box, e);
    return send_new((void **)&r->at, c->at, c->count, sizeof *c->at, e) ||
                   send_steps(r, &c->patch, e)
               ? e->code
               : 0;
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
    if (c->at) {
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

int dorg_cu_forward_cut(struct dorg_engine *g, const struct dorg_cut *c, float *p,
                        struct dorg_err *e)
{
    struct room r = {};
    const struct dorg_layer *l = &g->cfg.layer[0];
    int channels = c->at ? 3 : c->volume[1] ? 2 : 1;
    if (l->in[0] != channels || (c->at && c->patch.size != l->in[1]))
        return dorg_fail(e, DORG_EDATA, "%d channels for a net of %d, side %d for %d",
                         channels, l->in[0], c->at ? c->patch.size : l->in[1], l->in[1]);
    if (!c->count || dorg_cuda_check(cudaSetDevice(g->opts.device), "choosing the device", e))
        return e->code;
    if (!furnish(&r, g, c, e) && !run(g, &r, c, e))
        dorg_cuda_fetch(p, r.p, c->count * (size_t)g->cfg.classes * sizeof *p, e);
    if (e->code) cudaStreamSynchronize(g->stream);
    drop(&r);
    return e->code;
}
