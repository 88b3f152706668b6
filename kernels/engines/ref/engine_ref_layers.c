/* engine_ref_layers.c - the layers without weights: relu, lrn, pool, gap, dropout, softmax */
#include "engine_ref.h"
#include "../../../libcommon/base/mem.h"
#include "../../../libcommon/base/par.h"
#include "../../../libcommon/base/rng.h"

/* ---- relu: y = max(x, 0) ------------------------------------------------------------ */

static size_t numbers(const struct dorg_ref_pass *s)
{
    return s->n * dorg_layer_in(s->l);
}

int dorg_ref_relu_forward(struct dorg_ref_pass *s, struct dorg_err *e)
{
    (void)e;
    for (size_t i = 0, n = numbers(s); i < n; i++)
        s->y[i] = s->x[i] < 0 ? 0 : s->x[i]; /* NaN stays NaN */
    return 0;
}

int dorg_ref_relu_backward(struct dorg_ref_pass *s, struct dorg_err *e)
{
    (void)e;
    for (size_t i = 0, n = numbers(s); i < n && s->dx; i++)
        s->dx[i] = s->x[i] > 0 ? s->dy[i] : 0;
    return 0;
}

/* ---- lrn, per position, W(c) the maps within (size - 1) / 2 of c:
 *
 *   y[c] = x[c] q[c]^-beta,   q[c] = k + alpha / size sum_{W(c)} x^2
 *   dx[c] = dy[c] q[c]^-beta - 2 alpha beta / size x[c] sum_{W(c)} dy x q^(-beta - 1)
 *
 * Source: Krizhevsky et al. 2012, sec. 3.3, with cuda-convnet2's division by size. */

static float to_minus_beta(const struct dorg_layer *l, float q)
{
    if (l->lrn_beta == 0.75f) {
        float root = sqrtf(q);
        return 1 / (root * sqrtf(root));
    }
    return powf(q, -l->lrn_beta);
}

struct stack { /* the maps of one image */
    size_t maps, plane;
    const float *x;
};

static float q_at(const struct stack *t, const struct dorg_layer *l, size_t c, size_t i)
{
    size_t reach = (size_t)(l->lrn_size - 1) / 2, first = c > reach ? c - reach : 0;
    size_t last = c + reach < t->maps ? c + reach : t->maps - 1;
    float sum = 0;
    for (size_t m = first; m <= last; m++)
        sum += t->x[m * t->plane + i] * t->x[m * t->plane + i];
    return l->lrn_k + l->lrn_alpha / (float)l->lrn_size * sum;
}

static struct stack stack_of(const struct dorg_ref_pass *s, size_t n)
{
    struct stack t = {(size_t)s->l->in[0], dorg_area(s->l->in + 1),
                      s->x + n * dorg_layer_in(s->l)};
    return t;
}

static int lrn_forward(void *ctx, size_t n, size_t worker, struct dorg_err *e)
{
    struct dorg_ref_pass *s = ctx;
    struct stack t = stack_of(s, n);
    float *y = s->y + n * dorg_layer_in(s->l);
    (void)worker, (void)e;
    for (size_t c = 0; c < t.maps; c++)
        for (size_t i = 0; i < t.plane; i++)
            y[c * t.plane + i] =
                t.x[c * t.plane + i] * to_minus_beta(s->l, q_at(&t, s->l, c, i));
    return 0;
}

static int lrn_backward(void *ctx, size_t n, size_t worker, struct dorg_err *e)
{
    struct dorg_ref_pass *s = ctx;
    const struct dorg_layer *l = s->l;
    struct stack t = stack_of(s, n);
    size_t size = dorg_layer_in(l), reach = (size_t)(l->lrn_size - 1) / 2;
    float *r = s->scratch + worker * s->scratch_size; /* dy x q^(-beta - 1) */
    float *dx = s->dx + n * size;
    const float *dy = s->dy + n * size;
    float factor = 2 * l->lrn_alpha * l->lrn_beta / (float)l->lrn_size;
    (void)e;
    for (size_t c = 0; c < t.maps; c++)
        for (size_t i = 0, k = c * t.plane; i < t.plane; i++, k++) {
            float q = q_at(&t, l, c, i), scale = to_minus_beta(l, q);
            r[k] = dy[k] * t.x[k] * scale / q;
            dx[k] = dy[k] * scale;
        }
    for (size_t c = 0; c < t.maps; c++) {
        size_t first = c > reach ? c - reach : 0;
        size_t last = c + reach < t.maps ? c + reach : t.maps - 1;
        for (size_t i = 0, k = c * t.plane; i < t.plane; i++, k++) {
            float sum = 0;
            for (size_t m = first; m <= last; m++)
                sum += r[m * t.plane + i];
            dx[k] -= factor * t.x[k] * sum;
        }
    }
    return 0;
}

int dorg_ref_lrn_forward(struct dorg_ref_pass *s, struct dorg_err *e)
{
    return dorg_par(s->n, s->jobs, lrn_forward, s, e);
}

int dorg_ref_lrn_backward(struct dorg_ref_pass *s, struct dorg_err *e)
{
    return s->dx ? dorg_par(s->n, s->jobs, lrn_backward, s, e) : 0;
}

/* ---- pool: the largest number of each window; windows may overhang right and bottom.
 * Backward, the first of equal maxima in row order takes it all. */

/* Index, in its plane, of the largest number of the window of output (i, j). */
static size_t largest(const struct dorg_layer *l, const float *x, int i, int j)
{
    int bottom = i * l->stride + l->kernel, right = j * l->stride + l->kernel;
    if (bottom > l->in[1]) bottom = l->in[1];
    if (right > l->in[2]) right = l->in[2];
    size_t best = dorg_pixel(l->in[2], j * l->stride, i * l->stride);
    for (int u = i * l->stride; u < bottom; u++)
        for (int v = j * l->stride; v < right; v++) {
            size_t k = dorg_pixel(l->in[2], v, u);
            if (x[k] > x[best]) best = k;
        }
    return best;
}

/* item: one plane */
static int pool_plane(void *ctx, size_t item, size_t worker, struct dorg_err *e)
{
    struct dorg_ref_pass *s = ctx;
    const struct dorg_layer *l = s->l;
    size_t from = dorg_area(l->in + 1), to = dorg_area(l->out + 1);
    const float *x = s->x + item * from;
    (void)worker, (void)e;
    if (s->dx) memset(s->dx + item * from, 0, from * sizeof *s->dx);
    for (int i = 0; i < l->out[1]; i++)
        for (int j = 0; j < l->out[2]; j++) {
            size_t k = item * to + dorg_pixel(l->out[2], j, i);
            size_t best = largest(l, x, i, j);
            if (s->dx)
                s->dx[item * from + best] += s->dy[k];
            else
                s->y[k] = x[best];
        }
    return 0;
}

int dorg_ref_pool_forward(struct dorg_ref_pass *s, struct dorg_err *e)
{
    return dorg_par(s->n * (size_t)s->l->in[0], s->jobs, pool_plane, s, e);
}

int dorg_ref_pool_backward(struct dorg_ref_pass *s, struct dorg_err *e)
{
    return s->dx ? dorg_ref_pool_forward(s, e) : 0;
}

/* ---- gap: the mean of each map -------------------------------------------------------- */

int dorg_ref_gap_forward(struct dorg_ref_pass *s, struct dorg_err *e)
{
    size_t plane = dorg_area(s->l->in + 1);
    (void)e;
    for (size_t k = 0, n = s->n * (size_t)s->l->in[0]; k < n; k++) {
        double sum = 0;
        for (size_t i = 0; i < plane; i++)
            sum += (double)s->x[k * plane + i];
        s->y[k] = (float)(sum / (double)plane);
    }
    return 0;
}

int dorg_ref_gap_backward(struct dorg_ref_pass *s, struct dorg_err *e)
{
    size_t plane = dorg_area(s->l->in + 1);
    (void)e;
    for (size_t k = 0, n = numbers(s); k < n && s->dx; k++)
        s->dx[k] = s->dy[k / plane] / (float)plane;
    return 0;
}

/* ---- dropout: training: y = mask x; applying: y = keep x.  Source: Hinton et al. 2012 --- */

void dorg_dropout_mask(float *mask, uint64_t first, size_t count, float keep,
                       const struct dorg_sgd *sgd, int layer)
{
    uint64_t item = sgd->step * DORG_MAX_LAYERS + (uint64_t)layer;
    double below = (double)keep * 0x1p32;
    uint32_t word[4];
    for (size_t i = 0; i < count; i++) {
        uint64_t t = first + i;
        if (i == 0 || t % 4 == 0)
            dorg_rng4(word, sgd->seed, DORG_RNG_DROPOUT, item, (uint32_t)(t / 4));
        mask[i] = (double)word[t % 4] < below ? 1 : 0;
    }
}

int dorg_ref_dropout_forward(struct dorg_ref_pass *s, struct dorg_err *e)
{
    size_t n = numbers(s);
    (void)e;
    if (s->training) dorg_dropout_mask(s->extra, 0, n, s->l->keep, s->sgd, s->k);
    for (size_t i = 0; i < n; i++)
        s->y[i] = s->x[i] * (s->training ? s->extra[i] : s->l->keep);
    return 0;
}

int dorg_ref_dropout_backward(struct dorg_ref_pass *s, struct dorg_err *e)
{
    (void)e;
    for (size_t i = 0, n = numbers(s); i < n && s->dx; i++)
        s->dx[i] = s->dy[i] * s->extra[i];
    return 0;
}

/* ---- softmax: p[k] = exp(z[k]) / sum exp(z), shifted by the largest z; log loss --------- */

static double log_sum_exp(const float *z, size_t classes)
{
    float top = z[0];
    double sum = 0;
    for (size_t k = 1; k < classes; k++)
        if (z[k] > top) top = z[k];
    for (size_t k = 0; k < classes; k++)
        sum += exp((double)z[k] - (double)top);
    return log(sum) + (double)top;
}

int dorg_ref_softmax_forward(struct dorg_ref_pass *s, struct dorg_err *e)
{
    size_t classes = dorg_layer_in(s->l);
    (void)e;
    for (size_t n = 0; n < s->n; n++) {
        const float *z = s->x + n * classes;
        double all = log_sum_exp(z, classes);
        for (size_t k = 0; k < classes; k++)
            s->y[n * classes + k] = (float)exp((double)z[k] - all);
    }
    return 0;
}

double dorg_ref_loss(float *dz, const float *z, const uint8_t *label, size_t n, size_t classes)
{
    double loss = 0;
    for (size_t i = 0; i < n; i++, z += classes, dz += classes) {
        double all = log_sum_exp(z, classes);
        loss += all - (double)z[label[i]];
        for (size_t k = 0; k < classes; k++)
            dz[k] = (float)((exp((double)z[k] - all) - (k == label[i])) / (double)n);
    }
    return loss / (double)n;
}
