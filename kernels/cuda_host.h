/* cuda_host.h - between the .cu files: errors, device memory, launches.  C++.
 *
 * A kernel's first parameter is n, how many pieces of work there are; DORG_EACH walks them
 * with whatever grid it was given.  No kernel lets threads meet, so a piece's result depends
 * on nothing but the piece: the same bytes whatever the grid, and a host compiler can run
 * the same source one thread at a time (test/cuda). */
#ifndef DORG_CUDA_HOST_H
#define DORG_CUDA_HOST_H

#include <cuda_runtime_api.h>
#include <stddef.h>
#include <stdint.h>

extern "C" {
#include "../libcommon/base/err.h"
}

/* 0, or DORG_EIO with what was tried and what CUDA says. */
int dorg_cuda_check(cudaError_t r, const char *what, struct dorg_err *e);

/* Devices that can run this plug-in's code; if 0, why[] says why. */
int dorg_cuda_probe(char *why, size_t why_size);

/* Device memory of count * size bytes, at least one byte; NULL with *e filled, and, where
 * there was not as much, dorg_cuda_short says so until somebody clears it. */
void *dorg_cuda_room(size_t count, size_t size, struct dorg_err *e);
struct dorg_cuda_short {
    bool of_memory;
    size_t asked, there; /* bytes: of this one block; free when it was asked for */
};
extern thread_local struct dorg_cuda_short dorg_cuda_short;

/* Host memory that the device can read and write while the host goes on; zeros.  NULL with *e
 * filled; cudaFreeHost takes it back. */
void *dorg_cuda_pinned(size_t bytes, struct dorg_err *e);

/* count * size bytes from host to device, and back; both wait until it is done. */
int dorg_cuda_send(void *device, const void *host, size_t bytes, struct dorg_err *e);
int dorg_cuda_fetch(void *host, const void *device, size_t bytes, struct dorg_err *e);

/* The device that this process's kernels run on, kept by dorg_cuda_select. */
int dorg_cuda_select(int device, struct dorg_err *e);
int dorg_cuda_use(struct dorg_err *e); /* make it the calling thread's */

/* Run kernel(n, ...) on n pieces; dorg_cuda_launched then says whether it could start. */
#ifdef __CUDACC__
#define DORG_THREADS 256u
static inline unsigned dorg_cuda_blocks(size_t n)
{
    const size_t most = 1 << 20, b = (n + DORG_THREADS - 1) / DORG_THREADS;
    return (unsigned)(b < 1 ? 1 : b > most ? most : b);
}
#define DORG_LAUNCH(kernel, stream, n, ...)                                                   \
    (kernel)<<<dorg_cuda_blocks(n), DORG_THREADS, 0, stream>>>(n, __VA_ARGS__)
#endif
static inline int dorg_cuda_launched(const char *what, struct dorg_err *e)
{
    return dorg_cuda_check(cudaGetLastError(), what, e);
}

#define DORG_EACH(i, n)                                                                       \
    for (size_t i = (size_t)blockIdx.x * blockDim.x + threadIdx.x; i < (n);                   \
         i += (size_t)gridDim.x * blockDim.x)

#endif
