/* engine_cudnn_plan.cu - convolutions by cuDNN's graph interface
 *
 * Forward, y = relu(conv(x, w) + b) or without the relu in one plan: the sum stays in float
 * until y is stored, and b has the type of x, w and y.  Backward, a plan to the input's error
 * and one to the weights' gradient.
 *
 * Plans are taken in the order of cuDNN's heuristics (mode A), without those that cuDNN notes
 * as not deterministic (unless `fast`) or as summing in less than float; and for applying
 * without those that are compiled at run time, which costs more than a scan's worth of
 * unfused passes.  Where none is left there is no plan, and the layer runs by cuDNN's
 * functions. */
#include <stdlib.h>

#include "engine_cudnn.h"

extern "C" {
#include "../../../libcommon/base/mem.h"
}

enum { X = 1, W, B, Y, SUM, BIASED, NAMES }; /* tensors' numbers */
enum { PARTS = 16, TRY = 16 };               /* descriptors; suggestions looked at */
static const size_t WORKSPACE_MOST = (size_t)1 << 30;

typedef cudnnBackendDescriptor_t desc_t;

struct dorg_cu_plan {
    enum dorg_cu_way way;
    desc_t part[PARTS]; /* what the plan is made of, kept as long as it */
    int n_parts;
    desc_t plan, pack; /* pack: made when it runs first */
};

void dorg_cu_plan_close(struct dorg_cu_plan *p)
{
    if (!p) return;
    if (p->pack) cudnnBackendDestroyDescriptor(p->pack);
    if (p->plan) cudnnBackendDestroyDescriptor(p->plan);
    while (p->n_parts)
        cudnnBackendDestroyDescriptor(p->part[--p->n_parts]);
    free(p);
}

static bool set(desc_t d, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                int64_t n, const void *v)
{
    return d && cudnnBackendSetAttribute(d, name, type, n, v) == CUDNN_STATUS_SUCCESS;
}

static bool link_to(desc_t d, cudnnBackendAttributeName_t name, desc_t other)
{
    return other && set(d, name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &other);
}

static bool done(desc_t d)
{
    return d && cudnnBackendFinalize(d) == CUDNN_STATUS_SUCCESS;
}

/* A descriptor that lives as long as the plan, or NULL. */
static desc_t part(struct dorg_cu_plan *p, cudnnBackendDescriptorType_t type)
{
    desc_t d = NULL;
    if (p->n_parts == PARTS || cudnnBackendCreateDescriptor(type, &d) != CUDNN_STATUS_SUCCESS)
        return NULL;
    return p->part[p->n_parts++] = d;
}

struct sizes {
    int64_t n, in[3], out[3], kernel, pad, stride;
    cudnnDataType_t type; /* of x, w and y */
    bool last, relu;
};

/* dim: images or outputs, maps, rows, columns; NULL where the library refuses. */
static desc_t tensor(struct dorg_cu_plan *p, int64_t name, cudnnDataType_t type, bool last,
                     const int64_t dim[4])
{
    int64_t image = dim[1] * dim[2] * dim[3], align = 16;
    const int64_t planes[4] = {image, dim[2] * dim[3], dim[3], 1},
                  mixed[4] = {image, 1, dim[3] * dim[1], dim[1]};
    bool hidden = name >= SUM;
    desc_t t = part(p, CUDNN_BACKEND_TENSOR_DESCRIPTOR);
    bool good =
        set(t, CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, 1, &name) &&
        set(t, CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &type) &&
        set(t, CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, 4, dim) &&
        set(t, CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, 4, last ? mixed : planes) &&
        set(t, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, 1, &align) &&
        set(t, CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, 1, &hidden) && done(t);
    return good ? t : NULL;
}

static desc_t convolution(struct dorg_cu_plan *p, const struct sizes *s)
{
    const int64_t two = 2, ones[2] = {1, 1}, pad[2] = {s->pad, s->pad},
                  stride[2] = {s->stride, s->stride};
    const cudnnDataType_t sum = CUDNN_DATA_FLOAT;
    const cudnnConvolutionMode_t mode = CUDNN_CROSS_CORRELATION;
    desc_t c = part(p, CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
    bool good =
        set(c, CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64, 1, &two) &&
        set(c, CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &sum) &&
        set(c, CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, 1, &mode) &&
        set(c, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, CUDNN_TYPE_INT64, 2, pad) &&
        set(c, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, CUDNN_TYPE_INT64, 2, pad) &&
        set(c, CUDNN_ATTR_CONVOLUTION_DILATIONS, CUDNN_TYPE_INT64, 2, ones) &&
        set(c, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, CUDNN_TYPE_INT64, 2, stride) && done(c);
    return good ? c : NULL;
}

/* What the three kinds of convolution call their parts. */
static const struct {
    cudnnBackendDescriptorType_t type;
    cudnnBackendAttributeName_t x, w, y, how, alpha, beta;
} kind[] = {
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA},
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA},
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA},
};

static desc_t operation(struct dorg_cu_plan *p, desc_t how, desc_t x, desc_t w, desc_t y)
{
    const float one = 1, zero = 0;
    enum dorg_cu_way i = p->way;
    desc_t o = part(p, kind[i].type);
    bool good = link_to(o, kind[i].x, x) && link_to(o, kind[i].w, w) &&
                link_to(o, kind[i].y, y) && link_to(o, kind[i].how, how) &&
                set(o, kind[i].alpha, CUDNN_TYPE_FLOAT, 1, &one) &&
                set(o, kind[i].beta, CUDNN_TYPE_FLOAT, 1, &zero) && done(o);
    return good ? o : NULL;
}

/* y = x + b, or with b NULL relu(x) */
static desc_t pointwise(struct dorg_cu_plan *p, desc_t x, desc_t b, desc_t y)
{
    const cudnnPointwiseMode_t mode = b ? CUDNN_POINTWISE_ADD : CUDNN_POINTWISE_RELU_FWD;
    const cudnnDataType_t sum = CUDNN_DATA_FLOAT;
    const cudnnNanPropagation_t keep = CUDNN_PROPAGATE_NAN;
    desc_t f = part(p, CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
    desc_t o = part(p, CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
    if (!set(f, CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, 1, &mode) ||
        !set(f, CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE, 1, &sum))
        return NULL;
    if (!b &&
        !set(f, CUDNN_ATTR_POINTWISE_NAN_PROPAGATION, CUDNN_TYPE_NAN_PROPOGATION, 1, &keep))
        return NULL; /* a relu that hides a NaN would hide a diverged training */
    bool good = done(f) && link_to(o, CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, f) &&
                link_to(o, CUDNN_ATTR_OPERATION_POINTWISE_XDESC, x) &&
                (!b || link_to(o, CUDNN_ATTR_OPERATION_POINTWISE_BDESC, b)) &&
                link_to(o, CUDNN_ATTR_OPERATION_POINTWISE_YDESC, y) && done(o);
    return good ? o : NULL;
}

/* Convolution, bias, relu: their number, or 0. */
static int forward_ops(desc_t op[3], struct dorg_cu_plan *p, const struct sizes *s, desc_t x,
                       desc_t w, desc_t y)
{
    const int64_t out[4] = {s->n, s->out[0], s->out[1], s->out[2]},
                  bias[4] = {1, s->out[0], 1, 1};
    desc_t b = tensor(p, B, s->type, s->last, bias);
    desc_t sum = tensor(p, SUM, CUDNN_DATA_FLOAT, s->last, out);
    desc_t biased = s->relu ? tensor(p, BIASED, CUDNN_DATA_FLOAT, s->last, out) : y;
    desc_t how = convolution(p, s);
    if (!b || !sum || !biased || !how) return 0;
    op[0] = operation(p, how, x, w, sum);
    op[1] = pointwise(p, sum, b, biased);
    op[2] = s->relu ? pointwise(p, biased, NULL, y) : NULL;
    if (!op[0] || !op[1] || (s->relu && !op[2])) return 0;
    return s->relu ? 3 : 2;
}

static desc_t graph_of(struct dorg_cu_plan *p, cudnnHandle_t h, const struct sizes *s)
{
    const int64_t in[4] = {s->n, s->in[0], s->in[1], s->in[2]},
                  out[4] = {s->n, s->out[0], s->out[1], s->out[2]},
                  filter[4] = {s->out[0], s->in[0], s->kernel, s->kernel};
    desc_t x = tensor(p, X, s->type, s->last, in), w = tensor(p, W, s->type, s->last, filter);
    desc_t y = tensor(p, Y, s->type, s->last, out), op[3] = {}, g = NULL;
    int ops = 1;
    if (!x || !w || !y) return NULL;
    if (p->way == DORG_CU_FORWARD)
        ops = forward_ops(op, p, s, x, w, y);
    else
        op[0] = operation(p, convolution(p, s), x, w, y);
    if (!ops || !op[0]) return NULL;
    g = part(p, CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
    bool good =
        set(g, CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR, ops, op) &&
        set(g, CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, 1, &h) && done(g);
    return good ? g : NULL;
}

/* Whether an engine's notes let it be used. */
static bool allowed(const struct dorg_engine *g, desc_t config)
{
    cudnnBackendNumericalNote_t note[CUDNN_NUMERICAL_NOTE_TYPE_COUNT];
    cudnnBackendBehaviorNote_t habit[CUDNN_BEHAVIOR_NOTE_TYPE_COUNT];
    int64_t n = 0, m = 0, one = 0;
    desc_t engine = NULL;
    if (cudnnBackendCreateDescriptor(CUDNN_BACKEND_ENGINE_DESCRIPTOR, &engine) !=
        CUDNN_STATUS_SUCCESS)
        return false;
    bool good =
        cudnnBackendGetAttribute(config, CUDNN_ATTR_ENGINECFG_ENGINE,
                                 CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &one,
                                 &engine) == CUDNN_STATUS_SUCCESS &&
        cudnnBackendGetAttribute(engine, CUDNN_ATTR_ENGINE_NUMERICAL_NOTE,
                                 CUDNN_TYPE_NUMERICAL_NOTE, CUDNN_NUMERICAL_NOTE_TYPE_COUNT,
                                 &n, note) == CUDNN_STATUS_SUCCESS &&
        cudnnBackendGetAttribute(engine, CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE,
                                 CUDNN_TYPE_BEHAVIOR_NOTE, CUDNN_BEHAVIOR_NOTE_TYPE_COUNT, &m,
                                 habit) == CUDNN_STATUS_SUCCESS;
    for (int64_t i = 0; good && i < n; i++)
        if (note[i] == CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION ||
            (note[i] == CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC && !g->opts.fast))
            good = false;
    for (int64_t i = 0; good && i < m; i++)
        if (habit[i] == CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION && !g->opts.training)
            good = false;
    cudnnBackendDestroyDescriptor(engine);
    return good;
}

/* A plan of this configuration whose workspace is not too large, or NULL. */
static desc_t plan_of(desc_t config, cudnnHandle_t h, size_t *workspace)
{
    desc_t p = NULL;
    int64_t size = 0, one = 0;
    if (cudnnBackendCreateDescriptor(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, &p) !=
        CUDNN_STATUS_SUCCESS)
        return NULL;
    if (set(p, CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1, &h) &&
        link_to(p, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, config) && done(p) &&
        cudnnBackendGetAttribute(p, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64,
                                 1, &one, &size) == CUDNN_STATUS_SUCCESS &&
        size >= 0 && (size_t)size <= WORKSPACE_MOST) {
        if ((size_t)size > *workspace) *workspace = (size_t)size;
        return p;
    }
    cudnnBackendDestroyDescriptor(p);
    return NULL;
}

/* The first suggestion that is allowed and can be planned; its configuration is kept. */
static void choose(struct dorg_cu_plan *p, struct dorg_engine *g, desc_t graph,
                   size_t *workspace)
{
    const cudnnBackendHeurMode_t mode = CUDNN_HEUR_MODE_A;
    desc_t config[TRY] = {}, h = part(p, CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
    int64_t made = 0, got = 0;
    if (!link_to(h, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph) ||
        !set(h, CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1, &mode) || !done(h))
        return;
    while (made < TRY && cudnnBackendCreateDescriptor(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR,
                                                      &config[made]) == CUDNN_STATUS_SUCCESS)
        made++;
    if (cudnnBackendGetAttribute(h, CUDNN_ATTR_ENGINEHEUR_RESULTS,
                                 CUDNN_TYPE_BACKEND_DESCRIPTOR, made, &got,
                                 config) != CUDNN_STATUS_SUCCESS)
        got = 0;
    for (int64_t i = 0; i < got && i < made && !p->plan; i++) {
        if (p->n_parts < PARTS && allowed(g, config[i]))
            p->plan = plan_of(config[i], g->cudnn, workspace);
        if (!p->plan) continue;
        p->part[p->n_parts++] = config[i];
        config[i] = NULL;
    }
    for (int64_t i = 0; i < made; i++)
        if (config[i]) cudnnBackendDestroyDescriptor(config[i]);
}

int dorg_cu_plan_open(struct dorg_cu_plan **to, struct dorg_engine *g, int k,
                      enum dorg_cu_way way, size_t *workspace, struct dorg_err *e)
{
    struct dorg_cu_conv_shape c = dorg_cu_conv_shape(&g->cfg.layer[k]);
    struct sizes s = {g->opts.max_batch,
                      {c.in[0], c.in[1], c.in[2]},
                      {c.out[0], c.out[1], c.out[2]},
                      c.kernel,
                      c.pad,
                      c.stride,
                      g->layer[k].half ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT,
                      g->last,
                      dorg_cu_done_before(g, k + 1)};
    struct dorg_cu_plan *p = (struct dorg_cu_plan *)dorg_zeroed(1, sizeof *p, e);
    if (!p) return e->code;
    p->way = way;
    desc_t graph = graph_of(p, g->cudnn, &s);
    if (graph) choose(p, g, graph, workspace);
    if (p->plan)
        *to = p;
    else
        dorg_cu_plan_close(p);
    return 0;
}

/* All pointers stay what they are as long as the engine is open. */
static bool pack(struct dorg_cu_plan *p, const struct dorg_cu_data *d)
{
    const int64_t name[4] = {X, W, Y, B};
    const void *at[4] = {d->x, d->w, d->y, d->b};
    const int n = p->way == DORG_CU_FORWARD ? 4 : 3;
    if (cudnnBackendCreateDescriptor(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR, &p->pack) !=
        CUDNN_STATUS_SUCCESS)
        return false;
    return set(p->pack, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, n, name) &&
           set(p->pack, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, n, at) &&
           set(p->pack, CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1,
               &d->space) &&
           done(p->pack);
}

int dorg_cu_plan_run(struct dorg_cu_plan *p, struct dorg_engine *g,
                     const struct dorg_cu_data *d, struct dorg_err *e)
{
    if (!p->pack && !pack(p, d))
        return dorg_fail(e, DORG_EIO, "cuDNN: a planned convolution: its data are refused");
    return dorg_cudnn_check(cudnnBackendExecute(g->cudnn, p->plan, p->pack),
                            "a planned convolution", e);
}
