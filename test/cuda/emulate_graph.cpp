/* emulate_graph.cpp - cuDNN's graph interface: convolution, bias and relu in one, and a
 * convolution's two backward passes.
 *
 * Descriptors are bags of attributes; what finalizing checks is what kernels/ must get right:
 * that every attribute is there, of the right type and number.  Of four suggestions one is not
 * deterministic, one sums in less than float, one is compiled at run time. */
#include <map>
#include <string.h>
#include <vector>

#include "emulate_conv.h"

enum { SUGGESTIONS = 4, SPACE = 96 };

struct bag {
    cudnnBackendDescriptorType_t type;
    bool final;
    int suggestion; /* engines and their configurations */
    struct entry {
        cudnnBackendAttributeType_t type;
        int64_t n;
        std::vector<char> bytes;
    };
    std::map<int, entry> has;
};

static size_t width(cudnnBackendAttributeType_t t)
{
    switch (t) {
    case CUDNN_TYPE_INT64:
    case CUDNN_TYPE_DOUBLE:
        return 8;
    case CUDNN_TYPE_HANDLE:
    case CUDNN_TYPE_VOID_PTR:
    case CUDNN_TYPE_BACKEND_DESCRIPTOR:
        return sizeof(void *);
    case CUDNN_TYPE_BOOLEAN:
        return 1;
    default:
        return 4;
    }
}

static bool present(const bag *b, int name, cudnnBackendAttributeType_t t, int64_t n)
{
    auto i = b->has.find(name);
    return i != b->has.end() && i->second.type == t && (n < 0 || i->second.n == n);
}

template <typename T> static T value(const bag *b, int name, int i = 0)
{
    T v;
    memcpy(&v, b->has.at(name).bytes.data() + (size_t)i * sizeof v, sizeof v);
    return v;
}

static const bag *part(const bag *b, int name, int i = 0)
{
    return value<const bag *>(b, name, i);
}

/* A finalized part of this kind under that name. */
static bool holds(const bag *b, int name, cudnnBackendDescriptorType_t type)
{
    return present(b, name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1) && part(b, name)->final &&
           part(b, name)->type == type;
}

static cudnnTensorStruct tensor_of(const bag *b)
{
    int64_t d[4], stride[4];
    for (int i = 0; i < 4; i++) {
        d[i] = value<int64_t>(b, CUDNN_ATTR_TENSOR_DIMENSIONS, i);
        stride[i] = value<int64_t>(b, CUDNN_ATTR_TENSOR_STRIDES, i);
    }
    return cudnnTensorStruct{value<cudnnDataType_t>(b, CUDNN_ATTR_TENSOR_DATA_TYPE),
                             stride[1] == 1 && d[1] > 1,
                             (int)d[0],
                             (int)d[1],
                             (int)d[2],
                             (int)d[3]};
}

static bool good_tensor(const bag *b)
{
    if (!present(b, CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, 1) ||
        !present(b, CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, 1) ||
        !present(b, CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, 4) ||
        !present(b, CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, 4) ||
        !present(b, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, 1))
        return false;
    cudnnTensorStruct t = tensor_of(b);
    int64_t s[4], all = (int64_t)t.c * t.h * t.w;
    for (int i = 0; i < 4; i++)
        s[i] = value<int64_t>(b, CUDNN_ATTR_TENSOR_STRIDES, i);
    return s[0] == all && (t.last ? s[2] == (int64_t)t.w * t.c && s[3] == t.c
                                  : s[3] == 1 && s[2] == t.w && s[1] == (int64_t)t.h * t.w);
}

static bool good_convolution(const bag *b)
{
    for (int name : {CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS,
                     CUDNN_ATTR_CONVOLUTION_DILATIONS, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES})
        if (!present(b, name, CUDNN_TYPE_INT64, 2)) return false;
    return present(b, CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64, 1) &&
           present(b, CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, 1) &&
           present(b, CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, 1) &&
           value<int>(b, CUDNN_ATTR_CONVOLUTION_CONV_MODE) == CUDNN_CROSS_CORRELATION;
}

static bool good_relu(const bag *f)
{
    return present(f, CUDNN_ATTR_POINTWISE_NAN_PROPAGATION, CUDNN_TYPE_NAN_PROPOGATION, 1) &&
           value<int>(f, CUDNN_ATTR_POINTWISE_NAN_PROPAGATION) == 1;
}

static bool good_pointwise(const bag *b)
{
    if (!holds(b, CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR,
               CUDNN_BACKEND_POINTWISE_DESCRIPTOR) ||
        !holds(b, CUDNN_ATTR_OPERATION_POINTWISE_XDESC, CUDNN_BACKEND_TENSOR_DESCRIPTOR) ||
        !holds(b, CUDNN_ATTR_OPERATION_POINTWISE_YDESC, CUDNN_BACKEND_TENSOR_DESCRIPTOR))
        return false;
    const bag *f = part(b, CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR);
    if (value<int>(f, CUDNN_ATTR_POINTWISE_MODE) == CUDNN_POINTWISE_RELU_FWD)
        return good_relu(f);
    return holds(b, CUDNN_ATTR_OPERATION_POINTWISE_BDESC, CUDNN_BACKEND_TENSOR_DESCRIPTOR);
}

struct names {
    int x, w, y, how, alpha, beta;
};

static const names forward = {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
                              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
                              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
                              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
                              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
                              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA};
static const names to_data = {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
                              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
                              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
                              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
                              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
                              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA};
static const names to_filter = {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
                                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
                                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
                                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
                                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
                                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA};

static const names *names_of(const bag *b)
{
    return b->type == CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR ? &forward
           : b->type == CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR
               ? &to_data
               : &to_filter;
}

static bool good_operation(const bag *b)
{
    const names *n = names_of(b);
    return holds(b, n->x, CUDNN_BACKEND_TENSOR_DESCRIPTOR) &&
           holds(b, n->w, CUDNN_BACKEND_TENSOR_DESCRIPTOR) &&
           holds(b, n->y, CUDNN_BACKEND_TENSOR_DESCRIPTOR) &&
           holds(b, n->how, CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR) &&
           present(b, n->alpha, CUDNN_TYPE_FLOAT, 1) &&
           present(b, n->beta, CUDNN_TYPE_FLOAT, 1);
}

static bool complete(const bag *b)
{
    switch (b->type) {
    case CUDNN_BACKEND_TENSOR_DESCRIPTOR:
        return good_tensor(b);
    case CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR:
        return good_convolution(b);
    case CUDNN_BACKEND_POINTWISE_DESCRIPTOR:
        return present(b, CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, 1) &&
               present(b, CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE, 1);
    case CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR:
        return good_pointwise(b);
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR:
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR:
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR:
        return good_operation(b);
    case CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR:
        return present(b, CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR, -1) &&
               present(b, CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, 1);
    case CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR:
        return holds(b, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH,
                     CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR) &&
               present(b, CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1);
    case CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR:
        return holds(b, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG,
                     CUDNN_BACKEND_ENGINECFG_DESCRIPTOR) &&
               present(b, CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1);
    case CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR:
        return present(b, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, -1) &&
               present(b, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, -1) &&
               present(b, CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1);
    default:
        return false;
    }
}

extern "C" {

cudnnStatus_t cudnnBackendCreateDescriptor(cudnnBackendDescriptorType_t type,
                                           cudnnBackendDescriptor_t *d)
{
    emulated_call call;
    if (call.lost) return CUDNN_STATUS_EXECUTION_FAILED;
    *d = new bag{type, false, -1, {}};
    emulated_count("backend descriptor", 1);
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendDestroyDescriptor(cudnnBackendDescriptor_t d)
{
    delete (bag *)d;
    emulated_count("backend descriptor", -1);
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t d,
                                       cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, int64_t n,
                                       const void *v)
{
    emulated_call call;
    if (call.lost) return CUDNN_STATUS_EXECUTION_FAILED;
    bag *b = (bag *)d;
    if (b->final) return CUDNN_STATUS_BAD_PARAM;
    const char *from = (const char *)v;
    b->has[name] = bag::entry{type, n, {from, from + (size_t)n * width(type)}};
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendFinalize(cudnnBackendDescriptor_t d)
{
    emulated_call call;
    if (call.lost) return CUDNN_STATUS_EXECUTION_FAILED;
    bag *b = (bag *)d;
    if (b->final || !complete(b)) return CUDNN_STATUS_BAD_PARAM;
    b->final = true;
    return CUDNN_STATUS_SUCCESS;
}

static void give_suggestions(const bag *heur, int64_t asked, int64_t *got, void *v)
{
    *got = getenv("DORG_EMULATED_NO_PLANS") ? 0 : SUGGESTIONS;
    if (!*got) return;
    for (int64_t i = 0; i < asked && i < SUGGESTIONS; i++) {
        bag *c = ((bag **)v)[i];
        c->suggestion = (int)i;
        c->final = true;
        const bag *graph = part(heur, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH);
        c->has[CUDNN_ATTR_ENGINE_OPERATION_GRAPH] = bag::entry{
            CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, {(char *)&graph, (char *)(&graph + 1)}};
    }
}

cudnnStatus_t cudnnBackendGetAttribute(cudnnBackendDescriptor_t const d,
                                       cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t, int64_t asked,
                                       int64_t *got, void *v)
{
    emulated_call call;
    if (call.lost) return CUDNN_STATUS_EXECUTION_FAILED;
    const bag *b = (const bag *)d;
    *got = 0;
    if (name == CUDNN_ATTR_ENGINEHEUR_RESULTS) {
        give_suggestions(b, asked, got, v);
    } else if (name == CUDNN_ATTR_ENGINECFG_ENGINE) {
        bag *engine = *(bag **)v;
        engine->suggestion = b->suggestion;
        *got = 1;
    } else if (name == CUDNN_ATTR_ENGINE_NUMERICAL_NOTE) {
        *got = b->suggestion < 2;
        if (b->suggestion == 0) *(int *)v = CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC;
        if (b->suggestion == 1) *(int *)v = CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION;
    } else if (name == CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE) {
        *got = b->suggestion == 2;
        if (*got) *(int *)v = CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION;
    } else if (name == CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE) {
        *got = 1;
        *(int64_t *)v = SPACE;
    } else {
        return CUDNN_STATUS_BAD_PARAM;
    }
    return CUDNN_STATUS_SUCCESS;
}

struct numbers { /* a tensor and its data */
    cudnnTensorStruct t;
    void *p;
};

static numbers numbers_of(const bag *tensor, const bag *pack)
{
    int64_t id = value<int64_t>(tensor, CUDNN_ATTR_TENSOR_UNIQUE_ID);
    numbers n = {tensor_of(tensor), NULL};
    for (int i = 0; i < (int)pack->has.at(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS).n; i++)
        if (value<int64_t>(pack, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, i) == id)
            n.p = value<void *>(pack, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, i);
    return n;
}

/* Add the bias, and rectify: b has the type of y. */
static void finish(double *sum, const numbers *y, const numbers *b, bool relu)
{
    for (long i = 0; i < (long)y->t.n * y->t.h * y->t.w; i++)
        for (long k = 0; k < y->t.c; k++) {
            double *s =
                &sum[place(&y->t, i / y->t.h / y->t.w, k, i / y->t.w % y->t.h, i % y->t.w)];
            *s += at(b->p, b->t.type, k);
            if (relu && *s < 0) *s = 0;
        }
}

/* Plans in float are for tensor cores: their factors are tf32. */
static double factor(const numbers *n, long i)
{
    double v = at(n->p, n->t.type, i);
    return n->t.type == CUDNN_DATA_FLOAT ? shortened(v) : v;
}

static void there(const numbers *n)
{
    present_all(n->p, n->t.type, (long)n->t.n * n->t.c * n->t.h * n->t.w);
}

/* What the plan will do, on the numbers that the pack names now. */
static std::function<void()> work_of(const bag *graph, const bag *pack)
{
    int64_t ops = graph->has.at(CUDNN_ATTR_OPERATIONGRAPH_OPS).n;
    const bag *conv = part(graph, CUDNN_ATTR_OPERATIONGRAPH_OPS, 0);
    const names *n = names_of(conv);
    const bag *how = part(conv, n->how);
    const bag *end = part(graph, CUDNN_ATTR_OPERATIONGRAPH_OPS, (int)ops - 1);
    numbers x = numbers_of(part(conv, n->x), pack), w = numbers_of(part(conv, n->w), pack);
    numbers y = numbers_of(
        ops > 1 ? part(end, CUDNN_ATTR_OPERATION_POINTWISE_YDESC) : part(conv, n->y), pack);
    numbers to = n == &forward ? y : n == &to_data ? x : w;
    cudnnFilterStruct f = {w.t.type, w.t.last, w.t.n, w.t.c, w.t.h, w.t.w};
    cudnnConvolutionStruct c = {
        (int)value<int64_t>(how, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS),
        (int)value<int64_t>(how, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES), CUDNN_DEFAULT_MATH};
    numbers b = {};
    if (ops > 1) {
        const bag *add = part(graph, CUDNN_ATTR_OPERATIONGRAPH_OPS, 1);
        b = numbers_of(part(add, CUDNN_ATTR_OPERATION_POINTWISE_BDESC), pack);
        there(&b);
    }
    there(&x);
    there(&w);
    there(&y);
    emulated_on_device(value<void *>(pack, CUDNN_ATTR_VARIANT_PACK_WORKSPACE), SPACE,
                       "cuDNN's workspace");
    return [=] {
        accumulate(to.p, to.t.type, (long)to.t.n * to.t.c * to.t.h * to.t.w, [&](double *sum) {
            each(&x.t, &f, &c, &y.t, [&](visit v) {
                double px = n == &to_data ? 1 : factor(&x, v.x);
                double pw = n == &to_filter ? 1 : factor(&w, v.w);
                double py = n == &forward ? 1 : factor(&y, v.y);
                sum[n == &forward ? v.y : n == &to_data ? v.x : v.w] += px * pw * py;
            });
            if (ops > 1) finish(sum, &y, &b, ops == 3);
        });
    };
}

struct cudnnContext {
    cudaStream_t stream;
};

cudnnStatus_t cudnnBackendExecute(cudnnHandle_t h, cudnnBackendDescriptor_t plan,
                                  cudnnBackendDescriptor_t pack)
{
    emulated_call call;
    if (call.lost) return CUDNN_STATUS_EXECUTION_FAILED;
    const bag *p = (const bag *)plan, *v = (const bag *)pack;
    if (!p->final || !v->final || !value<void *>(v, CUDNN_ATTR_VARIANT_PACK_WORKSPACE))
        return CUDNN_STATUS_BAD_PARAM;
    const bag *config = part(p, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG);
    if (config->suggestion < 2 && !getenv("DORG_EMULATED_FAST")) return CUDNN_STATUS_BAD_PARAM;
    const bag *graph = part(config, CUDNN_ATTR_ENGINE_OPERATION_GRAPH);
    emulated_do(h->stream, work_of(graph, v));
    return CUDNN_STATUS_SUCCESS;
}
}
