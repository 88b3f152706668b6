/* rates.h - what the parts of the table of rates share.  C++. */
#ifndef DORG_RATES_H
#define DORG_RATES_H

#include <cuda_runtime_api.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <algorithm>

struct ceilings { /* measured: bytes/s of a copy, read and written; operations/s */
    double copy, bf16, tf32, f32;
};

static inline double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline void need(bool good, const char *what)
{
    if (good) return;
    fprintf(stderr, "rates: %s\n", what);
    exit(4);
}

static inline void *room(size_t n, size_t size)
{
    void *p = calloc(n, size);
    need(p != NULL, "out of memory");
    return p;
}

static inline void *device_room(size_t bytes)
{
    void *p = NULL;
    need(cudaMalloc(&p, bytes) == cudaSuccess, "device memory");
    return p;
}

/* Random bytes: on zeros a device computes faster than on anything else. */
static inline void fill_random(void *p, size_t bytes)
{
    uint64_t x = 0x9E3779B97F4A7C15u;
    for (size_t i = 0; i + 8 <= bytes; i += 8) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        *(uint64_t *)((char *)p + i) = x;
    }
}

enum { RUNS = 11 };

/* Median seconds of RUNS calls of f, by the host's clock; f must leave nothing pending. */
template <typename F> static double seconds(F f)
{
    double t[RUNS];
    f();
    for (int i = 0; i < RUNS; i++) {
        double from = now();
        f();
        t[i] = now() - from;
    }
    std::sort(t, t + RUNS);
    return t[RUNS / 2];
}

/* Median seconds of RUNS calls of f, which puts work onto the stream, by the device's clock.
 */
template <typename F> static double device_seconds(cudaStream_t s, F f)
{
    double t[RUNS];
    cudaEvent_t from, to;
    need(cudaEventCreate(&from) == cudaSuccess && cudaEventCreate(&to) == cudaSuccess,
         "events");
    f();
    f();
    for (int i = 0; i < RUNS; i++) {
        float ms = 0;
        cudaEventRecord(from, s);
        f();
        cudaEventRecord(to, s);
        need(cudaEventSynchronize(to) == cudaSuccess && cudaGetLastError() == cudaSuccess &&
                 cudaEventElapsedTime(&ms, from, to) == cudaSuccess,
             "a kernel failed");
        t[i] = 1e-3 * ms;
    }
    cudaEventDestroy(from);
    cudaEventDestroy(to);
    std::sort(t, t + RUNS);
    return t[RUNS / 2];
}

/* One line of the table. */
static inline void line(const char *what, double s, double rate, const char *unit,
                        double share, const char *of)
{
    printf("%-34s %10.3f ms %12.4g %-12s", what, s * 1e3, rate, unit);
    if (of) printf(" %6.3f of %s", share, of);
    printf("\n");
    fflush(stdout);
}

void rates_kernels(const struct ceilings *c);
void rates_nets(const char *cfg, const struct ceilings *c);
void rates_start(const char *cfg, double since);

#endif
