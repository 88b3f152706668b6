/* rates.cu - what this GPU can do, and what the kernels and the nets get out of it
 *
 *   rates net.cfg       one line each: what, time, rate, share of the ceiling it has
 *
 * Ceilings are measured: a large copy (bytes read and written), a large matrix product of
 * random numbers.  Times are medians after a first run that does not count. */
#include <cublas_v2.h>
#include <math.h>

#include "rates.h"

static double copy_ceiling(void)
{
    size_t n = (size_t)1 << 30;
    void *a = device_room(n), *b = device_room(n);
    cudaMemset(b, 0x5a, n);
    double s =
        device_seconds(0, [&] { cudaMemcpyAsync(a, b, n, cudaMemcpyDeviceToDevice, 0); });
    cudaFree(a);
    cudaFree(b);
    line("ceiling: copy", s, 2e-9 * (double)n / s, "GB/s", 1, NULL);
    return 2 * (double)n / s;
}

/* Numbers between 1/2 and 2 of either sign, from random bits: bf16 is float's upper half. */
static void random_matrix(void *device, size_t bytes, bool half)
{
    uint32_t *p = (uint32_t *)room(bytes / 4, 4);
    fill_random(p, bytes);
    for (size_t i = 0; i < bytes / 4; i++)
        p[i] = half ? ((p[i] & 0x80ff80ff) | 0x3f003f00) : ((p[i] & 0x80ffffff) | 0x3f000000);
    need(cudaMemcpy(device, p, bytes, cudaMemcpyHostToDevice) == cudaSuccess, "copying");
    free(p);
}

static double matrix_ceiling(const char *name, cudaDataType_t type, cublasComputeType_t how)
{
    const int n = 8192;
    const float one = 1, zero = 0;
    bool half = type == CUDA_R_16BF;
    size_t bytes = (size_t)n * (size_t)n * (half ? 2 : 4);
    void *m[3];
    cublasHandle_t h;
    need(cublasCreate(&h) == CUBLAS_STATUS_SUCCESS, "cuBLAS cannot start");
    for (int i = 0; i < 3; i++)
        m[i] = device_room(bytes);
    for (int i = 0; i < 2; i++)
        random_matrix(m[i], bytes, half);
    double s = device_seconds(0, [&] {
        need(cublasGemmEx(h, CUBLAS_OP_N, CUBLAS_OP_N, n, n, n, &one, m[0], type, n, m[1],
                          type, n, &zero, m[2], type, n, how,
                          CUBLAS_GEMM_DEFAULT) == CUBLAS_STATUS_SUCCESS,
             "the matrix product");
    });
    for (int i = 0; i < 3; i++)
        cudaFree(m[i]);
    cublasDestroy(h);
    double rate = 2 * pow(n, 3) / s;
    line(name, s, rate * 1e-12, "TFLOP/s", 1, NULL);
    return rate;
}

int main(int argc, char **argv)
{
    double since = now();
    struct cudaDeviceProp device;
    struct ceilings c;
    need(argc == 2, "usage: rates net.cfg");
    int n = 0;
    cudaError_t r = cudaGetDeviceCount(&n);
    need(r == cudaSuccess && n > 0, r ? cudaGetErrorString(r) : "no device");
    rates_start(argv[1], since); /* before anything is warm */
    need(cudaGetDeviceProperties(&device, 0) == cudaSuccess, "the device's properties");
    printf("# %s, %.0f GiB, %d multiprocessors\n", device.name,
           (double)device.totalGlobalMem / 1073741824.0, device.multiProcessorCount);
    c.copy = copy_ceiling();
    c.bf16 = matrix_ceiling("ceiling: matrix product, bf16", CUDA_R_16BF, CUBLAS_COMPUTE_32F);
    c.tf32 = matrix_ceiling("ceiling: matrix product, tf32", CUDA_R_32F,
                            CUBLAS_COMPUTE_32F_FAST_TF32);
    c.f32 = matrix_ceiling("ceiling: matrix product, f32", CUDA_R_32F,
                           CUBLAS_COMPUTE_32F_PEDANTIC);
    rates_kernels(&c);
    rates_nets(argv[1], &c);
    return 0;
}
