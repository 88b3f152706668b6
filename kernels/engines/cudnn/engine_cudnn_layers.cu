/* engine_cudnn_layers.cu - the layers without weights, forward; their meaning is that of
 * engine_ref_layers.c, number for number.  T is float or, in bf16, half_t: every sum and
 * function is in float, and only what is stored is rounded. */
#include "engine_cudnn_window.h"

extern "C" {
#include "../../../libcommon/base/rng.h"
}

/* ---- changing type and order ------------------------------------------------------------ */

__global__ static void halve(size_t n, half_t *to, const float *from)
{
    DORG_EACH(i, n) to[i] = __float2bfloat16(from[i]);
}

__global__ static void widen(size_t n, float *to, const half_t *from)
{
    DORG_EACH(i, n) to[i] = __bfloat162float(from[i]);
}

int dorg_cu_to_half(half_t *to, const float *from, size_t n, cudaStream_t s,
                    struct dorg_err *e)
{
    DORG_LAUNCH(halve, s, n, to, from);
    return dorg_cuda_launched("rounding to bf16", e);
}

int dorg_cu_to_float(float *to, const half_t *from, size_t n, cudaStream_t s,
                     struct dorg_err *e)
{
    DORG_LAUNCH(widen, s, n, to, from);
    return dorg_cuda_launched("widening bf16", e);
}

template <typename T>
__global__ static void take_in(size_t n, T *to, const float *from, struct dorg_cu_lay l)
{
    DORG_EACH(i, n) put(&to[i], from[plain_of(&l, i)]);
}

int dorg_cu_take_in(struct dorg_engine *g, struct dorg_err *e)
{
    const struct dorg_layer *l = &g->cfg.layer[0];
    struct dorg_cu_pass s = {};
    if (g->input == g->x) return 0;
    s.g = g;
    s.l = l;
    s.c = &g->layer[0];
    DORG_BY_TYPE(take_in, &s, dorg_cu_in(&s), (T *)g->input, (const float *)g->x,
                 dorg_cu_lay(l->in, g->last));
    return dorg_cuda_launched("images", e);
}

/* ---- bias, relu ------------------------------------------------------------------------ */

/* with rectify, the relu that follows is done on the way */
template <typename T>
__global__ static void add_bias(size_t n, T *y, const float *b, struct dorg_cu_lay l,
                                bool rectify)
{
    DORG_EACH(i, n)
    {
        float v = get(y[i]) + b[map_of(&l, i)];
        put(&y[i], rectify && v < 0 ? 0 : v);
    }
}

bool dorg_cu_done_before(const struct dorg_engine *g, int k)
{
    if (k < 1 || k >= g->cfg.n_layers || g->cfg.layer[k].type != DORG_RELU) return false;
    return g->cfg.layer[k - 1].type == DORG_CONV || g->cfg.layer[k - 1].type == DORG_FC;
}

int dorg_cu_add_bias(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    const float *b = s->g->w + s->c->b_at;
    bool rectify = dorg_cu_done_before(s->g, s->k + 1);
    DORG_BY_TYPE(add_bias, s, dorg_cu_out(s), (T *)s->y, b, dorg_cu_lay(s->l->out, s->g->last),
                 rectify);
    return dorg_cuda_launched("bias", e);
}

/* y may be x */
template <typename T> __global__ static void relu(size_t n, T *y, const T *x)
{
    DORG_EACH(i, n)
    {
        float v = get(x[i]);
        put(&y[i], v < 0 ? 0 : v); /* NaN stays NaN */
    }
}

int dorg_cu_relu_forward(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    if (dorg_cu_done_before(s->g, s->k)) return 0;
    DORG_BY_TYPE(relu, s, dorg_cu_in(s), (T *)s->y, (const T *)s->x);
    return dorg_cuda_launched("relu", e);
}

/* ---- lrn -------------------------------------------------------------------------------- */

template <typename T>
__global__ static void lrn_forward(size_t n, T *y, const T *x, struct lrn p)
{
    DORG_EACH(i, n)
    {
        put(&y[i], get(x[i]) * to_minus_beta(&p, lrn_q(&p, x, i)));
    }
}

int dorg_cu_lrn_forward(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    struct lrn p = lrn_of(s);
    DORG_BY_TYPE(lrn_forward, s, dorg_cu_in(s), (T *)s->y, (const T *)s->x, p);
    return dorg_cuda_launched("lrn", e);
}

/* ---- pool, gap -------------------------------------------------------------------------- */

/* won: which of its window each output is, or NULL */
template <typename T>
__global__ static void pool_forward(size_t n, T *y, uint16_t *won, const T *x, struct pool p)
{
    DORG_EACH(i, n)
    {
        int at = (int)at_of(&p.to, i), row = at / p.out[1], col = at % p.out[1];
        const T *map = x + (size_t)image_of(&p.to, i) * p.from.maps * p.from.plane +
                       (size_t)map_of(&p.to, i) * p.from.map_step;
        int top = row * p.stride, left = col * p.stride;
        int bottom = top + p.kernel < p.in[0] ? top + p.kernel : p.in[0];
        int right = left + p.kernel < p.in[1] ? left + p.kernel : p.in[1];
        float best = get(map[(size_t)(top * p.in[1] + left) * p.from.at_step]);
        int which = 0;
        for (int u = top; u < bottom; u++)
            for (int v = left; v < right; v++) {
                float w = get(map[(size_t)(u * p.in[1] + v) * p.from.at_step]);
                if (!(w > best)) continue; /* of equal ones the first */
                best = w;
                which = (u - top) * p.kernel + v - left;
            }
        put(&y[i], best);
        if (won) won[i] = (uint16_t)which;
    }
}

int dorg_cu_pool_forward(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    struct pool p = pool_of(s);
    DORG_BY_TYPE(pool_forward, s, dorg_cu_out(s), (T *)s->y,
                 s->training ? (uint16_t *)s->c->extra : (uint16_t *)NULL, (const T *)s->x, p);
    return dorg_cuda_launched("pool", e);
}

template <typename T>
__global__ static void gap_forward(size_t n, T *y, const T *x, struct dorg_cu_lay l)
{
    DORG_EACH(i, n)
    {
        double sum = 0;
        const T *map = x + i / l.maps * l.maps * l.plane + i % l.maps * l.map_step;
        for (size_t k = 0; k < l.plane; k++)
            sum += (double)get(map[k * l.at_step]);
        put(&y[i], (float)(sum / (double)l.plane));
    }
}

int dorg_cu_gap_forward(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    DORG_BY_TYPE(gap_forward, s, dorg_cu_out(s), (T *)s->y, (const T *)s->x,
                 dorg_cu_lay(s->l->in, s->g->last));
    return dorg_cuda_launched("gap", e);
}

/* ---- dropout ---------------------------------------------------------------------------- */

/* The mask is that of the image's number in the whole batch, whichever device has it. */
template <typename T>
__global__ static void drop(size_t n, T *y, float *mask, const T *x,
                            const struct dorg_cu_now *now, int layer, double below,
                            struct dorg_cu_lay l)
{
    DORG_EACH(i, n)
    {
        uint32_t word[4];
        uint64_t t = now->first * l.maps * l.plane + plain_of(&l, i);
        uint64_t item = now->step * DORG_MAX_LAYERS + (uint64_t)layer;
        dorg_cu_rng4(word, now->seed, DORG_RNG_DROPOUT, item, (uint32_t)(t / 4));
        int w = (int)(t % 4);
        uint32_t drawn = w == 0 ? word[0] : w == 1 ? word[1] : w == 2 ? word[2] : word[3];
        mask[i] = (double)drawn < below ? 1 : 0;
        put(&y[i], get(x[i]) * mask[i]);
    }
}

template <typename T> __global__ static void scale(size_t n, T *y, const T *x, float by)
{
    DORG_EACH(i, n) put(&y[i], get(x[i]) * by);
}

int dorg_cu_dropout_forward(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    size_t n = dorg_cu_in(s);
    if (s->training)
        DORG_BY_TYPE(drop, s, n, (T *)s->y, s->c->extra, (const T *)s->x,
                     (const struct dorg_cu_now *)s->g->now, s->k,
                     (double)s->l->keep * 4294967296.0, dorg_cu_lay(s->l->in, s->g->last));
    else
        DORG_BY_TYPE(scale, s, n, (T *)s->y, (const T *)s->x, s->l->keep);
    return dorg_cuda_launched("dropout", e);
}

/* ---- softmax and loss: float in, an image a thread -------------------------------------- */

__device__ static double log_sum_exp(const float *z, int classes)
{
    float top = z[0];
    double sum = 0;
    for (int k = 1; k < classes; k++)
        if (z[k] > top) top = z[k];
    for (int k = 0; k < classes; k++)
        sum += exp((double)z[k] - (double)top);
    return log(sum) + (double)top;
}

__global__ static void softmax(size_t n, float *p, const float *z, int classes)
{
    DORG_EACH(i, n)
    {
        const float *at = z + i * (size_t)classes;
        double all = log_sum_exp(at, classes);
        for (int k = 0; k < classes; k++)
            p[i * (size_t)classes + (size_t)k] = (float)exp((double)at[k] - all);
    }
}

int dorg_cu_softmax_forward(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    DORG_LAUNCH(softmax, s->g->stream, (size_t)s->g->opts.max_batch, (float *)s->y,
                (const float *)s->x, s->l->in[0]);
    return dorg_cuda_launched("softmax", e);
}

__global__ static void losses(size_t n, float *dz, double *loss, const float *z,
                              const uint8_t *label, int classes, int real, int over)
{
    DORG_EACH(i, n)
    {
        const float *at = z + i * (size_t)classes;
        float *to = dz + i * (size_t)classes;
        double all = log_sum_exp(at, classes);
        bool counts = i < (size_t)real;
        loss[i] = counts ? all - (double)at[label[i]] : 0;
        for (int k = 0; k < classes; k++)
            to[k] = counts ? (float)((exp((double)at[k] - all) - (k == label[i])) / over) : 0;
    }
}

/* in order, by one thread: the same sum always */
__global__ static void add_up(size_t n, double *total, const double *loss, size_t images)
{
    DORG_EACH(i, n)
    {
        double sum = 0;
        for (size_t j = 0; j < images; j++)
            sum += loss[j];
        total[i] = sum;
    }
}

int dorg_cu_loss(struct dorg_engine *g, float *dz, const float *z, int n, int all,
                 struct dorg_err *e)
{
    DORG_LAUNCH(losses, g->stream, (size_t)g->opts.max_batch, dz, g->sums, z,
                (const uint8_t *)g->label, g->cfg.classes, n, all);
    DORG_LAUNCH(add_up, g->stream, (size_t)1, g->total, (const double *)g->sums, (size_t)n);
    return dorg_cuda_launched("loss", e);
}
