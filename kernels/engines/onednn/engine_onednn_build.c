/* engine_onednn_build.c - nodes from layers: what is fused, where formats change */
#include "engine_onednn.h"

/* A new node whose input is `now`; its slot is the next but one, so that a reorder can come
 * before it. */
static struct dorg_dnn_node *begin(struct dorg_engine *g, enum dorg_node_type type, int k)
{
    struct dorg_dnn_node *d = &g->node[g->n_nodes + 1];
    d->type = type;
    d->l = &g->cfg.layer[k];
    d->k = k;
    d->scale = 1;
    return d;
}

/* Put the begun node in its place, behind a reorder if its input has another format. */
static int finish(struct dorg_engine *g, dorg_md *now, struct dorg_err *e)
{
    struct dorg_dnn_node *free_slot = &g->node[g->n_nodes], *d = free_slot + 1;
    d->src_size = dnnl_memory_desc_get_size(&d->src);
    d->dst_size = dnnl_memory_desc_get_size(&d->dst);
    bool copied = d->type == NODE_FC && g->n_nodes == 0; /* fc reads rows beyond the images */
    if (copied || !dnnl_memory_desc_equal(now, &d->src)) {
        struct dorg_dnn_node r = {.type = NODE_REORDER, .l = d->l, .k = d->k, .scale = 1};
        r.src = *now;
        r.dst = d->src;
        r.src_size = dnnl_memory_desc_get_size(&r.src);
        r.dst_size = dnnl_memory_desc_get_size(&r.dst);
        *free_slot = r;
        if (dorg_dnn_reorder(g, &free_slot->forward, &r.src, &r.dst, e)) return e->code;
        if (g->opts.training && dorg_dnn_reorder(g, &free_slot->back_data, &r.dst, &r.src, e))
            return e->code;
        g->n_nodes++;
    } else {
        *free_slot = *d;
        memset(d, 0, sizeof *d);
        d = free_slot;
    }
    g->n_nodes++;
    *now = d->dst;
    return 0;
}

static bool layer_is(const struct dorg_engine *g, int k, enum dorg_layer_type t)
{
    return k < g->cfg.n_layers && g->cfg.layer[k].type == t;
}

/* Layers after k that its node takes in: bnorm's scale and shift and dropout's keep when
 * applying, relu always.  Gives the next layer. */
static int take_in(struct dorg_engine *g, struct dorg_dnn_node *d, int k)
{
    bool applying = !g->opts.training;
    k++;
    if (applying && layer_is(g, k, DORG_BNORM)) d->fold = &g->cfg.layer[k++];
    if (layer_is(g, k, DORG_RELU)) {
        d->relu = true;
        k++;
    }
    if (applying && d->type == NODE_FC && layer_is(g, k, DORG_DROPOUT))
        d->scale = g->cfg.layer[k++].keep;
    return k;
}

static int conv(struct dorg_engine *g, dorg_md *now, int *k, struct dorg_err *e)
{
    struct dorg_dnn_node *d = begin(g, NODE_CONV, *k);
    d->sign = dorg_dnn_int8_sign(g);
    *k = take_in(g, d, *k);
    if (dorg_dnn_conv_node(g, d, e)) return e->code;
    if (g->opts.training && dorg_dnn_conv_back(g, d, g->n_nodes == 0, e)) return e->code;
    return finish(g, now, e);
}

static int fc(struct dorg_engine *g, dorg_md *now, int *k, struct dorg_err *e)
{
    struct dorg_dnn_node *d = begin(g, NODE_FC, *k);
    d->sign = dorg_dnn_int8_sign(g);
    *k = take_in(g, d, *k);
    d->src = dorg_dnn_md(g->micro, d->l->in, g->type, dnnl_nchw);
    d->dst = dorg_dnn_md(g->micro, d->l->out,
                         layer_is(g, *k, DORG_SOFTMAX) ? dnnl_f32 : g->type, dnnl_nchw);
    return dorg_dnn_fc_node(g, d, e) ? e->code : finish(g, now, e);
}

static int lrn(struct dorg_engine *g, dorg_md *now, int k, struct dorg_err *e)
{
    struct dorg_dnn_node *d = begin(g, NODE_LRN, k);
    const struct dorg_layer *l = d->l;
    bool training = g->opts.training;
    dnnl_lrn_desc_t op;
    d->src = d->dst = *now;
    if (dorg_dnn_check(dnnl_lrn_forward_desc_init(
                           &op, training ? dnnl_forward_training : dnnl_forward_inference,
                           dnnl_lrn_across_channels, now, l->lrn_size, l->lrn_alpha,
                           l->lrn_beta, l->lrn_k),
                       "lrn", e) ||
        dorg_dnn_make(g, &d->forward, &op, NULL, NULL, "lrn", e))
        return e->code;
    if (training) {
        d->ws = dorg_dnn_query(&d->forward, dnnl_query_workspace_md);
        if (dorg_dnn_check(dnnl_lrn_backward_desc_init(&op, dnnl_lrn_across_channels, now, now,
                                                       l->lrn_size, l->lrn_alpha, l->lrn_beta,
                                                       l->lrn_k),
                           "lrn backward", e) ||
            dorg_dnn_make(g, &d->back_data, &op, NULL, d->forward.pd, "lrn backward", e))
            return e->code;
    }
    return finish(g, now, e);
}

/* Max pooling, whose windows may overhang right and bottom; or the mean of whole maps. */
static int pool(struct dorg_engine *g, dorg_md *now, int k, struct dorg_err *e)
{
    struct dorg_dnn_node *d = begin(g, NODE_POOL, k);
    const struct dorg_layer *l = d->l;
    bool training = g->opts.training, mean = l->type == DORG_GAP;
    dnnl_alg_kind_t how = mean ? dnnl_pooling_avg_exclude_padding : dnnl_pooling_max;
    dnnl_dims_t kernel, stride, before = {0, 0}, after;
    dorg_md y = dorg_dnn_md(g->micro, l->out, now->data_type, dnnl_format_tag_any);
    dnnl_pooling_desc_t op;
    for (int a = 0; a < 2; a++) {
        kernel[a] = mean ? l->in[a + 1] : l->kernel;
        stride[a] = mean ? 1 : l->stride;
        after[a] = (l->out[a + 1] - 1) * stride[a] + kernel[a] - l->in[a + 1];
        if (after[a] < 0) after[a] = 0;
    }
    d->src = *now;
    if (dorg_dnn_check(dnnl_pooling_forward_desc_init(
                           &op, training ? dnnl_forward_training : dnnl_forward_inference, how,
                           now, &y, stride, kernel, before, after),
                       "pooling", e) ||
        dorg_dnn_make(g, &d->forward, &op, NULL, NULL, "pooling", e))
        return e->code;
    d->dst = dorg_dnn_query(&d->forward, dnnl_query_dst_md);
    if (training) {
        d->ws = dorg_dnn_query(&d->forward, dnnl_query_workspace_md);
        if (dorg_dnn_check(dnnl_pooling_backward_desc_init(&op, how, now, &d->dst, stride,
                                                           kernel, before, after),
                           "pooling backward", e) ||
            dorg_dnn_make(g, &d->back_data, &op, NULL, d->forward.pd, "pooling backward", e))
            return e->code;
    }
    return finish(g, now, e);
}

/* y = max(x, 0) or y = keep x, in place but for the user's own images. */
static int elementwise(struct dorg_engine *g, dorg_md *now, enum dorg_node_type type, int k,
                       struct dorg_err *e)
{
    struct dorg_dnn_node *d = begin(g, type, k);
    bool relu = type == NODE_RELU;
    dnnl_eltwise_desc_t op;
    d->src = d->dst = *now;
    if (type == NODE_DROPOUT && g->opts.training)
        d->src = d->dst = dorg_dnn_md(g->micro, d->l->in, dnnl_f32, dnnl_nchw);
    if (dorg_dnn_check(
            dnnl_eltwise_forward_desc_init(&op, dnnl_forward_inference,
                                           relu ? dnnl_eltwise_relu : dnnl_eltwise_linear,
                                           &d->src, relu ? 0 : d->l->keep, 0),
            "elementwise", e) ||
        dorg_dnn_make(g, &d->forward, &op, NULL, NULL, "elementwise", e))
        return e->code;
    if (finish(g, now, e)) return e->code;
    g->node[g->n_nodes - 1].in_place = g->n_nodes > 1;
    return 0;
}

/* Applying, where no conv or fc before could take it in: by running mean and variance. */
static int bnorm(struct dorg_engine *g, dorg_md *now, int k, struct dorg_err *e)
{
    struct dorg_dnn_node *d = begin(g, NODE_BNORM, k);
    dnnl_batch_normalization_desc_t op;
    d->src = d->dst = *now;
    if (g->opts.training) {
        if (!dorg_dnn_bnorm_layout(now))
            d->src = d->dst = dorg_dnn_md(g->micro, d->l->in, dnnl_f32, dnnl_nchw);
        return finish(g, now, e);
    }
    if (dorg_dnn_check(dnnl_batch_normalization_forward_desc_init(
                           &op, dnnl_forward_inference, now, d->l->bn_eps,
                           dnnl_use_global_stats | dnnl_use_scaleshift),
                       "batch normalisation", e) ||
        dorg_dnn_make(g, &d->forward, &op, NULL, NULL, "batch normalisation", e))
        return e->code;
    return finish(g, now, e);
}

/* The softmax is done here and needs plain numbers. */
static int ending(struct dorg_engine *g, dorg_md *now, int k, struct dorg_err *e)
{
    dorg_md plain = dorg_dnn_md(g->micro, g->cfg.layer[k].in, dnnl_f32, dnnl_nchw);
    if (g->n_nodes && dnnl_memory_desc_equal(now, &plain)) return 0;
    struct dorg_dnn_node *d = begin(g, NODE_RELU, k); /* only for the reorder before it */
    d->src = d->dst = plain;
    if (finish(g, now, e)) return e->code;
    memset(&g->node[--g->n_nodes], 0, sizeof *g->node);
    return g->n_nodes ? 0 : dorg_fail(e, DORG_EIO, "a net without layers");
}

int dorg_dnn_build(struct dorg_engine *g, struct dorg_err *e)
{
    const struct dorg_netcfg *c = &g->cfg;
    const int shape[3] = {c->channels, c->size, c->size};
    dorg_md now = dorg_dnn_md(g->micro, shape, dnnl_f32, dnnl_nchw);
    for (int k = 0; k < c->n_layers && !e->code;) {
        switch (c->layer[k].type) {
        case DORG_CONV:
            conv(g, &now, &k, e);
            continue;
        case DORG_FC:
            fc(g, &now, &k, e);
            continue;
        case DORG_RELU:
            elementwise(g, &now, NODE_RELU, k, e);
            break;
        case DORG_DROPOUT:
            elementwise(g, &now, NODE_DROPOUT, k, e);
            break;
        case DORG_LRN:
            lrn(g, &now, k, e);
            break;
        case DORG_POOL:
        case DORG_GAP:
            pool(g, &now, k, e);
            break;
        case DORG_BNORM:
            bnorm(g, &now, k, e);
            break;
        case DORG_SOFTMAX:
            ending(g, &now, k, e);
            break;
        }
        k++;
    }
    return e->code ? e->code : dorg_dnn_place(g, e);
}
