/* engine_onednn_run.c - forward: stages one after the other, micro-batches side by side */
#include "engine_onednn.h"
#include "../../../libcommon/base/par.h"

size_t dorg_dnn_micros(const struct dorg_engine *g)
{
    return (g->n + g->micro - 1) / g->micro;
}

size_t dorg_dnn_images(const struct dorg_engine *g, size_t m)
{
    size_t left = g->n - m * g->micro;
    return left < g->micro ? left : g->micro;
}

void *dorg_dnn_dst(struct dorg_engine *g, int i, size_t m, size_t worker)
{
    const struct dorg_dnn_node *d = &g->node[i];
    if (d->place.kept) return d->place.kept + m * d->dst_size;
    return g->worker[worker].buffer[d->place.turn];
}

const void *dorg_dnn_src(struct dorg_engine *g, int i, size_t m, size_t worker)
{
    if (i) return dorg_dnn_dst(g, i - 1, m, worker);
    if (dorg_dnn_images(g, m) < g->micro) return g->tail;
    return g->x + m * g->micro * dorg_layer_in(&g->cfg.layer[0]);
}

/* Training: keep or drop; on an engine for training that is being applied: times keep. */
static int dropout(struct dorg_engine *g, struct dorg_dnn_node *d, float *y, size_t m,
                   size_t worker, struct dorg_err *e)
{
    const struct dorg_dnn_arg arg[] = {{DNNL_ARG_SRC, &d->src, y}, {DNNL_ARG_DST, &d->dst, y}};
    if (!g->sgd) return dorg_dnn_run(g, &d->forward, worker, arg, 2, e);
    size_t n = g->micro * dorg_layer_in(d->l), first = m * n;
    dorg_dropout_mask(d->mask + first, first, n, d->l->keep, g->sgd, d->k);
    for (size_t i = 0; i < n; i++)
        y[i] *= d->mask[first + i];
    return 0;
}

static int bnorm(struct dorg_engine *g, struct dorg_dnn_node *d, void *y, const void *x,
                 size_t worker, struct dorg_err *e)
{
    size_t maps = (size_t)d->l->in[0];
    if (g->opts.training) {
        dorg_dnn_bnorm_apply(g, d, y, x);
        return 0;
    }
    dorg_md vector, pair;
    dnnl_dims_t one = {d->l->in[0]}, both = {2, d->l->in[0]};
    dnnl_memory_desc_init_by_tag(&vector, 1, one, dnnl_f32, dnnl_a);
    dnnl_memory_desc_init_by_tag(&pair, 2, both, dnnl_f32, dnnl_ab);
    const struct dorg_dnn_arg arg[] = {{DNNL_ARG_SRC, &d->src, x},
                                       {DNNL_ARG_DST, &d->dst, y},
                                       {DNNL_ARG_MEAN, &vector, d->bias},
                                       {DNNL_ARG_VARIANCE, &vector, d->bias + maps},
                                       {DNNL_ARG_SCALE_SHIFT, &pair, d->bias + 2 * maps}};
    return dorg_dnn_run(g, &d->forward, worker, arg, 5, e);
}

static int conv(struct dorg_engine *g, struct dorg_dnn_node *d, void *y, const void *x,
                size_t worker, struct dorg_err *e)
{
    dorg_md b;
    dnnl_dims_t dims = {d->l->out[0]};
    dnnl_memory_desc_init_by_tag(&b, 1, dims, dnnl_f32, dnnl_a);
    const float *bias = d->bias ? d->bias : g->w + d->l->b_at;
    const struct dorg_dnn_arg arg[] = {{DNNL_ARG_SRC, &d->src, x},
                                       {DNNL_ARG_DST, &d->dst, y},
                                       {DNNL_ARG_WEIGHTS, &d->w_md, d->w},
                                       {DNNL_ARG_BIAS, &b, bias}};
    return dorg_dnn_run(g, &d->forward, worker, arg, 4, e);
}

static int node(struct dorg_engine *g, int i, size_t m, size_t worker, struct dorg_err *e)
{
    struct dorg_dnn_node *d = &g->node[i];
    const void *x = dorg_dnn_src(g, i, m, worker);
    void *y = dorg_dnn_dst(g, i, m, worker);
    if (d->type == NODE_CONV && g->int8) return dorg_dnn_int8_conv(g, d, y, x, worker, e);
    if (d->type == NODE_CONV) return conv(g, d, y, x, worker, e);
    if (d->type == NODE_BNORM) return bnorm(g, d, y, x, worker, e);
    if (d->type == NODE_DROPOUT && g->opts.training) {
        if (y != x) memcpy(y, x, d->dst_size);
        return dropout(g, d, y, m, worker, e);
    }
    if (!d->forward.run) { /* a reorder to the same format: a copy */
        memcpy(y, x, d->dst_size);
        return 0;
    }
    const struct dorg_dnn_arg arg[] = {
        {DNNL_ARG_SRC, &d->src, x},
        {DNNL_ARG_DST, &d->dst, y},
        {DNNL_ARG_WORKSPACE, &d->ws, d->ws_at ? d->ws_at + m * d->ws_size : NULL}};
    return dorg_dnn_run(g, &d->forward, worker, arg, d->ws_at ? 3 : 2, e);
}

struct span {
    struct dorg_engine *g;
    const struct dorg_stage *stage;
    struct dorg_dnn_node *measured; /* the bnorm that begins the next stage, or NULL */
};

static int micro(void *ctx, size_t m, size_t worker, struct dorg_err *e)
{
    const struct span *s = ctx;
    dorg_dnn_one_thread();
    for (int i = s->stage->first; i < s->stage->end; i++)
        if (node(s->g, i, m, worker, e)) return e->code;
    if (s->measured)
        dorg_dnn_bnorm_measure(s->g, s->measured,
                               dorg_dnn_dst(s->g, s->stage->end - 1, m, worker), m);
    return 0;
}

static void copy_tail(struct dorg_engine *g)
{
    size_t image = dorg_layer_in(&g->cfg.layer[0]), left = g->n % g->micro;
    memset(g->tail, 0, g->micro * image * sizeof *g->tail);
    memcpy(g->tail, g->x + (g->n - left) * image, left * image * sizeof *g->tail);
}

/* A bnorm at the very beginning is measured on the images themselves. */
static int measure_images(void *ctx, size_t m, size_t worker, struct dorg_err *e)
{
    const struct span *s = ctx;
    (void)e;
    dorg_dnn_bnorm_measure(s->g, s->measured, dorg_dnn_src(s->g, 0, m, worker), m);
    return 0;
}

static struct dorg_dnn_node *bnorm_at(struct dorg_engine *g, int stage)
{
    if (!g->opts.training || !g->sgd || stage >= g->n_stages) return NULL;
    struct dorg_dnn_node *d = &g->node[g->stage[stage].first];
    return d->type == NODE_BNORM ? d : NULL;
}

int dorg_dnn_forward(struct dorg_engine *g, const float *x, int n, const struct dorg_sgd *sgd,
                     struct dorg_err *e)
{
    if (n < 1 || n > g->opts.max_batch)
        return dorg_fail(e, DORG_EUSAGE, "%d images: not within 1 to %d", n,
                         g->opts.max_batch);
    g->x = x;
    g->n = (size_t)n;
    g->sgd = sgd;
    if (!g->ready && dorg_dnn_pack(g, g->w, e)) return e->code;
    if (g->n % g->micro) copy_tail(g);
    struct dorg_dnn_node *b = bnorm_at(g, 0);
    struct span begin = {g, NULL, b};
    if (b && dorg_par(dorg_dnn_micros(g), g->opts.jobs, measure_images, &begin, e))
        return e->code;
    for (int t = 0; t < g->n_stages && !e->code; t++) {
        struct dorg_dnn_node *first = &g->node[g->stage[t].first];
        if (g->opts.training && first->type == NODE_BNORM) dorg_dnn_bnorm_settle(g, first);
        b = bnorm_at(g, t + 1);
        struct span s = {g, &g->stage[t], b};
        if (!s.stage->fc)
            dorg_par(dorg_dnn_micros(g), g->opts.jobs, micro, &s, e);
        else if (!dorg_dnn_fc_forward(g, s.stage->first, e) && b)
            for (size_t m = 0; m < dorg_dnn_micros(g); m++)
                dorg_dnn_bnorm_measure(g, b, dorg_dnn_dst(g, s.stage->first, m, 0), m);
    }
    return e->code;
}
