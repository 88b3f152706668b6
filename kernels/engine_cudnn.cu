/* engine_cudnn.cu - the net on CUDA: the table of functions, opening and closing */
#include <stdlib.h>

#include "engine_cudnn.h"
#include "engine_cudnn_images.h"

extern "C" {
#include "../libcommon/mem.h"
extern const struct dorg_engine_ops dorg_engine_cuda;
}

static int cu_probe(char *why, size_t why_size)
{
    return dorg_cuda_probe(why, why_size);
}

static void cu_close(struct dorg_engine *g)
{
    if (!g) return;
    cudaSetDevice(g->opts.device);
    dorg_cu_images_close(g);
    dorg_cu_clear(g);
    if (g->cudnn) cudnnDestroy(g->cudnn);
    if (g->stream) cudaStreamDestroy(g->stream);
    free(g);
}

static int set_up(struct dorg_engine *g, struct dorg_err *e)
{
    char why[256];
    if (g->opts.max_batch < 1)
        return dorg_fail(e, DORG_EUSAGE, "a batch of %d images", g->opts.max_batch);
    if (!dorg_cuda_probe(why, sizeof why)) return dorg_fail(e, DORG_EIO, "%s", why);
    if (dorg_cuda_check(cudaSetDevice(g->opts.device), "choosing the device", e) ||
        dorg_cu_measure(g, e) ||
        dorg_cuda_check(cudaStreamCreate(&g->stream), "a stream", e) ||
        dorg_cudnn_check(cudnnCreate(&g->cudnn), "opening the library", e) ||
        dorg_cudnn_check(cudnnSetStream(g->cudnn, g->stream), "a stream", e) ||
        dorg_cu_furnish(g, e))
        return e->code;
    for (int k = 0; k < g->cfg.n_layers; k++) {
        enum dorg_layer_type t = g->cfg.layer[k].type;
        if ((t == DORG_CONV || t == DORG_FC) && dorg_cu_conv_open(g, k, &g->workspace_size, e))
            return e->code;
    }
    return (g->workspace = dorg_cuda_room(g->workspace_size, 1, e)) ? 0 : e->code;
}

static int open_as(struct dorg_engine **out, const struct dorg_netcfg *cfg,
                   const struct dorg_engine_opts *opts, bool last, struct dorg_err *e)
{
    struct dorg_engine *g = (struct dorg_engine *)dorg_zeroed(1, sizeof *g, e);
    *out = NULL;
    if (!g) return e->code;
    g->cfg = *cfg;
    g->cfg.text = NULL;
    g->opts = *opts;
    g->last = last;
    if (set_up(g, e))
        cu_close(g);
    else
        *out = g;
    return e->code;
}

/* In bf16 and tf32 with maps interleaved, or plane by plane where cuDNN cannot run that. */
static int open_one(struct dorg_engine **out, const struct dorg_netcfg *cfg,
                    const struct dorg_engine_opts *opts, struct dorg_err *e)
{
    struct dorg_err first = {};
    bool last = opts->precision == DORG_PREC_BF16 || opts->precision == DORG_PREC_TF32;
    if (last && !open_as(out, cfg, opts, true, &first)) return 0;
    return open_as(out, cfg, opts, false, e);
}

/* AUTO is bf16 for applying, or f32 where cuDNN cannot run a layer of the net in bf16. */
static int cu_open(struct dorg_engine **out, const struct dorg_netcfg *cfg,
                   const struct dorg_engine_opts *opts, struct dorg_err *e)
{
    struct dorg_engine_opts o = *opts;
    struct dorg_err first = {};
    if (opts->precision == DORG_PREC_INT8)
        return dorg_fail(e, DORG_EIO, "engine cuda does not compute in int8");
    if (opts->precision != DORG_PREC_AUTO) return open_one(out, cfg, opts, e);
    o.precision = DORG_PREC_BF16;
    if (!opts->training && !open_one(out, cfg, &o, &first)) return 0;
    o.precision = DORG_PREC_F32;
    return open_one(out, cfg, &o, e);
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

static int cu_set_params(struct dorg_engine *g, const float *w, size_t n, struct dorg_err *e)
{
    if (ready(g, n, false, e) || dorg_cu_spread(g, g->w, w, e)) return e->code;
    return g->w_half ? dorg_cu_to_half(g->w_half, g->w, g->room, g->stream, e) : 0;
}

static int cu_get_params(struct dorg_engine *g, float *w, size_t n, struct dorg_err *e)
{
    return ready(g, n, false, e) ? e->code : dorg_cu_gather(g, w, g->w, e);
}

static int cu_set_momentum(struct dorg_engine *g, const float *v, size_t n, struct dorg_err *e)
{
    return ready(g, n, true, e) ? e->code : dorg_cu_spread(g, g->v, v, e);
}

static int cu_get_momentum(struct dorg_engine *g, float *v, size_t n, struct dorg_err *e)
{
    return ready(g, n, true, e) ? e->code : dorg_cu_gather(g, v, g->v, e);
}

/* ---- applying and training -------------------------------------------------------------- */

static int cu_forward(struct dorg_engine *g, const float *x, int n, float *p,
                      struct dorg_err *e)
{
    if (dorg_cu_load(g, x, n, e) || dorg_cu_apply(g, n, false, e) ||
        dorg_cuda_check(cudaStreamSynchronize(g->stream), "applying the net", e))
        return e->code;
    return dorg_cuda_fetch(p, g->layer[g->cfg.n_layers - 1].y,
                           (size_t)n * (size_t)g->cfg.classes * sizeof *p, e);
}

static int cu_gradient(struct dorg_engine *g, const float *x, const uint8_t *y, int n,
                       const struct dorg_sgd *sgd, float *grad, float *loss,
                       struct dorg_err *e)
{
    struct dorg_cu_call c = {n, n, false};
    if (ready(g, g->cfg.n_params, true, e) || dorg_cu_load(g, x, n, e) ||
        dorg_cu_say(g, y, n, sgd, 0, e) || dorg_cu_replay_gradient(g, &c, e) ||
        dorg_cu_widen_gradient(g, e) ||
        dorg_cuda_check(cudaStreamSynchronize(g->stream), "the gradient", e) ||
        dorg_cuda_fetch(g->host_total, g->total, sizeof *g->total, e) ||
        dorg_cu_hear(g, loss, n, e))
        return e->code;
    return dorg_cu_gather(g, grad, g->grad, e);
}

static int cu_train(struct dorg_engine *g, const float *x, const uint8_t *y, int n,
                    const struct dorg_sgd *sgd, float *loss, struct dorg_err *e)
{
    struct dorg_cu_call c = {n, n, false};
    if (ready(g, g->cfg.n_params, true, e) || dorg_cu_load(g, x, n, e) ||
        dorg_cu_say(g, y, n, sgd, 0, e) || dorg_cu_replay_gradient(g, &c, e) ||
        dorg_cu_replay_step(g, &c, e))
        return e->code;
    return dorg_cu_hear(g, loss, n, e);
}

static int cu_train_images(struct dorg_engine *g, const struct dorg_batch *b,
                           const struct dorg_sgd *sgd, float *loss, struct dorg_err *e)
{
    struct dorg_cu_call c = {b->n, b->n, true};
    if (b->n < 1 || b->n > g->opts.max_batch || !g->images)
        return dorg_fail(e, DORG_EUSAGE, "%d images of records: not within 1 to %d", b->n,
                         g->images ? g->opts.max_batch : 0);
    if (ready(g, g->cfg.n_params, true, e) || dorg_cu_say(g, b->label, b->n, sgd, 0, e) ||
        dorg_cu_images_take(g, b, e) || dorg_cu_replay_gradient(g, &c, e) ||
        dorg_cu_replay_step(g, &c, e) || dorg_cu_images_ahead(g, b, e))
        return e->code;
    return dorg_cu_hear(g, loss, b->n, e);
}

enum { BATCH = 512 }; /* enough to fill a device */

const struct dorg_engine_ops dorg_engine_cuda = {
    DORG_ENGINE_ABI, "cuda",         cu_probe,        cu_open,
    cu_close,        cu_set_params,  cu_get_params,   cu_set_momentum,
    cu_get_momentum, cu_forward,     cu_train,        cu_gradient,
    BATCH,           dorg_cu_images, cu_train_images, dorg_cu_forward_cut,
};
