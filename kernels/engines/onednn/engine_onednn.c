/* engine_onednn.c - the net on oneDNN 2.6: the plug-in's face */
#include "engine_onednn.h"
#include "../ref/engine_ref.h" /* dorg_ref_loss, dorg_ref_softmax_forward */
#include "../../plugin.h"
#include "../../../libcommon/base/mem.h"

#include <omp.h>

static bool has_bf16(void)
{
    return (dnnl_get_effective_cpu_isa() & dnnl_cpu_isa_avx512_core_bf16) ==
           dnnl_cpu_isa_avx512_core_bf16;
}

static int dnn_probe(char *why, size_t why_size)
{
    const dnnl_version_t *v = dnnl_version();
    if (v->major != DNNL_VERSION_MAJOR) {
        snprintf(why, why_size, "built for oneDNN %d, found %d.%d", DNNL_VERSION_MAJOR,
                 v->major, v->minor);
        return 0;
    }
    snprintf(why, why_size, "oneDNN %d.%d.%d%s%s", v->major, v->minor, v->patch,
             has_bf16() ? " with avx512_bf16" : "",
             dorg_dnn_int8_here() ? " with avx512_vnni" : "");
    return 1;
}

static void drop_node(struct dorg_dnn_node *d)
{
    struct dorg_dnn_prim *all[] = {
        &d->forward, &d->back_data, &d->back_weights, &d->pack,           &d->pack_back,
        &d->unpack,  &d->fit_x,     &d->fit_dy_data,  &d->fit_dy_weights, &d->fit_dx};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        dorg_dnn_drop(all[i]);
    if (!d->in_place) free(d->place.kept);
    free(d->ws_at);
    free(d->w);
    free(d->bias);
    free(d->w_scale);
    free(d->w_back_at);
    free(d->dw_at);
    free(d->parts);
    free(d->sums);
    free(d->batch);
    free(d->factor);
    free(d->mask);
}

static void dnn_close(struct dorg_engine *g)
{
    if (!g) return;
    for (int i = 0; i < DORG_MAX_NODES; i++)
        drop_node(&g->node[i]);
    for (int w = 0; g->worker && w < g->opts.jobs; w++) {
        if (g->worker[w].stream) dnnl_stream_destroy(g->worker[w].stream);
        for (int i = 0; i < 3; i++)
            free(g->worker[w].buffer[i]);
        free(g->worker[w].scratch);
        free(g->worker[w].block);
        free(g->worker[w].bytes);
        free(g->worker[w].factor);
    }
    free(g->worker);
    free(g->w);
    free(g->v);
    free(g->grad);
    free(g->tail);
    free(g->rows);
    free(g->row_scale);
    free(g->diff[0]);
    free(g->diff[1]);
    if (g->cpu) dnnl_engine_destroy(g->cpu);
    free(g);
}

static int choose_type(struct dorg_engine *g, struct dorg_err *e)
{
    enum dorg_precision p = g->opts.precision;
    g->type = dnnl_f32;
    g->int8 = p == DORG_PREC_INT8;
    if (p == DORG_PREC_TF32)
        return dorg_fail(e, DORG_EIO, "engine onednn does not compute in tf32");
    if ((p == DORG_PREC_BF16 || g->int8) && g->opts.training)
        return dorg_fail(e, DORG_EIO, "engine onednn trains in f32");
    if (p == DORG_PREC_BF16 && !has_bf16())
        return dorg_fail(e, DORG_EIO, "this processor has no avx512_bf16");
    if (g->int8 && !dorg_dnn_int8_here())
        return dorg_fail(e, DORG_EIO, "this processor has no avx512_vnni");
    if ((p == DORG_PREC_BF16 || p == DORG_PREC_AUTO) && !g->opts.training && has_bf16())
        g->type = dnnl_bf16;
    return 0;
}

/* Below AVX-512, oneDNN's matrix product takes six rows at a time and what is left over by
 * another kernel, which adds in another order: none is left over. */
static size_t rows_of(size_t images)
{
    bool avx512 =
        (dnnl_get_effective_cpu_isa() & dnnl_cpu_isa_avx512_core) == dnnl_cpu_isa_avx512_core;
    return avx512 ? images : (images + 5) / 6 * 6;
}

static int set_up(struct dorg_engine *g, struct dorg_err *e)
{
    size_t n = g->cfg.n_params, max = (size_t)g->opts.max_batch;
    if (g->opts.max_batch < 1)
        return dorg_fail(e, DORG_EUSAGE, "a batch of %d images", g->opts.max_batch);
    if (choose_type(g, e)) return e->code;
    g->micro = max < DORG_MAX_MICRO ? max : DORG_MAX_MICRO;
    if (g->int8) g->micro = dorg_dnn_int8_micro(&g->cfg, g->micro);
    g->n_micro = (max + g->micro - 1) / g->micro;
    g->fc_rows = rows_of(g->n_micro * g->micro);
    if (g->opts.training) {
        if (!(g->w = dorg_dnn_room(n, sizeof(float), e)) ||
            !(g->v = dorg_dnn_room(n, sizeof(float), e)))
            return e->code;
        /* pages of fc layers, whose gradients never lie here, are never touched */
        if (!(g->grad = dorg_zeroed(n, sizeof(float), e))) return e->code;
    }
    if (dorg_dnn_check(dnnl_engine_create(&g->cpu, dnnl_cpu, 0), "engine", e)) return e->code;
    return dorg_dnn_build(g, e);
}

static int dnn_open(struct dorg_engine **out, const struct dorg_netcfg *cfg,
                    const struct dorg_engine_opts *opts, struct dorg_err *e)
{
    int team = omp_get_max_threads();
    struct dorg_engine *g = dorg_zeroed(1, sizeof *g, e);
    *out = NULL;
    if (!g) return e->code;
    g->cfg = *cfg;
    g->cfg.text = NULL;
    g->opts = *opts;
    if (g->opts.jobs < 1) g->opts.jobs = 1;
    dorg_dnn_one_thread();
    if (set_up(g, e))
        dnn_close(g);
    else
        *out = g;
    omp_set_num_threads(team);
    return e->code;
}

static int check_count(const struct dorg_engine *g, size_t n, bool training,
                       struct dorg_err *e)
{
    if (n != g->cfg.n_params)
        return dorg_fail(e, DORG_EDATA, "the net has %zu parameters, not %zu", g->cfg.n_params,
                         n);
    if (training && !g->opts.training)
        return dorg_fail(e, DORG_EUSAGE, "the engine was not opened for training");
    return 0;
}

static int dnn_set_params(struct dorg_engine *g, const float *w, size_t n, struct dorg_err *e)
{
    int team = omp_get_max_threads();
    if (check_count(g, n, false, e)) return e->code;
    if (g->opts.training) {
        memcpy(g->w, w, n * sizeof *w);
        g->ready = false;
        return 0;
    }
    dorg_dnn_pack(g, w, e);
    omp_set_num_threads(team);
    return e->code;
}

static int dnn_get_params(struct dorg_engine *g, float *w, size_t n, struct dorg_err *e)
{
    if (check_count(g, n, true, e)) return e->code;
    memcpy(w, g->w, n * sizeof *w);
    return 0;
}

static int dnn_set_momentum(struct dorg_engine *g, const float *v, size_t n,
                            struct dorg_err *e)
{
    if (check_count(g, n, true, e)) return e->code;
    memcpy(g->v, v, n * sizeof *v);
    return 0;
}

static int dnn_get_momentum(struct dorg_engine *g, float *v, size_t n, struct dorg_err *e)
{
    if (check_count(g, n, true, e)) return e->code;
    memcpy(v, g->v, n * sizeof *v);
    return 0;
}

static const float *logits(struct dorg_engine *g)
{
    return dorg_dnn_dst(g, g->n_nodes - 1, 0, 0);
}

static int dnn_forward(struct dorg_engine *g, const float *x, int n, float *p,
                       struct dorg_err *e)
{
    int team = omp_get_max_threads();
    if (!g->opts.training && !g->ready)
        return dorg_fail(e, DORG_EUSAGE, "the engine has no parameters yet");
    if (!dorg_dnn_forward(g, x, n, NULL, e)) {
        struct dorg_ref_pass s = {
            .l = &g->cfg.layer[g->cfg.n_layers - 1], .n = (size_t)n, .x = logits(g), .y = p};
        dorg_ref_softmax_forward(&s, e);
    }
    omp_set_num_threads(team);
    return e->code;
}

static int pass(struct dorg_engine *g, const float *x, const uint8_t *y, int n,
                const struct dorg_sgd *sgd, float *grad, float *loss, struct dorg_err *e)
{
    if (check_count(g, g->cfg.n_params, true, e)) return e->code;
    for (int i = 0; i < n; i++)
        if (y[i] >= g->cfg.classes)
            return dorg_fail(e, DORG_EDATA, "label %d of a net with %d classes", y[i],
                             g->cfg.classes);
    if (dorg_dnn_forward(g, x, n, sgd, e)) return e->code;
    *loss = (float)dorg_ref_loss((float *)(void *)g->diff[0], logits(g), y, (size_t)n,
                                 (size_t)g->cfg.classes);
    if (!isfinite(*loss)) return dorg_fail(e, DORG_EDATA, "the loss is not finite");
    if (!grad) g->ready = false; /* weights are about to change */
    return dorg_dnn_backward(g, grad, e);
}

static int dnn_train(struct dorg_engine *g, const float *x, const uint8_t *y, int n,
                     const struct dorg_sgd *sgd, float *loss, struct dorg_err *e)
{
    int team = omp_get_max_threads();
    pass(g, x, y, n, sgd, NULL, loss, e);
    omp_set_num_threads(team);
    return e->code;
}

static int dnn_gradient(struct dorg_engine *g, const float *x, const uint8_t *y, int n,
                        const struct dorg_sgd *sgd, float *grad, float *loss,
                        struct dorg_err *e)
{
    int team = omp_get_max_threads();
    pass(g, x, y, n, sgd, grad, loss, e);
    omp_set_num_threads(team);
    return e->code;
}

static const struct dorg_engine_ops ops = {
    .abi = DORG_ENGINE_ABI,
    .name = "onednn",
    .probe = dnn_probe,
    .open = dnn_open,
    .close = dnn_close,
    .set_params = dnn_set_params,
    .get_params = dnn_get_params,
    .set_momentum = dnn_set_momentum,
    .get_momentum = dnn_get_momentum,
    .forward = dnn_forward,
    .train = dnn_train,
    .gradient = dnn_gradient,
};

const struct dorg_plugin dorg_plugin = {DORG_PLUGIN_ABI, &ops, NULL};
