/* emulate.h - enough of CUDA to run the .cu files on a processor, one thread at a time.
 *
 * The kernels' arithmetic, their indices and the engine's bookkeeping are the very source
 * that nvcc compiles; what is not tested this way is CUDA and cuDNN themselves.  Launches use
 * a grid of 2 blocks of 3 threads, so that striding is exercised; fresh device memory is
 * filled with NaN.  What is recorded into a graph is kept with its arguments as they were, and
 * run when the graph is launched; what CUDA forbids while recording fails here, too. */
#ifndef DORG_EMULATE_H
#define DORG_EMULATE_H

#include <cuda_runtime_api.h>
#include <functional>
#include <math.h>
#include <tuple>

struct emulated_dim {
    unsigned x;
};
extern thread_local emulated_dim blockIdx, threadIdx, blockDim, gridDim;

/* Now, or into the graph that the stream is recorded to. */
void emulated_do(cudaStream_t stream, std::function<void()> f);

template <typename... P, typename... A>
static inline void emulated_launch(cudaStream_t stream, void (*kernel)(P...), A... a)
{
    std::tuple<P...> all(a...);
    emulated_do(stream, [=] {
        gridDim.x = 2;
        blockDim.x = 3;
        for (blockIdx.x = 0; blockIdx.x < gridDim.x; blockIdx.x++)
            for (threadIdx.x = 0; threadIdx.x < blockDim.x; threadIdx.x++)
                std::apply(kernel, all);
    });
}

#define __popcll(x) __builtin_popcountll(x)

#define DORG_LAUNCH(kernel, stream, n, ...)                                                   \
    emulated_launch((cudaStream_t)(stream), (kernel), n, __VA_ARGS__)

#endif
