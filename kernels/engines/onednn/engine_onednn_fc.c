/* engine_onednn_fc.c - fully connected stages, output block by output block */
#include "engine_onednn.h"
#include "../../engine_sgd.h"
#include "../../../libcommon/base/par.h"

enum { ROWS = 64, COLUMNS = 512 }; /* outputs, inputs a block of the backward passes */

struct work {
    struct dorg_engine *g;
    struct dorg_dnn_node *d;
    const float *x, *dy;
    float *y, *dx, *grad;
};

size_t dorg_dnn_fc_room(const struct dorg_engine *g, const struct dorg_dnn_node *d)
{
    size_t in = dorg_layer_in(d->l), rows = g->fc_rows;
    return (g->opts.training ? ROWS * (in + 1) : rows * d->block) * sizeof(float);
}

/* ---- applying: packed weights, one primitive ------------------------------------------ */

static void spread(char *to, const char *from, size_t rows, size_t bytes, size_t stride)
{
    for (size_t n = 0; n < rows; n++)
        memcpy(to + n * stride, from + n * bytes, bytes);
}

static int packed_block(void *ctx, size_t block, size_t worker, struct dorg_err *e)
{
    struct work *k = ctx;
    struct dorg_dnn_node *d = k->d;
    struct dorg_engine *g = k->g;
    size_t each = d->dst.data_type == dnnl_bf16 ? 2 : 4, wide = d->block * each;
    char *part = d->n_blocks == 1 ? (char *)k->y : g->worker[worker].block;
    dorg_md x = dorg_dnn_query(&d->forward, dnnl_query_src_md);
    dorg_md y = dorg_dnn_query(&d->forward, dnnl_query_dst_md), b;
    dnnl_dims_t dims = {(dnnl_dim_t)d->block};
    dorg_dnn_one_thread();
    dnnl_memory_desc_init_by_tag(&b, 1, dims, dnnl_f32, dnnl_a);
    const struct dorg_dnn_arg arg[] = {
        {DNNL_ARG_SRC, &x, g->int8 ? (const void *)g->rows : k->x},
        {DNNL_ARG_DST, &y, part},
        {DNNL_ARG_WEIGHTS, &d->w_md, d->w + block * d->w_size},
        {DNNL_ARG_BIAS, &b, d->bias + block * d->block}};
    if (dorg_dnn_run(g, &d->forward, worker, arg, g->int8 ? 3 : 4, e)) return e->code;
    if (g->int8) dorg_dnn_int8_settle(g, d, (float *)(void *)part, block, worker);
    if (d->n_blocks > 1)
        spread((char *)k->y + block * wide, part, g->n, wide, d->l->n_b * each);
    return 0;
}

/* ---- training: the flat weights as they lie -------------------------------------------- */

static int gemm(char ta, char tb, size_t m, size_t n, size_t k, const float *a, size_t lda,
                const float *b, size_t ldb, float *c, size_t ldc, struct dorg_err *e)
{
    dorg_dnn_one_thread();
    return dorg_dnn_check(dnnl_sgemm(ta, tb, (dnnl_dim_t)m, (dnnl_dim_t)n, (dnnl_dim_t)k, 1, a,
                                     (dnnl_dim_t)lda, b, (dnnl_dim_t)ldb, 0, c,
                                     (dnnl_dim_t)ldc),
                          "matrix product", e);
}

/* y[n][o] = relu(b[o] + sum_i x[n][i] w[o][i]) for the outputs of a block */
static int plain_block(void *ctx, size_t block, size_t worker, struct dorg_err *e)
{
    struct work *k = ctx;
    const struct dorg_layer *l = k->d->l;
    size_t in = dorg_layer_in(l), out = l->n_b, wide = k->d->block;
    size_t first = block * wide;
    const float *bias = k->g->w + l->b_at + first;
    (void)worker;
    if (gemm('N', 'T', k->g->n, wide, in, k->x, in, k->g->w + l->w_at + first * in, in,
             k->y + first, out, e))
        return e->code;
    for (size_t n = 0; n < k->g->n; n++) {
        float *y = k->y + n * out + first;
        for (size_t o = 0; o < wide; o++) {
            float z = y[o] + bias[o];
            y[o] = k->d->relu && z < 0 ? 0 : z;
        }
    }
    return 0;
}

int dorg_dnn_fc_forward(struct dorg_engine *g, int i, struct dorg_err *e)
{
    struct dorg_dnn_node *d = &g->node[i];
    struct work k = {
        .g = g, .d = d, .x = dorg_dnn_src(g, i, 0, 0), .y = dorg_dnn_dst(g, i, 0, 0)};
    if (g->int8 && dorg_dnn_int8_rows(g, d, k.x, e)) return e->code;
    return dorg_par(d->n_blocks, g->opts.jobs, g->opts.training ? plain_block : packed_block,
                    &k, e);
}

/* dx[n][i] = sum_o dy[n][o] w[o][i] for the inputs of a block */
static int to_input(void *ctx, size_t block, size_t worker, struct dorg_err *e)
{
    struct work *k = ctx;
    const struct dorg_layer *l = k->d->l;
    size_t in = dorg_layer_in(l), out = l->n_b, first = block * COLUMNS;
    size_t wide = in - first < COLUMNS ? in - first : COLUMNS;
    (void)worker;
    return gemm('N', 'N', k->g->n, wide, out, k->dy, out, k->g->w + l->w_at + first, in,
                k->dx + first, in, e);
}

/* dw[o][i] = sum_n dy[n][o] x[n][i] for the outputs of a block; then its step of SGD */
static int to_weights(void *ctx, size_t block, size_t worker, struct dorg_err *e)
{
    struct work *k = ctx;
    struct dorg_engine *g = k->g;
    const struct dorg_layer *l = k->d->l;
    const struct dorg_sgd *s = g->sgd;
    size_t in = dorg_layer_in(l), out = l->n_b, first = block * ROWS;
    size_t rows = out - first < ROWS ? out - first : ROWS;
    size_t w = l->w_at + first * in, b = l->b_at + first;
    float *dw = k->grad ? k->grad + w : (float *)(void *)g->worker[worker].block;
    float *db = k->grad ? k->grad + b : dw + rows * in;
    if (gemm('T', 'N', rows, in, g->n, k->dy + first, out, k->x, in, dw, in, e))
        return e->code;
    for (size_t o = 0; o < rows; o++) {
        double sum = 0;
        for (size_t n = 0; n < g->n; n++)
            sum += (double)k->dy[n * out + first + o];
        db[o] = (float)sum;
    }
    if (k->grad) return 0;
    dorg_sgd_rows(g->w + w, g->v + w, dw, rows * in, s->rate_w * l->rate_w, s->momentum,
                  s->decay * l->decay);
    dorg_sgd_rows(g->w + b, g->v + b, db, rows, s->rate_b * l->rate_b, s->momentum, 0);
    return 0;
}

int dorg_dnn_fc_backward(struct dorg_engine *g, int i, float *dx, float *dy, float *grad,
                         struct dorg_err *e)
{
    struct dorg_dnn_node *d = &g->node[i];
    size_t in = dorg_layer_in(d->l), out = d->l->n_b;
    const float *y = dorg_dnn_dst(g, i, 0, 0);
    struct work k = {.g = g, .d = d, .x = dorg_dnn_src(g, i, 0, 0), .dy = dy, .dx = dx};
    k.grad = grad;
    for (size_t j = 0, n = g->n * out; d->relu && j < n; j++)
        if (!(y[j] > 0)) dy[j] = 0;
    if (dx && dorg_par((in + COLUMNS - 1) / COLUMNS, g->opts.jobs, to_input, &k, e))
        return e->code;
    return dorg_par((out + ROWS - 1) / ROWS, g->opts.jobs, to_weights, &k, e);
}
