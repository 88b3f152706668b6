/* engine_onednn_bnorm.c - batch normalisation in training, over oneDNN's formats.
 *
 * nchw, nhwc and nChw16c are one shape here: x[image][block][position][lane], map
 * c = block * lanes + lane, with 1, C and 16 lanes.  Lanes beyond the last map stay 0.
 * Equations: engine_ref_bnorm.c. */
#include "engine_onednn.h"

#define CLONES __attribute__((target_clones("avx512f", "avx2", "default")))

struct view {
    size_t maps, blocks, plane, lanes, image; /* image: numbers an image, padding too */
};

static bool view_of(struct view *v, const dorg_md *md)
{
    const dnnl_blocking_desc_t *b = &md->format_desc.blocking;
    dnnl_dim_t plane = md->dims[2] * md->dims[3], lanes = 1;
    if (md->format_kind != dnnl_blocked || b->inner_nblks > 1) return false;
    if (b->inner_nblks == 1) {
        if (b->inner_idxs[0] != 1) return false;
        lanes = b->inner_blks[0];
    } else if (b->strides[1] == 1 && plane > 1) {
        lanes = md->dims[1];
    }
    dnnl_dim_t blocks = md->padded_dims[1] / lanes;
    v->maps = (size_t)md->dims[1];
    v->blocks = (size_t)blocks;
    v->plane = (size_t)plane;
    v->lanes = (size_t)lanes;
    v->image = v->blocks * v->plane * v->lanes;
    return (plane == 1 || b->strides[3] == lanes) && b->strides[0] == (dnnl_dim_t)v->image &&
           (blocks == 1 || b->strides[1] == plane * lanes);
}

bool dorg_dnn_bnorm_layout(const dorg_md *md)
{
    struct view v;
    return view_of(&v, md);
}

static size_t padded(const struct view *v)
{
    return v->blocks * v->lanes;
}

int dorg_dnn_bnorm_room(struct dorg_engine *g, struct dorg_dnn_node *d, struct dorg_err *e)
{
    struct view v;
    view_of(&v, &d->src);
    size_t n = padded(&v);
    if ((d->parts = dorg_dnn_room(2 * n * g->n_micro, sizeof(double), e)) &&
        (d->sums = dorg_dnn_room(2 * n, sizeof(double), e)) &&
        (d->batch = dorg_dnn_room(2 * n, sizeof(float), e)))
        d->factor = dorg_dnn_room(4 * n, sizeof(float), e);
    return e->code;
}

/* to[lane] += sum over positions of x, of (x - mean)^2, of y (x - mean). */
CLONES static void add_plain(double *restrict to, const float *restrict x, size_t plane,
                             size_t lanes)
{
    for (size_t p = 0; p < plane; p++)
        for (size_t j = 0; j < lanes; j++)
            to[j] += (double)x[p * lanes + j];
}

CLONES static void add_squares(double *restrict to, const float *restrict x,
                               const double *restrict mean, size_t plane, size_t lanes)
{
    for (size_t p = 0; p < plane; p++)
        for (size_t j = 0; j < lanes; j++) {
            double d = (double)x[p * lanes + j] - mean[j];
            to[j] += d * d;
        }
}

CLONES static void add_products(double *restrict to, const float *restrict y,
                                const float *restrict x, const float *restrict mean,
                                size_t plane, size_t lanes)
{
    for (size_t p = 0; p < plane; p++)
        for (size_t j = 0; j < lanes; j++)
            to[j] += (double)y[p * lanes + j] * ((double)x[p * lanes + j] - (double)mean[j]);
}

void dorg_dnn_bnorm_measure(struct dorg_engine *g, struct dorg_dnn_node *d, const float *x,
                            size_t m)
{
    struct view v;
    view_of(&v, &d->src);
    size_t n = padded(&v), images = dorg_dnn_images(g, m);
    double *mean = d->parts + 2 * n * m, *square = mean + n;
    memset(mean, 0, 2 * n * sizeof *mean);
    for (size_t i = 0; i < images; i++)
        for (size_t b = 0; b < v.blocks; b++)
            add_plain(mean + b * v.lanes, x + i * v.image + b * v.plane * v.lanes, v.plane,
                      v.lanes);
    for (size_t c = 0; c < n; c++)
        mean[c] /= (double)(images * v.plane);
    for (size_t i = 0; i < images; i++)
        for (size_t b = 0; b < v.blocks; b++)
            add_squares(square + b * v.lanes, x + i * v.image + b * v.plane * v.lanes,
                        mean + b * v.lanes, v.plane, v.lanes);
}

/* The whole batch's mean and variance from the micro-batches', in their order.
 * Source: Chan, Golub and LeVeque 1979, "Updating formulae ... for sample variances". */
static void combine(struct dorg_engine *g, struct dorg_dnn_node *d, const struct view *v)
{
    size_t n = padded(v);
    for (size_t c = 0; c < v->maps; c++) {
        double count = 0, mean = 0, square = 0;
        for (size_t m = 0; m < dorg_dnn_micros(g); m++) {
            const double *part = d->parts + 2 * n * m;
            double more = (double)dorg_dnn_images(g, m) * (double)v->plane;
            double off = part[c] - mean, all = count + more;
            mean += off * more / all;
            square += part[n + c] + off * off * count * more / all;
            count = all;
        }
        d->batch[c] = (float)mean;
        d->batch[v->maps + c] = (float)(square / count);
    }
}

void dorg_dnn_bnorm_settle(struct dorg_engine *g, struct dorg_dnn_node *d)
{
    struct view v;
    view_of(&v, &d->src);
    const struct dorg_layer *l = d->l;
    const float *from = g->w + l->w_at + v.maps; /* running */
    if (g->sgd) {
        combine(g, d, &v);
        from = d->batch;
    }
    float *mean = d->factor, *scale = mean + padded(&v), *shift = scale + padded(&v);
    float *inverse = shift + padded(&v);
    for (size_t c = 0; c < v.maps; c++) {
        double by = 1 / sqrt((double)from[v.maps + c] + (double)l->bn_eps);
        mean[c] = from[c];
        inverse[c] = (float)by;
        scale[c] = (float)(by * (double)g->w[l->w_at + c]);
        shift[c] = g->w[l->b_at + c];
    }
}

CLONES static void transform(float *restrict y, const float *restrict x,
                             const float *restrict factor, size_t n, size_t plane,
                             size_t lanes)
{
    const float *mean = factor, *scale = factor + n, *shift = factor + 2 * n;
    for (size_t p = 0; p < plane; p++)
        for (size_t j = 0; j < lanes; j++)
            y[p * lanes + j] = (x[p * lanes + j] - mean[j]) * scale[j] + shift[j];
}

void dorg_dnn_bnorm_apply(struct dorg_engine *g, struct dorg_dnn_node *d, float *y,
                          const float *x)
{
    struct view v;
    view_of(&v, &d->src);
    for (size_t i = 0; i < g->micro; i++)
        for (size_t b = 0; b < v.blocks; b++) {
            size_t at = i * v.image + b * v.plane * v.lanes;
            transform(y + at, x + at, d->factor + b * v.lanes, padded(&v), v.plane, v.lanes);
        }
}

/* Of one micro-batch: sum dy, and sum dy h = sum dy (x - mean) / sqrt(var + eps). */
void dorg_dnn_bnorm_sums(struct dorg_engine *g, struct dorg_dnn_node *d, const float *dy,
                         const float *x, size_t m)
{
    struct view v;
    view_of(&v, &d->src);
    size_t n = padded(&v);
    double *shift = d->parts + 2 * n * m, *scale = shift + n;
    memset(shift, 0, 2 * n * sizeof *shift);
    for (size_t i = 0; i < dorg_dnn_images(g, m); i++)
        for (size_t b = 0; b < v.blocks; b++) {
            size_t at = i * v.image + b * v.plane * v.lanes, c = b * v.lanes;
            add_plain(shift + c, dy + at, v.plane, v.lanes);
            add_products(scale + c, dy + at, x + at, d->factor + c, v.plane, v.lanes);
        }
}

void dorg_dnn_bnorm_add_up(struct dorg_engine *g, struct dorg_dnn_node *d, float *grad)
{
    struct view v;
    view_of(&v, &d->src);
    size_t n = padded(&v);
    const float *inverse = d->factor + 3 * n;
    memset(d->sums, 0, 2 * n * sizeof *d->sums);
    for (size_t m = 0; m < dorg_dnn_micros(g); m++)
        for (size_t c = 0; c < 2 * n; c++)
            d->sums[c] += d->parts[2 * n * m + c];
    for (size_t c = 0; c < v.maps; c++) {
        d->sums[n + c] *= (double)inverse[c];
        grad[d->l->w_at + c] = (float)d->sums[n + c];
        grad[d->l->w_at + v.maps + c] = grad[d->l->w_at + 2 * v.maps + c] = 0;
        grad[d->l->b_at + c] = (float)d->sums[c];
    }
}

/* dx = scale / sqrt(var + eps) (dy - sum dy / count - h sum dy h / count) */
CLONES static void back(float *restrict dy, const float *restrict x,
                        const float *restrict factor, const double *restrict sums, size_t n,
                        double count, size_t plane, size_t lanes)
{
    const float *mean = factor, *scale = factor + n, *inverse = factor + 3 * n;
    for (size_t p = 0; p < plane; p++)
        for (size_t j = 0; j < lanes; j++) {
            float h = (x[p * lanes + j] - mean[j]) * inverse[j];
            float rest = (float)((sums[j] + (double)h * sums[n + j]) / count);
            dy[p * lanes + j] = scale[j] * (dy[p * lanes + j] - rest);
        }
}

void dorg_dnn_bnorm_back(struct dorg_engine *g, struct dorg_dnn_node *d, float *dy,
                         const float *x, size_t m)
{
    struct view v;
    view_of(&v, &d->src);
    double count = (double)g->n * (double)v.plane;
    size_t images = dorg_dnn_images(g, m);
    for (size_t i = 0; i < images; i++)
        for (size_t b = 0; b < v.blocks; b++) {
            size_t at = i * v.image + b * v.plane * v.lanes, c = b * v.lanes;
            back(dy + at, x + at, d->factor + c, d->sums + c, padded(&v), count, v.plane,
                 v.lanes);
        }
}
