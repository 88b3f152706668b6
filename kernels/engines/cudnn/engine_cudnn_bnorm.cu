/* engine_cudnn_bnorm.cu - sums over maps: batch normalisation (engine_ref_bnorm.c) and the
 * gradients of biases.
 *
 * A map's numbers are summed in interleaved parts, in double, the parts in groups, and the
 * groups in order: neighbouring threads read neighbouring numbers, no thread has many, and
 * the sum is always the same. */
#include "engine_cudnn.h"

struct maps {
    struct dorg_cu_lay lay;
    size_t count; /* numbers of a map in the images that count */
    size_t parts; /* a power of 2 */
};

static size_t parts_of(size_t count)
{
    size_t parts = DORG_CU_GROUPS;
    while (parts < DORG_CU_PARTS && parts * 128 < count)
        parts *= 2;
    return parts;
}

static struct maps maps_of(const struct dorg_cu_pass *s)
{
    struct dorg_cu_lay l = dorg_cu_lay(s->l->out, s->g->last);
    size_t count = (size_t)s->n * l.plane;
    struct maps m = {l, count, parts_of(count)};
    return m;
}

/* Where number j of map c is. */
__device__ static size_t place(const struct maps *m, size_t c, size_t j)
{
    uint32_t image = (uint32_t)j / m->lay.plane, at = (uint32_t)j % m->lay.plane;
    return (size_t)image * m->lay.maps * m->lay.plane + c * m->lay.map_step +
           (size_t)at * m->lay.at_step;
}

/* Piece i of all maps' parts: its map and its first number.  Neighbouring threads are to read
 * neighbouring numbers, be they of one map or of one position. */
__device__ static size_t part_map(const struct maps *m, size_t i)
{
    return m->lay.map_step == 1 ? i % m->lay.maps : i / m->parts;
}
__device__ static size_t part_first(const struct maps *m, size_t i)
{
    return m->lay.map_step == 1 ? i / m->lay.maps : i % m->parts;
}

template <typename T>
__global__ static void sum_parts(size_t n, double *part, const T *a, struct maps m)
{
    DORG_EACH(i, n)
    {
        double sum = 0;
        size_t c = part_map(&m, i), first = part_first(&m, i);
        for (size_t j = first; j < m.count; j += m.parts)
            sum += (double)get(a[place(&m, c, j)]);
        part[c * m.parts + first] = sum;
    }
}

/* sum of (x - mean)^2, or with a given of a (x - mean) */
template <typename T>
__global__ static void moment_parts(size_t n, double *part, const T *a, const T *x,
                                    const float *mean, struct maps m)
{
    DORG_EACH(i, n)
    {
        double sum = 0;
        size_t c = part_map(&m, i), first = part_first(&m, i);
        for (size_t j = first; j < m.count; j += m.parts) {
            size_t at = place(&m, c, j);
            double d = (double)get(x[at]) - (double)mean[c];
            sum += (a ? (double)get(a[at]) : d) * d;
        }
        part[c * m.parts + first] = sum;
    }
}

/* to[i] = the sum of a run of `many` numbers, over `by` */
template <typename T>
__global__ static void fold(size_t n, T *to, const double *from, size_t many, double by)
{
    DORG_EACH(i, n)
    {
        double sum = 0;
        for (size_t j = 0; j < many; j++)
            sum += from[i * many + j];
        to[i] = (T)(sum / by);
    }
}

/* to[c] = the sum of map c's parts in g->sums, over `by` */
static void fold_up(struct dorg_engine *g, float *to, const struct maps *m, double by)
{
    size_t maps = m->lay.maps;
    const double *from = g->sums;
    if (m->parts > DORG_CU_GROUPS) {
        double *groups = g->sums + maps * m->parts;
        DORG_LAUNCH(fold<double>, g->stream, maps * DORG_CU_GROUPS, groups, from,
                    m->parts / DORG_CU_GROUPS, 1.0);
        from = groups;
    }
    DORG_LAUNCH(fold<float>, g->stream, maps, to, from, (size_t)DORG_CU_GROUPS, by);
}

int dorg_cu_bias_gradient(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    struct dorg_engine *g = s->g;
    struct maps m = maps_of(s);
    size_t maps = m.lay.maps;
    DORG_BY_TYPE(sum_parts, s, maps * m.parts, g->sums, (const T *)s->dy, m);
    fold_up(g, g->grad + s->c->b_at, &m, 1);
    return dorg_cuda_launched("bias, backward", e);
}

/* ---- forward ---------------------------------------------------------------------------- */

/* stat: mean[maps], variance[maps] */
template <typename T>
__global__ static void normalise(size_t n, T *y, const T *x, const float *stat,
                                 const float *scale, const float *shift, struct dorg_cu_lay l,
                                 float eps)
{
    DORG_EACH(i, n)
    {
        uint32_t c = map_of(&l, i);
        double inverse = 1 / sqrt((double)stat[l.maps + c] + (double)eps);
        float by = (float)(inverse * (double)scale[c]);
        put(&y[i], (get(x[i]) - stat[c]) * by + shift[c]);
    }
}

static int statistics(const struct dorg_cu_pass *s, const struct maps *m, struct dorg_err *e)
{
    struct dorg_engine *g = s->g;
    double count = (double)m->count;
    size_t maps = m->lay.maps, parts = maps * m->parts;
    float *mean = s->c->extra;
    DORG_BY_TYPE(sum_parts, s, parts, g->sums, (const T *)s->x, *m);
    fold_up(g, mean, m, count);
    DORG_BY_TYPE(moment_parts, s, parts, g->sums, (const T *)NULL, (const T *)s->x,
                 (const float *)mean, *m);
    fold_up(g, mean + maps, m, count);
    return dorg_cuda_launched("bnorm, statistics", e);
}

int dorg_cu_bnorm_forward(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    struct maps m = maps_of(s);
    const float *scale = s->g->w + s->c->w_at, *shift = s->g->w + s->c->b_at;
    const float *stat = s->training ? s->c->extra : scale + m.lay.maps;
    if (s->training && statistics(s, &m, e)) return e->code;
    DORG_BY_TYPE(normalise, s, dorg_cu_in(s), (T *)s->y, (const T *)s->x, stat, scale, shift,
                 m.lay, s->l->bn_eps);
    return dorg_cuda_launched("bnorm", e);
}

/* ---- backward --------------------------------------------------------------------------- */

/* dscale: still without the factor 1 / sqrt(var + eps) */
__global__ static void finish_scale(size_t maps, float *dscale, const float *stat, float eps)
{
    DORG_EACH(c, maps)
    {
        dscale[c] = (float)((double)dscale[c] / sqrt((double)stat[maps + c] + (double)eps));
        dscale[maps + c] = dscale[2 * maps + c] = 0; /* the running statistics' gradient */
    }
}

template <typename T>
__global__ static void
normalise_back(size_t n, T *dx, const T *dy, const T *x, const float *stat, const float *scale,
               const float *dscale, const float *dshift, struct maps m, float eps)
{
    DORG_EACH(i, n)
    {
        uint32_t c = map_of(&m.lay, i);
        double inverse = 1 / sqrt((double)stat[m.lay.maps + c] + (double)eps);
        double count = (double)m.count;
        double h = ((double)get(x[i]) - (double)stat[c]) * inverse;
        double d =
            (double)get(dy[i]) - (double)dshift[c] / count - h * (double)dscale[c] / count;
        bool real = (size_t)image_of(&m.lay, i) * m.lay.plane < m.count;
        put(&dx[i], real ? (float)((double)scale[c] * inverse * d) : 0);
    }
}

int dorg_cu_bnorm_backward(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    struct dorg_engine *g = s->g;
    struct maps m = maps_of(s);
    size_t maps = m.lay.maps;
    const float *stat = s->c->extra;
    float *dscale = g->grad + s->c->w_at, *dshift = g->grad + s->c->b_at;
    if (dorg_cu_bias_gradient(s, e)) return e->code;
    DORG_BY_TYPE(moment_parts, s, maps * m.parts, g->sums, (const T *)s->dy, (const T *)s->x,
                 stat, m);
    fold_up(g, dscale, &m, 1);
    DORG_LAUNCH(finish_scale, g->stream, maps, dscale, stat, s->l->bn_eps);
    if (s->dx)
        DORG_BY_TYPE(normalise_back, s, dorg_cu_in(s), (T *)s->dx, (const T *)s->dy,
                     (const T *)s->x, stat, (const float *)g->w + s->c->w_at,
                     (const float *)dscale, (const float *)dshift, m, s->l->bn_eps);
    return dorg_cuda_launched("bnorm, backward", e);
}
