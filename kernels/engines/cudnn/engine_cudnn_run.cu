/* engine_cudnn_run.cu - the layers one after another, forward and backward */
#include "engine_cudnn.h"

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

static struct dorg_cu_pass pass_of(struct dorg_engine *g, int n, int k, bool training)
{
    struct dorg_cu_pass s = {};
    s.g = g;
    s.l = &g->cfg.layer[k];
    s.c = &g->layer[k];
    s.k = k;
    s.n = n;
    s.training = training;
    s.x = s.c->x;
    s.y = s.c->y;
    return s;
}

int dorg_cu_load(struct dorg_engine *g, const float *x, int n, struct dorg_err *e)
{
    size_t in = dorg_layer_in(&g->cfg.layer[0]), rest = (size_t)(g->opts.max_batch - n) * in;
    if (n < 1 || n > g->opts.max_batch)
        return dorg_fail(e, DORG_EUSAGE, "%d images: not within 1 to %d", n,
                         g->opts.max_batch);
    if (dorg_cuda_check(cudaSetDevice(g->opts.device), "choosing the device", e) ||
        dorg_cuda_send(g->x, x, (size_t)n * in * sizeof *x, e))
        return e->code;
    if (!rest) return 0;
    return dorg_cuda_check(cudaMemset(g->x + (size_t)n * in, 0, rest * sizeof *x),
                           "the rest of a batch", e);
}

/* Layers 0 to `layers` - 1. */
static int run(struct dorg_engine *g, int n, int layers, bool training, struct dorg_err *e)
{
    for (int k = 0; k < layers; k++) {
        struct dorg_cu_pass s = pass_of(g, n, k, training);
        if (k == g->widens_at && dorg_cu_to_float(g->wide, (const half_t *)g->layer[k - 1].y,
                                                  dorg_cu_in(&s), g->stream, e))
            return e->code;
        if (layer_fn[s.l->type].forward(&s, e)) return e->code;
    }
    return 0;
}

int dorg_cu_apply(struct dorg_engine *g, int n, bool from_recs, struct dorg_err *e)
{
    if (!from_recs && dorg_cu_take_in(g, e)) return e->code;
    return run(g, n, g->cfg.n_layers, false, e);
}

/* Where bf16 begins, the error is rounded to it: into the other buffer. */
static int backward(struct dorg_engine *g, int n, struct dorg_err *e)
{
    int now = 0;
    for (int k = g->cfg.n_layers - 2; k >= 0; k--) {
        struct dorg_cu_pass s = pass_of(g, n, k, true);
        s.dy = g->turn[now];
        s.dx = k ? g->turn[!now] : NULL;
        if (layer_fn[s.l->type].backward(&s, e)) return e->code;
        if (k != g->widens_at)
            now = !now;
        else if (dorg_cu_to_half((half_t *)g->turn[now], (const float *)g->turn[!now],
                                 dorg_cu_in(&s), g->stream, e))
            return e->code;
    }
    return 0;
}

int dorg_cu_gradient(struct dorg_engine *g, const struct dorg_cu_call *c, struct dorg_err *e)
{
    int last = g->cfg.n_layers - 1;
    if (!c->from_recs && dorg_cu_take_in(g, e)) return e->code;
    if (run(g, c->n, last, true, e)) return e->code;
    if (dorg_cu_loss(g, (float *)g->turn[0], (const float *)g->layer[last].x, c->n, c->all,
                     e) ||
        backward(g, c->n, e))
        return e->code;
    return g->member ? dorg_cu_widen_gradient(g, e) : 0;
}

int dorg_cu_sgd(struct dorg_engine *g, const struct dorg_cu_call *c, struct dorg_err *e)
{
    for (int k = 0; k < g->cfg.n_layers; k++)
        if (dorg_cu_step(g, k, c->n, e)) return e->code;
    return 0;
}
