/* o_net.c - see o_net.h */
#include "o_net.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define AT(t, s, n, c, i, j)                                                                  \
    (t)[(((size_t)(n) * (size_t)(s)[0] + (size_t)(c)) * (size_t)(s)[1] + (size_t)(i)) *       \
            (size_t)(s)[2] +                                                                  \
        (size_t)(j)]
#define EACH(s, n_images)                                                                     \
    for (int n = 0; n < (n_images); n++)                                                      \
        for (int c = 0; c < (s)[0]; c++)                                                      \
            for (int i = 0; i < (s)[1]; i++)                                                  \
                for (int j = 0; j < (s)[2]; j++)

static void convolve(const struct dorg_layer *l, const double *w, const double *x, double *y,
                     int images)
{
    EACH(l->out, images)
    {
        double sum = w[l->b_at + (size_t)c];
        for (int m = 0; m < l->in[0]; m++)
            for (int u = 0; u < l->kernel; u++)
                for (int v = 0; v < l->kernel; v++) {
                    int a = i * l->stride + u - l->pad, b = j * l->stride + v - l->pad;
                    if (a < 0 || b < 0 || a >= l->in[1] || b >= l->in[2]) continue;
                    size_t at = (size_t)(((c * l->in[0] + m) * l->kernel + u) * l->kernel + v);
                    sum += w[l->w_at + at] * AT(x, l->in, n, m, a, b);
                }
        AT(y, l->out, n, c, i, j) = sum;
    }
}

static void connect(const struct dorg_layer *l, const double *w, const double *x, double *y,
                    int images)
{
    size_t in = (size_t)l->in[0] * (size_t)l->in[1] * (size_t)l->in[2];
    for (size_t n = 0; n < (size_t)images; n++)
        for (size_t o = 0; o < (size_t)l->out[0]; o++) {
            double sum = w[l->b_at + o];
            for (size_t k = 0; k < in; k++)
                sum += w[l->w_at + o * in + k] * x[n * in + k];
            y[n * (size_t)l->out[0] + o] = sum;
        }
}

static void respond(const struct dorg_layer *l, const double *x, double *y, int images)
{
    EACH(l->in, images)
    {
        double sum = 0;
        for (int m = c - l->lrn_size / 2; m <= c + l->lrn_size / 2; m++)
            if (m >= 0 && m < l->in[0]) sum += pow(AT(x, l->in, n, m, i, j), 2);
        AT(y, l->in, n, c, i, j) =
            AT(x, l->in, n, c, i, j) *
            pow(l->lrn_k + (double)l->lrn_alpha / l->lrn_size * sum, -(double)l->lrn_beta);
    }
}

static void pool(const struct dorg_layer *l, const double *x, double *y, int images)
{
    EACH(l->out, images)
    {
        double best = -INFINITY;
        for (int a = i * l->stride; a < i * l->stride + l->kernel && a < l->in[1]; a++)
            for (int b = j * l->stride; b < j * l->stride + l->kernel && b < l->in[2]; b++)
                best = fmax(best, AT(x, l->in, n, c, a, b));
        AT(y, l->out, n, c, i, j) = best;
    }
}

static void average(const struct dorg_layer *l, const double *x, double *y, int images)
{
    memset(y, 0, sizeof *y * (size_t)images * (size_t)l->out[0]);
    EACH(l->in, images)
    {
        y[n * l->out[0] + c] += AT(x, l->in, n, c, i, j) / (l->in[1] * l->in[2]);
    }
}

static void normalise(const struct dorg_layer *l, const double *w, const double *x, double *y,
                      int images, int training)
{
    int maps = l->in[0];
    double m = (double)images * l->in[1] * l->in[2];
    double *mean = calloc((size_t)maps, sizeof *mean),
           *var = calloc((size_t)maps, sizeof *var);
    if (training) {
        EACH(l->in, images)
        mean[c] += AT(x, l->in, n, c, i, j) / m;
        EACH(l->in, images)
        var[c] += pow(AT(x, l->in, n, c, i, j) - mean[c], 2) / m;
    } else {
        memcpy(mean, w + l->w_at + maps, sizeof *mean * (size_t)maps);
        memcpy(var, w + l->w_at + 2 * maps, sizeof *var * (size_t)maps);
    }
    EACH(l->in, images)
    AT(y, l->in, n, c, i, j) = w[l->w_at + (size_t)c] * (AT(x, l->in, n, c, i, j) - mean[c]) /
                                   sqrt(var[c] + (double)l->bn_eps) +
                               w[l->b_at + (size_t)c];
    free(mean);
    free(var);
}

static double soft(const double *z, double *p, const uint8_t *label, int images, int classes)
{
    double loss = 0;
    for (int n = 0; n < images; n++) {
        double sum = 0, top = z[n * classes];
        for (int k = 0; k < classes; k++)
            top = fmax(top, z[n * classes + k]);
        for (int k = 0; k < classes; k++)
            sum += exp(z[n * classes + k] - top);
        for (int k = 0; k < classes; k++)
            p[n * classes + k] = exp(z[n * classes + k] - top) / sum;
        if (label) loss -= (z[n * classes + label[n]] - top - log(sum)) / images;
    }
    return loss;
}

double o_net(const struct dorg_netcfg *c, const double *params, const double *x,
             const uint8_t *label, int n, double *const *keep, double *p)
{
    double loss = 0;
    size_t in = (size_t)n * (size_t)c->channels * (size_t)c->size * (size_t)c->size;
    double *now = malloc(in * sizeof *now);
    memcpy(now, x, in * sizeof *now);
    for (int k = 0; k < c->n_layers; k++) {
        const struct dorg_layer *l = &c->layer[k];
        size_t out = (size_t)n * (size_t)l->out[0] * (size_t)l->out[1] * (size_t)l->out[2];
        double *y = malloc(out * sizeof *y);
        assert(y);
        if (l->type == DORG_CONV) convolve(l, params, now, y, n);
        if (l->type == DORG_FC) connect(l, params, now, y, n);
        if (l->type == DORG_LRN) respond(l, now, y, n);
        if (l->type == DORG_POOL) pool(l, now, y, n);
        if (l->type == DORG_GAP) average(l, now, y, n);
        if (l->type == DORG_BNORM) normalise(l, params, now, y, n, keep != NULL);
        if (l->type == DORG_SOFTMAX) loss = soft(now, y, label, n, c->classes);
        for (size_t i = 0; i < out && l->type == DORG_RELU; i++)
            y[i] = fmax(now[i], 0);
        for (size_t i = 0; i < out && l->type == DORG_DROPOUT; i++)
            y[i] = now[i] * (keep ? keep[k][i] : (double)l->keep);
        free(now);
        now = y;
    }
    if (p) memcpy(p, now, sizeof *p * (size_t)n * (size_t)c->classes);
    free(now);
    return loss;
}

double o_net_slope(const struct dorg_netcfg *c, double *params, const double *x,
                   const uint8_t *label, int n, double *const *keep, size_t at)
{
    double was = params[at], h = 1e-5 * fmax(1, fabs(was));
    params[at] = was + h;
    double above = o_net(c, params, x, label, n, keep, NULL);
    params[at] = was - h;
    double below = o_net(c, params, x, label, n, keep, NULL);
    params[at] = was;
    return (above - below) / (2 * h);
}
