/* engine_cudnn.h - between the .cu files of the "cuda" engine.  C++.
 *
 * The net is run at one batch size, max_batch, whatever n is: rows n and up are images of
 * zeros, whose errors are zero.  So cuDNN's algorithms are chosen once, and an image's result
 * does not depend on how many came with it.
 *
 * Each layer's parameters start at a multiple of ALIGN floats on the device.  Applying in
 * bf16, activations and a copy of the weights are bf16 up to the last fc, which computes in
 * float from there on; sums are in float throughout. */
#ifndef DORG_ENGINE_CUDNN_H
#define DORG_ENGINE_CUDNN_H

#include <cuda_bf16.h>
#include <cudnn.h>

#include "cuda_host.h"

extern "C" {
#include "engine.h"
}

typedef __nv_bfloat16 half_t;

enum { DORG_CU_ALIGN = 64, DORG_CU_PARTS = 256 }; /* partial sums of a map */

struct dorg_cu_layer {
    size_t w_at, b_at; /* in the device's arrays */
    bool half;         /* input, output and weights are half_t */
    bool shares;       /* the output lies where the input is (relu) */
    void *y;           /* output */
    float *extra;      /* dropout: mask; bnorm: mean[c], variance[c] of the batch */
    cudnnTensorDescriptor_t in, out; /* conv and fc, from here on */
    cudnnFilterDescriptor_t filter;
    cudnnConvolutionDescriptor_t conv;
    cudnnConvolutionFwdAlgo_t forward;
    cudnnConvolutionBwdDataAlgo_t to_data;
    cudnnConvolutionBwdFilterAlgo_t to_filter;
};

struct dorg_engine {
    struct dorg_netcfg cfg; /* its text is not ours */
    struct dorg_engine_opts opts;
    struct dorg_cu_layer layer[DORG_MAX_LAYERS];
    cudnnHandle_t cudnn;
    cudaStream_t stream;
    size_t largest, room; /* numbers an image in the largest layer; floats of parameters */
    float *w, *v, *grad;  /* device: parameters; training: momentum, gradient */
    half_t *w_half;       /* device: a copy, when applying in bf16 */
    float *x;             /* device: input, float */
    half_t *x_half;       /* device: input, bf16 */
    void *turn[2];        /* device: outputs when applying, errors when training */
    float *scratch;       /* device: lrn's backward pass */
    double *sums;         /* device: partial sums; losses */
    double *loss;         /* host: one an image */
    uint8_t *label;       /* device */
    void *workspace;      /* device: cuDNN's */
    size_t workspace_size;
};

/* One pass of one layer over the whole batch; n of its images are real. */
struct dorg_cu_pass {
    struct dorg_engine *g;
    const struct dorg_layer *l;
    struct dorg_cu_layer *c;
    int k, n;
    bool training;
    const struct dorg_sgd *sgd;
    const void *x;
    void *y;
    const float *dy; /* backward: d loss / d y, and d loss / d x or NULL */
    float *dx;
};

typedef int dorg_cu_fn(const struct dorg_cu_pass *s, struct dorg_err *e);

/* engine_cudnn_conv.cu: conv and fc (a convolution of a 1 x 1 image). */
int dorg_cudnn_check(cudnnStatus_t r, const char *what, struct dorg_err *e);
int dorg_cu_conv_open(struct dorg_engine *g, int k, size_t *workspace, struct dorg_err *e);
void dorg_cu_conv_close(struct dorg_cu_layer *c);
dorg_cu_fn dorg_cu_conv_forward, dorg_cu_conv_backward;

/* engine_cudnn_layers.cu, _back.cu, _bnorm.cu */
dorg_cu_fn dorg_cu_relu_forward, dorg_cu_relu_backward;
dorg_cu_fn dorg_cu_lrn_forward, dorg_cu_lrn_backward;
dorg_cu_fn dorg_cu_pool_forward, dorg_cu_pool_backward;
dorg_cu_fn dorg_cu_gap_forward, dorg_cu_gap_backward;
dorg_cu_fn dorg_cu_dropout_forward, dorg_cu_dropout_backward;
dorg_cu_fn dorg_cu_bnorm_forward, dorg_cu_bnorm_backward;
dorg_cu_fn dorg_cu_softmax_forward;

/* y += b, map by map; grad_b = sum dy (the first n images). */
int dorg_cu_add_bias(const struct dorg_cu_pass *s, struct dorg_err *e);
int dorg_cu_bias_gradient(const struct dorg_cu_pass *s, struct dorg_err *e);

/* g->loss: -ln p of each label's class; dz = (p - one-hot) / n, 0 from row n on. */
int dorg_cu_loss(struct dorg_engine *g, float *dz, const float *z, int n, struct dorg_err *e);

/* One step of SGD on the parameters of layer k, as engine_sgd.h. */
int dorg_cu_step(struct dorg_engine *g, int k, const struct dorg_sgd *sgd, int n,
                 struct dorg_err *e);

/* Change type: n numbers. */
int dorg_cu_to_half(half_t *to, const float *from, size_t n, cudaStream_t s,
                    struct dorg_err *e);
int dorg_cu_to_float(float *to, const half_t *from, size_t n, cudaStream_t s,
                     struct dorg_err *e);

/* Numbers in the batch's input and output of a layer. */
static inline size_t dorg_cu_in(const struct dorg_cu_pass *s)
{
    return (size_t)s->g->opts.max_batch * dorg_layer_in(s->l);
}
static inline size_t dorg_cu_out(const struct dorg_cu_pass *s)
{
    return (size_t)s->g->opts.max_batch * dorg_layer_out(s->l);
}

#endif
