/* engine_cudnn_back.cu - the layers without weights, backward, and the step of SGD; their
 * meaning is that of engine_ref_layers.c and engine_sgd.c.  Every number is gathered by one
 * thread in the reference's order: nothing is scattered, so nothing depends on timing. */
#include "engine_cudnn_window.h"

/* ---- relu: its output lies on its input, and is above 0 exactly where the input was ----- */

template <typename T>
__global__ static void relu_back(size_t n, T *dx, const T *dy, const T *y)
{
    DORG_EACH(i, n)
    {
        T zero;
        put(&zero, 0);
        dx[i] = get(y[i]) > 0 ? dy[i] : zero;
    }
}

int dorg_cu_relu_backward(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    if (!s->dx) return 0;
    DORG_BY_TYPE(relu_back, s, dorg_cu_in(s), (T *)s->dx, (const T *)s->dy, (const T *)s->y);
    return dorg_cuda_launched("relu, backward", e);
}

/* ---- lrn -------------------------------------------------------------------------------- */

/* r = dy x q^(-beta - 1), in float whatever T is, and dx = dy q^-beta for now */
template <typename T>
__global__ static void lrn_ratios(size_t n, float *r, T *dx, const T *dy, const T *x,
                                  struct lrn p)
{
    DORG_EACH(i, n)
    {
        float q = lrn_q(&p, x, i), scale = to_minus_beta(&p, q);
        r[i] = get(dy[i]) * get(x[i]) * scale / q;
        put(&dx[i], get(dy[i]) * scale);
    }
}

template <typename T>
__global__ static void lrn_back(size_t n, T *dx, const float *r, const T *x, struct lrn p)
{
    DORG_EACH(i, n)
    {
        int c = (int)map_of(&p.lay, i), maps = (int)p.lay.maps;
        int first = c > p.reach ? c - p.reach : 0;
        int last = c + p.reach < maps ? c + p.reach : maps - 1;
        const float *at = r + i - (size_t)c * p.lay.map_step;
        float sum = 0;
        for (int m = first; m <= last; m++)
            sum += at[(size_t)m * p.lay.map_step];
        put(&dx[i], get(dx[i]) - p.factor * get(x[i]) * sum);
    }
}

int dorg_cu_lrn_backward(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    struct dorg_engine *g = s->g;
    size_t n = dorg_cu_in(s);
    struct lrn p = lrn_of(s);
    if (!s->dx) return 0;
    DORG_BY_TYPE(lrn_ratios, s, n, g->scratch, (T *)s->dx, (const T *)s->dy, (const T *)s->x,
                 p);
    DORG_BY_TYPE(lrn_back, s, n, (T *)s->dx, (const float *)g->scratch, (const T *)s->x, p);
    return dorg_cuda_launched("lrn, backward", e);
}

/* ---- pool: the first of equal maxima in row order takes it all -------------------------- */

/* First and last output whose window holds position u of an axis. */
__device__ static int first_window(int u, const struct pool *p)
{
    return u < p->kernel ? 0 : (u - p->kernel) / p->stride + 1;
}

__device__ static int last_window(int u, int out, const struct pool *p)
{
    return u / p->stride < out ? u / p->stride : out - 1;
}

template <typename T>
__global__ static void pool_back(size_t n, T *dx, const T *dy, const uint16_t *won,
                                 struct pool p)
{
    DORG_EACH(i, n)
    {
        int at = (int)at_of(&p.from, i), u = at / p.in[1], v = at % p.in[1];
        size_t first = (size_t)image_of(&p.from, i) * p.to.maps * p.to.plane +
                       (size_t)map_of(&p.from, i) * p.to.map_step;
        float sum = 0;
        for (int row = first_window(u, &p); row <= last_window(u, p.out[0], &p); row++)
            for (int col = first_window(v, &p); col <= last_window(v, p.out[1], &p); col++) {
                size_t to = first + (size_t)(row * p.out[1] + col) * p.to.at_step;
                int mine = (u - row * p.stride) * p.kernel + v - col * p.stride;
                if (won[to] == mine) sum += get(dy[to]);
            }
        put(&dx[i], sum);
    }
}

int dorg_cu_pool_backward(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    struct pool p = pool_of(s);
    if (!s->dx) return 0;
    DORG_BY_TYPE(pool_back, s, dorg_cu_in(s), (T *)s->dx, (const T *)s->dy,
                 (const uint16_t *)s->c->extra, p);
    return dorg_cuda_launched("pool, backward", e);
}

/* ---- gap, dropout ----------------------------------------------------------------------- */

template <typename T>
__global__ static void gap_back(size_t n, T *dx, const T *dy, struct dorg_cu_lay l)
{
    DORG_EACH(i, n)
    {
        float err = get(dy[(size_t)image_of(&l, i) * l.maps + map_of(&l, i)]);
        put(&dx[i], err / (float)l.plane);
    }
}

int dorg_cu_gap_backward(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    if (!s->dx) return 0;
    DORG_BY_TYPE(gap_back, s, dorg_cu_in(s), (T *)s->dx, (const T *)s->dy,
                 dorg_cu_lay(s->l->in, s->g->last));
    return dorg_cuda_launched("gap, backward", e);
}

template <typename T>
__global__ static void drop_back(size_t n, T *dx, const T *dy, const float *mask)
{
    DORG_EACH(i, n) put(&dx[i], get(dy[i]) * mask[i]);
}

int dorg_cu_dropout_backward(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    if (!s->dx) return 0;
    DORG_BY_TYPE(drop_back, s, dorg_cu_in(s), (T *)s->dx, (const T *)s->dy,
                 (const float *)s->c->extra);
    return dorg_cuda_launched("dropout, backward", e);
}

/* ---- the step: v = momentum v - rate (grad + decay w), w = w + v ------------------------ */

struct step { /* factors of the layer on the schedule's numbers */
    float rate, decay;
    bool bias;
    const struct dorg_cu_now *now;
    const double *total; /* nothing moves if the loss is not finite */
};

__device__ static bool may_step(const struct step *s)
{
    return isfinite(*s->total);
}

/* half: the rounded copy that the layer computes with, or NULL */
template <typename G>
__global__ static void move(size_t n, float *w, float *v, half_t *half, const G *grad,
                            struct step s)
{
    float rate = (s.bias ? s.now->rate_b : s.now->rate_w) * s.rate;
    float decay = s.bias ? 0 : s.now->decay * s.decay, momentum = s.now->momentum;
    bool go = may_step(&s);
    DORG_EACH(i, n)
    {
        if (!go) continue;
        float step = momentum * v[i] - rate * (get(grad[i]) + decay * w[i]);
        v[i] = step;
        w[i] += step;
        if (half) put(&half[i], w[i]);
    }
}

/* r = (1 - m) r + m b, the variance unbiased */
__global__ static void move_running(size_t maps, float *mean, const float *batch, float m,
                                    float unbias, struct step s)
{
    bool go = may_step(&s);
    DORG_EACH(c, maps)
    {
        float *var = mean + maps;
        if (!go) continue;
        mean[c] = (1 - m) * mean[c] + m * batch[c];
        var[c] = (1 - m) * var[c] + m * unbias * batch[maps + c];
    }
}

/* Weights in bf16 have their gradient in bf16, too, until it is widened. */
static bool grad_is_half(const struct dorg_engine *g, int k)
{
    enum dorg_layer_type t = g->cfg.layer[k].type;
    return g->layer[k].half && (t == DORG_CONV || t == DORG_FC);
}

int dorg_cu_step(struct dorg_engine *g, int k, int n, struct dorg_err *e)
{
    const struct dorg_layer *l = &g->cfg.layer[k];
    const struct dorg_cu_layer *c = &g->layer[k];
    size_t weights = l->type == DORG_BNORM ? l->n_b : l->n_w; /* scale[c] only */
    struct step s = {l->rate_w, l->decay, false, g->now, g->total};
    float *w = g->w + c->w_at, *v = g->v + c->w_at;
    half_t *half = grad_is_half(g, k) ? g->w_half + c->w_at : NULL;
    if (weights && half && !g->member)
        DORG_LAUNCH(move<half_t>, g->stream, weights, w, v, half,
                    (const half_t *)g->grad_half + c->w_at, s);
    else if (weights)
        DORG_LAUNCH(move<float>, g->stream, weights, w, v, half,
                    (const float *)g->grad + c->w_at, s);
    s.rate = l->rate_b;
    s.bias = true;
    if (l->n_b)
        DORG_LAUNCH(move<float>, g->stream, l->n_b, g->w + c->b_at, g->v + c->b_at,
                    half ? g->w_half + c->b_at : (half_t *)NULL,
                    (const float *)g->grad + c->b_at, s);
    if (l->type == DORG_BNORM) {
        double count = (double)n * l->in[1] * l->in[2];
        float unbias = (float)(count > 1 ? count / (count - 1) : 1);
        DORG_LAUNCH(move_running, g->stream, l->n_b, g->w + c->w_at + l->n_b,
                    (const float *)c->extra, l->bn_momentum, unbias, s);
    }
    return dorg_cuda_launched("the step", e);
}

int dorg_cu_widen_gradient(struct dorg_engine *g, struct dorg_err *e)
{
    for (int k = 0; k < g->cfg.n_layers; k++) {
        size_t at = g->layer[k].w_at, n = g->cfg.layer[k].n_w;
        if (grad_is_half(g, k) &&
            dorg_cu_to_float(g->grad + at, g->grad_half + at, n, g->stream, e))
            return e->code;
    }
    return 0;
}
