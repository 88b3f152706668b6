/* emulate_cudnn.cpp - the cuDNN functions that kernels/ uses, on a processor */
#include "emulate_conv.h"

#include <cudnn.h>

struct cudnnContext {
    cudaStream_t stream;
};

enum { WORKSPACE = 64 };

/* Orders of numbers that this cuDNN can run. */
static bool known(cudnnTensorFormat_t f)
{
    return f == CUDNN_TENSOR_NCHW || (f == CUDNN_TENSOR_NHWC && !getenv("DORG_EMULATED_NCHW"));
}

/* Suggestions that must be passed over are run only for who says so. */
static bool hasty(void)
{
    return getenv("DORG_EMULATED_FAST") != NULL;
}

/* The first two suggestions must be passed over: not deterministic; not supported. */
template <typename P, typename A> static void suggest(P *p, int *got, A other, A algo)
{
    *got = 3;
    for (int i = 0; i < 3; i++) {
        p[i].algo = i == 2 ? algo : other;
        p[i].status = i == 1 ? CUDNN_STATUS_NOT_SUPPORTED : CUDNN_STATUS_SUCCESS;
        p[i].determinism = i == 0 ? CUDNN_NON_DETERMINISTIC : CUDNN_DETERMINISTIC;
    }
}

/* Float goes into tensor cores as tf32, unless they are forbidden. */
static double factor(const void *p, cudnnDataType_t t, long i, cudnnMathType_t math)
{
    double v = at(p, t, i);
    return t == CUDNN_DATA_FLOAT && math != CUDNN_FMA_MATH ? shortened(v) : v;
}

static void all_there(const cudnnTensorStruct *x, const void *px, const cudnnFilterStruct *w,
                      const void *pw, const cudnnTensorStruct *y, const void *py,
                      const void *space, size_t size)
{
    present_all(px, x->type, (long)x->n * x->c * x->h * x->w);
    present_all(pw, w->type, (long)w->k * w->c * w->h * w->w);
    present_all(py, y->type, (long)y->n * y->c * y->h * y->w);
    emulated_on_device(space, size, "cuDNN's workspace");
}

#define CALL                                                                                  \
    emulated_call call;                                                                       \
    if (call.lost) return CUDNN_STATUS_EXECUTION_FAILED

extern "C" {

cudnnStatus_t cudnnCreate(cudnnHandle_t *h)
{
    CALL;
    *h = new cudnnContext{};
    emulated_count("cuDNN", 1);
    return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnDestroy(cudnnHandle_t h)
{
    delete h;
    emulated_count("cuDNN", -1);
    return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetStream(cudnnHandle_t h, cudaStream_t s)
{
    CALL;
    h->stream = s;
    return CUDNN_STATUS_SUCCESS;
}
const char *cudnnGetErrorString(cudnnStatus_t)
{
    return "emulated error";
}

#define DESCRIPTOR(Name, create)                                                              \
    cudnnStatus_t cudnnCreate##Name##Descriptor(cudnn##Name##Descriptor_t *d)                 \
    {                                                                                         \
        CALL;                                                                                 \
        *d = new create{};                                                                    \
        emulated_count(#Name " descriptor", 1);                                               \
        return CUDNN_STATUS_SUCCESS;                                                          \
    }                                                                                         \
    cudnnStatus_t cudnnDestroy##Name##Descriptor(cudnn##Name##Descriptor_t d)                 \
    {                                                                                         \
        delete d;                                                                             \
        emulated_count(#Name " descriptor", -1);                                              \
        return CUDNN_STATUS_SUCCESS;                                                          \
    }
DESCRIPTOR(Tensor, cudnnTensorStruct)
DESCRIPTOR(Filter, cudnnFilterStruct)
DESCRIPTOR(Convolution, cudnnConvolutionStruct)

cudnnStatus_t cudnnSetTensor4dDescriptor(cudnnTensorDescriptor_t d, cudnnTensorFormat_t f,
                                         cudnnDataType_t t, int n, int c, int h, int w)
{
    CALL;
    *d = cudnnTensorStruct{t, f == CUDNN_TENSOR_NHWC, n, c, h, w};
    return known(f) ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_NOT_SUPPORTED;
}

cudnnStatus_t cudnnSetFilter4dDescriptor(cudnnFilterDescriptor_t d, cudnnDataType_t t,
                                         cudnnTensorFormat_t f, int k, int c, int h, int w)
{
    CALL;
    *d = cudnnFilterStruct{t, f == CUDNN_TENSOR_NHWC, k, c, h, w};
    return known(f) ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_NOT_SUPPORTED;
}

cudnnStatus_t cudnnSetConvolution2dDescriptor(cudnnConvolutionDescriptor_t d, int ph, int pw,
                                              int u, int v, int dh, int dw,
                                              cudnnConvolutionMode_t mode, cudnnDataType_t t)
{
    CALL;
    *d = cudnnConvolutionStruct{ph, u, CUDNN_DEFAULT_MATH};
    return ph == pw && u == v && dh == 1 && dw == 1 && mode == CUDNN_CROSS_CORRELATION &&
                   t == CUDNN_DATA_FLOAT
               ? CUDNN_STATUS_SUCCESS
               : CUDNN_STATUS_BAD_PARAM;
}

cudnnStatus_t cudnnSetConvolutionMathType(cudnnConvolutionDescriptor_t d, cudnnMathType_t m)
{
    CALL;
    d->math = m;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetConvolutionForwardAlgorithm_v7(
    cudnnHandle_t, const cudnnTensorDescriptor_t x, const cudnnFilterDescriptor_t w,
    const cudnnConvolutionDescriptor_t c, const cudnnTensorDescriptor_t y, const int asked,
    int *got, cudnnConvolutionFwdAlgoPerf_t *p)
{
    CALL;
    suggest(p, got, CUDNN_CONVOLUTION_FWD_ALGO_FFT, CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM);
    return agree(x, w, c, y) && asked >= 3 ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_BAD_PARAM;
}

cudnnStatus_t cudnnGetConvolutionBackwardDataAlgorithm_v7(
    cudnnHandle_t, const cudnnFilterDescriptor_t w, const cudnnTensorDescriptor_t y,
    const cudnnConvolutionDescriptor_t c, const cudnnTensorDescriptor_t x, const int asked,
    int *got, cudnnConvolutionBwdDataAlgoPerf_t *p)
{
    CALL;
    suggest(p, got, CUDNN_CONVOLUTION_BWD_DATA_ALGO_0, CUDNN_CONVOLUTION_BWD_DATA_ALGO_1);
    return agree(x, w, c, y) && asked >= 3 ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_BAD_PARAM;
}

cudnnStatus_t cudnnGetConvolutionBackwardFilterAlgorithm_v7(
    cudnnHandle_t, const cudnnTensorDescriptor_t x, const cudnnTensorDescriptor_t y,
    const cudnnConvolutionDescriptor_t c, const cudnnFilterDescriptor_t w, const int asked,
    int *got, cudnnConvolutionBwdFilterAlgoPerf_t *p)
{
    CALL;
    suggest(p, got, CUDNN_CONVOLUTION_BWD_FILTER_ALGO_0, CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1);
    return agree(x, w, c, y) && asked >= 3 ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_BAD_PARAM;
}

cudnnStatus_t cudnnGetConvolutionForwardWorkspaceSize(cudnnHandle_t,
                                                      const cudnnTensorDescriptor_t,
                                                      const cudnnFilterDescriptor_t,
                                                      const cudnnConvolutionDescriptor_t,
                                                      const cudnnTensorDescriptor_t,
                                                      cudnnConvolutionFwdAlgo_t, size_t *size)
{
    CALL;
    *size = WORKSPACE;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetConvolutionBackwardDataWorkspaceSize(
    cudnnHandle_t, const cudnnFilterDescriptor_t, const cudnnTensorDescriptor_t,
    const cudnnConvolutionDescriptor_t, const cudnnTensorDescriptor_t,
    cudnnConvolutionBwdDataAlgo_t, size_t *size)
{
    CALL;
    *size = WORKSPACE;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetConvolutionBackwardFilterWorkspaceSize(
    cudnnHandle_t, const cudnnTensorDescriptor_t, const cudnnTensorDescriptor_t,
    const cudnnConvolutionDescriptor_t, const cudnnFilterDescriptor_t,
    cudnnConvolutionBwdFilterAlgo_t, size_t *size)
{
    CALL;
    *size = WORKSPACE;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnConvolutionForward(cudnnHandle_t h, const void *,
                                      const cudnnTensorDescriptor_t dx, const void *x,
                                      const cudnnFilterDescriptor_t dw, const void *w,
                                      const cudnnConvolutionDescriptor_t c,
                                      cudnnConvolutionFwdAlgo_t algo, void *space, size_t size,
                                      const void *, const cudnnTensorDescriptor_t dy, void *y)
{
    CALL;
    if ((algo != CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM && !hasty()) || !space ||
        size < WORKSPACE)
        return CUDNN_STATUS_BAD_PARAM;
    all_there(dx, x, dw, w, dy, y, space, size);
    emulated_do(h->stream, [=, dx = *dx, dw = *dw, dy = *dy, c = *c] {
        accumulate(y, dy.type, (long)dy.n * dy.c * dy.h * dy.w, [&](double *sum) {
            each(&dx, &dw, &c, &dy, [&](visit v) {
                sum[v.y] += factor(x, dx.type, v.x, c.math) * factor(w, dw.type, v.w, c.math);
            });
        });
    });
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnConvolutionBackwardData(cudnnHandle_t h, const void *,
                                           const cudnnFilterDescriptor_t dw, const void *w,
                                           const cudnnTensorDescriptor_t dy, const void *y,
                                           const cudnnConvolutionDescriptor_t c,
                                           cudnnConvolutionBwdDataAlgo_t algo, void *space,
                                           size_t size, const void *,
                                           const cudnnTensorDescriptor_t dx, void *x)
{
    CALL;
    if ((algo != CUDNN_CONVOLUTION_BWD_DATA_ALGO_1 && !hasty()) || !space || size < WORKSPACE)
        return CUDNN_STATUS_BAD_PARAM;
    all_there(dx, x, dw, w, dy, y, space, size);
    emulated_do(h->stream, [=, dx = *dx, dw = *dw, dy = *dy, c = *c] {
        accumulate(x, dx.type, (long)dx.n * dx.c * dx.h * dx.w, [&](double *sum) {
            each(&dx, &dw, &c, &dy, [&](visit v) {
                sum[v.x] += factor(y, dy.type, v.y, c.math) * factor(w, dw.type, v.w, c.math);
            });
        });
    });
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnConvolutionBackwardFilter(cudnnHandle_t h, const void *,
                                             const cudnnTensorDescriptor_t dx, const void *x,
                                             const cudnnTensorDescriptor_t dy, const void *y,
                                             const cudnnConvolutionDescriptor_t c,
                                             cudnnConvolutionBwdFilterAlgo_t algo, void *space,
                                             size_t size, const void *,
                                             const cudnnFilterDescriptor_t dw, void *w)
{
    CALL;
    if ((algo != CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1 && !hasty()) || !space ||
        size < WORKSPACE)
        return CUDNN_STATUS_BAD_PARAM;
    all_there(dx, x, dw, w, dy, y, space, size);
    emulated_do(h->stream, [=, dx = *dx, dw = *dw, dy = *dy, c = *c] {
        accumulate(w, dw.type, (long)dw.k * dw.c * dw.h * dw.w, [&](double *sum) {
            each(&dx, &dw, &c, &dy, [&](visit v) {
                sum[v.w] += factor(x, dx.type, v.x, c.math) * factor(y, dy.type, v.y, c.math);
            });
        });
    });
    return CUDNN_STATUS_SUCCESS;
}
}
