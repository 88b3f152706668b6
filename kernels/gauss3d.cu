/* gauss3d.cu - 3-D Gaussian smoothing on the device
 *
 * One thread an output, one pass an axis, in the order and the precision of gauss3d.c: the
 * sums are in double, w[0] c[i] + sum_k w[k] (c[i-k] + c[i+k]), then times the factor, then
 * rounded to float.  So the bytes are the CPU's.  Neighbouring threads read neighbouring
 * voxels on every axis, and the taps of a warp meet in the first-level cache. */
#include <math.h>
#include <stdlib.h>

#include "cuda_host.h"

extern "C" {
#include "../libcommon/base/mem.h"
#include "gauss3d.h"
}

struct pass {
    int r;             /* radius */
    size_t length;     /* voxels along the axis */
    size_t stride;     /* floats from one to the next */
    const double *w;   /* device: r + 1 weights */
    const double *inv; /* device: length factors */
};

/* I: what a voxel's index fits into; 64-bit division is slow on a device. */
template <typename I>
__global__ static void smooth(size_t n, float *dst, const float *src, struct pass p)
{
    const I length = (I)p.length, stride = (I)p.stride;
    DORG_EACH(i, n)
    {
        size_t at = (I)i / stride % length;
        const float *c = src + i;
        double sum = p.w[0] * (double)*c;
        for (int k = 1; k <= p.r; k++) {
            ptrdiff_t step = (ptrdiff_t)p.stride * k;
            double lo = at >= (size_t)k ? (double)c[-step] : 0;
            double hi = at + (size_t)k < p.length ? (double)c[step] : 0;
            sum += p.w[k] * (lo + hi);
        }
        dst[i] = (float)(sum * p.inv[at]);
    }
}

/* Weights, then factors, of one axis into t[r + 1 + length]; as make_axis of gauss3d.c. */
static void tabulate(double *t, int r, double sigma, size_t length, bool zero_outside)
{
    for (int k = 0; k <= r; k++)
        t[k] = exp(-0.5 * (k / sigma) * (k / sigma));
    for (size_t i = 0; i < length; i++) {
        double sum = t[0];
        for (int k = 1; k <= r; k++) {
            bool before = zero_outside || (size_t)k <= i;
            bool after = zero_outside || i + (size_t)k < length;
            sum += t[k] * (before + after);
        }
        t[r + 1 + (int)i] = 1 / sum;
    }
}

/* One pass from src to dst, both on the device, of n floats. */
static int along(float *dst, const float *src, size_t n, struct pass p, double sigma,
                 bool zero_outside, struct dorg_err *e)
{
    size_t words = (size_t)p.r + 1 + p.length;
    double *device = NULL, *host = (double *)dorg_array(words, sizeof *host, e);
    if (!host || !(device = (double *)dorg_cuda_room(words, sizeof *device, e))) goto done;
    tabulate(host, p.r, sigma, p.length, zero_outside);
    if (dorg_cuda_send(device, host, words * sizeof *host, e)) goto done;
    p.w = device;
    p.inv = device + p.r + 1;
    if (n <= UINT32_MAX)
        DORG_LAUNCH(smooth<uint32_t>, 0, n, dst, src, p);
    else
        DORG_LAUNCH(smooth<uint64_t>, 0, n, dst, src, p);
    if (dorg_cuda_launched("gauss3d", e)) goto done;
    dorg_cuda_check(cudaDeviceSynchronize(), "gauss3d", e);
done:
    cudaFree(device);
    free(host);
    return e->code;
}

static int check(const struct dorg_gauss3d *p, struct dorg_err *e)
{
    for (int a = 0; a < 3; a++)
        if (!(p->sigma[a] >= 0 && p->sigma[a] <= 64))
            return dorg_fail(e, DORG_EUSAGE, "sigma is %g voxels; expected 0 to 64",
                             (double)p->sigma[a]);
    return 0;
}

int dorg_gauss3d_cuda(float *dst, const float *src, const int32_t n[3],
                      const struct dorg_gauss3d *p, int jobs, struct dorg_err *e)
{
    size_t count = dorg_voxels(n), stride = 1;
    float *from = NULL, *to = NULL;
    (void)jobs;
    if (check(p, e) || dorg_cuda_use(e)) return e->code;
    if (!(from = (float *)dorg_cuda_room(count, sizeof *from, e)) ||
        !(to = (float *)dorg_cuda_room(count, sizeof *to, e)) ||
        dorg_cuda_send(from, src, count * sizeof *src, e))
        goto done;
    for (int a = 0; a < 3; stride *= (size_t)n[a++]) {
        double sigma = (double)p->sigma[a];
        struct pass pass = {(int)ceil(3 * sigma), (size_t)n[a], stride, NULL, NULL};
        if (sigma == 0) continue;
        if (along(to, from, count, pass, sigma, p->zero_outside, e)) goto done;
        float *swap = from;
        from = to;
        to = swap;
    }
    dorg_cuda_fetch(dst, from, count * sizeof *dst, e);
done:
    cudaFree(from);
    cudaFree(to);
    return e->code;
}
