/* engine_onednn_conv.c - convolution and fully connected nodes: their primitives */
#include "engine_onednn.h"

static int post_ops(dnnl_primitive_attr_t *attr, const struct dorg_dnn_node *d,
                    struct dorg_err *e)
{
    dnnl_post_ops_t ops = NULL;
    dnnl_status_t s = dnnl_primitive_attr_create(attr);
    if (s == dnnl_success) s = dnnl_post_ops_create(&ops);
    if (s == dnnl_success && d->relu)
        s = dnnl_post_ops_append_eltwise(ops, 1, dnnl_eltwise_relu, 0, 0);
    if (s == dnnl_success && d->scale != 1)
        s = dnnl_post_ops_append_eltwise(ops, 1, dnnl_eltwise_linear, d->scale, 0);
    if (s == dnnl_success) s = dnnl_primitive_attr_set_post_ops(*attr, ops);
    if (ops) dnnl_post_ops_destroy(ops);
    return dorg_dnn_check(s, "post-ops", e);
}

struct window { /* as oneDNN wants it */
    dnnl_dims_t stride, before, after;
};

/* Zeros before are the layer's; those after are what the last window reaches. */
static struct window window_of(const struct dorg_layer *l)
{
    struct window w;
    for (int a = 0; a < 2; a++) {
        w.stride[a] = l->stride;
        w.before[a] = l->pad;
        w.after[a] = (l->out[a + 1] - 1) * l->stride + l->kernel - l->in[a + 1] - l->pad;
    }
    return w;
}

static dorg_md vector(size_t n)
{
    dorg_md md;
    dnnl_dims_t dims = {(dnnl_dim_t)n};
    dnnl_memory_desc_init_by_tag(&md, 1, dims, dnnl_f32, dnnl_a);
    return md;
}

static dorg_md kernels(const struct dorg_layer *l, dnnl_data_type_t t, dnnl_format_tag_t tag)
{
    const int shape[3] = {l->in[0], l->kernel, l->kernel};
    return dorg_dnn_md(l->n_b, shape, t, tag);
}

static dnnl_data_type_t input_type(const struct dorg_engine *g, const struct dorg_dnn_node *d)
{
    return !g->int8 ? g->type : d->sign ? dnnl_s8 : dnnl_u8;
}

int dorg_dnn_conv_node(struct dorg_engine *g, struct dorg_dnn_node *d, struct dorg_err *e)
{
    const struct dorg_layer *l = d->l;
    dnnl_format_tag_t tag = g->int8 ? dnnl_nhwc : dnnl_format_tag_any;
    dorg_md x = dorg_dnn_md(g->micro, l->in, input_type(g, d), tag);
    dorg_md y = dorg_dnn_md(g->micro, l->out, g->type, tag);
    dorg_md w = kernels(l, g->int8 ? dnnl_s8 : g->type, dnnl_format_tag_any);
    dorg_md b = vector(l->n_b);
    struct window s = window_of(l);
    dnnl_convolution_desc_t op;
    dnnl_primitive_attr_t attr = NULL;
    d->n_blocks = 1;
    d->block = l->n_b;
    if (!g->int8 && post_ops(&attr, d, e)) goto done;
    if (dorg_dnn_check(dnnl_convolution_forward_desc_init(
                           &op,
                           g->opts.training ? dnnl_forward_training : dnnl_forward_inference,
                           dnnl_convolution_direct, &x, &w, g->int8 ? NULL : &b, &y, s.stride,
                           s.before, s.after),
                       "convolution", e))
        goto done;
    if (dorg_dnn_make(g, &d->forward, &op, attr, NULL, "convolution", e)) goto done;
    d->src = d->x8 = dorg_dnn_query(&d->forward, dnnl_query_src_md);
    if (g->int8) d->src = dorg_dnn_md(g->micro, l->in, dnnl_f32, dnnl_nhwc);
    d->dst = dorg_dnn_query(&d->forward, dnnl_query_dst_md);
    d->w_md = dorg_dnn_query(&d->forward, dnnl_query_weights_md);
    d->w_plain = kernels(l, g->int8 ? dnnl_s8 : dnnl_f32, dnnl_oihw);
    d->w_size = dnnl_memory_desc_get_size(&d->w_md);
    dorg_dnn_reorder(g, &d->pack, &d->w_plain, &d->w_md, e);
done:
    if (attr) dnnl_primitive_attr_destroy(attr);
    return e->code;
}

static int back_data(struct dorg_engine *g, struct dorg_dnn_node *d, struct dorg_err *e)
{
    const struct dorg_layer *l = d->l;
    dorg_md x = dorg_dnn_md(g->micro, l->in, dnnl_f32, dnnl_format_tag_any);
    dorg_md y = dorg_dnn_md(g->micro, l->out, dnnl_f32, dnnl_format_tag_any);
    dorg_md w = kernels(l, dnnl_f32, dnnl_format_tag_any);
    struct window s = window_of(l);
    dnnl_convolution_desc_t op;
    if (dorg_dnn_check(dnnl_convolution_backward_data_desc_init(&op, dnnl_convolution_direct,
                                                                &x, &w, &y, s.stride, s.before,
                                                                s.after),
                       "convolution backward", e) ||
        dorg_dnn_make(g, &d->back_data, &op, NULL, d->forward.pd, "convolution backward", e))
        return e->code;
    d->dx = dorg_dnn_query(&d->back_data, dnnl_query_diff_src_md);
    d->dy_data = dorg_dnn_query(&d->back_data, dnnl_query_diff_dst_md);
    d->w_back = dorg_dnn_query(&d->back_data, dnnl_query_weights_md);
    d->w_back_size = dnnl_memory_desc_get_size(&d->w_back);
    if (dorg_dnn_reorder(g, &d->pack_back, &d->w_plain, &d->w_back, e) ||
        dorg_dnn_reorder(g, &d->fit_dy_data, &d->dst, &d->dy_data, e))
        return e->code;
    return dorg_dnn_reorder(g, &d->fit_dx, &d->dx, &d->src, e);
}

int dorg_dnn_conv_back(struct dorg_engine *g, struct dorg_dnn_node *d, bool first,
                       struct dorg_err *e)
{
    const struct dorg_layer *l = d->l;
    dorg_md x = dorg_dnn_md(g->micro, l->in, dnnl_f32, dnnl_format_tag_any);
    dorg_md y = dorg_dnn_md(g->micro, l->out, dnnl_f32, dnnl_format_tag_any);
    dorg_md w = kernels(l, dnnl_f32, dnnl_format_tag_any), b = vector(l->n_b);
    struct window s = window_of(l);
    dnnl_convolution_desc_t op;
    if (dorg_dnn_check(
            dnnl_convolution_backward_weights_desc_init(&op, dnnl_convolution_direct, &x, &w,
                                                        &b, &y, s.stride, s.before, s.after),
            "convolution gradient", e) ||
        dorg_dnn_make(g, &d->back_weights, &op, NULL, d->forward.pd, "convolution gradient",
                      e))
        return e->code;
    d->x_back = dorg_dnn_query(&d->back_weights, dnnl_query_src_md);
    d->dy_weights = dorg_dnn_query(&d->back_weights, dnnl_query_diff_dst_md);
    d->dw = dorg_dnn_query(&d->back_weights, dnnl_query_diff_weights_md);
    d->dw_size = dnnl_memory_desc_get_size(&d->dw);
    if (dorg_dnn_reorder(g, &d->fit_x, &d->src, &d->x_back, e) ||
        dorg_dnn_reorder(g, &d->fit_dy_weights, &d->dst, &d->dy_weights, e) ||
        dorg_dnn_reorder(g, &d->unpack, &d->dw, &d->w_plain, e))
        return e->code;
    return first ? 0 : back_data(g, d, e);
}

static dorg_md matrix(size_t rows, size_t columns, dnnl_data_type_t t, dnnl_format_tag_t tag)
{
    dorg_md md;
    dnnl_dims_t dims = {(dnnl_dim_t)rows, (dnnl_dim_t)columns};
    dnnl_memory_desc_init_by_tag(&md, 2, dims, t, tag);
    return md;
}

/* Outputs a block: a divisor of all of them, 256 where it can be, so that every block has
 * the same primitive. */
static size_t block_of(size_t outputs)
{
    for (size_t b = 256; b >= 32; b--)
        if (outputs % b == 0) return b;
    return outputs;
}

/* Applying: weights stay packed, one inner product a block over all rows of a batch. */
int dorg_dnn_fc_node(struct dorg_engine *g, struct dorg_dnn_node *d, struct dorg_err *e)
{
    size_t rows = g->fc_rows, in = dorg_layer_in(d->l);
    d->block = block_of(d->l->n_b);
    d->n_blocks = d->l->n_b / d->block;
    if (g->opts.training) return 0; /* engine_onednn_fc.c multiplies the weights as they lie */
    dorg_md x = matrix(rows, in, input_type(g, d), dnnl_ab), b = vector(d->block);
    dorg_md w = matrix(d->block, in, g->int8 ? dnnl_s8 : g->type, dnnl_format_tag_any);
    dorg_md y = matrix(rows, d->block, d->dst.data_type, dnnl_ab);
    dnnl_inner_product_desc_t op;
    dnnl_primitive_attr_t attr = NULL;
    if (!g->int8 && post_ops(&attr, d, e)) goto done;
    if (dorg_dnn_check(dnnl_inner_product_forward_desc_init(&op, dnnl_forward_inference, &x,
                                                            &w, g->int8 ? NULL : &b, &y),
                       "inner product", e))
        goto done;
    if (dorg_dnn_make(g, &d->forward, &op, attr, NULL, "inner product", e)) goto done;
    d->w_md = dorg_dnn_query(&d->forward, dnnl_query_weights_md);
    d->w_plain = matrix(d->block, in, g->int8 ? dnnl_s8 : dnnl_f32, dnnl_ab);
    d->w_size = dnnl_memory_desc_get_size(&d->w_md);
    dorg_dnn_reorder(g, &d->pack, &d->w_plain, &d->w_md, e);
done:
    if (attr) dnnl_primitive_attr_destroy(attr);
    return e->code;
}
