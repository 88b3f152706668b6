/* engine_ref.h - between the files of the "ref" engine */
#ifndef DORG_ENGINE_REF_H
#define DORG_ENGINE_REF_H

#include "../../engine.h"

/* Everything a layer sees of one pass over n images.  Forward fills y from x.  Backward gets
 * dy = d loss / d y, fills dx unless it is NULL, and the layer's part of grad. */
struct dorg_ref_pass {
    const struct dorg_layer *l;
    int k; /* number of the layer in the net */
    size_t n;
    int jobs;
    int training;               /* dropout drops, bnorm uses the batch */
    const struct dorg_sgd *sgd; /* training: seed and step of the masks */
    const float *params;
    float *grad;
    const float *x, *dy;
    float *y, *dx;
    float *extra;   /* dropout: its mask [n][size]; bnorm: mean[c], variance[c] of the batch */
    float *scratch; /* [jobs][size of the largest layer] */
    size_t scratch_size;
};

typedef int dorg_ref_fn(struct dorg_ref_pass *s, struct dorg_err *e);

/* engine_ref_conv.c, _fc.c, _bnorm.c, _layers.c; a pair for every layer type. */
dorg_ref_fn dorg_ref_conv_forward, dorg_ref_conv_backward;
dorg_ref_fn dorg_ref_fc_forward, dorg_ref_fc_backward;
dorg_ref_fn dorg_ref_bnorm_forward, dorg_ref_bnorm_backward;
dorg_ref_fn dorg_ref_relu_forward, dorg_ref_relu_backward;
dorg_ref_fn dorg_ref_lrn_forward, dorg_ref_lrn_backward;
dorg_ref_fn dorg_ref_pool_forward, dorg_ref_pool_backward;
dorg_ref_fn dorg_ref_gap_forward, dorg_ref_gap_backward;
dorg_ref_fn dorg_ref_dropout_forward, dorg_ref_dropout_backward;
dorg_ref_fn dorg_ref_softmax_forward;

/* Mean cross-entropy from the softmax's input z, and dz = (p - one-hot(y)) / n. */
double dorg_ref_loss(float *dz, const float *z, const uint8_t *label, size_t n,
                     size_t classes);

/* engine_ref_row.c: y[i] += a x[i stride]; y[i stride] += a x[i]; lane[i mod 16] += x[i]
 * y[i stride], and the sum of the lanes: sums run in 16 fixed lanes, so that their values are
 * the same on every instruction set. */
void dorg_ref_axpy(float *y, float a, const float *x, int n, int stride);
void dorg_ref_axpy_to(float *y, float a, const float *x, int n, int stride);
void dorg_ref_lanes(float lane[16], const float *x, const float *y, int n, int stride);
float dorg_ref_sum(float lane[16]);

#endif
