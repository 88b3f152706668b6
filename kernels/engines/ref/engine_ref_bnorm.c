/* engine_ref_bnorm.c - batch normalisation, per map c over images and positions:
 *
 *   y = scale[c] h + shift[c],   h = (x - mean) / sqrt(var + eps)
 *
 * in training with the batch's mean and biased variance, else with the running ones.
 * Backward, m numbers a map:  dscale = sum dy h,  dshift = sum dy,
 *   dx = scale / sqrt(var + eps) (dy - dshift / m - h dscale / m).
 *
 * Source: Ioffe and Szegedy 2015, sec. 3. */
#include "engine_ref.h"
#include "../../../libcommon/base/mem.h"
#include "../../../libcommon/base/par.h"

struct map {
    size_t plane, image, at; /* numbers a plane, an image; where the map starts in an image */
    double mean, inverse;    /* 1 / sqrt(var + eps) */
};

static struct map map_of(const struct dorg_ref_pass *s, size_t c)
{
    size_t plane = dorg_area(s->l->in + 1);
    struct map m = {.plane = plane, .image = dorg_layer_in(s->l), .at = c * plane};
    return m;
}

static void batch_statistics(struct dorg_ref_pass *s, const struct map *m, size_t c)
{
    double sum = 0, square = 0, count = (double)s->n * (double)m->plane;
    for (size_t n = 0; n < s->n; n++)
        for (size_t i = 0; i < m->plane; i++)
            sum += (double)s->x[n * m->image + m->at + i];
    double mean = sum / count;
    for (size_t n = 0; n < s->n; n++)
        for (size_t i = 0; i < m->plane; i++) {
            double d = (double)s->x[n * m->image + m->at + i] - mean;
            square += d * d;
        }
    s->extra[c] = (float)mean;
    s->extra[s->l->n_b + c] = (float)(square / count);
}

static void settle(struct map *m, const struct dorg_ref_pass *s, size_t c)
{
    size_t maps = s->l->n_b;
    const float *running = s->params + s->l->w_at + maps;
    const float *from = s->training ? s->extra : running;
    m->mean = (double)from[c];
    m->inverse = 1 / sqrt((double)from[maps + c] + (double)s->l->bn_eps);
}

static int forward(void *ctx, size_t c, size_t worker, struct dorg_err *e)
{
    struct dorg_ref_pass *s = ctx;
    struct map m = map_of(s, c);
    (void)worker, (void)e;
    if (s->training) batch_statistics(s, &m, c);
    settle(&m, s, c);
    float scale = (float)(m.inverse * (double)s->params[s->l->w_at + c]);
    float mean = (float)m.mean, shift = s->params[s->l->b_at + c];
    for (size_t n = 0; n < s->n; n++)
        for (size_t i = 0, k = n * m.image + m.at; i < m.plane; i++, k++)
            s->y[k] = (s->x[k] - mean) * scale + shift;
    return 0;
}

static int backward(void *ctx, size_t c, size_t worker, struct dorg_err *e)
{
    struct dorg_ref_pass *s = ctx;
    struct map m = map_of(s, c);
    double dscale = 0, dshift = 0, count = (double)s->n * (double)m.plane;
    (void)worker, (void)e;
    settle(&m, s, c);
    for (size_t n = 0; n < s->n; n++)
        for (size_t i = 0, k = n * m.image + m.at; i < m.plane; i++, k++) {
            dshift += (double)s->dy[k];
            dscale += (double)s->dy[k] * ((double)s->x[k] - m.mean) * m.inverse;
        }
    s->grad[s->l->w_at + c] = (float)dscale;
    s->grad[s->l->w_at + s->l->n_b + c] = s->grad[s->l->w_at + 2 * s->l->n_b + c] = 0;
    s->grad[s->l->b_at + c] = (float)dshift;
    if (!s->dx) return 0;
    double scale = (double)s->params[s->l->w_at + c] * m.inverse;
    for (size_t n = 0; n < s->n; n++)
        for (size_t i = 0, k = n * m.image + m.at; i < m.plane; i++, k++) {
            double h = ((double)s->x[k] - m.mean) * m.inverse;
            s->dx[k] =
                (float)(scale * ((double)s->dy[k] - dshift / count - h * dscale / count));
        }
    return 0;
}

int dorg_ref_bnorm_forward(struct dorg_ref_pass *s, struct dorg_err *e)
{
    return dorg_par(s->l->n_b, s->jobs, forward, s, e);
}

int dorg_ref_bnorm_backward(struct dorg_ref_pass *s, struct dorg_err *e)
{
    return dorg_par(s->l->n_b, s->jobs, backward, s, e);
}
