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

thread_local struct dorg_cuda_short dorg_cuda_short;
static int chosen; /* the process's one device for kernels; set before any of them runs */

int dorg_cuda_check(cudaError_t r, const char *what, struct dorg_err *e)
{
    if (r == cudaSuccess) return 0;
    cudaGetLastError(); /* told here: the next launch is not to blame */
    return dorg_fail(e, DORG_EIO, "CUDA: %s: %s", what, cudaGetErrorString(r));
}

static void too_old(char *why, size_t why_size)
{
    int driver = 0;
    cudaDriverGetVersion(&driver);
    if (driver)
        snprintf(why, why_size,
                 "the driver is for CUDA %d.%d and too old for this plug-in, built with CUDA "
                 "%d.%d",
                 driver / 1000, driver % 1000 / 10, CUDART_VERSION / 1000,
                 CUDART_VERSION % 1000 / 10);
    else
        snprintf(why, why_size, "CUDA finds no driver");
}

int dorg_cuda_probe(char *why, size_t why_size)
{
    int n = 0, major = 0, usable = 0;
    cudaError_t r = cudaGetDeviceCount(&n);
    if (r != cudaSuccess) cudaGetLastError();
    if (r == cudaErrorInsufficientDriver) {
        too_old(why, why_size);
        return 0;
    }
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
    size_t bytes = count * size, there = 0, all = 0;
    cudaError_t r = cudaMalloc(&p, bytes ? bytes : 1);
    if (r != cudaErrorMemoryAllocation)
        return dorg_cuda_check(r, "device memory", e) ? NULL : p;
    cudaGetLastError();
    if (dorg_cuda_check(cudaMemGetInfo(&there, &all), "free memory", e)) return NULL;
    dorg_cuda_short.of_memory = true;
    dorg_cuda_short.asked = bytes;
    dorg_cuda_short.there = there;
    dorg_fail(e, DORG_EIO,
              "no room for %.1f MiB on the device: of its %.1f MiB, %.1f are free",
              (double)bytes / 1048576, (double)all / 1048576, (double)there / 1048576);
    return NULL;
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
