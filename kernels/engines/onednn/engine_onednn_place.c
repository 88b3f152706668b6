/* engine_onednn_place.c - stages, and where every node's numbers lie */
#include "engine_onednn.h"
#include "../../../libcommon/base/mem.h"

static void cut_stages(struct dorg_engine *g)
{
    for (int i = 0; i < g->n_nodes; i++) {
        bool fc = g->node[i].type == NODE_FC;
        bool alone = fc || (g->opts.training && g->node[i].type == NODE_BNORM);
        struct dorg_stage *last = g->n_stages ? &g->stage[g->n_stages - 1] : NULL;
        if (!last || alone || last->fc)
            g->stage[g->n_stages++] = (struct dorg_stage){i, i + 1, fc};
        else
            last->end = i + 1;
    }
}

static bool ends_stage(const struct dorg_engine *g, int i)
{
    for (int s = 0; s < g->n_stages; s++)
        if (g->stage[s].end == i + 1) return true;
    return false;
}

/* Does backward look at what node i (and those that work on it in place) gives?  Yes where
 * a relu took part, whose mask it is, and where the next node needs its input. */
static bool looked_at(const struct dorg_engine *g, int i)
{
    bool seen = g->node[i].relu || g->node[i].type == NODE_RELU;
    while (++i < g->n_nodes && g->node[i].in_place)
        seen |= g->node[i].type == NODE_RELU;
    if (i == g->n_nodes) return true;
    enum dorg_node_type next = g->node[i].type;
    return seen || next == NODE_CONV || next == NODE_FC || next == NODE_LRN ||
           next == NODE_BNORM;
}

static int place_outputs(struct dorg_engine *g, struct dorg_err *e)
{
    int turn = 0;
    size_t micros = (g->fc_rows + g->micro - 1) / g->micro;
    for (int i = 0; i < g->n_nodes; i++) {
        struct dorg_dnn_node *d = &g->node[i];
        if (d->in_place) {
            d->place = g->node[i - 1].place;
            continue;
        }
        bool kept = g->opts.training && looked_at(g, i);
        for (int j = i; j == i || (j < g->n_nodes && g->node[j].in_place); j++)
            kept |= ends_stage(g, j);
        if (kept) {
            d->place.kept = dorg_dnn_room(micros, d->dst_size, e);
            if (!d->place.kept) return e->code;
        } else {
            d->place.turn = turn = !turn;
            if (d->dst_size > g->buffer_size) g->buffer_size = d->dst_size;
        }
    }
    return 0;
}

static void widen(size_t *size, const dorg_md *md)
{
    size_t n = dnnl_memory_desc_get_size(md);
    if (n > *size) *size = n;
}

/* Packed weights and biases; in training, what backward keeps. */
static int place_weights(struct dorg_engine *g, struct dorg_dnn_node *d, struct dorg_err *e)
{
    size_t blocks = d->n_blocks, maps = (size_t)d->l->in[0];
    bool training = g->opts.training;
    if (d->w_size && !(d->w = dorg_dnn_room(blocks, d->w_size, e))) return e->code;
    if (!training && (d->type == NODE_CONV || d->type == NODE_FC))
        if (!(d->bias = dorg_dnn_room(d->l->n_b, sizeof(float), e))) return e->code;
    if (!training && d->type == NODE_BNORM)
        if (!(d->bias = dorg_dnn_room(4 * maps, sizeof(float), e))) return e->code;
    if (d->w_back_size && !(d->w_back_at = dorg_dnn_room(1, d->w_back_size, e)))
        return e->code;
    if (d->dw_size) { /* weights' part, then bias' */
        d->dw_size += d->l->n_b * sizeof(float);
        d->dw_size = (d->dw_size + 63) / 64 * 64;
        if (!(d->dw_at = dorg_dnn_room(g->n_micro, d->dw_size, e))) return e->code;
    }
    return 0;
}

static int place_training(struct dorg_engine *g, struct dorg_dnn_node *d, struct dorg_err *e)
{
    size_t micros = g->n_micro;
    d->ws_size = dnnl_memory_desc_get_size(&d->ws);
    if (d->ws_size && !(d->ws_at = dorg_dnn_room(micros, d->ws_size, e))) return e->code;
    if (d->type == NODE_DROPOUT && !(d->mask = dorg_dnn_room(micros, d->dst_size, e)))
        return e->code;
    if (d->type == NODE_BNORM && dorg_dnn_bnorm_room(g, d, e)) return e->code;
    const dorg_md *all[] = {&d->src, &d->dst, &d->x_back, &d->dy_data, &d->dy_weights, &d->dx};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        widen(&g->buffer_size, all[i]);
    return 0;
}

static int place_errors(struct dorg_engine *g, struct dorg_err *e)
{
    for (int s = 0; s < g->n_stages; s++) {
        const struct dorg_stage *t = &g->stage[s];
        if (t->first) widen(&g->diff_size, &g->node[t->first].src);
        widen(&g->diff_size, &g->node[t->end - 1].dst);
    }
    for (int i = 0; i < 2; i++)
        if (!(g->diff[i] = dorg_dnn_room(g->n_micro, g->diff_size, e))) return e->code;
    return 0;
}

static int place_workers(struct dorg_engine *g, struct dorg_err *e)
{
    size_t jobs = (size_t)g->opts.jobs;
    if (!(g->worker = dorg_zeroed(jobs, sizeof *g->worker, e))) return e->code;
    for (size_t w = 0; w < jobs; w++) {
        struct dorg_worker *k = &g->worker[w];
        if (dorg_dnn_check(dnnl_stream_create(&k->stream, g->cpu, dnnl_stream_default_flags),
                           "stream", e) ||
            !(k->scratch = dorg_dnn_room(1, g->scratch_size, e)) ||
            !(k->block = dorg_dnn_room(1, g->block_size, e)))
            return e->code;
        for (int i = 0; i < (g->opts.training ? 3 : 2); i++)
            if (!(k->buffer[i] = dorg_dnn_room(1, g->buffer_size, e))) return e->code;
    }
    return 0;
}

int dorg_dnn_place(struct dorg_engine *g, struct dorg_err *e)
{
    size_t image = dorg_layer_in(&g->cfg.layer[0]);
    cut_stages(g);
    if (place_outputs(g, e)) return e->code;
    for (int i = 0; i < g->n_nodes; i++) {
        struct dorg_dnn_node *d = &g->node[i];
        if (place_weights(g, d, e)) return e->code;
        if (g->opts.training && place_training(g, d, e)) return e->code;
        size_t block = d->type == NODE_FC ? dorg_dnn_fc_room(g, d) : 0;
        if (block > g->block_size) g->block_size = block;
    }
    if (g->opts.training && place_errors(g, e)) return e->code;
    if (!(g->tail = dorg_dnn_room(g->micro * image, sizeof(float), e))) return e->code;
    if (place_workers(g, e)) return e->code;
    return g->int8 ? dorg_dnn_int8_room(g, e) : 0;
}
