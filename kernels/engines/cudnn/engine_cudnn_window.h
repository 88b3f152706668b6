/* engine_cudnn_window.h - what lrn and pool need forward and backward alike.  C++. */
#ifndef DORG_ENGINE_CUDNN_WINDOW_H
#define DORG_ENGINE_CUDNN_WINDOW_H

#include "engine_cudnn.h"

struct lrn {
    struct dorg_cu_lay lay;
    int reach;
    float k, alpha, beta, factor; /* alpha: over the size; factor: 2 alpha beta */
};

static inline struct lrn lrn_of(const struct dorg_cu_pass *s)
{
    const struct dorg_layer *l = s->l;
    struct lrn p = {dorg_cu_lay(l->in, s->g->last),
                    (l->lrn_size - 1) / 2,
                    l->lrn_k,
                    l->lrn_alpha / (float)l->lrn_size,
                    l->lrn_beta,
                    2 * l->lrn_alpha * l->lrn_beta / (float)l->lrn_size};
    return p;
}

__device__ static inline float to_minus_beta(const struct lrn *p, float q)
{
    if (p->beta == 0.75f) {
        float root = sqrtf(q);
        return 1 / (root * sqrtf(root));
    }
    return powf(q, -p->beta);
}

/* q = k + alpha sum of x^2 over the maps within reach of number i's. */
template <typename T>
__device__ static inline float lrn_q(const struct lrn *p, const T *x, size_t i)
{
    int c = (int)map_of(&p->lay, i), maps = (int)p->lay.maps;
    int first = c > p->reach ? c - p->reach : 0;
    int last = c + p->reach < maps ? c + p->reach : maps - 1;
    const T *at = x + i - (size_t)c * p->lay.map_step;
    float sum = 0;
    for (int m = first; m <= last; m++) {
        float v = get(at[(size_t)m * p->lay.map_step]);
        sum += v * v;
    }
    return p->k + p->alpha * sum;
}

struct pool {
    struct dorg_cu_lay from, to;
    int in[2], out[2], kernel, stride; /* rows, columns */
};

static inline struct pool pool_of(const struct dorg_cu_pass *s)
{
    const struct dorg_layer *l = s->l;
    struct pool p = {dorg_cu_lay(l->in, s->g->last),
                     dorg_cu_lay(l->out, s->g->last),
                     {l->in[1], l->in[2]},
                     {l->out[1], l->out[2]},
                     l->kernel,
                     l->stride};
    return p;
}

#endif
