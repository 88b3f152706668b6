/* engine_cudnn_conv.cu - convolutions and fully connected layers, by cuDNN 9's functions
 *
 * Of the algorithms cuDNN suggests, best first, the first is taken that it documents as
 * deterministic and whose workspace is within WORKSPACE_MOST.  Precision f32 forbids tensor
 * cores (FMA_MATH), so that "f32" means what it says; tf32 and bf16 allow them. */
#include "engine_cudnn.h"

static const size_t WORKSPACE_MOST = (size_t)1 << 30;
enum { ASK = 8 };

int dorg_cudnn_check(cudnnStatus_t r, const char *what, struct dorg_err *e)
{
    if (r == CUDNN_STATUS_SUCCESS) return 0;
    return dorg_fail(e, DORG_EIO, "cuDNN: %s: %s", what, cudnnGetErrorString(r));
}

/* A fully connected layer is a convolution of 1 x 1 images with as many maps as inputs. */
struct shape {
    int in[3], out[3], kernel, pad, stride;
};

static struct shape shape_of(const struct dorg_layer *l)
{
    struct shape s = {{(int)dorg_layer_in(l), 1, 1}, {l->out[0], 1, 1}, 1, 0, 1};
    if (l->type == DORG_FC) return s;
    for (int a = 0; a < 3; a++) {
        s.in[a] = l->in[a];
        s.out[a] = l->out[a];
    }
    s.kernel = l->kernel;
    s.pad = l->pad;
    s.stride = l->stride;
    return s;
}

static int describe(struct dorg_cu_layer *c, const struct dorg_engine *g,
                    const struct dorg_layer *l, struct dorg_err *e)
{
    struct shape s = shape_of(l);
    int n = g->opts.max_batch;
    cudnnDataType_t type = c->half ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
    cudnnMathType_t math = c->half                               ? CUDNN_TENSOR_OP_MATH
                           : g->opts.precision == DORG_PREC_TF32 ? CUDNN_DEFAULT_MATH
                                                                 : CUDNN_FMA_MATH;
    cudnnStatus_t r[] = {
        cudnnCreateTensorDescriptor(&c->in),
        cudnnCreateTensorDescriptor(&c->out),
        cudnnCreateFilterDescriptor(&c->filter),
        cudnnCreateConvolutionDescriptor(&c->conv),
    };
    for (int i = 0; i < 4; i++)
        if (dorg_cudnn_check(r[i], "descriptors", e)) return e->code;
    cudnnStatus_t t[] = {
        cudnnSetTensor4dDescriptor(c->in, CUDNN_TENSOR_NCHW, type, n, s.in[0], s.in[1],
                                   s.in[2]),
        cudnnSetTensor4dDescriptor(c->out, CUDNN_TENSOR_NCHW, type, n, s.out[0], s.out[1],
                                   s.out[2]),
        cudnnSetFilter4dDescriptor(c->filter, type, CUDNN_TENSOR_NCHW, s.out[0], s.in[0],
                                   s.kernel, s.kernel),
        cudnnSetConvolution2dDescriptor(c->conv, s.pad, s.pad, s.stride, s.stride, 1, 1,
                                        CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT),
        cudnnSetConvolutionMathType(c->conv, math),
    };
    for (int i = 0; i < 5; i++)
        if (dorg_cudnn_check(t[i], l->name[0] ? l->name : "a layer's shape", e))
            return e->code;
    return 0;
}

static int none(const struct dorg_layer *l, struct dorg_err *e)
{
    return dorg_fail(e, DORG_EIO, "cuDNN has no deterministic algorithm for layer %s",
                     l->name[0] ? l->name : dorg_layer_type_name(l->type));
}

static bool fits(cudnnStatus_t asked, cudnnStatus_t status, cudnnDeterminism_t d)
{
    return asked == CUDNN_STATUS_SUCCESS && status == CUDNN_STATUS_SUCCESS &&
           d == CUDNN_DETERMINISTIC;
}

static void grow(size_t *most, size_t size)
{
    if (size > *most) *most = size;
}

static int pick_forward(struct dorg_cu_layer *c, struct dorg_engine *g,
                        const struct dorg_layer *l, size_t *workspace, struct dorg_err *e)
{
    cudnnConvolutionFwdAlgoPerf_t p[ASK];
    int got = 0;
    cudnnStatus_t r = cudnnGetConvolutionForwardAlgorithm_v7(g->cudnn, c->in, c->filter,
                                                             c->conv, c->out, ASK, &got, p);
    for (int i = 0; i < got; i++) {
        size_t size = 0;
        if (!fits(r, p[i].status, p[i].determinism)) continue;
        if (cudnnGetConvolutionForwardWorkspaceSize(g->cudnn, c->in, c->filter, c->conv,
                                                    c->out, p[i].algo,
                                                    &size) != CUDNN_STATUS_SUCCESS ||
            size > WORKSPACE_MOST)
            continue;
        c->forward = p[i].algo;
        grow(workspace, size);
        return 0;
    }
    return dorg_cudnn_check(r, "choosing an algorithm", e) ? e->code : none(l, e);
}

static int pick_to_data(struct dorg_cu_layer *c, struct dorg_engine *g,
                        const struct dorg_layer *l, size_t *workspace, struct dorg_err *e)
{
    cudnnConvolutionBwdDataAlgoPerf_t p[ASK];
    int got = 0;
    cudnnStatus_t r = cudnnGetConvolutionBackwardDataAlgorithm_v7(
        g->cudnn, c->filter, c->out, c->conv, c->in, ASK, &got, p);
    for (int i = 0; i < got; i++) {
        size_t size = 0;
        if (!fits(r, p[i].status, p[i].determinism)) continue;
        if (cudnnGetConvolutionBackwardDataWorkspaceSize(g->cudnn, c->filter, c->out, c->conv,
                                                         c->in, p[i].algo,
                                                         &size) != CUDNN_STATUS_SUCCESS ||
            size > WORKSPACE_MOST)
            continue;
        c->to_data = p[i].algo;
        grow(workspace, size);
        return 0;
    }
    return dorg_cudnn_check(r, "choosing an algorithm", e) ? e->code : none(l, e);
}

static int pick_to_filter(struct dorg_cu_layer *c, struct dorg_engine *g,
                          const struct dorg_layer *l, size_t *workspace, struct dorg_err *e)
{
    cudnnConvolutionBwdFilterAlgoPerf_t p[ASK];
    int got = 0;
    cudnnStatus_t r = cudnnGetConvolutionBackwardFilterAlgorithm_v7(
        g->cudnn, c->in, c->out, c->conv, c->filter, ASK, &got, p);
    for (int i = 0; i < got; i++) {
        size_t size = 0;
        if (!fits(r, p[i].status, p[i].determinism)) continue;
        if (cudnnGetConvolutionBackwardFilterWorkspaceSize(g->cudnn, c->in, c->out, c->conv,
                                                           c->filter, p[i].algo,
                                                           &size) != CUDNN_STATUS_SUCCESS ||
            size > WORKSPACE_MOST)
            continue;
        c->to_filter = p[i].algo;
        grow(workspace, size);
        return 0;
    }
    return dorg_cudnn_check(r, "choosing an algorithm", e) ? e->code : none(l, e);
}

int dorg_cu_conv_open(struct dorg_engine *g, int k, size_t *workspace, struct dorg_err *e)
{
    struct dorg_cu_layer *c = &g->layer[k];
    const struct dorg_layer *l = &g->cfg.layer[k];
    if (describe(c, g, l, e) || pick_forward(c, g, l, workspace, e)) return e->code;
    if (!g->opts.training) return 0;
    if (pick_to_filter(c, g, l, workspace, e)) return e->code;
    return k ? pick_to_data(c, g, l, workspace, e) : 0;
}

void dorg_cu_conv_close(struct dorg_cu_layer *c)
{
    if (c->in) cudnnDestroyTensorDescriptor(c->in);
    if (c->out) cudnnDestroyTensorDescriptor(c->out);
    if (c->filter) cudnnDestroyFilterDescriptor(c->filter);
    if (c->conv) cudnnDestroyConvolutionDescriptor(c->conv);
}

int dorg_cu_conv_forward(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    const float one = 1, zero = 0;
    struct dorg_engine *g = s->g;
    const struct dorg_cu_layer *c = s->c;
    const void *w =
        c->half ? (const void *)(g->w_half + c->w_at) : (const void *)(g->w + c->w_at);
    if (dorg_cudnn_check(cudnnConvolutionForward(g->cudnn, &one, c->in, s->x, c->filter, w,
                                                 c->conv, c->forward, g->workspace,
                                                 g->workspace_size, &zero, c->out, s->y),
                         "convolution", e))
        return e->code;
    return dorg_cu_add_bias(s, e);
}

int dorg_cu_conv_backward(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    const float one = 1, zero = 0;
    struct dorg_engine *g = s->g;
    const struct dorg_cu_layer *c = s->c;
    if (dorg_cudnn_check(cudnnConvolutionBackwardFilter(g->cudnn, &one, c->in, s->x, c->out,
                                                        s->dy, c->conv, c->to_filter,
                                                        g->workspace, g->workspace_size, &zero,
                                                        c->filter, g->grad + c->w_at),
                         "convolution, to its weights", e) ||
        dorg_cu_bias_gradient(s, e))
        return e->code;
    if (!s->dx) return 0;
    return dorg_cudnn_check(
        cudnnConvolutionBackwardData(g->cudnn, &one, c->filter, g->w + c->w_at, c->out, s->dy,
                                     c->conv, c->to_data, g->workspace, g->workspace_size,
                                     &zero, c->in, s->dx),
        "convolution, to its input", e);
}
