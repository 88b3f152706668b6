/* engine_onednn_int8.c - applying in 8 bits: conv and fc multiply bytes, all else is f32
 *
 *   q = round(x top / max|x|),  max over the image, top 255 where x >= 0 for certain, else 127
 *   k = round(w 127 / max|w|),  max over the output's weights
 *   y = relu(max|x| / top  max|w| / 127  sum q k  +  b)
 *
 * Scales are the image's own: nothing is calibrated, and no image sees its neighbours. */
#include "engine_onednn.h"
#include "../../../libcommon/base/mem.h"
#include "../../../libcommon/base/par.h"

#define CLONES __attribute__((target_clones("avx512f", "avx2", "default")))

CLONES static float peak(const float *x, size_t n)
{
    float lane[16] = {0}, most = 0;
    size_t i = 0;
    for (; i + 16 <= n; i += 16)
        for (size_t j = 0; j < 16; j++) {
            float a = x[i + j] < 0 ? -x[i + j] : x[i + j];
            lane[j] = a > lane[j] ? a : lane[j];
        }
    for (; i < n; i++)
        lane[0] = fabsf(x[i]) > lane[0] ? fabsf(x[i]) : lane[0];
    for (int j = 0; j < 16; j++)
        most = lane[j] > most ? lane[j] : most;
    return most;
}

CLONES static void to_signed(int8_t *q, const float *x, float by, size_t n)
{
    for (size_t i = 0; i < n; i++)
        q[i] = (int8_t)(int)(x[i] * by + (x[i] < 0 ? -0.5f : 0.5f));
}

CLONES static void to_unsigned(uint8_t *q, const float *x, float by, size_t n)
{
    for (size_t i = 0; i < n; i++)
        q[i] = (uint8_t)(int)(x[i] * by + 0.5f);
}

/* One image, or one output's weights; gives what a unit of q is worth. */
static float quantize(void *q, const float *x, size_t n, bool sign)
{
    float top = sign ? 127 : 255, most = peak(x, n), by = most > 0 ? top / most : 0;
    if (sign)
        to_signed(q, x, by, n);
    else
        to_unsigned(q, x, by, n);
    return most / top;
}

/* y[r][o] = relu(y[r][o] f[o] + b[o]) times keep */
CLONES static void settle(float *restrict y, size_t rows, size_t n, const float *restrict f,
                          const float *restrict b, float least, float keep)
{
    for (size_t r = 0; r < rows; r++, y += n)
        for (size_t o = 0; o < n; o++) {
            float z = y[o] * f[o] + b[o];
            y[o] = (z < least ? least : z) * keep;
        }
}

static void settle_node(struct dorg_engine *g, const struct dorg_dnn_node *d, float *y,
                        size_t rows, size_t first, size_t n, float scale, size_t worker)
{
    float *f = g->worker[worker].factor;
    for (size_t o = 0; o < n; o++)
        f[o] = scale * d->w_scale[first + o];
    settle(y, rows, n, f, d->bias + first, d->relu ? 0 : -INFINITY, d->scale);
}

bool dorg_dnn_int8_here(void)
{
    return (dnnl_get_effective_cpu_isa() & dnnl_cpu_isa_avx512_core_vnni) ==
           dnnl_cpu_isa_avx512_core_vnni;
}

/* Images a micro-batch whose largest map stays in the cache between the passes over it. */
size_t dorg_dnn_int8_micro(const struct dorg_netcfg *c, size_t most)
{
    size_t largest = 1, room = (size_t)1 << 17;
    for (int k = 0; k < c->n_layers; k++) {
        const struct dorg_layer *l = &c->layer[k];
        size_t n = dorg_layer_out(l);
        if (l->type == DORG_CONV && n > largest) largest = n;
    }
    size_t fit = room / largest;
    return fit < 1 ? 1 : fit < most ? fit : most;
}

/* Is what the last node gives 0 or more, whatever goes in? */
bool dorg_dnn_int8_sign(const struct dorg_engine *g)
{
    int i = g->n_nodes - 1;
    while (i >= 0 && (g->node[i].type == NODE_LRN || g->node[i].type == NODE_POOL ||
                      g->node[i].type == NODE_DROPOUT || g->node[i].type == NODE_REORDER))
        i--;
    return i < 0 || !(g->node[i].type == NODE_RELU || g->node[i].relu);
}

void dorg_dnn_int8_weights(int8_t *q, float *scale, const float *w, size_t outputs,
                           size_t each)
{
    for (size_t o = 0; o < outputs; o++)
        scale[o] = quantize(q + o * each, w + o * each, each, true);
}

int dorg_dnn_int8_room(struct dorg_engine *g, struct dorg_err *e)
{
    size_t bytes = 0, outputs = 0, wide = 0, rows = g->fc_rows;
    for (int i = 0; i < g->n_nodes; i++) {
        struct dorg_dnn_node *d = &g->node[i];
        size_t in = dorg_layer_in(d->l);
        if (d->type != NODE_CONV && d->type != NODE_FC) continue;
        if (!(d->w_scale = dorg_dnn_room(d->l->n_b, sizeof(float), e))) return e->code;
        if (d->l->n_b > outputs) outputs = d->l->n_b;
        if (d->type == NODE_CONV && in > bytes) bytes = in;
        if (d->type == NODE_FC && in > wide) wide = in;
    }
    if (!(g->rows = dorg_dnn_room(rows, wide, e)) ||
        !(g->row_scale = dorg_dnn_room(rows, sizeof(float), e)))
        return e->code;
    for (int w = 0; w < g->opts.jobs; w++) {
        struct dorg_worker *k = &g->worker[w];
        if (!(k->bytes = dorg_dnn_room(g->micro, bytes, e)) ||
            !(k->factor = dorg_dnn_room(outputs, sizeof(float), e)))
            return e->code;
    }
    return 0;
}

int dorg_dnn_int8_conv(struct dorg_engine *g, struct dorg_dnn_node *d, float *y,
                       const float *x, size_t worker, struct dorg_err *e)
{
    const struct dorg_layer *l = d->l;
    size_t in = dorg_layer_in(l), pixels = dorg_area(l->out + 1);
    size_t n = (size_t)l->out[0];
    char *bytes = g->worker[worker].bytes;
    float scale[DORG_MAX_MICRO];
    for (size_t i = 0; i < g->micro; i++)
        scale[i] = quantize(bytes + i * in, x + i * in, in, d->sign);
    const struct dorg_dnn_arg arg[] = {{DNNL_ARG_SRC, &d->x8, bytes},
                                       {DNNL_ARG_DST, &d->dst, y},
                                       {DNNL_ARG_WEIGHTS, &d->w_md, d->w}};
    if (dorg_dnn_run(g, &d->forward, worker, arg, 3, e)) return e->code;
    for (size_t i = 0; i < g->micro; i++)
        settle_node(g, d, y + i * pixels * n, pixels, 0, n, scale[i], worker);
    return 0;
}

struct rows {
    struct dorg_engine *g;
    const struct dorg_dnn_node *d;
    const float *x;
};

static int one_row(void *ctx, size_t r, size_t worker, struct dorg_err *e)
{
    const struct rows *k = ctx;
    size_t in = dorg_layer_in(k->d->l);
    (void)worker;
    (void)e;
    k->g->row_scale[r] = quantize(k->g->rows + r * in, k->x + r * in, in, k->d->sign);
    return 0;
}

int dorg_dnn_int8_rows(struct dorg_engine *g, const struct dorg_dnn_node *d, const float *x,
                       struct dorg_err *e)
{
    struct rows k = {g, d, x};
    return dorg_par(g->n, g->opts.jobs, one_row, &k, e);
}

void dorg_dnn_int8_settle(struct dorg_engine *g, const struct dorg_dnn_node *d, float *y,
                          size_t block, size_t worker)
{
    size_t n = d->block;
    for (size_t r = 0; r < g->n; r++)
        settle_node(g, d, y + r * n, 1, block * n, n, g->row_scale[r], worker);
}
