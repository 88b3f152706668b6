/* cuda_host.cu - errors, device memory, and the plug-in's one symbol */
#include <stdio.h>
#include <string.h>

#include "cuda_host.h"

extern "C" {
#include "engine.h"
#include "kernels.h"
#include "plugin.h"
extern const struct dorg_engine_ops dorg_engine_cuda;
extern const struct dorg_plugin dorg_plugin;
}

enum { OLDEST = 8 }; /* compute capability 8.0: the oldest code in here */

static int chosen; /* the process's one device for kernels; set before any of them runs */

int dorg_cuda_check(cudaError_t r, const char *what, struct dorg_err *e)
{
    if (r == cudaSuccess) return 0;
    return dorg_fail(e, DORG_EIO, "CUDA: %s: %s", what, cudaGetErrorString(r));
}

int dorg_cuda_probe(char *why, size_t why_size)
{
    int n = 0, major = 0, usable = 0;
    cudaError_t r = cudaGetDeviceCount(&n);
    if (r != cudaSuccess) {
        snprintf(why, why_size, "CUDA says: %s", cudaGetErrorString(r));
        return 0;
    }
    for (int d = 0; d < n; d++)
        if (cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, d) ==
                cudaSuccess &&
            major >= OLDEST)
            usable++;
    if (usable)
        snprintf(why, why_size, "%d CUDA device%s", usable, usable == 1 ? "" : "s");
    else
        snprintf(why, why_size,
                 n ? "no device of compute capability 8.0 or more" : "CUDA finds no device");
    return usable;
}

void *dorg_cuda_room(size_t count, size_t size, struct dorg_err *e)
{
    void *p = NULL;
    if (size && count > SIZE_MAX / size) {
        dorg_fail(e, DORG_EIO, "%zu times %zu bytes of device memory is too much", count,
                  size);
        return NULL;
    }
    size_t bytes = count * size;
    if (dorg_cuda_check(cudaMalloc(&p, bytes ? bytes : 1), "device memory", e)) return NULL;
    return p;
}

void *dorg_cuda_pinned(size_t bytes, struct dorg_err *e)
{
    void *p = NULL;
    if (dorg_cuda_check(cudaMallocHost(&p, bytes ? bytes : 1), "host memory", e)) return NULL;
    memset(p, 0, bytes);
    return p;
}

int dorg_cuda_send(void *device, const void *host, size_t bytes, struct dorg_err *e)
{
    return dorg_cuda_check(cudaMemcpy(device, host, bytes, cudaMemcpyHostToDevice),
                           "copying to the device", e);
}

int dorg_cuda_fetch(void *host, const void *device, size_t bytes, struct dorg_err *e)
{
    return dorg_cuda_check(cudaMemcpy(host, device, bytes, cudaMemcpyDeviceToHost),
                           "copying from the device", e);
}

int dorg_cuda_select(int device, struct dorg_err *e)
{
    chosen = device;
    return dorg_cuda_use(e);
}

int dorg_cuda_use(struct dorg_err *e)
{
    return dorg_cuda_check(cudaSetDevice(chosen), "choosing the device", e);
}

static const struct dorg_kernels kernels = {
    DORG_KERNELS_ABI,  "cuda",           dorg_cuda_select,   dorg_gauss3d_cuda,
    dorg_patch25_cuda, dorg_warp2d_cuda, dorg_paintvox_cuda, dorg_tpswarps_cuda,
};

const struct dorg_plugin dorg_plugin = {DORG_PLUGIN_ABI, &dorg_engine_cuda, &kernels};
