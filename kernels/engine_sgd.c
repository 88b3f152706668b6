/* engine_sgd.c - one step of SGD over the parameters of one layer */
#include "engine_sgd.h"

#define CLONES __attribute__((target_clones("avx512f", "avx2", "default")))

CLONES void dorg_sgd_rows(float *restrict w, float *restrict v, const float *restrict grad,
                          size_t n, float rate, float momentum, float decay)
{
    for (size_t i = 0; i < n; i++) {
        v[i] = momentum * v[i] - rate * (grad[i] + decay * w[i]);
        w[i] += v[i];
    }
}

/* r = (1 - m) r + m b, the variance unbiased */
static void move_running(float *mean, float *var, const float *batch, size_t maps, float m,
                         double count)
{
    float unbias = (float)(count > 1 ? count / (count - 1) : 1);
    for (size_t c = 0; c < maps; c++) {
        mean[c] = (1 - m) * mean[c] + m * batch[c];
        var[c] = (1 - m) * var[c] + m * unbias * batch[maps + c];
    }
}

void dorg_sgd_step(float *w, float *v, const float *grad, const struct dorg_layer *l,
                   const struct dorg_sgd *sgd, const float *batch, int n)
{
    size_t weights = l->type == DORG_BNORM ? l->n_b : l->n_w; /* scale[c] only */
    dorg_sgd_rows(w + l->w_at, v + l->w_at, grad + l->w_at, weights, sgd->rate_w * l->rate_w,
                  sgd->momentum, sgd->decay * l->decay);
    dorg_sgd_rows(w + l->b_at, v + l->b_at, grad + l->b_at, l->n_b, sgd->rate_b * l->rate_b,
                  sgd->momentum, 0);
    if (l->type == DORG_BNORM)
        move_running(w + l->w_at + l->n_b, w + l->w_at + 2 * l->n_b, batch, l->n_b,
                     l->bn_momentum, (double)n * l->in[1] * l->in[2]);
}
