/* emulate.cpp - the CUDA runtime calls and the cuDNN functions that kernels/ uses, on a
 * processor; convolutions from their definition, in double */
#include <cuda_bf16.h>
#include <cuda_runtime_api.h>
#include <cudnn.h>
#include <stdlib.h>
#include <string.h>

#include "emulate.h"

thread_local emulated_dim blockIdx, threadIdx, blockDim, gridDim;

/* ---- runtime ---------------------------------------------------------------------------- */

extern "C" {

cudaError_t cudaGetDeviceCount(int *n)
{
    *n = 1;
    return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int *v, cudaDeviceAttr, int)
{
    *v = 9;
    return cudaSuccess;
}

const char *cudaGetErrorString(cudaError_t)
{
    return "emulated error";
}

cudaError_t cudaSetDevice(int d)
{
    return d == 0 ? cudaSuccess : cudaErrorInvalidDevice;
}

cudaError_t cudaMalloc(void **p, size_t n)
{
    if (!(*p = malloc(n))) return cudaErrorMemoryAllocation;
    memset(*p, 0xff, n);
    return cudaSuccess;
}

cudaError_t cudaFree(void *p)
{
    free(p);
    return cudaSuccess;
}

cudaError_t cudaMemcpy(void *to, const void *from, size_t n, cudaMemcpyKind)
{
    memcpy(to, from, n);
    return cudaSuccess;
}

cudaError_t cudaMemcpy2D(void *to, size_t to_pitch, const void *from, size_t pitch, size_t n,
                         size_t rows, cudaMemcpyKind)
{
    for (size_t i = 0; i < rows; i++)
        memcpy((char *)to + i * to_pitch, (const char *)from + i * pitch, n);
    return cudaSuccess;
}

cudaError_t cudaMemset(void *p, int v, size_t n)
{
    memset(p, v, n);
    return cudaSuccess;
}

cudaError_t cudaStreamCreate(cudaStream_t *s)
{
    *s = (cudaStream_t)malloc(1);
    return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t s)
{
    free((void *)s);
    return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t)
{
    return cudaSuccess;
}

cudaError_t cudaDeviceSynchronize(void)
{
    return cudaSuccess;
}

cudaError_t cudaGetLastError(void)
{
    return cudaSuccess;
}
}

/* ---- cuDNN -------------------------------------------------------------------------------
 */

struct cudnnContext {
    int unused;
};
struct cudnnTensorStruct {
    cudnnDataType_t type;
    int n, c, h, w;
};
struct cudnnFilterStruct {
    cudnnDataType_t type;
    int k, c, h, w;
};
struct cudnnConvolutionStruct {
    int pad, stride;
    cudnnMathType_t math;
};

static double at(const void *p, cudnnDataType_t t, long i)
{
    return t == CUDNN_DATA_FLOAT ? (double)((const float *)p)[i]
                                 : (double)__bfloat162float(((const __nv_bfloat16 *)p)[i]);
}

static void set(void *p, cudnnDataType_t t, long i, double v)
{
    if (t == CUDNN_DATA_FLOAT)
        ((float *)p)[i] = (float)v;
    else
        ((__nv_bfloat16 *)p)[i] = __float2bfloat16((float)v);
}

struct visit { /* indices of one product of a convolution */
    long x, w, y;
};

/* Call f for every product x[..] w[..] that goes into y[..]. */
template <typename F>
static void each(const cudnnTensorStruct *x, const cudnnFilterStruct *w,
                 const cudnnConvolutionStruct *c, const cudnnTensorStruct *y, F f)
{
    for (long n = 0; n < x->n; n++)
        for (long k = 0; k < w->k; k++)
            for (long i = 0; i < y->h; i++)
                for (long j = 0; j < y->w; j++)
                    for (long m = 0; m < w->c; m++)
                        for (long u = 0; u < w->h; u++)
                            for (long v = 0; v < w->w; v++) {
                                long r = i * c->stride + u - c->pad;
                                long s = j * c->stride + v - c->pad;
                                if (r < 0 || s < 0 || r >= x->h || s >= x->w) continue;
                                f(visit{((n * x->c + m) * x->h + r) * x->w + s,
                                        ((k * w->c + m) * w->h + u) * w->w + v,
                                        ((n * y->c + k) * y->h + i) * y->w + j});
                            }
}

static bool agree(const cudnnTensorStruct *x, const cudnnFilterStruct *w,
                  const cudnnConvolutionStruct *c, const cudnnTensorStruct *y)
{
    return x->c == w->c && y->c == w->k && x->n == y->n && x->type == w->type &&
           x->type == y->type && y->h == (x->h + 2 * c->pad - w->h) / c->stride + 1 &&
           y->w == (x->w + 2 * c->pad - w->w) / c->stride + 1;
}

/* Sums in double over the products, written to the n numbers of `to`. */
template <typename F> static void accumulate(void *to, cudnnDataType_t t, long n, F products)
{
    double *sum = (double *)calloc((size_t)n, sizeof *sum);
    products(sum);
    for (long i = 0; i < n; i++)
        set(to, t, i, sum[i]);
    free(sum);
}

enum { WORKSPACE = 64 };

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

extern "C" {

cudnnStatus_t cudnnCreate(cudnnHandle_t *h)
{
    *h = new cudnnContext{};
    return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnDestroy(cudnnHandle_t h)
{
    delete h;
    return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetStream(cudnnHandle_t, cudaStream_t)
{
    return CUDNN_STATUS_SUCCESS;
}
const char *cudnnGetErrorString(cudnnStatus_t)
{
    return "emulated error";
}

#define DESCRIPTOR(Name, create)                                                              \
    cudnnStatus_t cudnnCreate##Name##Descriptor(cudnn##Name##Descriptor_t *d)                 \
    {                                                                                         \
        *d = new create{};                                                                    \
        return CUDNN_STATUS_SUCCESS;                                                          \
    }                                                                                         \
    cudnnStatus_t cudnnDestroy##Name##Descriptor(cudnn##Name##Descriptor_t d)                 \
    {                                                                                         \
        delete d;                                                                             \
        return CUDNN_STATUS_SUCCESS;                                                          \
    }
DESCRIPTOR(Tensor, cudnnTensorStruct)
DESCRIPTOR(Filter, cudnnFilterStruct)
DESCRIPTOR(Convolution, cudnnConvolutionStruct)

cudnnStatus_t cudnnSetTensor4dDescriptor(cudnnTensorDescriptor_t d, cudnnTensorFormat_t f,
                                         cudnnDataType_t t, int n, int c, int h, int w)
{
    *d = cudnnTensorStruct{t, n, c, h, w};
    return f == CUDNN_TENSOR_NCHW ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_BAD_PARAM;
}

cudnnStatus_t cudnnSetFilter4dDescriptor(cudnnFilterDescriptor_t d, cudnnDataType_t t,
                                         cudnnTensorFormat_t f, int k, int c, int h, int w)
{
    *d = cudnnFilterStruct{t, k, c, h, w};
    return f == CUDNN_TENSOR_NCHW ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_BAD_PARAM;
}

cudnnStatus_t cudnnSetConvolution2dDescriptor(cudnnConvolutionDescriptor_t d, int ph, int pw,
                                              int u, int v, int dh, int dw,
                                              cudnnConvolutionMode_t mode, cudnnDataType_t t)
{
    *d = cudnnConvolutionStruct{ph, u, CUDNN_DEFAULT_MATH};
    return ph == pw && u == v && dh == 1 && dw == 1 && mode == CUDNN_CROSS_CORRELATION &&
                   t == CUDNN_DATA_FLOAT
               ? CUDNN_STATUS_SUCCESS
               : CUDNN_STATUS_BAD_PARAM;
}

cudnnStatus_t cudnnSetConvolutionMathType(cudnnConvolutionDescriptor_t d, cudnnMathType_t m)
{
    d->math = m;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetConvolutionForwardAlgorithm_v7(
    cudnnHandle_t, const cudnnTensorDescriptor_t x, const cudnnFilterDescriptor_t w,
    const cudnnConvolutionDescriptor_t c, const cudnnTensorDescriptor_t y, const int asked,
    int *got, cudnnConvolutionFwdAlgoPerf_t *p)
{
    suggest(p, got, CUDNN_CONVOLUTION_FWD_ALGO_FFT, CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM);
    return agree(x, w, c, y) && asked >= 3 ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_BAD_PARAM;
}

cudnnStatus_t cudnnGetConvolutionBackwardDataAlgorithm_v7(
    cudnnHandle_t, const cudnnFilterDescriptor_t w, const cudnnTensorDescriptor_t y,
    const cudnnConvolutionDescriptor_t c, const cudnnTensorDescriptor_t x, const int asked,
    int *got, cudnnConvolutionBwdDataAlgoPerf_t *p)
{
    suggest(p, got, CUDNN_CONVOLUTION_BWD_DATA_ALGO_0, CUDNN_CONVOLUTION_BWD_DATA_ALGO_1);
    return agree(x, w, c, y) && asked >= 3 ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_BAD_PARAM;
}

cudnnStatus_t cudnnGetConvolutionBackwardFilterAlgorithm_v7(
    cudnnHandle_t, const cudnnTensorDescriptor_t x, const cudnnTensorDescriptor_t y,
    const cudnnConvolutionDescriptor_t c, const cudnnFilterDescriptor_t w, const int asked,
    int *got, cudnnConvolutionBwdFilterAlgoPerf_t *p)
{
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
    *size = WORKSPACE;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetConvolutionBackwardDataWorkspaceSize(
    cudnnHandle_t, const cudnnFilterDescriptor_t, const cudnnTensorDescriptor_t,
    const cudnnConvolutionDescriptor_t, const cudnnTensorDescriptor_t,
    cudnnConvolutionBwdDataAlgo_t, size_t *size)
{
    *size = WORKSPACE;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetConvolutionBackwardFilterWorkspaceSize(
    cudnnHandle_t, const cudnnTensorDescriptor_t, const cudnnTensorDescriptor_t,
    const cudnnConvolutionDescriptor_t, const cudnnFilterDescriptor_t,
    cudnnConvolutionBwdFilterAlgo_t, size_t *size)
{
    *size = WORKSPACE;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnConvolutionForward(cudnnHandle_t, const void *,
                                      const cudnnTensorDescriptor_t dx, const void *x,
                                      const cudnnFilterDescriptor_t dw, const void *w,
                                      const cudnnConvolutionDescriptor_t c,
                                      cudnnConvolutionFwdAlgo_t algo, void *space, size_t size,
                                      const void *, const cudnnTensorDescriptor_t dy, void *y)
{
    if (algo != CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM || !space || size < WORKSPACE)
        return CUDNN_STATUS_BAD_PARAM;
    accumulate(y, dy->type, (long)dy->n * dy->c * dy->h * dy->w, [&](double *sum) {
        each(dx, dw, c, dy,
             [&](visit v) { sum[v.y] += at(x, dx->type, v.x) * at(w, dw->type, v.w); });
    });
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnConvolutionBackwardData(cudnnHandle_t, const void *,
                                           const cudnnFilterDescriptor_t dw, const void *w,
                                           const cudnnTensorDescriptor_t dy, const void *y,
                                           const cudnnConvolutionDescriptor_t c,
                                           cudnnConvolutionBwdDataAlgo_t algo, void *space,
                                           size_t size, const void *,
                                           const cudnnTensorDescriptor_t dx, void *x)
{
    if (algo != CUDNN_CONVOLUTION_BWD_DATA_ALGO_1 || !space || size < WORKSPACE)
        return CUDNN_STATUS_BAD_PARAM;
    accumulate(x, dx->type, (long)dx->n * dx->c * dx->h * dx->w, [&](double *sum) {
        each(dx, dw, c, dy,
             [&](visit v) { sum[v.x] += at(y, dy->type, v.y) * at(w, dw->type, v.w); });
    });
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnConvolutionBackwardFilter(cudnnHandle_t, const void *,
                                             const cudnnTensorDescriptor_t dx, const void *x,
                                             const cudnnTensorDescriptor_t dy, const void *y,
                                             const cudnnConvolutionDescriptor_t c,
                                             cudnnConvolutionBwdFilterAlgo_t algo, void *space,
                                             size_t size, const void *,
                                             const cudnnFilterDescriptor_t dw, void *w)
{
    if (algo != CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1 || !space || size < WORKSPACE)
        return CUDNN_STATUS_BAD_PARAM;
    accumulate(w, dw->type, (long)dw->k * dw->c * dw->h * dw->w, [&](double *sum) {
        each(dx, dw, c, dy,
             [&](visit v) { sum[v.w] += at(x, dx->type, v.x) * at(y, dy->type, v.y); });
    });
    return CUDNN_STATUS_SUCCESS;
}
}
