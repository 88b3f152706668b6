/* emulate.h - enough of CUDA to run the .cu files on a processor, one thread at a time.
 *
 * The kernels' arithmetic, their indices and the engine's bookkeeping are the very source
 * that nvcc compiles; what is not tested this way is CUDA and cuDNN themselves.  What CUDA
 * leaves open is drawn from a seed, and what it forbids is found where a processor can:
 *
 *   order    a stream is a queue, run when somebody waits for it, or in part, at random, when
 *            any function is called; the threads of a launch run in random order, in a grid of
 *            random size
 *   memory   each block ends, or begins, at a page that cannot be touched; the host cannot
 *            touch device memory; fresh memory is full of a byte that the seed decides;
 *            pinned memory is read when a copy runs, not when it is asked for
 *   graphs   what is recorded is kept with its arguments as they were, and run when the graph
 *            is launched; what CUDA forbids while recording fails
 *
 * In the environment:
 *   DORG_EMULATED_SEED     what is drawn (1); 0: everything at once and in order
 *   DORG_EMULATED_FAIL     number of the call from which on the device is lost
 *   DORG_EMULATED_COUNT    file that is told at exit how many calls there were
 *   DORG_EMULATED_MEMORY   bytes that a device has
 *   DORG_EMULATED_DRIVER   old: a driver older than the toolkit
 *   DORG_EMULATED_LEAKS    set: what is not given back is an error at exit */
#ifndef DORG_EMULATE_H
#define DORG_EMULATE_H

#include <cuda_runtime_api.h>
#include <functional>
#include <math.h>
#include <stdint.h>
#include <tuple>
#include <type_traits>
#include <vector>

struct emulated_dim {
    unsigned x;
};
extern thread_local emulated_dim blockIdx, threadIdx, blockDim, gridDim;

/* The head of a stream, for NCCL, which is another library: f runs once, when all n streams
 * have come so far, and none goes on before. */
struct emulated_stream {
    void (*together)(cudaStream_t *s, int n, std::function<void()> f);
};

/* ---- emulate.cpp ------------------------------------------------------------------------ */

/* Every function of CUDA and cuDNN begins with this: one at a time, and some of what waits is
 * run.  `lost`: the device is gone. */
struct emulated_call {
    bool lost;
    emulated_call(void);
    ~emulated_call();
};

uint64_t emulated_seed(void);
uint32_t emulated_below(uint32_t n); /* a number drawn from 0 to n - 1 */

/* Put onto a stream, or into the graph that it is recorded to. */
void emulated_do(cudaStream_t stream, std::function<void()> f);

/* 1 more, or 1 less, of a kind of thing that must be given back. */
void emulated_count(const char *kind, int by);

/* Say what is wrong, and end the process: a mistake of the program under test. */
[[noreturn]] __attribute__((format(printf, 1, 2))) void emulated_wrong(const char *fmt, ...);

/* ---- emulate_memory.cpp ----------------------------------------------------------------- */

enum emulated_kind { EMULATED_HOST, EMULATED_PINNED, EMULATED_DEVICE };

/* What kind of memory this is; n bytes from p on must be of that one kind and block. */
enum emulated_kind emulated_kind_of(const void *p, size_t n, const char *what);
void emulated_on_device(const void *p, size_t n, const char *what); /* it must be */

/* While a kernel or a copy runs, device memory can be touched. */
void emulated_open_memory(bool open);

/* An argument of a kernel: pointers, in structs, too, lead to device or pinned memory. */
void emulated_argument(const void *bytes, size_t n);

/* ---- launches --------------------------------------------------------------------------- */

typedef std::vector<emulated_dim> emulated_order; /* numbers of threads */
emulated_order emulated_threads(unsigned *blocks, unsigned *threads);
bool emulated_may_launch(cudaStream_t s);

template <typename T> static inline int emulated_check(const T &a)
{
    T plain(a);
    __builtin_clear_padding(&plain);
    if (sizeof plain >= sizeof(void *)) emulated_argument(&plain, sizeof plain);
    return 0;
}

template <typename... P, typename... A>
static inline void emulated_launch(cudaStream_t stream, void (*kernel)(P...), A... a)
{
    emulated_call call;
    if (!emulated_may_launch(stream)) return;
    std::tuple<P...> all(a...);
    std::apply([](const P &...p) { (emulated_check(p), ...); }, all);
    emulated_do(stream, [=] {
        unsigned blocks, threads;
        for (emulated_dim i : emulated_threads(&blocks, &threads)) {
            gridDim.x = blocks;
            blockDim.x = threads;
            blockIdx.x = i.x / threads;
            threadIdx.x = i.x % threads;
            std::apply(kernel, all);
        }
    });
}

#define __popcll(x) __builtin_popcountll(x)

#define DORG_LAUNCH(kernel, stream, n, ...)                                                   \
    emulated_launch((cudaStream_t)(stream), (kernel), n, __VA_ARGS__)

#endif
