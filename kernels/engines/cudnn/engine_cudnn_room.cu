/* engine_cudnn_room.cu - the engine's sizes, types and places, and its memory */
#include <stdlib.h>
#include <string.h>

#include "engine_cudnn.h"

static size_t aligned(size_t n)
{
    return (n + DORG_CU_ALIGN - 1) / DORG_CU_ALIGN * DORG_CU_ALIGN;
}

int dorg_cu_measure(struct dorg_engine *g, struct dorg_err *e)
{
    const struct dorg_netcfg *c = &g->cfg;
    int from = c->n_layers - 1; /* the first layer that computes in float */
    for (int k = 0; k < c->n_layers; k++)
        if (c->layer[k].type == DORG_FC) from = k;
    g->half = g->opts.precision == DORG_PREC_BF16 && from > 0;
    g->widens_at = g->half ? from : -1;
    g->largest = dorg_layer_in(&c->layer[0]);
    g->room = 0;
    for (int k = 0; k < c->n_layers; k++) {
        struct dorg_cu_layer *l = &g->layer[k];
        size_t out = dorg_layer_out(&c->layer[k]);
        if (c->layer[k].type == DORG_POOL && c->layer[k].kernel > 255 && g->opts.training)
            return dorg_fail(e, DORG_EIO, "engine cuda trains pools of 255 x 255 at most");
        l->half = g->half && k < from;
        l->shares = c->layer[k].type == DORG_RELU;
        l->w_at = g->room;
        g->room += aligned(c->layer[k].n_w);
        l->b_at = g->room;
        g->room += aligned(c->layer[k].n_b);
        if (out > g->largest) g->largest = out;
    }
    if (g->largest > INT32_MAX / (size_t)g->opts.max_batch)
        return dorg_fail(e, DORG_EUSAGE, "%d images of %zu numbers: a batch has at most 2^31",
                         g->opts.max_batch, g->largest);
    return 0;
}

/* Layers' inputs, once their outputs have places; a relu lies on its input. */
static void *input_of(struct dorg_engine *g, int k)
{
    if (k == g->widens_at) return g->wide;
    return k ? g->layer[k - 1].y : g->input;
}

/* Outputs when applying lie in two buffers in turn. */
static void take_turns(struct dorg_engine *g)
{
    int at = 0;
    for (int k = 0; k < g->cfg.n_layers; k++) {
        struct dorg_cu_layer *l = &g->layer[k];
        void *in = input_of(g, k);
        l->x = in;
        if (l->shares) {
            l->y = in;
            continue;
        }
        l->y = g->turn[at];
        at = !at;
    }
}

static int keep_outputs(struct dorg_engine *g, struct dorg_err *e)
{
    size_t batch = (size_t)g->opts.max_batch;
    for (int k = 0; k < g->cfg.n_layers; k++) {
        const struct dorg_layer *l = &g->cfg.layer[k];
        struct dorg_cu_layer *c = &g->layer[k];
        size_t extra = 0, size = c->half ? sizeof(half_t) : sizeof(float);
        void *in = input_of(g, k);
        c->x = in;
        if (c->shares) {
            c->y = in;
        } else {
            c->y = dorg_cuda_room(batch * dorg_layer_out(l), size, e);
            c->owns = true;
        }
        if (l->type == DORG_DROPOUT) extra = batch * dorg_layer_in(l);
        if (l->type == DORG_BNORM) extra = 2 * l->n_b;
        if (l->type == DORG_POOL) extra = batch * dorg_layer_out(l) / 2 + 1; /* of 16 bits */
        if (extra) c->extra = (float *)dorg_cuda_room(extra, sizeof(float), e);
        if (e->code) return e->code;
    }
    return 0;
}

static int room_to_train(struct dorg_engine *g, struct dorg_err *e)
{
    size_t batch = (size_t)g->opts.max_batch;
    if (!(g->v = (float *)dorg_cuda_room(g->room, sizeof *g->v, e)) ||
        !(g->grad = (float *)dorg_cuda_room(g->room, sizeof *g->grad, e)) ||
        !(g->scratch = (float *)dorg_cuda_room(batch * g->largest, sizeof(float), e)) ||
        !(g->label = (uint8_t *)dorg_cuda_room(batch, 1, e)) ||
        !(g->total = (double *)dorg_cuda_room(1, sizeof *g->total, e)) ||
        !(g->now = (struct dorg_cu_now *)dorg_cuda_room(1, sizeof *g->now, e)) ||
        !(g->host_total = (double *)dorg_cuda_pinned(sizeof *g->host_total, e)) ||
        !(g->host_label = (uint8_t *)dorg_cuda_pinned(batch, e)) ||
        !(g->host_now = (struct dorg_cu_now *)dorg_cuda_pinned(sizeof *g->host_now, e)))
        return e->code;
    if (g->half && !(g->grad_half = (half_t *)dorg_cuda_room(g->room, sizeof(half_t), e)))
        return e->code;
    if (dorg_cuda_check(cudaMemset(g->v, 0, g->room * sizeof *g->v), "momentum", e) ||
        dorg_cuda_check(cudaMemset(g->grad, 0, g->room * sizeof *g->grad), "gradient", e))
        return e->code;
    return keep_outputs(g, e);
}

int dorg_cu_furnish(struct dorg_engine *g, struct dorg_err *e)
{
    size_t batch = (size_t)g->opts.max_batch, in = dorg_layer_in(&g->cfg.layer[0]),
           sums = batch;
    for (int k = 0; k < g->cfg.n_layers; k++) {
        size_t of_maps = g->cfg.layer[k].n_b * (DORG_CU_PARTS + DORG_CU_GROUPS);
        if (of_maps > sums) sums = of_maps;
    }
    if (!(g->w = (float *)dorg_cuda_room(g->room, sizeof *g->w, e)) ||
        !(g->x = (float *)dorg_cuda_room(batch * in, sizeof *g->x, e)) ||
        !(g->sums = (double *)dorg_cuda_room(sums, sizeof *g->sums, e)))
        return e->code;
    for (int i = 0; i < 2; i++)
        if (!(g->turn[i] = dorg_cuda_room(batch * g->largest, sizeof(float), e)))
            return e->code;
    g->input = g->x;
    if ((g->half || g->last) && !(g->input = dorg_cuda_room(batch * in, sizeof(float), e)))
        return e->code;
    if (g->half && !(g->w_half = (half_t *)dorg_cuda_room(g->room, sizeof(half_t), e)))
        return e->code;
    if (g->widens_at >= 0) {
        size_t wide = batch * dorg_layer_in(&g->cfg.layer[g->widens_at]);
        if (!(g->wide = (float *)dorg_cuda_room(wide, sizeof *g->wide, e))) return e->code;
    }
    if (dorg_cuda_check(cudaMemset(g->w, 0, g->room * sizeof *g->w), "parameters", e))
        return e->code;
    if (g->opts.training) return room_to_train(g, e);
    take_turns(g);
    return 0;
}

void dorg_cu_clear(struct dorg_engine *g)
{
    for (int k = 0; k < DORG_MAX_LAYERS; k++) {
        dorg_cu_conv_close(&g->layer[k]);
        if (g->layer[k].owns) cudaFree(g->layer[k].y);
        cudaFree(g->layer[k].extra);
    }
    if (g->input != g->x) cudaFree(g->input);
    void *all[] = {g->w,       g->v,     g->grad,    g->w_half, g->grad_half,
                   g->x,       g->wide,  g->turn[0], g->sums,   g->turn[1],
                   g->scratch, g->total, g->label,   g->now,    g->workspace};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        cudaFree(all[i]);
    cudaFreeHost(g->host_total);
    cudaFreeHost(g->host_label);
    cudaFreeHost(g->host_now);
    if (g->to_gradient.exec) cudaGraphExecDestroy(g->to_gradient.exec);
    if (g->to_step.exec) cudaGraphExecDestroy(g->to_step.exec);
}
