/* engine_cudnn.cu - the net on CUDA: opening, parameters, applying, training */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine_cudnn.h"

extern "C" {
#include "../libcommon/mem.h"
extern const struct dorg_engine_ops dorg_engine_cuda;
}

static const struct {
    dorg_cu_fn *forward, *backward;
} layer_fn[] = {
    /* in the order of enum dorg_layer_type */
    {dorg_cu_conv_forward, dorg_cu_conv_backward},
    {dorg_cu_relu_forward, dorg_cu_relu_backward},
    {dorg_cu_lrn_forward, dorg_cu_lrn_backward},
    {dorg_cu_pool_forward, dorg_cu_pool_backward},
    {dorg_cu_conv_forward, dorg_cu_conv_backward}, /* fc */
    {dorg_cu_dropout_forward, dorg_cu_dropout_backward},
    {dorg_cu_bnorm_forward, dorg_cu_bnorm_backward},
    {dorg_cu_gap_forward, dorg_cu_gap_backward},
    {dorg_cu_softmax_forward, NULL},
};

static_assert(DORG_CONV == 0 && DORG_RELU == 1 && DORG_LRN == 2 && DORG_POOL == 3 &&
                  DORG_FC == 4 && DORG_DROPOUT == 5 && DORG_BNORM == 6 && DORG_GAP == 7 &&
                  DORG_SOFTMAX == 8,
              "layer_fn follows enum dorg_layer_type");

static int cu_probe(char *why, size_t why_size)
{
    return dorg_cuda_probe(why, why_size);
}

static void cu_close(struct dorg_engine *g)
{
    if (!g) return;
    cudaSetDevice(g->opts.device);
    for (int k = 0; k < DORG_MAX_LAYERS; k++) {
        dorg_cu_conv_close(&g->layer[k]);
        if (g->opts.training && !g->layer[k].shares) cudaFree(g->layer[k].y);
        cudaFree(g->layer[k].extra);
    }
    void *all[] = {g->w,       g->v,       g->grad, g->w_half,  g->x,     g->x_half,
                   g->turn[0], g->turn[1], g->sums, g->scratch, g->label, g->workspace};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        cudaFree(all[i]);
    free(g->loss);
    if (g->cudnn) cudnnDestroy(g->cudnn);
    if (g->stream) cudaStreamDestroy(g->stream);
    free(g);
}

static bool has_weights(const struct dorg_layer *l)
{
    return l->type == DORG_CONV || l->type == DORG_FC;
}

/* Sizes, types, and places in the parameter arrays. */
static int plan(struct dorg_engine *g, struct dorg_err *e)
{
    const struct dorg_netcfg *c = &g->cfg;
    int from = c->n_layers - 1; /* the first layer that computes in float */
    bool bf16 = g->opts.precision == DORG_PREC_BF16;
    if (bf16 && g->opts.training)
        return dorg_fail(e, DORG_EIO, "engine cuda trains in f32 or tf32");
    for (int k = 0; k < c->n_layers; k++)
        if (c->layer[k].type == DORG_FC) from = k;
    g->largest = dorg_layer_in(&c->layer[0]);
    for (int k = 0; k < c->n_layers; k++) {
        struct dorg_cu_layer *l = &g->layer[k];
        size_t out = dorg_layer_out(&c->layer[k]);
        l->half = bf16 && k < from;
        l->shares = c->layer[k].type == DORG_RELU;
        l->w_at = g->room;
        g->room += (c->layer[k].n_w + DORG_CU_ALIGN - 1) / DORG_CU_ALIGN * DORG_CU_ALIGN;
        l->b_at = g->room;
        g->room += (c->layer[k].n_b + DORG_CU_ALIGN - 1) / DORG_CU_ALIGN * DORG_CU_ALIGN;
        if (out > g->largest) g->largest = out;
    }
    return 0;
}

/* Outputs when applying lie in two buffers in turn; a change of type takes one too. */
static void take_turns(struct dorg_engine *g)
{
    int at = 0;
    for (int k = 0; k < g->cfg.n_layers; k++) {
        struct dorg_cu_layer *l = &g->layer[k];
        void *in = g->layer[0].half ? (void *)g->x_half : (void *)g->x;
        if (k) in = l[-1].y;
        if (k && l[-1].half && !l->half) {
            in = g->turn[at];
            at = !at;
        }
        if (l->shares) {
            l->y = in;
            continue;
        }
        l->y = g->turn[at];
        at = !at;
    }
}

static int room_to_train(struct dorg_engine *g, struct dorg_err *e)
{
    size_t batch = (size_t)g->opts.max_batch;
    if (!(g->v = (float *)dorg_cuda_room(g->room, sizeof *g->v, e)) ||
        !(g->grad = (float *)dorg_cuda_room(g->room, sizeof *g->grad, e)) ||
        !(g->scratch = (float *)dorg_cuda_room(batch * g->largest, sizeof(float), e)) ||
        !(g->label = (uint8_t *)dorg_cuda_room(batch, 1, e)) ||
        !(g->loss = (double *)dorg_array(batch, sizeof *g->loss, e)))
        return e->code;
    if (dorg_cuda_check(cudaMemset(g->v, 0, g->room * sizeof *g->v), "momentum", e))
        return e->code;
    for (int k = 0; k < g->cfg.n_layers; k++) {
        const struct dorg_layer *l = &g->cfg.layer[k];
        struct dorg_cu_layer *c = &g->layer[k];
        size_t extra = 0;
        if (c->shares)
            c->y = k ? c[-1].y : g->x;
        else if (!(c->y = dorg_cuda_room(batch * dorg_layer_out(l), sizeof(float), e)))
            return e->code;
        if (l->type == DORG_DROPOUT) extra = batch * dorg_layer_in(l);
        if (l->type == DORG_BNORM) extra = 2 * l->n_b;
        if (extra && !(c->extra = (float *)dorg_cuda_room(extra, sizeof(float), e)))
            return e->code;
    }
    return 0;
}

static int make_room(struct dorg_engine *g, struct dorg_err *e)
{
    size_t batch = (size_t)g->opts.max_batch, in = dorg_layer_in(&g->cfg.layer[0]),
           sums = batch;
    for (int k = 0; k < g->cfg.n_layers; k++)
        if (g->cfg.layer[k].n_b * DORG_CU_PARTS > sums)
            sums = g->cfg.layer[k].n_b * DORG_CU_PARTS;
    if (!(g->w = (float *)dorg_cuda_room(g->room, sizeof *g->w, e)) ||
        !(g->x = (float *)dorg_cuda_room(batch * in, sizeof *g->x, e)) ||
        !(g->sums = (double *)dorg_cuda_room(sums, sizeof *g->sums, e)))
        return e->code;
    for (int i = 0; i < 2; i++)
        if (!(g->turn[i] = dorg_cuda_room(batch * g->largest, sizeof(float), e)))
            return e->code;
    if (g->layer[0].half &&
        (!(g->x_half = (half_t *)dorg_cuda_room(batch * in, sizeof *g->x_half, e)) ||
         !(g->w_half = (half_t *)dorg_cuda_room(g->room, sizeof *g->w_half, e))))
        return e->code;
    if (dorg_cuda_check(cudaMemset(g->w, 0, g->room * sizeof *g->w), "parameters", e))
        return e->code;
    if (g->opts.training) return room_to_train(g, e);
    take_turns(g);
    return 0;
}

static int set_up(struct dorg_engine *g, struct dorg_err *e)
{
    char why[256];
    if (g->opts.max_batch < 1)
        return dorg_fail(e, DORG_EUSAGE, "a batch of %d images", g->opts.max_batch);
    if (!dorg_cuda_probe(why, sizeof why)) return dorg_fail(e, DORG_EIO, "%s", why);
    if (dorg_cuda_check(cudaSetDevice(g->opts.device), "choosing the device", e) ||
        plan(g, e) || dorg_cuda_check(cudaStreamCreate(&g->stream), "a stream", e) ||
        dorg_cudnn_check(cudnnCreate(&g->cudnn), "opening the library", e) ||
        dorg_cudnn_check(cudnnSetStream(g->cudnn, g->stream), "a stream", e) ||
        make_room(g, e))
        return e->code;
    for (int k = 0; k < g->cfg.n_layers; k++)
        if (has_weights(&g->cfg.layer[k]) && dorg_cu_conv_open(g, k, &g->workspace_size, e))
            return e->code;
    return (g->workspace = dorg_cuda_room(g->workspace_size, 1, e)) ? 0 : e->code;
}

static int open_as(struct dorg_engine **out, const struct dorg_netcfg *cfg,
                   const struct dorg_engine_opts *opts, struct dorg_err *e)
{
    struct dorg_engine *g = (struct dorg_engine *)dorg_zeroed(1, sizeof *g, e);
    *out = NULL;
    if (!g) return e->code;
    g->cfg = *cfg;
    g->cfg.text = NULL;
    g->opts = *opts;
    if (set_up(g, e))
        cu_close(g);
    else
        *out = g;
    return e->code;
}

/* AUTO is bf16 for applying, or f32 where cuDNN cannot run a layer of the net in bf16. */
static int cu_open(struct dorg_engine **out, const struct dorg_netcfg *cfg,
                   const struct dorg_engine_opts *opts, struct dorg_err *e)
{
    struct dorg_engine_opts o = *opts;
    struct dorg_err first = {};
    if (opts->precision == DORG_PREC_INT8)
        return dorg_fail(e, DORG_EIO, "engine cuda does not compute in int8");
    if (opts->precision != DORG_PREC_AUTO) return open_as(out, cfg, opts, e);
    o.precision = DORG_PREC_BF16;
    if (!opts->training && !open_as(out, cfg, &o, &first)) return 0;
    o.precision = DORG_PREC_F32;
    return open_as(out, cfg, &o, e);
}

/* ---- parameters ------------------------------------------------------------------------- */

static int ready(const struct dorg_engine *g, size_t n, bool training, struct dorg_err *e)
{
    if (n != g->cfg.n_params)
        return dorg_fail(e, DORG_EDATA, "the net has %zu parameters, not %zu", g->cfg.n_params,
                         n);
    if (training && !g->opts.training)
        return dorg_fail(e, DORG_EUSAGE, "the engine was not opened for training");
    return dorg_cuda_check(cudaSetDevice(g->opts.device), "choosing the device", e);
}

/* All layers' parts of a flat host array to their places on the device. */
static int spread(struct dorg_engine *g, float *device, const float *host, struct dorg_err *e)
{
    for (int k = 0; k < g->cfg.n_layers; k++) {
        const struct dorg_layer *l = &g->cfg.layer[k];
        const struct dorg_cu_layer *c = &g->layer[k];
        if (dorg_cuda_send(device + c->w_at, host + l->w_at, l->n_w * sizeof(float), e) ||
            dorg_cuda_send(device + c->b_at, host + l->b_at, l->n_b * sizeof(float), e))
            return e->code;
    }
    return 0;
}

static int gather(const struct dorg_engine *g, float *host, const float *device,
                  struct dorg_err *e)
{
    for (int k = 0; k < g->cfg.n_layers; k++) {
        const struct dorg_layer *l = &g->cfg.layer[k];
        const struct dorg_cu_layer *c = &g->layer[k];
        if (dorg_cuda_fetch(host + l->w_at, device + c->w_at, l->n_w * sizeof(float), e) ||
            dorg_cuda_fetch(host + l->b_at, device + c->b_at, l->n_b * sizeof(float), e))
            return e->code;
    }
    return 0;
}

static int cu_set_params(struct dorg_engine *g, const float *w, size_t n, struct dorg_err *e)
{
    if (ready(g, n, false, e) || spread(g, g->w, w, e)) return e->code;
    return g->w_half ? dorg_cu_to_half(g->w_half, g->w, g->room, g->stream, e) : 0;
}

static int cu_get_params(struct dorg_engine *g, float *w, size_t n, struct dorg_err *e)
{
    return ready(g, n, false, e) ? e->code : gather(g, w, g->w, e);
}

static int cu_set_momentum(struct dorg_engine *g, const float *v, size_t n, struct dorg_err *e)
{
    return ready(g, n, true, e) ? e->code : spread(g, g->v, v, e);
}

static int cu_get_momentum(struct dorg_engine *g, float *v, size_t n, struct dorg_err *e)
{
    return ready(g, n, true, e) ? e->code : gather(g, v, g->v, e);
}

/* ---- applying and training ----------------------------------------------------------------
 */

static struct dorg_cu_pass pass_of(struct dorg_engine *g, int n, int k,
                                   const struct dorg_sgd *sgd)
{
    struct dorg_cu_layer *c = &g->layer[k];
    struct dorg_cu_pass s = {};
    s.g = g;
    s.l = &g->cfg.layer[k];
    s.c = c;
    s.k = k;
    s.n = n;
    s.training = sgd != NULL;
    s.sgd = sgd;
    s.x = k ? c[-1].y : c->half ? (void *)g->x_half : (void *)g->x;
    s.y = c->y;
    return s;
}

/* The n images, and zeros for the rest of the batch. */
static int load(struct dorg_engine *g, const float *x, int n, struct dorg_err *e)
{
    size_t in = dorg_layer_in(&g->cfg.layer[0]), rest = (size_t)(g->opts.max_batch - n) * in;
    if (n < 1 || n > g->opts.max_batch)
        return dorg_fail(e, DORG_EUSAGE, "%d images: not within 1 to %d", n,
                         g->opts.max_batch);
    if (dorg_cuda_check(cudaSetDevice(g->opts.device), "choosing the device", e) ||
        dorg_cuda_send(g->x, x, (size_t)n * in * sizeof *x, e))
        return e->code;
    if (rest && dorg_cuda_check(cudaMemset(g->x + (size_t)n * in, 0, rest * sizeof *x),
                                "the rest of a batch", e))
        return e->code;
    size_t all = (size_t)g->opts.max_batch * in;
    return g->x_half ? dorg_cu_to_half(g->x_half, g->x, all, g->stream, e) : 0;
}

/* Layers 0 to `layers` - 1. */
static int run(struct dorg_engine *g, int n, int layers, const struct dorg_sgd *sgd,
               struct dorg_err *e)
{
    for (int k = 0; k < layers; k++) {
        struct dorg_cu_pass s = pass_of(g, n, k, sgd);
        if (k && g->layer[k - 1].half && !g->layer[k].half) {
            float *wide = (float *)(s.x == g->turn[0] ? g->turn[1] : g->turn[0]);
            if (dorg_cu_to_float(wide, (const half_t *)s.x, dorg_cu_in(&s), g->stream, e))
                return e->code;
            s.x = wide;
        }
        if (layer_fn[s.l->type].forward(&s, e)) return e->code;
    }
    return 0;
}

static int cu_forward(struct dorg_engine *g, const float *x, int n, float *p,
                      struct dorg_err *e)
{
    int layers = g->cfg.n_layers;
    if (load(g, x, n, e) || run(g, n, layers, NULL, e)) return e->code;
    if (dorg_cuda_check(cudaStreamSynchronize(g->stream), "applying the net", e))
        return e->code;
    return dorg_cuda_fetch(p, g->layer[layers - 1].y,
                           (size_t)n * (size_t)g->cfg.classes * sizeof *p, e);
}

static int backward(struct dorg_engine *g, int n, const struct dorg_sgd *sgd,
                    struct dorg_err *e)
{
    for (int k = g->cfg.n_layers - 2, now = 0; k >= 0; k--, now = !now) {
        struct dorg_cu_pass s = pass_of(g, n, k, sgd);
        s.dy = (const float *)g->turn[now];
        s.dx = k ? (float *)g->turn[!now] : NULL;
        if (layer_fn[s.l->type].backward(&s, e)) return e->code;
    }
    return 0;
}

/* Forward in training, loss, and back: g->grad holds the gradient of the mean loss. */
static int to_gradient(struct dorg_engine *g, const float *x, const uint8_t *y, int n,
                       const struct dorg_sgd *sgd, float *loss, struct dorg_err *e)
{
    int last = g->cfg.n_layers - 1;
    double sum = 0;
    if (ready(g, g->cfg.n_params, true, e)) return e->code;
    for (int i = 0; i < n; i++)
        if (y[i] >= g->cfg.classes)
            return dorg_fail(e, DORG_EDATA, "label %d of a net with %d classes", y[i],
                             g->cfg.classes);
    if (load(g, x, n, e) || dorg_cuda_send(g->label, y, (size_t)n, e) ||
        run(g, n, last, sgd, e))
        return e->code;
    const float *z = last ? (const float *)g->layer[last - 1].y : g->x;
    if (dorg_cu_loss(g, (float *)g->turn[0], z, n, e) ||
        dorg_cuda_check(cudaStreamSynchronize(g->stream), "training", e) ||
        dorg_cuda_fetch(g->loss, g->sums, (size_t)n * sizeof *g->loss, e))
        return e->code;
    for (int i = 0; i < n; i++)
        sum += g->loss[i];
    *loss = (float)(sum / n);
    if (!isfinite(*loss)) return dorg_fail(e, DORG_EDATA, "the loss is not finite");
    return backward(g, n, sgd, e);
}

static int cu_gradient(struct dorg_engine *g, const float *x, const uint8_t *y, int n,
                       const struct dorg_sgd *sgd, float *grad, float *loss,
                       struct dorg_err *e)
{
    if (to_gradient(g, x, y, n, sgd, loss, e) ||
        dorg_cuda_check(cudaStreamSynchronize(g->stream), "the gradient", e))
        return e->code;
    return gather(g, grad, g->grad, e);
}

static int cu_train(struct dorg_engine *g, const float *x, const uint8_t *y, int n,
                    const struct dorg_sgd *sgd, float *loss, struct dorg_err *e)
{
    if (to_gradient(g, x, y, n, sgd, loss, e)) return e->code;
    for (int k = 0; k < g->cfg.n_layers; k++)
        if (dorg_cu_step(g, k, sgd, n, e)) return e->code;
    return dorg_cuda_check(cudaStreamSynchronize(g->stream), "training", e);
}

const struct dorg_engine_ops dorg_engine_cuda = {
    DORG_ENGINE_ABI, "cuda",          cu_probe,        cu_open,    cu_close, cu_set_params,
    cu_get_params,   cu_set_momentum, cu_get_momentum, cu_forward, cu_train, cu_gradient,
};
