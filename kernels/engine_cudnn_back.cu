/* engine_cudnn_back.cu - the layers without weights, backward, and the step of SGD; their
 * meaning is that of engine_ref_layers.c and engine_sgd.c.  Every number is gathered by one
 * thread in the reference's order: nothing is scattered, so nothing depends on timing. */
#include "engine_cudnn.h"

/* ---- relu: its output lies on its input, and is above 0 exactly where the input was -------
 */

__global__ static void relu_back(size_t n, float *dx, const float *dy, const float *y)
{
    DORG_EACH(i, n) dx[i] = y[i] > 0 ? dy[i] : 0;
}

int dorg_cu_relu_backward(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    if (!s->dx) return 0;
    DORG_LAUNCH(relu_back, s->g->stream, dorg_cu_in(s), s->dx, s->dy, (const float *)s->y);
    return dorg_cuda_launched("relu, backward", e);
}

/* ---- lrn
 * ------------------------------------------------------------------------------------ */

struct lrn {
    int maps, reach;
    size_t plane;
    float k, alpha, beta, factor; /* alpha: over the size; factor: 2 alpha beta */
};

__device__ static float to_minus_beta(const struct lrn *p, float q)
{
    if (p->beta == 0.75f) {
        float root = sqrtf(q);
        return 1 / (root * sqrtf(root));
    }
    return powf(q, -p->beta);
}

/* r = dy x q^(-beta - 1), and dx = dy q^-beta for now */
__global__ static void lrn_ratios(size_t n, float *r, float *dx, const float *dy,
                                  const float *x, struct lrn p)
{
    DORG_EACH(i, n)
    {
        int c = (int)(i / p.plane % (size_t)p.maps);
        int first = c > p.reach ? c - p.reach : 0;
        int last = c + p.reach < p.maps ? c + p.reach : p.maps - 1;
        const float *at = x + i - (size_t)c * p.plane;
        float sum = 0;
        for (int m = first; m <= last; m++)
            sum += at[(size_t)m * p.plane] * at[(size_t)m * p.plane];
        float q = p.k + p.alpha * sum, scale = to_minus_beta(&p, q);
        r[i] = dy[i] * x[i] * scale / q;
        dx[i] = dy[i] * scale;
    }
}

__global__ static void lrn_back(size_t n, float *dx, const float *r, const float *x,
                                struct lrn p)
{
    DORG_EACH(i, n)
    {
        int c = (int)(i / p.plane % (size_t)p.maps);
        int first = c > p.reach ? c - p.reach : 0;
        int last = c + p.reach < p.maps ? c + p.reach : p.maps - 1;
        const float *at = r + i - (size_t)c * p.plane;
        float sum = 0;
        for (int m = first; m <= last; m++)
            sum += at[(size_t)m * p.plane];
        dx[i] -= p.factor * x[i] * sum;
    }
}

int dorg_cu_lrn_backward(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    const struct dorg_layer *l = s->l;
    struct dorg_engine *g = s->g;
    size_t n = dorg_cu_in(s);
    struct lrn p = {l->in[0],
                    (l->lrn_size - 1) / 2,
                    (size_t)l->in[1] * (size_t)l->in[2],
                    l->lrn_k,
                    l->lrn_alpha / (float)l->lrn_size,
                    l->lrn_beta,
                    2 * l->lrn_alpha * l->lrn_beta / (float)l->lrn_size};
    if (!s->dx) return 0;
    DORG_LAUNCH(lrn_ratios, g->stream, n, g->scratch, s->dx, s->dy, (const float *)s->x, p);
    DORG_LAUNCH(lrn_back, g->stream, n, s->dx, (const float *)g->scratch, (const float *)s->x,
                p);
    return dorg_cuda_launched("lrn, backward", e);
}

/* ---- pool: the first of equal maxima in row order takes it all
 * ------------------------------ */

struct pool {
    int in[2], out[2], kernel, stride; /* rows, columns */
};

/* Whether (u, v) is the first largest of the window of output (row, col). */
__device__ static bool wins(const float *at, int u, int v, int row, int col,
                            const struct pool *p)
{
    int top = row * p->stride, left = col * p->stride;
    int bottom = top + p->kernel < p->in[0] ? top + p->kernel : p->in[0];
    int right = left + p->kernel < p->in[1] ? left + p->kernel : p->in[1];
    int best_u = top, best_v = left;
    for (int i = top; i < bottom; i++)
        for (int j = left; j < right; j++)
            if (at[i * p->in[1] + j] > at[best_u * p->in[1] + best_v]) {
                best_u = i;
                best_v = j;
            }
    return best_u == u && best_v == v;
}

/* First and last output whose window holds position u of an axis. */
__device__ static int first_window(int u, const struct pool *p)
{
    return u < p->kernel ? 0 : (u - p->kernel) / p->stride + 1;
}

__device__ static int last_window(int u, int out, const struct pool *p)
{
    return u / p->stride < out ? u / p->stride : out - 1;
}

__global__ static void pool_back(size_t n, float *dx, const float *dy, const float *x,
                                 struct pool p)
{
    DORG_EACH(i, n)
    {
        size_t area = (size_t)p.in[0] * (size_t)p.in[1], plane = i / area;
        int u = (int)(i % area) / p.in[1], v = (int)(i % area) % p.in[1];
        const float *at = x + plane * area;
        const float *from = dy + plane * (size_t)p.out[0] * (size_t)p.out[1];
        float sum = 0;
        for (int row = first_window(u, &p); row <= last_window(u, p.out[0], &p); row++)
            for (int col = first_window(v, &p); col <= last_window(v, p.out[1], &p); col++)
                if (wins(at, u, v, row, col, &p)) sum += from[row * p.out[1] + col];
        dx[i] = sum;
    }
}

int dorg_cu_pool_backward(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    const struct dorg_layer *l = s->l;
    struct pool p = {{l->in[1], l->in[2]}, {l->out[1], l->out[2]}, l->kernel, l->stride};
    if (!s->dx) return 0;
    DORG_LAUNCH(pool_back, s->g->stream, dorg_cu_in(s), s->dx, s->dy, (const float *)s->x, p);
    return dorg_cuda_launched("pool, backward", e);
}

/* ---- gap, dropout
 * ---------------------------------------------------------------------------- */

__global__ static void gap_back(size_t n, float *dx, const float *dy, size_t plane)
{
    DORG_EACH(i, n) dx[i] = dy[i / plane] / (float)plane;
}

int dorg_cu_gap_backward(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    if (!s->dx) return 0;
    DORG_LAUNCH(gap_back, s->g->stream, dorg_cu_in(s), s->dx, s->dy,
                (size_t)s->l->in[1] * (size_t)s->l->in[2]);
    return dorg_cuda_launched("gap, backward", e);
}

__global__ static void drop_back(size_t n, float *dx, const float *dy, const float *mask)
{
    DORG_EACH(i, n) dx[i] = dy[i] * mask[i];
}

int dorg_cu_dropout_backward(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    if (!s->dx) return 0;
    DORG_LAUNCH(drop_back, s->g->stream, dorg_cu_in(s), s->dx, s->dy,
                (const float *)s->c->extra);
    return dorg_cuda_launched("dropout, backward", e);
}

/* ---- the step: v = momentum v - rate (grad + decay w), w = w + v
 * ------------------------------ */

__global__ static void step(size_t n, float *w, float *v, const float *grad, float rate,
                            float momentum, float decay)
{
    DORG_EACH(i, n)
    {
        v[i] = momentum * v[i] - rate * (grad[i] + decay * w[i]);
        w[i] += v[i];
    }
}

/* r = (1 - m) r + m b, the variance unbiased */
__global__ static void move_running(size_t maps, float *mean, const float *batch, float m,
                                    float unbias)
{
    DORG_EACH(c, maps)
    {
        float *var = mean + maps;
        mean[c] = (1 - m) * mean[c] + m * batch[c];
        var[c] = (1 - m) * var[c] + m * unbias * batch[maps + c];
    }
}

int dorg_cu_step(struct dorg_engine *g, int k, const struct dorg_sgd *sgd, int n,
                 struct dorg_err *e)
{
    const struct dorg_layer *l = &g->cfg.layer[k];
    const struct dorg_cu_layer *c = &g->layer[k];
    size_t weights = l->type == DORG_BNORM ? l->n_b : l->n_w; /* scale[c] only */
    if (weights)
        DORG_LAUNCH(step, g->stream, weights, g->w + c->w_at, g->v + c->w_at,
                    (const float *)g->grad + c->w_at, sgd->rate_w * l->rate_w, sgd->momentum,
                    sgd->decay * l->decay);
    if (l->n_b)
        DORG_LAUNCH(step, g->stream, l->n_b, g->w + c->b_at, g->v + c->b_at,
                    (const float *)g->grad + c->b_at, sgd->rate_b * l->rate_b, sgd->momentum,
                    0.0f);
    if (l->type == DORG_BNORM) {
        double count = (double)n * l->in[1] * l->in[2];
        float unbias = (float)(count > 1 ? count / (count - 1) : 1);
        DORG_LAUNCH(move_running, g->stream, l->n_b, g->w + c->w_at + l->n_b,
                    (const float *)c->extra, l->bn_momentum, unbias);
    }
    return dorg_cuda_launched("the step", e);
}
