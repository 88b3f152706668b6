/* engine_ref_conv.c - convolution, by its definition:
 *
 *   y[n][f][i][j] = b[f] + sum_c,u,v w[f][c][u][v] x[n][c][i s + u - pad][j s + v - pad]
 *
 * (a correlation, as in every ConvNet library), x being 0 outside the image. */
#include "engine_ref.h"
#include "../../../libcommon/base/mem.h"
#include "../../../libcommon/base/par.h"

/* Outputs i of one axis for which input i*stride + u - pad is inside 0..in-1: [lo, hi). */
static void inside(int *lo, int *hi, const struct dorg_layer *l, int u, int in, int out)
{
    int before = l->pad - u; /* i*stride >= before */
    *lo = before > 0 ? (before + l->stride - 1) / l->stride : 0;
    int last = in - 1 + l->pad - u; /* i*stride <= last */
    *hi = last < 0 ? 0 : last / l->stride + 1;
    if (*hi > out) *hi = out;
}

/* What the three passes share: visit every (u, v, row) of one pair of planes.  x, y: planes
 * of input and output; w: the kernel's weights for this pair. */
enum what { FORWARD, TO_INPUT, TO_WEIGHTS };

static void plane(enum what what, const struct dorg_layer *l, float *x, float *y, float *w)
{
    int s = l->stride, wide = l->in[2];
    for (int u = 0; u < l->kernel; u++) {
        int i0, i1;
        inside(&i0, &i1, l, u, l->in[1], l->out[1]);
        for (int v = 0; v < l->kernel; v++) {
            int j0, j1;
            inside(&j0, &j1, l, v, wide, l->out[2]);
            float *at = &w[u * l->kernel + v];
            float lane[16] = {0};
            for (int i = i0; i < i1; i++) {
                float *from = x + (i * s + u - l->pad) * wide + j0 * s + v - l->pad;
                float *to = y + i * l->out[2] + j0;
                if (what == FORWARD)
                    dorg_ref_axpy(to, *at, from, j1 - j0, s);
                else if (what == TO_INPUT)
                    dorg_ref_axpy_to(from, *at, to, j1 - j0, s);
                else
                    dorg_ref_lanes(lane, to, from, j1 - j0, s);
            }
            if (what == TO_WEIGHTS) *at += dorg_ref_sum(lane);
        }
    }
}

struct sizes {
    size_t ins, outs, x_plane, y_plane, x_image, y_image, kernel;
};

static struct sizes sizes_of(const struct dorg_layer *l)
{
    size_t ins = (size_t)l->in[0], outs = (size_t)l->out[0];
    struct sizes z = {ins,
                      outs,
                      dorg_area(l->in + 1),
                      dorg_area(l->out + 1),
                      dorg_layer_in(l),
                      dorg_layer_out(l),
                      l->n_w / ins / outs};
    return z;
}

static float *weights(float *base, const struct dorg_layer *l, const struct sizes *z, size_t f,
                      size_t c)
{
    return base + l->w_at + (f * z->ins + c) * z->kernel;
}

/* item: one output plane (image, filter) */
static int forward(void *ctx, size_t item, size_t worker, struct dorg_err *e)
{
    struct dorg_ref_pass *s = ctx;
    const struct dorg_layer *l = s->l;
    struct sizes z = sizes_of(l);
    size_t n = item / z.outs, f = item % z.outs;
    float *y = s->y + n * z.y_image + f * z.y_plane;
    (void)worker, (void)e;
    for (size_t i = 0; i < z.y_plane; i++)
        y[i] = s->params[l->b_at + f];
    for (size_t c = 0; c < z.ins; c++)
        plane(FORWARD, l, (float *)s->x + n * z.x_image + c * z.x_plane, y,
              weights((float *)s->params, l, &z, f, c));
    return 0;
}

/* item: one input plane (image, channel) */
static int to_input(void *ctx, size_t item, size_t worker, struct dorg_err *e)
{
    struct dorg_ref_pass *s = ctx;
    const struct dorg_layer *l = s->l;
    struct sizes z = sizes_of(l);
    size_t n = item / z.ins, c = item % z.ins;
    float *dx = s->dx + n * z.x_image + c * z.x_plane;
    (void)worker, (void)e;
    memset(dx, 0, z.x_plane * sizeof *dx);
    for (size_t f = 0; f < z.outs; f++)
        plane(TO_INPUT, l, dx, (float *)s->dy + n * z.y_image + f * z.y_plane,
              weights((float *)s->params, l, &z, f, c));
    return 0;
}

/* item: one filter */
static int to_weights(void *ctx, size_t f, size_t worker, struct dorg_err *e)
{
    struct dorg_ref_pass *s = ctx;
    const struct dorg_layer *l = s->l;
    struct sizes z = sizes_of(l);
    double bias = 0;
    (void)worker, (void)e;
    memset(weights(s->grad, l, &z, f, 0), 0, z.ins * z.kernel * sizeof(float));
    for (size_t n = 0; n < s->n; n++) {
        float *dy = (float *)s->dy + n * z.y_image + f * z.y_plane;
        for (size_t i = 0; i < z.y_plane; i++)
            bias += (double)dy[i];
        for (size_t c = 0; c < z.ins; c++)
            plane(TO_WEIGHTS, l, (float *)s->x + n * z.x_image + c * z.x_plane, dy,
                  weights(s->grad, l, &z, f, c));
    }
    s->grad[l->b_at + f] = (float)bias;
    return 0;
}

int dorg_ref_conv_forward(struct dorg_ref_pass *s, struct dorg_err *e)
{
    return dorg_par(s->n * s->l->n_b, s->jobs, forward, s, e);
}

int dorg_ref_conv_backward(struct dorg_ref_pass *s, struct dorg_err *e)
{
    if (dorg_par(s->l->n_b, s->jobs, to_weights, s, e)) return e->code;
    return s->dx ? dorg_par(s->n * (size_t)s->l->in[0], s->jobs, to_input, s, e) : 0;
}
