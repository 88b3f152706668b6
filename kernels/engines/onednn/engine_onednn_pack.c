/* engine_onednn_pack.c - weights from the flat array into the nodes' formats */
#include "engine_onednn.h"
#include "../../../libcommon/base/mem.h"
#include "../../../libcommon/base/par.h"

struct packing {
    struct dorg_engine *g;
    struct dorg_dnn_node *d;
    const float *w;
};

/* Outputs of `block` with bnorm's scale folded in: w scale / sqrt(var + eps), and the bias
 * (b - mean) scale / sqrt(var + eps) + shift. */
static void fold(const struct packing *p, float *to, size_t block)
{
    const struct dorg_dnn_node *d = p->d;
    const struct dorg_layer *l = d->l, *n = d->fold;
    size_t each = l->n_w / l->n_b, first = block * d->block;
    const float *scale = p->w + n->w_at, *mean = scale + n->n_b, *var = mean + n->n_b;
    for (size_t o = first; o < first + d->block; o++) {
        double by = (double)scale[o] / sqrt((double)var[o] + (double)n->bn_eps);
        const float *from = p->w + l->w_at + o * each;
        for (size_t i = 0; i < each; i++)
            to[(o - first) * each + i] = (float)((double)from[i] * by);
        d->bias[o] = (float)(((double)p->w[l->b_at + o] - (double)mean[o]) * by +
                             (double)p->w[n->b_at + o]);
    }
}

static int pack_block(void *ctx, size_t block, size_t worker, struct dorg_err *e)
{
    const struct packing *p = ctx;
    struct dorg_dnn_node *d = p->d;
    size_t each = d->l->n_w / d->n_blocks;
    size_t outputs = d->block;
    const float *w = p->w + d->l->w_at + block * each;
    const void *from = w;
    float *folded = NULL;
    int8_t *bytes = NULL;
    char *to = d->w + block * d->w_size;
    dorg_dnn_one_thread();
    if (d->fold) {
        if (!(folded = dorg_array(each, sizeof *folded, e))) goto done;
        fold(p, folded, block);
        from = w = folded;
    }
    if (p->g->int8) {
        if (!(bytes = dorg_array(each, 1, e))) goto done;
        dorg_dnn_int8_weights(bytes, d->w_scale + block * outputs, w, outputs, each / outputs);
        from = bytes;
    }
    const struct dorg_dnn_arg arg[] = {{DNNL_ARG_FROM, &d->w_plain, from},
                                       {DNNL_ARG_TO, &d->w_md, to}};
    if (d->pack.run)
        dorg_dnn_run(p->g, &d->pack, worker, arg, 2, e);
    else
        memcpy(to, from, d->w_size);
done:
    free(folded);
    free(bytes);
    return e->code;
}

/* The same weights once more, as backward wants them. */
static int pack_back(struct packing *p, struct dorg_err *e)
{
    struct dorg_dnn_node *d = p->d;
    const float *from = p->w + d->l->w_at;
    const struct dorg_dnn_arg arg[] = {{DNNL_ARG_FROM, &d->w_plain, from},
                                       {DNNL_ARG_TO, &d->w_back, d->w_back_at}};
    if (d->pack_back.run) return dorg_dnn_run(p->g, &d->pack_back, 0, arg, 2, e);
    memcpy(d->w_back_at, from, d->w_back_size);
    return 0;
}

/* What oneDNN's bnorm reads: mean, variance, then scale and shift. */
static void pack_bnorm(struct packing *p)
{
    const struct dorg_layer *l = p->d->l;
    size_t maps = l->n_b, bytes = maps * sizeof(float);
    memcpy(p->d->bias, p->w + l->w_at + maps, 2 * bytes);
    memcpy(p->d->bias + 2 * maps, p->w + l->w_at, bytes);
    memcpy(p->d->bias + 3 * maps, p->w + l->b_at, bytes);
}

int dorg_dnn_pack(struct dorg_engine *g, const float *w, struct dorg_err *e)
{
    dorg_dnn_one_thread();
    for (int i = 0; i < g->n_nodes && !e->code; i++) {
        struct dorg_dnn_node *d = &g->node[i];
        struct packing p = {g, d, w};
        if (d->bias && d->type != NODE_BNORM && !d->fold)
            memcpy(d->bias, w + d->l->b_at, d->l->n_b * sizeof *w);
        if (d->bias && d->type == NODE_BNORM) pack_bnorm(&p);
        if (d->w) dorg_par(d->n_blocks, g->opts.jobs, pack_block, &p, e);
        if (d->w_back_at && !e->code) pack_back(&p, e);
    }
    g->ready = !e->code;
    return e->code;
}
