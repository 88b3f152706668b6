/* emulate.h - enough of CUDA to run the .cu files on a processor, one thread at a time.
 *
 * The kernels' arithmetic, their indices and the engine's bookkeeping are the very source
 * that nvcc compiles; what is not tested this way is CUDA and cuDNN themselves.  Launches use
 * a grid of 2 blocks of 3 threads, so that striding is exercised; fresh device memory is
 * filled with NaN. */
#ifndef DORG_EMULATE_H
#define DORG_EMULATE_H

#include <math.h>

struct emulated_dim {
    unsigned x;
};
extern thread_local emulated_dim blockIdx, threadIdx, blockDim, gridDim;

#define DORG_LAUNCH(kernel, stream, n, ...)                                                   \
    do {                                                                                      \
        (void)(stream);                                                                       \
        gridDim.x = 2;                                                                        \
        blockDim.x = 3;                                                                       \
        for (blockIdx.x = 0; blockIdx.x < gridDim.x; blockIdx.x++)                            \
            for (threadIdx.x = 0; threadIdx.x < blockDim.x; threadIdx.x++)                    \
                kernel(n, __VA_ARGS__);                                                       \
    } while (0)

#endif
