/* engine_onednn_back.c - backward: stages in reverse, sums over micro-batches in order */
#include "engine_onednn.h"
#include "../../engine_sgd.h"
#include "../../../libcommon/base/par.h"

struct span {
    struct dorg_engine *g;
    const struct dorg_stage *stage;
    struct dorg_dnn_node *after; /* the bnorm that begins the next stage, or NULL */
    char *from, *to;             /* errors behind and before the stage; to NULL: not wanted */
};

static char *spare(struct dorg_engine *g, size_t worker, const void *a, const void *b)
{
    for (int i = 0; i < 2; i++) {
        char *p = g->worker[worker].buffer[i];
        if (p != a && p != b) return p;
    }
    return g->worker[worker].buffer[2];
}

/* The numbers `at` in the other format, in `room`; or themselves if it is the same. */
static const void *fitted(struct dorg_engine *g, const struct dorg_dnn_prim *p, size_t worker,
                          const dorg_md *from, const dorg_md *to, const void *at, char *room,
                          struct dorg_err *e)
{
    if (!p->run) return at;
    const struct dorg_dnn_arg arg[] = {{DNNL_ARG_FROM, from, at}, {DNNL_ARG_TO, to, room}};
    dorg_dnn_run(g, p, worker, arg, 2, e);
    return room;
}

static void mask(float *dy, const float *y, size_t bytes)
{
    for (size_t i = 0; i < bytes / sizeof *dy; i++)
        dy[i] = y[i] > 0 ? dy[i] : 0;
}

static int conv_weights(struct dorg_engine *g, int i, size_t m, size_t worker, const char *dy,
                        struct dorg_err *e)
{
    struct dorg_dnn_node *d = &g->node[i];
    char *room = spare(g, worker, dy, NULL), *more = spare(g, worker, dy, room);
    const void *x = fitted(g, &d->fit_x, worker, &d->src, &d->x_back,
                           dorg_dnn_src(g, i, m, worker), room, e);
    const void *y =
        fitted(g, &d->fit_dy_weights, worker, &d->dst, &d->dy_weights, dy, more, e);
    char *dw = d->dw_at + m * d->dw_size;
    dorg_md b;
    dnnl_dims_t dims = {d->l->out[0]};
    dnnl_memory_desc_init_by_tag(&b, 1, dims, dnnl_f32, dnnl_a);
    const struct dorg_dnn_arg arg[] = {
        {DNNL_ARG_SRC, &d->x_back, x},
        {DNNL_ARG_DIFF_DST, &d->dy_weights, y},
        {DNNL_ARG_DIFF_WEIGHTS, &d->dw, dw},
        {DNNL_ARG_DIFF_BIAS, &b, dw + dnnl_memory_desc_get_size(&d->dw)}};
    return e->code ? e->code : dorg_dnn_run(g, &d->back_weights, worker, arg, 4, e);
}

static char *conv_data(struct dorg_engine *g, struct dorg_dnn_node *d, size_t worker, char *dy,
                       struct dorg_err *e)
{
    char *room = spare(g, worker, dy, NULL), *out = spare(g, worker, dy, room);
    const void *y = fitted(g, &d->fit_dy_data, worker, &d->dst, &d->dy_data, dy, room, e);
    const struct dorg_dnn_arg arg[] = {{DNNL_ARG_DIFF_DST, &d->dy_data, y},
                                       {DNNL_ARG_WEIGHTS, &d->w_back, d->w_back_at},
                                       {DNNL_ARG_DIFF_SRC, &d->dx, out}};
    if (dorg_dnn_run(g, &d->back_data, worker, arg, 3, e)) return NULL;
    if (!d->fit_dx.run) return out;
    fitted(g, &d->fit_dx, worker, &d->dx, &d->src, out, room, e);
    return room;
}

/* lrn, pool, reorder */
static char *plain(struct dorg_engine *g, int i, size_t m, size_t worker, char *dy,
                   struct dorg_err *e)
{
    struct dorg_dnn_node *d = &g->node[i];
    char *out = spare(g, worker, dy, NULL);
    if (!d->back_data.run) return dy;
    bool reorder = d->type == NODE_REORDER, lrn = d->type == NODE_LRN;
    const void *x = lrn ? dorg_dnn_src(g, i, m, worker) : NULL;
    struct dorg_dnn_arg arg[4] = {{reorder ? DNNL_ARG_FROM : DNNL_ARG_DIFF_DST, &d->dst, dy},
                                  {reorder ? DNNL_ARG_TO : DNNL_ARG_DIFF_SRC, &d->src, out}};
    int n = 2;
    if (lrn) arg[n++] = (struct dorg_dnn_arg){DNNL_ARG_SRC, &d->src, x};
    if (d->ws_at)
        arg[n++] =
            (struct dorg_dnn_arg){DNNL_ARG_WORKSPACE, &d->ws, d->ws_at + m * d->ws_size};
    return dorg_dnn_run(g, &d->back_data, worker, arg, n, e) ? NULL : out;
}

/* The error before node i from the error dy behind it; NULL after a failure, or where there
 * is nothing before. */
static char *node(struct dorg_engine *g, int i, size_t m, size_t worker, char *dy,
                  struct dorg_err *e)
{
    struct dorg_dnn_node *d = &g->node[i];
    float *number = (float *)(void *)dy;
    if (d->type == NODE_RELU || d->relu)
        mask(number, dorg_dnn_dst(g, i, m, worker), d->dst_size);
    if (d->type == NODE_CONV) {
        if (conv_weights(g, i, m, worker, dy, e) || !d->back_data.run) return NULL;
        return conv_data(g, d, worker, dy, e);
    }
    if (d->type == NODE_RELU) return dy;
    if (d->type == NODE_DROPOUT) {
        size_t n = d->dst_size / sizeof(float);
        for (size_t k = 0; k < n; k++)
            number[k] *= d->mask[m * n + k];
        return dy;
    }
    return plain(g, i, m, worker, dy, e);
}

static int micro(void *ctx, size_t m, size_t worker, struct dorg_err *e)
{
    const struct span *s = ctx;
    struct dorg_engine *g = s->g;
    int first = s->stage->first, last = s->stage->end - 1;
    struct dorg_dnn_node *d = &g->node[first];
    char *dy = s->from + m * g->node[last].dst_size;
    dorg_dnn_one_thread();
    if (s->after)
        dorg_dnn_bnorm_back(g, s->after, (float *)(void *)dy, dorg_dnn_dst(g, last, m, worker),
                            m);
    for (int i = last; i >= first && dy && !e->code; i--)
        if (g->node[i].type != NODE_BNORM) dy = node(g, i, m, worker, dy, e);
    if (e->code || !dy) return e->code;
    if (d->type == NODE_BNORM)
        dorg_dnn_bnorm_sums(g, d, (float *)(void *)dy, dorg_dnn_src(g, first, m, worker), m);
    if (s->to) memcpy(s->to + m * d->src_size, dy, d->src_size);
    return 0;
}

/* Rows of images that are not there: no error. */
static void clear_padding(struct dorg_engine *g, char *diff, size_t micro_size)
{
    size_t image = micro_size / g->micro, n = g->n;
    memset(diff + n * image, 0, dorg_dnn_micros(g) * micro_size - n * image);
}

static int fc(struct dorg_engine *g, const struct span *s, float *grad, struct dorg_err *e)
{
    int i = s->stage->first;
    struct dorg_dnn_node *d = &g->node[i];
    for (size_t m = 0; s->after && m < dorg_dnn_micros(g); m++)
        dorg_dnn_bnorm_back(g, s->after, (float *)(void *)(s->from + m * d->dst_size),
                            dorg_dnn_dst(g, i, m, 0), m);
    if (dorg_dnn_fc_backward(g, i, (float *)(void *)s->to, (float *)(void *)s->from, grad, e))
        return e->code;
    if (s->to) clear_padding(g, s->to, d->src_size);
    return 0;
}

struct adding {
    struct dorg_engine *g;
    struct dorg_dnn_node *d;
};
enum { CHUNK = 1 << 15 };

static int add_chunk(void *ctx, size_t item, size_t worker, struct dorg_err *e)
{
    const struct adding *a = ctx;
    size_t n = a->d->dw_size / sizeof(float), at = item * CHUNK;
    size_t end = n - at < CHUNK ? n : at + CHUNK;
    float *sum = (float *)(void *)a->d->dw_at;
    (void)worker, (void)e;
    for (size_t m = 1; m < dorg_dnn_micros(a->g); m++)
        for (size_t i = at; i < end; i++)
            sum[i] += sum[m * n + i];
    return 0;
}

/* A conv's gradient: the micro-batches' parts in their order, then in canonical format. */
static int conv_gradient(struct dorg_engine *g, struct dorg_dnn_node *d, float *grad,
                         struct dorg_err *e)
{
    struct adding a = {g, d};
    size_t chunks = (d->dw_size / sizeof(float) + CHUNK - 1) / CHUNK;
    size_t w = dnnl_memory_desc_get_size(&d->dw);
    if (dorg_par(chunks, g->opts.jobs, add_chunk, &a, e)) return e->code;
    memcpy(grad + d->l->b_at, d->dw_at + w, d->l->n_b * sizeof *grad);
    const struct dorg_dnn_arg arg[] = {{DNNL_ARG_FROM, &d->dw, d->dw_at},
                                       {DNNL_ARG_TO, &d->w_plain, grad + d->l->w_at}};
    if (d->unpack.run) return dorg_dnn_run(g, &d->unpack, 0, arg, 2, e);
    memcpy(grad + d->l->w_at, d->dw_at, w);
    return 0;
}

/* Is there a layer before this stage whose error is needed? */
static bool wanted(const struct dorg_engine *g, int stage)
{
    for (int i = 0; i < g->stage[stage].first; i++)
        if (g->node[i].type != NODE_REORDER) return true;
    return false;
}

int dorg_dnn_backward(struct dorg_engine *g, float *grad, struct dorg_err *e)
{
    float *sum = grad ? grad : g->grad;
    int now = 0;
    clear_padding(g, g->diff[0], g->node[g->n_nodes - 1].dst_size);
    for (int t = g->n_stages - 1; t >= 0 && !e->code; t--, now = !now) {
        struct span s = {.g = g, .stage = &g->stage[t], .from = g->diff[now]};
        struct dorg_dnn_node *d = &g->node[s.stage->first];
        struct dorg_dnn_node *next = t + 1 < g->n_stages ? &g->node[s.stage->end] : NULL;
        if (next && next->type == NODE_BNORM) s.after = next;
        if (wanted(g, t)) s.to = g->diff[!now];
        if (s.stage->fc)
            fc(g, &s, grad, e);
        else
            dorg_par(dorg_dnn_micros(g), g->opts.jobs, micro, &s, e);
        if (!e->code && d->type == NODE_BNORM) dorg_dnn_bnorm_add_up(g, d, sum);
    }
    dorg_dnn_one_thread();
    for (int i = 0; i < g->n_nodes && !e->code; i++) {
        struct dorg_dnn_node *d = &g->node[i];
        if (d->type == NODE_CONV) conv_gradient(g, d, sum, e);
        if (!grad && (d->type == NODE_CONV || d->type == NODE_BNORM))
            dorg_sgd_step(g->w, g->v, sum, d->l, g->sgd, d->batch, (int)g->n);
    }
    return e->code;
}
