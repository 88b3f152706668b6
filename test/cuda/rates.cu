/* rates.cu - what this GPU can do, and what the kernels and the nets get out of it
 *
 *   rates net.cfg       one line each: name, time, rate, share of the ceiling it has
 *
 * Ceilings are measured: a large copy (bytes read and written), a large matrix product in
 * bf16 and in tf32.  Kernels and nets are timed from host memory to host memory, as the
 * commands use them, the best of several runs after one to warm up. */
#include <cublas_v2.h>
#include <cuda_bf16.h>
#include <cuda_runtime_api.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

extern "C" {
#include "../../kernels/engine.h"
#include "../../kernels/kernels.h"
#include "../../libcommon/netcfg.h"
}

enum { RUNS = 5 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void need(bool good, const char *what)
{
    if (good) return;
    fprintf(stderr, "rates: %s\n", what);
    exit(4);
}

static void *room(size_t n, size_t size)
{
    void *p = calloc(n, size);
    need(p != NULL, "out of memory");
    return p;
}

/* Least seconds of RUNS calls of f, which must leave nothing pending. */
template <typename F> static double seconds(F f)
{
    double best = 1e30;
    f();
    for (int i = 0; i < RUNS; i++) {
        double from = now();
        f();
        double s = now() - from;
        best = s < best ? s : best;
    }
    return best;
}

static double copy_ceiling(void)
{
    size_t n = (size_t)1 << 30;
    void *a, *b;
    need(cudaMalloc(&a, n) == cudaSuccess && cudaMalloc(&b, n) == cudaSuccess,
         "device memory");
    double s = seconds([&] {
        for (int i = 0; i < 8; i++)
            cudaMemcpyAsync(a, b, n, cudaMemcpyDeviceToDevice, 0);
        need(cudaDeviceSynchronize() == cudaSuccess, "copying");
    });
    cudaFree(a);
    cudaFree(b);
    printf("ceiling copy            %10.3f ms  %8.1f GB/s\n", s / 8 * 1e3,
           2e-9 * 8 * (double)n / s);
    return 2 * 8 * (double)n / s;
}

static double matrix_ceiling(const char *name, cudaDataType_t type, cublasComputeType_t how)
{
    const int n = 8192;
    const float one = 1, zero = 0;
    size_t bytes = (size_t)n * (size_t)n * 4;
    void *m[3];
    cublasHandle_t h;
    need(cublasCreate(&h) == CUBLAS_STATUS_SUCCESS, "cuBLAS cannot start");
    for (int i = 0; i < 3; i++)
        need(cudaMalloc(&m[i], bytes) == cudaSuccess &&
                 cudaMemset(m[i], 0, bytes) == cudaSuccess,
             "device memory");
    double s = seconds([&] {
        need(cublasGemmEx(h, CUBLAS_OP_N, CUBLAS_OP_N, n, n, n, &one, m[0], type, n, m[1],
                          type, n, &zero, m[2], type, n, how,
                          CUBLAS_GEMM_DEFAULT) == CUBLAS_STATUS_SUCCESS &&
                 cudaDeviceSynchronize() == cudaSuccess,
             "the matrix product");
    });
    for (int i = 0; i < 3; i++)
        cudaFree(m[i]);
    cublasDestroy(h);
    double rate = 2 * pow(n, 3) / s;
    printf("ceiling matrix %-8s %10.3f ms  %8.1f TFLOP/s\n", name, s * 1e3, rate * 1e-12);
    return rate;
}

static void kernels(const struct dorg_kernels *k, double copy)
{
    const int32_t n[3] = {512, 512, 240};
    const size_t voxels = (size_t)512 * 512 * 240, patches = 20000, squares = 100000;
    struct dorg_err e = {};
    struct dorg_gauss3d g = {{3, 3, 3}, false};
    struct dorg_patch25 p = {64, {1, 1, 0.8}};
    struct dorg_warp2d w = {64, 64 * 64};
    float *map = (float *)room(voxels, sizeof *map), *to = (float *)room(voxels, sizeof *to);
    uint8_t *ct = (uint8_t *)room(voxels, 1), *out = (uint8_t *)room(squares * 4096, 1);
    uint64_t *at = (uint64_t *)room(patches, sizeof *at);
    struct dorg_box *box = (struct dorg_box *)room(squares, sizeof *box);
    for (size_t i = 0; i < patches; i++)
        at[i] = i * 2654435761u % voxels;
    for (size_t i = 0; i < squares; i++)
        box[i] = dorg_box{(int32_t)(i % 450), (int32_t)(i % 430), (int32_t)(i % 240), 40, 35};
    double s = seconds([&] { need(!k->gauss3d(to, map, n, &g, 1, &e), e.text); });
    double rate = 2.0 * (double)voxels * sizeof(float) / s;
    printf("gauss3d 512x512x240     %10.3f ms  %8.1f GB/s       %5.3f of copy\n", s * 1e3,
           rate * 1e-9, rate / copy);
    s = seconds([&] { need(!k->patch25(out, ct, n, at, patches, &p, 1, &e), e.text); });
    printf("patch25 64x64x3         %10.3f ms  %8.0f patches/s  %5.3f of copy\n", s * 1e3,
           (double)patches / s, (double)patches * 3 * 4096 / s / copy);
    s = seconds([&] { need(!k->warp2d(out, ct, n, box, squares, &w, 1, &e), e.text); });
    printf("warp2d 64x64            %10.3f ms  %8.0f warps/s    %5.3f of copy\n", s * 1e3,
           (double)squares / s, (double)squares * 4096 / s / copy);
    free(map);
    free(to);
    free(ct);
    free(out);
    free(at);
    free(box);
}

static void net(const struct dorg_engine_ops *ops, const struct dorg_netcfg *cfg,
                enum dorg_precision precision, const char *name, bool training, double ceiling)
{
    struct dorg_err e = {};
    struct dorg_engine *g = NULL;
    struct dorg_engine_opts o = {training ? 128 : 512, 1, 0, precision, training};
    size_t in = (size_t)cfg->channels * (size_t)cfg->size * (size_t)cfg->size;
    size_t n = (size_t)o.max_batch;
    float *w = (float *)room(cfg->n_params, sizeof *w), *x = (float *)room(n * in, sizeof *x);
    float *p = (float *)room(n * (size_t)cfg->classes, sizeof *p), loss;
    uint8_t *y = (uint8_t *)room(n, 1);
    struct dorg_sgd sgd = {1e-4f, 1e-4f, 0.9f, 5e-4f, 1, 0};
    dorg_netcfg_init(w, cfg, 1);
    double from = now();
    if (ops->open(&g, cfg, &o, &e) || ops->set_params(g, w, cfg->n_params, &e)) {
        printf("net %-5s %-5s           %s\n", training ? "train" : "apply", name, e.text);
    } else {
        double start = now() - from;
        double s = seconds([&] {
            int bad = training ? ops->train(g, x, y, (int)n, &sgd, &loss, &e)
                               : ops->forward(g, x, (int)n, p, &e);
            need(!bad, e.text);
        });
        double rate = (training ? 6 : 2) * cfg->macs * (double)n / s;
        printf("net %-5s %-5s batch %-4zu%10.3f ms  %8.0f images/s  %5.3f of matrix, "
               "%.1f TFLOP/s; opened in %.0f ms\n",
               training ? "train" : "apply", name, n, s * 1e3, (double)n / s, rate / ceiling,
               rate * 1e-12, start * 1e3);
    }
    ops->close(g);
    free(w);
    free(x);
    free(p);
    free(y);
}

int main(int argc, char **argv)
{
    struct dorg_err e = {};
    struct dorg_netcfg cfg;
    struct cudaDeviceProp device;
    const struct dorg_kernels *k = dorg_kernels_find("cuda", &e);
    need(argc == 2, "usage: rates net.cfg");
    need(k != NULL, e.text);
    need(cudaGetDeviceProperties(&device, 0) == cudaSuccess, "the device's properties");
    need(!dorg_netcfg_load(&cfg, argv[1], &e), e.text);
    const struct dorg_engine_ops *ops = dorg_engine_find("cuda", &e);
    need(ops != NULL, e.text);
    printf("# %s, %.0f GiB\n", device.name, (double)device.totalGlobalMem / 1073741824.0);
    double copy = copy_ceiling();
    double bf16 = matrix_ceiling("bf16", CUDA_R_16BF, CUBLAS_COMPUTE_32F);
    double tf32 = matrix_ceiling("tf32", CUDA_R_32F, CUBLAS_COMPUTE_32F_FAST_TF32);
    double f32 = matrix_ceiling("f32", CUDA_R_32F, CUBLAS_COMPUTE_32F_PEDANTIC);
    kernels(k, copy);
    net(ops, &cfg, DORG_PREC_BF16, "bf16", false, bf16);
    net(ops, &cfg, DORG_PREC_TF32, "tf32", false, tf32);
    net(ops, &cfg, DORG_PREC_F32, "f32", false, f32);
    net(ops, &cfg, DORG_PREC_TF32, "tf32", true, tf32);
    net(ops, &cfg, DORG_PREC_F32, "f32", true, f32);
    dorg_netcfg_free(&cfg);
    return 0;
}
