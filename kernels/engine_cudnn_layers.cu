/* engine_cudnn_layers.cu - the layers without weights, forward; their meaning is that of
 * engine_ref_layers.c, number for number.  T is float or, when applying in bf16, half_t:
 * every sum and function is in float, and only what is stored is rounded. */
#include "engine_cudnn.h"

extern "C" {
#include "../libcommon/rng.h"
}

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

/* Run kernel<T> for the type the layer computes in. */
#define BY_TYPE(kernel, s, n, ...)                                                            \
    do {                                                                                      \
        if ((s)->c->half) {                                                                   \
            typedef half_t T;                                                                 \
            DORG_LAUNCH(kernel<T>, (s)->g->stream, n, __VA_ARGS__);                           \
        } else {                                                                              \
            typedef float T;                                                                  \
            DORG_LAUNCH(kernel<T>, (s)->g->stream, n, __VA_ARGS__);                           \
        }                                                                                     \
    } while (0)

/* ---- changing type -------------------------------------------------------------------- */

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

/* ---- bias, relu ------------------------------------------------------------------------ */

/* with rectify, the relu that follows is done on the way */
template <typename T>
__global__ static void add_bias(size_t n, T *y, const float *b, size_t maps, size_t plane,
                                bool rectify)
{
    DORG_EACH(i, n)
    {
        float v = get(y[i]) + b[i / plane % maps];
        put(&y[i], rectify && v < 0 ? 0 : v);
    }
}

/* Whether layer k is a relu that its predecessor's bias has done already. */
static bool done_before(const struct dorg_engine *g, int k)
{
    if (k < 1 || k >= g->cfg.n_layers || g->cfg.layer[k].type != DORG_RELU) return false;
    return g->cfg.layer[k - 1].type == DORG_CONV || g->cfg.layer[k - 1].type == DORG_FC;
}

int dorg_cu_add_bias(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    size_t plane = (size_t)s->l->out[1] * (size_t)s->l->out[2], n = dorg_cu_out(s);
    const float *b = s->g->w + s->c->b_at;
    bool rectify = done_before(s->g, s->k + 1);
    BY_TYPE(add_bias, s, n, (T *)s->y, b, (size_t)s->l->out[0], plane, rectify);
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
    if (done_before(s->g, s->k)) return 0;
    BY_TYPE(relu, s, dorg_cu_in(s), (T *)s->y, (const T *)s->x);
    return dorg_cuda_launched("relu", e);
}

/* ---- lrn -------------------------------------------------------------------------------- */

struct lrn {
    int maps, reach;
    size_t plane;
    float k, alpha, beta; /* alpha: over the size */
};

__device__ static float to_minus_beta(const struct lrn *p, float q)
{
    if (p->beta == 0.75f) {
        float root = sqrtf(q);
        return 1 / (root * sqrtf(root));
    }
    return powf(q, -p->beta);
}

template <typename T>
__global__ static void lrn_forward(size_t n, T *y, const T *x, struct lrn p)
{
    DORG_EACH(i, n)
    {
        int c = (int)(i / p.plane % (size_t)p.maps);
        int first = c > p.reach ? c - p.reach : 0;
        int last = c + p.reach < p.maps ? c + p.reach : p.maps - 1;
        const T *at = x + i - (size_t)c * p.plane;
        float sum = 0;
        for (int m = first; m <= last; m++) {
            float v = get(at[(size_t)m * p.plane]);
            sum += v * v;
        }
        put(&y[i], get(x[i]) * to_minus_beta(&p, p.k + p.alpha * sum));
    }
}

int dorg_cu_lrn_forward(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    const struct dorg_layer *l = s->l;
    struct lrn p = {l->in[0],
                    (l->lrn_size - 1) / 2,
                    (size_t)l->in[1] * (size_t)l->in[2],
                    l->lrn_k,
                    l->lrn_alpha / (float)l->lrn_size,
                    l->lrn_beta};
    BY_TYPE(lrn_forward, s, dorg_cu_in(s), (T *)s->y, (const T *)s->x, p);
    return dorg_cuda_launched("lrn", e);
}

/* ---- pool, gap ---------------------------------------------------------------------------
 */

struct pool {
    int in[2], out[2], kernel, stride; /* rows, columns */
};

template <typename T>
__global__ static void pool_forward(size_t n, T *y, const T *x, struct pool p)
{
    DORG_EACH(i, n)
    {
        int col = (int)(i % (size_t)p.out[1]),
            row = (int)(i / (size_t)p.out[1] % (size_t)p.out[0]);
        const T *at = x + i / ((size_t)p.out[0] * (size_t)p.out[1]) *
                              ((size_t)p.in[0] * (size_t)p.in[1]);
        int top = row * p.stride, left = col * p.stride;
        int bottom = top + p.kernel < p.in[0] ? top + p.kernel : p.in[0];
        int right = left + p.kernel < p.in[1] ? left + p.kernel : p.in[1];
        float best = get(at[(size_t)top * (size_t)p.in[1] + (size_t)left]);
        for (int u = top; u < bottom; u++)
            for (int v = left; v < right; v++) {
                float w = get(at[(size_t)u * (size_t)p.in[1] + (size_t)v]);
                best = w > best ? w : best;
            }
        put(&y[i], best);
    }
}

int dorg_cu_pool_forward(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    const struct dorg_layer *l = s->l;
    struct pool p = {{l->in[1], l->in[2]}, {l->out[1], l->out[2]}, l->kernel, l->stride};
    BY_TYPE(pool_forward, s, dorg_cu_out(s), (T *)s->y, (const T *)s->x, p);
    return dorg_cuda_launched("pool", e);
}

template <typename T>
__global__ static void gap_forward(size_t n, T *y, const T *x, size_t plane)
{
    DORG_EACH(i, n)
    {
        double sum = 0;
        for (size_t k = 0; k < plane; k++)
            sum += (double)get(x[i * plane + k]);
        put(&y[i], (float)(sum / (double)plane));
    }
}

int dorg_cu_gap_forward(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    size_t plane = (size_t)s->l->in[1] * (size_t)s->l->in[2];
    BY_TYPE(gap_forward, s, dorg_cu_out(s), (T *)s->y, (const T *)s->x, plane);
    return dorg_cuda_launched("gap", e);
}

/* ---- dropout -----------------------------------------------------------------------------
 */

/* Word t mod 4 of Philox(seed, DORG_RNG_DROPOUT, item, t / 4), as dorg_rng4. */
__device__ static uint32_t word_of(uint64_t seed, uint64_t item, uint64_t t)
{
    uint32_t c[4] = {(uint32_t)(t / 4), (uint32_t)item, (uint32_t)(item >> 32),
                     DORG_RNG_DROPOUT};
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c[0], p1 = (uint64_t)0xCD9E8D57u * c[2];
        uint32_t n0 = (uint32_t)(p1 >> 32) ^ c[1] ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c[3] ^ k1;
        c[1] = (uint32_t)p1;
        c[3] = (uint32_t)p0;
        c[0] = n0;
        c[2] = n2;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return t % 4 == 0 ? c[0] : t % 4 == 1 ? c[1] : t % 4 == 2 ? c[2] : c[3];
}

__global__ static void drop(size_t n, float *y, float *mask, const float *x, uint64_t seed,
                            uint64_t item, double below)
{
    DORG_EACH(i, n)
    {
        mask[i] = (double)word_of(seed, item, i) < below ? 1 : 0;
        y[i] = x[i] * mask[i];
    }
}

template <typename T> __global__ static void scale(size_t n, T *y, const T *x, float by)
{
    DORG_EACH(i, n) put(&y[i], get(x[i]) * by);
}

int dorg_cu_dropout_forward(const struct dorg_cu_pass *s, struct dorg_err *e)
{
    size_t n = dorg_cu_in(s);
    if (s->training) {
        uint64_t item = s->sgd->step * DORG_MAX_LAYERS + (uint64_t)s->k;
        double below = (double)s->l->keep * 4294967296.0;
        DORG_LAUNCH(drop, s->g->stream, n, (float *)s->y, s->c->extra, (const float *)s->x,
                    s->sgd->seed, item, below);
    } else {
        BY_TYPE(scale, s, n, (T *)s->y, (const T *)s->x, s->l->keep);
    }
    return dorg_cuda_launched("dropout", e);
}

/* ---- softmax and loss: float in, an image a thread ---------------------------------------
 */

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
                              const uint8_t *label, int classes, int real)
{
    DORG_EACH(i, n)
    {
        const float *at = z + i * (size_t)classes;
        float *to = dz + i * (size_t)classes;
        double all = log_sum_exp(at, classes);
        bool counts = i < (size_t)real;
        loss[i] = counts ? all - (double)at[label[i]] : 0;
        for (int k = 0; k < classes; k++)
            to[k] = counts ? (float)((exp((double)at[k] - all) - (k == label[i])) / real) : 0;
    }
}

int dorg_cu_loss(struct dorg_engine *g, float *dz, const float *z, int n, struct dorg_err *e)
{
    DORG_LAUNCH(losses, g->stream, (size_t)g->opts.max_batch, dz, g->sums, z,
                (const uint8_t *)g->label, g->cfg.classes, n);
    return dorg_cuda_launched("loss", e);
}
