/* engine_cudnn.cu - the net on CUDA: the table of functions, opening and closing */
#include <stdlib.h>
#include <string.h>

#include "engine_cudnn.h"
#include "engine_cudnn_images.h"
#include "engine_cudnn_team.h"

extern "C" {
#include "../../../libcommon/base/mem.h"
extern const struct dorg_engine_ops dorg_engine_cuda;
}

static int cu_probe(char *why, size_t why_size)
{
    return dorg_cuda_probe(why, why_size);
}

static void cu_close(struct dorg_engine *g);

/* The other members; the leader closes itself. */
static void disband(struct dorg_cu_team *t)
{
    if (!t) return;
    dorg_nccl_close(t->nccl);
    for (int i = 1; i < t->n; i++)
        cu_close(t->member[i]);
    free(t);
}

/* All that is on the device. */
static void leave(struct dorg_engine *g)
{
    cudaSetDevice(g->opts.device);
    if (g->stream) cudaStreamSynchronize(g->stream); /* after an error there may be work */
    dorg_cu_images_close(g);
    dorg_cu_clear(g);
    if (g->cudnn) cudnnDestroy(g->cudnn);
    if (g->stream) cudaStreamDestroy(g->stream);
    cudaGetLastError(); /* whatever went wrong here, the next launch is not to blame */
}

static void cu_close(struct dorg_engine *g)
{
    if (!g) return;
    disband(g->team);
    leave(g);
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
    g->asked = opts->max_batch;
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
    dorg_cuda_short.of_memory = false;
    if (last && !open_as(out, cfg, opts, true, &first)) return 0;
    if (!dorg_cuda_short.of_memory) return open_as(out, cfg, opts, false, e);
    *e = first;
    return e->code;
}

/* Training on a batch that does not fit: what it takes is known as far as it came. */
static int too_little(int batch, size_t there, size_t all, struct dorg_err *e)
{
    const double mib = 1048576;
    double taken = (double)there - (double)dorg_cuda_short.there;
    return dorg_fail(e, DORG_EIO,
                     "training on %d images at a time takes more than %.1f MiB on the device, "
                     "where %.1f of %.1f MiB are free: a smaller batch takes less (--batch)",
                     batch, (taken + (double)dorg_cuda_short.asked) / mib, (double)there / mib,
                     (double)all / mib);
}

/* Applying takes half as many images at a time until they fit; a training's batch is part of
 * what it computes. */
static int open_to_fit(struct dorg_engine **out, const struct dorg_netcfg *cfg,
                       const struct dorg_engine_opts *opts, struct dorg_err *e)
{
    struct dorg_engine_opts o = *opts;
    struct dorg_err why = {};
    size_t there = 0, all = 0;
    if (opts->training && cudaSetDevice(o.device) == cudaSuccess) cudaMemGetInfo(&there, &all);
    while (open_one(out, cfg, &o, &why)) {
        bool of_memory = dorg_cuda_short.of_memory;
        if (of_memory && opts->training) return too_little(opts->max_batch, there, all, e);
        if (!of_memory || o.max_batch < 2) {
            *e = why;
            return e->code;
        }
        o.max_batch = (o.max_batch + 1) / 2;
        why.code = 0;
    }
    (*out)->asked = opts->max_batch;
    return 0;
}

/* A leader and the other members on the devices after its own. */
static int open_team(struct dorg_engine **out, const struct dorg_netcfg *cfg,
                     const struct dorg_engine_opts *opts, struct dorg_err *e)
{
    struct dorg_engine *member[DORG_CU_TEAM] = {};
    struct dorg_engine_opts o = *opts;
    int there = 0, n = opts->gpus;
    *out = NULL;
    if (!opts->training) return dorg_fail(e, DORG_EUSAGE, "several GPUs train; one applies");
    if (dorg_cuda_check(cudaGetDeviceCount(&there), "counting devices", e)) return e->code;
    if (n > DORG_CU_TEAM || opts->device + n > there)
        return dorg_fail(e, DORG_EIO, "%d GPUs from number %d on: there are %d", n,
                         opts->device, there);
    o.max_batch = (opts->max_batch + n - 1) / n;
    for (int i = 0; i < n && !e->code; i++, o.device++)
        open_to_fit(&member[i], cfg, &o, e);
    if (e->code) {
        for (int i = 0; i < n; i++)
            cu_close(member[i]);
        return e->code;
    }
    if (!dorg_cu_team_join(member[0], member, n, e)) {
        *out = member[0];
        return 0;
    }
    for (int i = 1; i < n && !member[0]->team; i++)
        cu_close(member[i]); /* of which the leader knows nothing */
    cu_close(member[0]);
    return e->code;
}

/* AUTO is bf16 for applying and tf32 for training, or f32 where cuDNN cannot run a layer of the net
 * so. */
static int cu_open(struct dorg_engine **out, const struct dorg_netcfg *cfg,
                   const struct dorg_engine_opts *opts, struct dorg_err *e)
{
    struct dorg_engine_opts o = *opts;
    struct dorg_err first = {};
    bool several = opts->gpus > 1;
    if (opts->precision == DORG_PREC_INT8)
        return dorg_fail(e, DORG_EIO, "engine cuda does not compute in int8");
    if (several && opts->precision == DORG_PREC_AUTO) o.precision = DORG_PREC_TF32;
    if (several) return open_team(out, cfg, &o, e);
    if (opts->precision != DORG_PREC_AUTO) return open_to_fit(out, cfg, opts, e);
    o.precision = opts->training ? DORG_PREC_TF32 : DORG_PREC_BF16;
    if (!open_to_fit(out, cfg, &o, &first)) return 0;
    o.precision = DORG_PREC_F32;
    return open_to_fit(out, cfg, &o, e);
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
    for (int i = 1; g->team && i < g->team->n; i++)
        if (cu_set_params(g->team->member[i], w, n, e)) return e->code;
    if (ready(g, n, false, e) || dorg_cu_spread(g, g->w, w, e)) return e->code;
    return g->w_half ? dorg_cu_to_half(g->w_half, g->w, g->room, g->stream, e) : 0;
}

static int cu_get_params(struct dorg_engine *g, float *w, size_t n, struct dorg_err *e)
{
    return ready(g, n, false, e) ? e->code : dorg_cu_gather(g, w, g->w, e);
}

static int cu_set_momentum(struct dorg_engine *g, const float *v, size_t n, struct dorg_err *e)
{
    for (int i = 1; g->team && i < g->team->n; i++)
        if (cu_set_momentum(g->team->member[i], v, n, e)) return e->code;
    return ready(g, n, true, e) ? e->code : dorg_cu_spread(g, g->v, v, e);
}

static int cu_get_momentum(struct dorg_engine *g, float *v, size_t n, struct dorg_err *e)
{
    return ready(g, n, true, e) ? e->code : dorg_cu_gather(g, v, g->v, e);
}

int dorg_cu_shrink(struct dorg_engine *g, struct dorg_err *e)
{
    struct dorg_engine kept = *g;
    size_t n = g->cfg.n_params;
    float *w = (float *)dorg_array(n, sizeof *w, e);
    if (w && !cu_get_params(g, w, n, e)) {
        leave(g);
        memset(g, 0, sizeof *g);
        g->cfg = kept.cfg;
        g->opts = kept.opts;
        g->opts.max_batch = (kept.opts.max_batch + 1) / 2;
        g->asked = kept.asked;
        g->last = kept.last;
        if (!set_up(g, e)) cu_set_params(g, w, n, e);
    }
    free(w);
    return e->code;
}

/* ---- applying and training -------------------------------------------------------------- */

static int forward_part(struct dorg_engine *g, const float *x, int n, float *p,
                        struct dorg_err *e)
{
    if (dorg_cu_load(g, x, n, e) || dorg_cu_apply(g, n, false, e) ||
        dorg_cuda_check(cudaStreamSynchronize(g->stream), "applying the net", e))
        return e->code;
    return dorg_cuda_fetch(p, g->layer[g->cfg.n_layers - 1].y,
                           (size_t)n * (size_t)g->cfg.classes * sizeof *p, e);
}

/* A leader has room for its part of a batch only, others may have been short of memory: they
 * take the parts one after another. */
static int cu_forward(struct dorg_engine *g, const float *x, int n, float *p,
                      struct dorg_err *e)
{
    int most = g->opts.max_batch, all = g->team ? most * g->team->n : g->asked;
    if (n < 1 || n > all)
        return dorg_fail(e, DORG_EUSAGE, "%d images: not within 1 to %d", n, all);
    for (int i = 0; i < n; i += most) {
        int m = n - i < most ? n - i : most;
        if (forward_part(g, x + (size_t)i * dorg_layer_in(&g->cfg.layer[0]), m,
                         p + (size_t)i * (size_t)g->cfg.classes, e))
            return e->code;
    }
    return 0;
}

/* Launch all up to the gradient, which is then in g->grad (in bf16, some in g->grad_half). */
static int start(struct dorg_engine *g, const float *x, const uint8_t *y, int n,
                 const struct dorg_sgd *sgd, struct dorg_err *e)
{
    struct dorg_cu_call c = {n, n, false};
    if (ready(g, g->cfg.n_params, true, e)) return e->code;
    if (g->team) return dorg_cu_team_gradient(g, x, y, n, sgd, e);
    if (dorg_cu_load(g, x, n, e) || dorg_cu_say(g, y, n, sgd, 0, e)) return e->code;
    return dorg_cu_replay_gradient(g, &c, e);
}

/* Launch the step, and wait for everything. */
static int end(struct dorg_engine *g, int n, float *loss, struct dorg_err *e)
{
    struct dorg_cu_call c = {n, n, false};
    if (g->team)
        return dorg_cu_team_step(g, n, false, e) ? e->code : dorg_cu_team_hear(g, loss, n, e);
    return dorg_cu_replay_step(g, &c, e) ? e->code : dorg_cu_hear(g, loss, n, e);
}

static int cu_gradient(struct dorg_engine *g, const float *x, const uint8_t *y, int n,
                       const struct dorg_sgd *sgd, float *grad, float *loss,
                       struct dorg_err *e)
{
    if (start(g, x, y, n, sgd, e) || ready(g, g->cfg.n_params, true, e)) return e->code;
    if ((!g->member && dorg_cu_widen_gradient(g, e)) ||
        dorg_cuda_check(cudaStreamSynchronize(g->stream), "the gradient", e) ||
        dorg_cuda_fetch(g->host_total, g->total, sizeof *g->total, e) ||
        dorg_cu_hear(g, loss, n, e))
        return e->code;
    return dorg_cu_gather(g, grad, g->grad, e);
}

static int cu_train(struct dorg_engine *g, const float *x, const uint8_t *y, int n,
                    const struct dorg_sgd *sgd, float *loss, struct dorg_err *e)
{
    return start(g, x, y, n, sgd, e) ? e->code : end(g, n, loss, e);
}

static int cu_images(struct dorg_engine *g, const struct dorg_images *from, struct dorg_err *e)
{
    for (int i = 1; g->team && i < g->team->n; i++)
        if (dorg_cu_images(g->team->member[i], from, e)) return e->code;
    return dorg_cu_images(g, from, e);
}

/* The next batch is sent while this one's step runs. */
static int cu_train_images(struct dorg_engine *g, const struct dorg_batch *b,
                           const struct dorg_sgd *sgd, float *loss, struct dorg_err *e)
{
    struct dorg_cu_call c = {b->n, b->n, true};
    int most = g->opts.max_batch * (g->team ? g->team->n : 1);
    if (b->n < 1 || b->n > most || !g->images)
        return dorg_fail(e, DORG_EUSAGE, "%d images of records: not within 1 to %d", b->n,
                         g->images ? most : 0);
    if (ready(g, g->cfg.n_params, true, e)) return e->code;
    if (g->team) {
        if (dorg_cu_team_records(g, b, sgd, e) || dorg_cu_team_step(g, b->n, true, e) ||
            dorg_cu_team_ahead(g, b, e))
            return e->code;
        return dorg_cu_team_hear(g, loss, b->n, e);
    }
    if (dorg_cu_say(g, b->label, b->n, sgd, 0, e) || dorg_cu_images_take(g, b, e) ||
        dorg_cu_replay_gradient(g, &c, e) || dorg_cu_replay_step(g, &c, e) ||
        dorg_cu_images_ahead(g, b, e))
        return e->code;
    return dorg_cu_hear(g, loss, b->n, e);
}

enum { BATCH = 512 }; /* enough to fill a device */

const struct dorg_engine_ops dorg_engine_cuda = {
    DORG_ENGINE_ABI, "cuda",        cu_probe,        cu_open,
    cu_close,        cu_set_params, cu_get_params,   cu_set_momentum,
    cu_get_momentum, cu_forward,    cu_train,        cu_gradient,
    BATCH,           cu_images,     cu_train_images, dorg_cu_forward_cut,
};
