/* engine_cudnn_conv.cu - convolutions and fully connected layers, by cuDNN 9's functions
 *
 * Of the algorithms cuDNN suggests, best first, the first is taken that it documents as
 * deterministic (with `fast`: the first) and whose workspace is within WORKSPACE_MOST.
 * Precision f32 forbids tensor cores (FMA_MATH), so that "f32" is float32; tf32 and
 * bf16 allow them, and there plans (engine_cudnn_plan.cu) come before these functions. */
#include "engine_cudnn.h"

static const size_t WORKSPACE_MOST = (size_t)1 << 30;
enum { ASK = 8 };

int dorg_cudnn_check(cudnnStatus_t r, const char *what, struct dorg_err *e)
{
    if (r == CUDNN_STATUS_SUCCESS) return 0;
    return dorg_fail(e, DORG_EIO, "cuDNN: %s: %s", what, cudnnGetErrorString(r));
}

/* A fully connected layer is a convolution of 1 x 1 images with as many maps as inputs. */
struct dorg_cu_conv_shape dorg_cu_conv_shape(const struct dorg_layer *l)
{
    struct dorg_cu_conv_shape s = {{(int)dorg_layer_in(l), 1, 1}, {l->out[0], 1, 1}, 1, 0, 1};
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
    struct dorg_cu_conv_shape s = dorg_cu_conv_shape(l);
    int n = g->opts.max_batch;
    cudnnTensorFormat_t order = g->last ? CUDNN_TENSOR_NHWC : CUDNN_TENSOR_NCHW;
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
        cudnnSetTensor4dDescriptor(c->in, order, type, n, s.in[0], s.in[1], s.in[2]),
        cudnnSetTensor4dDescriptor(c->out, order, type, n, s.out[0], s.out[1], s.out[2]),
        cudnnSetFilter4dDescriptor(c->filter, type, order, s.out[0], s.in[0], s.kernel,
                                   s.kernel),
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

static bool fits(const struct dorg_engine *g, cudnnStatus_t asked, cudnnStatus_t status,
                 cudnnDeterminism_t d)
{
    return asked == CUDNN_STATUS_SUCCESS && status == CUDNN_STATUS_SUCCESS &&
           (d == CUDNN_DETERMINISTIC || g->opts.fast);
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
        if (!fits(g, r, p[i].status, p[i].determinism)) continue;
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
        if (!fits(g, r, p[i].status, p[i].determinism)) continue;
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
        if (!fits(g, r, p[i].status, p[i].determinism)) continue;
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

/* A plan where tensor cores are allowed; where there is none, a function's algorithm. */
static int pick(struct dorg_engine *g, int k, enum dorg_cu_way way, size_t *workspace,
                struct dorg_err *e)
{
    struct dorg_cu_layer *c = &g->layer[k];
    const struct dorg_layer *l = &g->cfg.layer[k];
    if ((c->half || g->opts.precision == DORG_PREC_TF32) &&
        dorg_cu_plan_open(&c->plan[way], g, k, way, workspace, e))
        return e->code;
    if (c->plan[way]) return 0;
    if (way == DORG_CU_FORWARD) return pick_forward(c, g, l, workspace, e);
    if (way == DORG_CU_TO_DATA) return pick_to_data(c, g, l, workspace, e);
    return pick_to_filter(c, g, l, workspace, e);
}

int dorg_cu_conv_open(struct dorg_engine *g, int k, size_t *workspace, struct dorg_err *e)
{
    if (describe(&g->layer[k], g, &g->cfg.layer[k], e) ||
        pick(g, k, DORG_CU_FORWARD, workspace, e))
        return e->code;
    if (!g->opts.training) return 0;
    if (pick(g, k, DORG_CU_TO_FILTER, workspace, e)) return e->code;
    return k ? pick(g, k, DORG_CU_TO_DATA, workspace, e) : 0;
}

void dorg_cu_conv_close(struct dorg_cu_layer *c)
{
    for (int i = 0; i < DORG_CU_WAYS; i++)
        dorg_cu_plan_close(c->plan[i]);
    if (c->in) cudnnDestroyTensorDescriptor(c->in);
    if (c->out) cudnnDestroyTensorDescriptor(c->out);
    if (c->filter) cudnnDestroyFilterDescriptor(c->filter);
    if (c->conv) cudnnDestroyConvolutionDescriptor(c->conv);
}

/* Weights and biases as the layer computes with them. */
static struct dorg_cu_data data_of(const struct dorg_cu_pass *s)
{
    struct dorg_engine *g = s->g;
    const struct dorg_cu_layer *c = s->c;
    struct dorg_cu_data d = {s->x, g->w + c->w_at, s->y, g->w + c->b_at, g->workspace};
    if (!c->half) return d;
    d.w = g->w_half + c->w_at;
    d.b = g->w_half + c->b_at;
    return d;
}

int dorg_cu_conv_forward(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    const float one = 1, zero = 0;
    struct dorg_engine *g = s->g;
    const struct dorg_cu_layer *c = s->c;
    struct dorg_cu_data d = data_of(s);
    if (c->plan[DORG_CU_FORWARD]) return dorg_cu_plan_run(c->plan[DORG_CU_FORWARD], g, &d, e);
    if (dorg_cudnn_check(cudnnConvolutionForward(g->cudnn, &one, c->in, s->x, c->filter, d.w,
                                                 c->conv, c->forward, g->workspace,
                                                 g->workspace_size, &zero, c->out, s->y),
                         "convolution", e))
        return e->code;
    return dorg_cu_add_bias(s, e);
}

static int to_filter(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    const float one = 1, zero = 0;
    struct dorg_engine *g = s->g;
    const struct dorg_cu_layer *c = s->c;
    void *dw = c->half ? (void *)(g->grad_half + c->w_at) : (void *)(g->grad + c->w_at);
    struct dorg_cu_data d = {s->x, dw, s->dy, NULL, g->workspace};
    if (c->plan[DORG_CU_TO_FILTER])
        return dorg_cu_plan_run(c->plan[DORG_CU_TO_FILTER], g, &d, e);
    return dorg_cudnn_check(cudnnConvolutionBackwardFilter(g->cudnn, &one, c->in, s->x, c->out,
                                                           s->dy, c->conv, c->to_filter,
                                                           g->workspace, g->workspace_size,
                                                           &zero, c->filter, dw),
                            "convolution, to its weights", e);
}

static int to_data(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    const float one = 1, zero = 0;
    struct dorg_engine *g = s->g;
    const struct dorg_cu_layer *c = s->c;
    struct dorg_cu_data d = data_of(s);
    d.x = s->dx;
    d.y = s->dy;
    if (c->plan[DORG_CU_TO_DATA]) return dorg_cu_plan_run(c->plan[DORG_CU_TO_DATA], g, &d, e);
    return dorg_cudnn_check(cudnnConvolutionBackwardData(g->cudnn, &one, c->filter, d.w,
                                                         c->out, s->dy, c->conv, c->to_data,
                                                         g->workspace, g->workspace_size,
                                                         &zero, c->in, s->dx),
                            "convolution, to its input", e);
}

int dorg_cu_conv_backward(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    if (to_filter(s, e) || dorg_cu_bias_gradient(s, e)) return e->code;
    return s->dx ? to_data(s, e) : 0;
}
