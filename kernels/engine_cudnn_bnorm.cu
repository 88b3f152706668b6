/* engine_cudnn_bnorm.cu - sums over maps: batch normalisation (engine_ref_bnorm.c) and the
 * gradients of biases.
 *
 * A map's numbers are summed in DORG_CU_PARTS interleaved parts, in double, and the parts in
 * order: neighbouring threads read neighbouring numbers, and the sum is always the same. */
#include "engine_cudnn.h"

struct maps {
    size_t maps, plane, images; /* only the first `images` count */
};

static struct maps maps_of(const struct dorg_cu_pass *s)
{
    struct maps m = {(size_t)s->l->out[0], (size_t)s->l->out[1] * (size_t)s->l->out[2],
                     (size_t)s->n};
    return m;
}

/* Where number j of map c is. */
__device__ static size_t place(const struct maps *m, size_t c, size_t j)
{
    return (j / m->plane * m->maps + c) * m->plane + j % m->plane;
}

__global__ static void sum_parts(size_t n, double *part, const float *a, struct maps m)
{
    DORG_EACH(i, n)
    {
        double sum = 0;
        size_t c = i / DORG_CU_PARTS;
        for (size_t j = i % DORG_CU_PARTS; j < m.images * m.plane; j += DORG_CU_PARTS)
            sum += (double)a[place(&m, c, j)];
        part[i] = sum;
    }
}

/* sum of (x - mean)^2, or with a given of a (x - mean) */
__global__ static void moment_parts(size_t n, double *part, const float *a, const float *x,
                                    const float *mean, struct maps m)
{
    DORG_EACH(i, n)
    {
        double sum = 0;
        size_t c = i / DORG_CU_PARTS;
        for (size_t j = i % DORG_CU_PARTS; j < m.images * m.plane; j += DORG_CU_PARTS) {
            size_t at = place(&m, c, j);
            double d = (double)x[at] - (double)mean[c];
            sum += (a ? (double)a[at] : d) * d;
        }
        part[i] = sum;
    }
}

/* to[c] = the sum of map c's parts, over `by` */
__global__ static void fold(size_t maps, float *to, const double *part, double by)
{
    DORG_EACH(c, maps)
    {
        double sum = 0;
        for (size_t j = 0; j < DORG_CU_PARTS; j++)
            sum += part[c * DORG_CU_PARTS + j];
        to[c] = (float)(sum / by);
    }
}

int dorg_cu_bias_gradient(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    struct dorg_engine *g = s->g;
    struct maps m = maps_of(s);
    DORG_LAUNCH(sum_parts, g->stream, m.maps * DORG_CU_PARTS, g->sums, s->dy, m);
    DORG_LAUNCH(fold, g->stream, m.maps, g->grad + s->c->b_at, (const double *)g->sums, 1.0);
    return dorg_cuda_launched("bias, backward", e);
}

/* ---- forward -------------------------------------------------------------------------------
 */

__device__ static float get(float x)
{
    return x;
}
__device__ static float get(half_t x)
{
    return __bfloat162float(x);
}
__device__ static void put(float *to, float x)
{
    *to = x;
}
__device__ static void put(half_t *to, float x)
{
    *to = __float2bfloat16(x);
}

/* stat: mean[maps], variance[maps] */
template <typename T>
__global__ static void normalise(size_t n, T *y, const T *x, const float *stat,
                                 const float *scale, const float *shift, struct maps m,
                                 float eps)
{
    DORG_EACH(i, n)
    {
        size_t c = i / m.plane % m.maps;
        double inverse = 1 / sqrt((double)stat[m.maps + c] + (double)eps);
        float by = (float)(inverse * (double)scale[c]);
        put(&y[i], (get(x[i]) - stat[c]) * by + shift[c]);
    }
}

static int statistics(const struct dorg_cu_pass *s, const struct maps *m, struct dorg_err *e)
{
    struct dorg_engine *g = s->g;
    const float *x = (const float *)s->x;
    double count = (double)m->images * (double)m->plane;
    size_t parts = m->maps * DORG_CU_PARTS;
    float *mean = s->c->extra;
    DORG_LAUNCH(sum_parts, g->stream, parts, g->sums, x, *m);
    DORG_LAUNCH(fold, g->stream, m->maps, mean, (const double *)g->sums, count);
    DORG_LAUNCH(moment_parts, g->stream, parts, g->sums, (const float *)NULL, x,
                (const float *)mean, *m);
    DORG_LAUNCH(fold, g->stream, m->maps, mean + m->maps, (const double *)g->sums, count);
    return dorg_cuda_launched("bnorm, statistics", e);
}

int dorg_cu_bnorm_forward(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    struct dorg_engine *g = s->g;
    struct maps m = maps_of(s);
    const float *scale = g->w + s->c->w_at, *shift = g->w + s->c->b_at;
    const float *stat = s->training ? s->c->extra : scale + m.maps;
    if (s->training && statistics(s, &m, e)) return e->code;
    if (s->c->half)
        DORG_LAUNCH(normalise<half_t>, g->stream, dorg_cu_in(s), (half_t *)s->y,
                    (const half_t *)s->x, stat, scale, shift, m, s->l->bn_eps);
    else
        DORG_LAUNCH(normalise<float>, g->stream, dorg_cu_in(s), (float *)s->y,
                    (const float *)s->x, stat, scale, shift, m, s->l->bn_eps);
    return dorg_cuda_launched("bnorm", e);
}

/* ---- backward ------------------------------------------------------------------------------
 */

/* dscale: still without the factor 1 / sqrt(var + eps) */
__global__ static void finish_scale(size_t maps, float *dscale, const float *stat, float eps)
{
    DORG_EACH(c, maps)
    {
        dscale[c] = (float)((double)dscale[c] / sqrt((double)stat[maps + c] + (double)eps));
        dscale[maps + c] = dscale[2 * maps + c] = 0; /* the running statistics' gradient */
    }
}

__global__ static void normalise_back(size_t n, float *dx, const float *dy, const float *x,
                                      const float *stat, const float *scale,
                                      const float *dscale, const float *dshift, struct maps m,
                                      float eps)
{
    DORG_EACH(i, n)
    {
        size_t c = i / m.plane % m.maps;
        double inverse = 1 / sqrt((double)stat[m.maps + c] + (double)eps);
        double count = (double)m.images * (double)m.plane;
        double h = ((double)x[i] - (double)stat[c]) * inverse;
        double d = (double)dy[i] - (double)dshift[c] / count - h * (double)dscale[c] / count;
        bool real = i / (m.plane * m.maps) < m.images;
        dx[i] = real ? (float)((double)scale[c] * inverse * d) : 0;
    }
}

int dorg_cu_bnorm_backward(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    struct dorg_engine *g = s->g;
    struct maps m = maps_of(s);
    const float *x = (const float *)s->x, *stat = s->c->extra;
    float *dscale = g->grad + s->c->w_at, *dshift = g->grad + s->c->b_at;
    size_t parts = m.maps * DORG_CU_PARTS;
    if (dorg_cu_bias_gradient(s, e)) return e->code;
    DORG_LAUNCH(moment_parts, g->stream, parts, g->sums, s->dy, x, stat, m);
    DORG_LAUNCH(fold, g->stream, m.maps, dscale, (const double *)g->sums, 1.0);
    DORG_LAUNCH(finish_scale, g->stream, m.maps, dscale, stat, s->l->bn_eps);
    if (s->dx)
        DORG_LAUNCH(normalise_back, g->stream, dorg_cu_in(s), s->dx, s->dy, x, stat,
                    (const float *)g->w + s->c->w_at, (const float *)dscale,
                    (const float *)dshift, m, s->l->bn_eps);
    return dorg_cuda_launched("bnorm, backward", e);
}
