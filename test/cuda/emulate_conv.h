/* emulate_conv.h - convolutions from their definition, in double */
#ifndef DORG_EMULATE_CONV_H
#define DORG_EMULATE_CONV_H

#include <cuda_bf16.h>
#include <cudnn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "emulate.h"

struct cudnnTensorStruct {
    cudnnDataType_t type;
    bool last; /* maps are the fastest index */
    int n, c, h, w;
};
struct cudnnFilterStruct {
    cudnnDataType_t type;
    bool last;
    int k, c, h, w;
};
struct cudnnConvolutionStruct {
    int pad, stride;
    cudnnMathType_t math;
};

/* A factor that goes into tensor cores as tf32 loses the last 13 bits of its mantissa. */
static inline double shortened(double v)
{
    float f = (float)v;
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    if (isfinite(f)) bits &= ~(uint32_t)0x1fff;
    memcpy(&f, &bits, sizeof f);
    return (double)f;
}

static inline double at(const void *p, cudnnDataType_t t, long i)
{
    return t == CUDNN_DATA_FLOAT ? (double)((const float *)p)[i]
                                 : (double)__bfloat162float(((const __nv_bfloat16 *)p)[i]);
}

static inline void set(void *p, cudnnDataType_t t, long i, double v)
{
    if (t == CUDNN_DATA_FLOAT)
        ((float *)p)[i] = (float)v;
    else
        ((__nv_bfloat16 *)p)[i] = __float2bfloat16((float)v);
}

/* Where number (n, c, i, j) of a tensor or filter is. */
template <typename D> static inline long place(const D *d, long n, long c, long i, long j)
{
    return d->last ? ((n * d->h + i) * d->w + j) * d->c + c
                   : ((n * d->c + c) * d->h + i) * d->w + j;
}

struct visit { /* indices of one product of a convolution */
    long x, w, y;
};

/* Call f for every product x[..] w[..] that goes into y[..]. */
template <typename F>
static void each(const cudnnTensorStruct *x, const cudnnFilterStruct *w,
                 const cudnnConvolutionStruct *c, const cudnnTensorStruct *y, F f)
{
    for (long n = 0; n < x->n; n++)
        for (long k = 0; k < w->k; k++)
            for (long i = 0; i < y->h; i++)
                for (long j = 0; j < y->w; j++)
                    for (long m = 0; m < w->c; m++)
                        for (long u = 0; u < w->h; u++)
                            for (long v = 0; v < w->w; v++) {
                                long r = i * c->stride + u - c->pad;
                                long s = j * c->stride + v - c->pad;
                                if (r < 0 || s < 0 || r >= x->h || s >= x->w) continue;
                                f(visit{place(x, n, m, r, s), place(w, k, m, u, v),
                                        place(y, n, k, i, j)});
                            }
}

static inline bool agree(const cudnnTensorStruct *x, const cudnnFilterStruct *w,
                         const cudnnConvolutionStruct *c, const cudnnTensorStruct *y)
{
    return x->c == w->c && y->c == w->k && x->n == y->n && x->type == w->type &&
           x->type == y->type && x->last == w->last && x->last == y->last &&
           y->h == (x->h + 2 * c->pad - w->h) / c->stride + 1 &&
           y->w == (x->w + 2 * c->pad - w->w) / c->stride + 1;
}

/* The numbers of a tensor or filter must lie within one block of device memory. */
static inline void present_all(const void *p, cudnnDataType_t t, long n)
{
    emulated_on_device(p, (size_t)n * (t == CUDNN_DATA_FLOAT ? 4 : 2), "cuDNN");
}

/* Sums in double over the products, written to the n numbers of `to`. */
template <typename F> static void accumulate(void *to, cudnnDataType_t t, long n, F products)
{
    double *sum = (double *)calloc((size_t)n, sizeof *sum);
    products(sum);
    for (long i = 0; i < n; i++)
        set(to, t, i, sum[i]);
    free(sum);
}

#endif
