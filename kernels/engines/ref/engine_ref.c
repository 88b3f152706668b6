/* engine_ref.c - the net in plain C: what every layer means, and the step of SGD */
#include "engine_ref.h"
#include "../../engine_sgd.h"
#include "../../../libcommon/base/mem.h"
#include "../../../libcommon/base/par.h"

struct dorg_engine {
    struct dorg_netcfg cfg; /* its text is the caller's */
    struct dorg_engine_opts opts;
    size_t largest;                /* numbers an image in the largest layer */
    float *w, *v, *grad;           /* parameters; training: momentum, gradient */
    float *y[DORG_MAX_LAYERS];     /* outputs; applying: two buffers in turn */
    float *extra[DORG_MAX_LAYERS]; /* dropout's masks, bnorm's batch statistics */
    float *turn[2];                /* owned: outputs when applying, errors when training */
    float *scratch;
};

static const struct {
    dorg_ref_fn *forward, *backward;
} layer_fn[] = {
    [DORG_CONV] = {dorg_ref_conv_forward, dorg_ref_conv_backward},
    [DORG_RELU] = {dorg_ref_relu_forward, dorg_ref_relu_backward},
    [DORG_LRN] = {dorg_ref_lrn_forward, dorg_ref_lrn_backward},
    [DORG_POOL] = {dorg_ref_pool_forward, dorg_ref_pool_backward},
    [DORG_FC] = {dorg_ref_fc_forward, dorg_ref_fc_backward},
    [DORG_DROPOUT] = {dorg_ref_dropout_forward, dorg_ref_dropout_backward},
    [DORG_BNORM] = {dorg_ref_bnorm_forward, dorg_ref_bnorm_backward},
    [DORG_GAP] = {dorg_ref_gap_forward, dorg_ref_gap_backward},
    [DORG_SOFTMAX] = {dorg_ref_softmax_forward, NULL},
};

static int ref_probe(char *why, size_t why_size)
{
    snprintf(why, why_size, "plain C runs everywhere");
    return 1;
}

static void ref_close(struct dorg_engine *g)
{
    if (!g) return;
    for (int k = 0; k < DORG_MAX_LAYERS; k++) {
        if (g->opts.training) free(g->y[k]);
        free(g->extra[k]);
    }
    free(g->turn[0]);
    free(g->turn[1]);
    free(g->scratch);
    free(g->w);
    free(g->v);
    free(g->grad);
    free(g);
}

static int room_for_layer(struct dorg_engine *g, int k, struct dorg_err *e)
{
    const struct dorg_layer *l = &g->cfg.layer[k];
    size_t batch = (size_t)g->opts.max_batch, extra = 0;
    if (!g->opts.training) {
        g->y[k] = g->turn[k % 2];
        return 0;
    }
    if (!(g->y[k] = dorg_array(batch * dorg_layer_out(l), sizeof(float), e))) return e->code;
    if (l->type == DORG_DROPOUT) extra = batch * dorg_layer_in(l);
    if (l->type == DORG_BNORM) extra = 2 * l->n_b;
    if (extra && !(g->extra[k] = dorg_array(extra, sizeof(float), e))) return e->code;
    return 0;
}

static int ref_open(struct dorg_engine **out, const struct dorg_netcfg *cfg,
                    const struct dorg_engine_opts *opts, struct dorg_err *e)
{
    *out = NULL;
    if (opts->precision != DORG_PREC_F32 && opts->precision != DORG_PREC_AUTO)
        return dorg_fail(e, DORG_EIO, "engine ref computes in f32 only");
    struct dorg_engine *g = dorg_zeroed(1, sizeof *g, e);
    if (!g) return e->code;
    g->cfg = *cfg;
    g->cfg.text = NULL;
    g->opts = *opts;
    g->largest = dorg_layer_in(&cfg->layer[0]);
    for (int k = 0; k < cfg->n_layers; k++)
        if (dorg_layer_out(&cfg->layer[k]) > g->largest)
            g->largest = dorg_layer_out(&cfg->layer[k]);
    size_t turn = (size_t)opts->max_batch * g->largest;
    if (!(g->w = dorg_zeroed(cfg->n_params, sizeof *g->w, e))) goto fail;
    for (int i = 0; i < 2; i++)
        if (!(g->turn[i] = dorg_array(turn, sizeof(float), e))) goto fail;
    if (opts->training) {
        if (!(g->v = dorg_zeroed(cfg->n_params, sizeof *g->v, e))) goto fail;
        if (!(g->grad = dorg_zeroed(cfg->n_params, sizeof *g->grad, e))) goto fail;
        if (!(g->scratch =
                  dorg_array(dorg_par_team(opts->jobs) * g->largest, sizeof(float), e)))
            goto fail;
    }
    for (int k = 0; k < cfg->n_layers; k++)
        if (room_for_layer(g, k, e)) goto fail;
    *out = g;
    return 0;
fail:
    ref_close(g);
    return e->code;
}

static int check_count(const struct dorg_engine *g, size_t n, struct dorg_err *e)
{
    if (n == g->cfg.n_params) return 0;
    return dorg_fail(e, DORG_EDATA, "the net has %zu parameters, not %zu", g->cfg.n_params, n);
}

static int need_training(const struct dorg_engine *g, struct dorg_err *e)
{
    if (g->opts.training) return 0;
    return dorg_fail(e, DORG_EUSAGE, "the engine was not opened for training");
}

static int ref_set_params(struct dorg_engine *g, const float *w, size_t n, struct dorg_err *e)
{
    if (check_count(g, n, e)) return e->code;
    memcpy(g->w, w, n * sizeof *w);
    return 0;
}

static int ref_get_params(struct dorg_engine *g, float *w, size_t n, struct dorg_err *e)
{
    if (check_count(g, n, e)) return e->code;
    memcpy(w, g->w, n * sizeof *w);
    return 0;
}

static int ref_set_momentum(struct dorg_engine *g, const float *v, size_t n,
                            struct dorg_err *e)
{
    if (need_training(g, e) || check_count(g, n, e)) return e->code;
    memcpy(g->v, v, n * sizeof *v);
    return 0;
}

static int ref_get_momentum(struct dorg_engine *g, float *v, size_t n, struct dorg_err *e)
{
    if (need_training(g, e) || check_count(g, n, e)) return e->code;
    memcpy(v, g->v, n * sizeof *v);
    return 0;
}

static struct dorg_ref_pass pass_of(struct dorg_engine *g, const float *x, int n, int k)
{
    struct dorg_ref_pass s = {.l = &g->cfg.layer[k],
                              .k = k,
                              .n = (size_t)n,
                              .jobs = g->opts.jobs,
                              .params = g->w,
                              .grad = g->grad,
                              .x = k ? g->y[k - 1] : x,
                              .y = g->y[k],
                              .extra = g->extra[k],
                              .scratch = g->scratch,
                              .scratch_size = g->largest};
    return s;
}

static int run(struct dorg_engine *g, const float *x, int n, const struct dorg_sgd *sgd,
               struct dorg_err *e)
{
    if (n < 1 || n > g->opts.max_batch)
        return dorg_fail(e, DORG_EUSAGE, "%d images: not within 1 to %d", n,
                         g->opts.max_batch);
    for (int k = 0; k < g->cfg.n_layers; k++) {
        struct dorg_ref_pass s = pass_of(g, x, n, k);
        s.training = sgd != NULL;
        s.sgd = sgd;
        if (layer_fn[s.l->type].forward(&s, e)) return e->code;
    }
    return 0;
}

static int ref_forward(struct dorg_engine *g, const float *x, int n, float *p,
                       struct dorg_err *e)
{
    if (run(g, x, n, NULL, e)) return e->code;
    memcpy(p, g->y[g->cfg.n_layers - 1], (size_t)n * (size_t)g->cfg.classes * sizeof *p);
    return 0;
}

/* Forward in training, loss, and back: g->grad holds the gradient of the mean loss. */
static int to_gradient(struct dorg_engine *g, const float *x, const uint8_t *y, int n,
                       const struct dorg_sgd *sgd, float *loss, struct dorg_err *e)
{
    int last = g->cfg.n_layers - 1;
    if (need_training(g, e)) return e->code;
    for (int i = 0; i < n; i++)
        if (y[i] >= g->cfg.classes)
            return dorg_fail(e, DORG_EDATA, "label %d of a net with %d classes", y[i],
                             g->cfg.classes);
    if (run(g, x, n, sgd, e)) return e->code;
    const float *z = last ? g->y[last - 1] : x;
    *loss = (float)dorg_ref_loss(g->turn[0], z, y, (size_t)n, (size_t)g->cfg.classes);
    if (!isfinite(*loss)) return dorg_fail(e, DORG_EDATA, "the loss is not finite");
    for (int k = last - 1, now = 0; k >= 0; k--, now = !now) {
        struct dorg_ref_pass s = pass_of(g, x, n, k);
        s.training = 1;
        s.sgd = sgd;
        s.dy = g->turn[now];
        s.dx = k ? g->turn[!now] : NULL;
        if (layer_fn[s.l->type].backward(&s, e)) return e->code;
    }
    return 0;
}

static int ref_gradient(struct dorg_engine *g, const float *x, const uint8_t *y, int n,
                        const struct dorg_sgd *sgd, float *grad, float *loss,
                        struct dorg_err *e)
{
    if (to_gradient(g, x, y, n, sgd, loss, e)) return e->code;
    memcpy(grad, g->grad, g->cfg.n_params * sizeof *grad);
    return 0;
}

static int ref_train(struct dorg_engine *g, const float *x, const uint8_t *y, int n,
                     const struct dorg_sgd *sgd, float *loss, struct dorg_err *e)
{
    if (to_gradient(g, x, y, n, sgd, loss, e)) return e->code;
    for (int k = 0; k < g->cfg.n_layers; k++)
        dorg_sgd_step(g->w, g->v, g->grad, &g->cfg.layer[k], sgd, g->extra[k], n);
    return 0;
}

const struct dorg_engine_ops dorg_engine_ref = {
    .abi = DORG_ENGINE_ABI,
    .name = "ref",
    .probe = ref_probe,
    .open = ref_open,
    .close = ref_close,
    .set_params = ref_set_params,
    .get_params = ref_get_params,
    .set_momentum = ref_set_momentum,
    .get_momentum = ref_get_momentum,
    .forward = ref_forward,
    .train = ref_train,
    .gradient = ref_gradient,
};
