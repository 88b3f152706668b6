/* emulate.cpp - the CUDA runtime calls that kernels/ uses, on a processor: two devices */
#include <stdlib.h>
#include <string.h>
#include <vector>

#include "emulate.h"

thread_local emulated_dim blockIdx, threadIdx, blockDim, gridDim;

enum { DEVICES = 2 };

struct CUgraph_st {
    std::vector<std::function<void()>> work;
};
struct CUgraphExec_st {
    std::vector<std::function<void()>> work;
};

static thread_local cudaStream_t recorded; /* the stream that is being recorded */
static thread_local CUgraph_st *recording;
static thread_local cudaError_t last;
static thread_local int device;

void emulated_do(cudaStream_t stream, std::function<void()> f)
{
    if (!recording)
        f();
    else if (stream == recorded)
        recording->work.push_back(f);
    else
        last = cudaErrorStreamCaptureImplicit;
}

/* What may not be done while a stream is recorded. */
static cudaError_t outside(void)
{
    return recording ? cudaErrorStreamCaptureUnsupported : cudaSuccess;
}

extern "C" {

cudaError_t cudaGetDeviceCount(int *n)
{
    *n = DEVICES;
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
    if (d < 0 || d >= DEVICES) return cudaErrorInvalidDevice;
    device = d;
    return cudaSuccess;
}

cudaError_t cudaMemGetInfo(size_t *free_bytes, size_t *all)
{
    *free_bytes = (size_t)1 << 33;
    *all = (size_t)1 << 34;
    return cudaSuccess;
}

cudaError_t cudaMalloc(void **p, size_t n)
{
    if (outside()) return outside();
    if (!(*p = malloc(n))) return cudaErrorMemoryAllocation;
    memset(*p, 0xff, n);
    return cudaSuccess;
}

cudaError_t cudaFree(void *p)
{
    free(p);
    return outside();
}

cudaError_t cudaMallocHost(void **p, size_t n)
{
    return cudaMalloc(p, n);
}

cudaError_t cudaFreeHost(void *p)
{
    return cudaFree(p);
}

cudaError_t cudaMemcpy(void *to, const void *from, size_t n, cudaMemcpyKind)
{
    if (outside()) return outside();
    memcpy(to, from, n);
    return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t n, cudaMemcpyKind,
                            cudaStream_t s)
{
    emulated_do(s, [=] { memcpy(to, from, n); });
    return cudaSuccess;
}

cudaError_t cudaMemcpy2D(void *to, size_t to_pitch, const void *from, size_t pitch, size_t n,
                         size_t rows, cudaMemcpyKind)
{
    if (outside()) return outside();
    for (size_t i = 0; i < rows; i++)
        memcpy((char *)to + i * to_pitch, (const char *)from + i * pitch, n);
    return cudaSuccess;
}

cudaError_t cudaMemset(void *p, int v, size_t n)
{
    if (outside()) return outside();
    memset(p, v, n);
    return cudaSuccess;
}

cudaError_t cudaMemsetAsync(void *p, int v, size_t n, cudaStream_t s)
{
    emulated_do(s, [=] { memset(p, v, n); });
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
    return outside();
}

cudaError_t cudaDeviceSynchronize(void)
{
    return outside();
}

cudaError_t cudaStreamWaitEvent(cudaStream_t, cudaEvent_t, unsigned)
{
    return outside();
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *e, unsigned)
{
    return cudaStreamCreate((cudaStream_t *)e);
}

cudaError_t cudaEventDestroy(cudaEvent_t e)
{
    return cudaStreamDestroy((cudaStream_t)e);
}

cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t)
{
    return outside();
}

cudaError_t cudaEventSynchronize(cudaEvent_t)
{
    return outside();
}

cudaError_t cudaGetLastError(void)
{
    cudaError_t r = last;
    last = cudaSuccess;
    return r;
}

/* ---- graphs ----------------------------------------------------------------------------- */

cudaError_t cudaStreamBeginCapture(cudaStream_t s, cudaStreamCaptureMode)
{
    if (recording) return cudaErrorIllegalState;
    recorded = s;
    recording = new CUgraph_st;
    return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t s, cudaGraph_t *graph)
{
    if (!recording || s != recorded) return cudaErrorIllegalState;
    *graph = recording;
    recording = NULL;
    return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t *exec, cudaGraph_t graph, unsigned long long)
{
    *exec = new CUgraphExec_st{graph->work};
    return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t)
{
    for (size_t i = 0; i < exec->work.size(); i++)
        exec->work[i]();
    return outside();
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph)
{
    delete graph;
    return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec)
{
    delete exec;
    return cudaSuccess;
}
}
