/* engine_sgd.h - one step of SGD over the parameters of one layer.
 *
 *   v = momentum v - rate (grad + decay w),  w = w + v
 *
 * Source: cuda-convnet2's update, with the values of the authors' published configurations:
 * biases without decay; rates and decay times the layer's factors.  bnorm's running mean and
 * variance move towards the batch's: see engine.h. */
#ifndef DORG_ENGINE_SGD_H
#define DORG_ENGINE_SGD_H

#include "engine.h"

/* w, v, grad: the flat arrays of the whole net.  batch: bnorm's mean[c] and biased
 * variance[c] over n images; else unused. */
void dorg_sgd_step(float *w, float *v, const float *grad, const struct dorg_layer *l,
                   const struct dorg_sgd *sgd, const float *batch, int n);

/* The same on n plain numbers. */
void dorg_sgd_rows(float *w, float *v, const float *grad, size_t n, float rate, float momentum,
                   float decay);

#endif
