/* engine_ref_fc.c - the fully connected layer:  y[n][o] = b[o] + sum_i w[o][i] x[n][i] */
#include "engine_ref.h"
#include "../../../libcommon/base/par.h"

enum { COLUMNS = 256 }; /* inputs an item of the backward pass owns: dx stays in cache */

static int forward(void *ctx, size_t o, size_t worker, struct dorg_err *e)
{
    struct dorg_ref_pass *s = ctx;
    size_t in = dorg_layer_in(s->l), out = dorg_layer_out(s->l);
    const float *w = s->params + s->l->w_at + o * in;
    (void)worker, (void)e;
    for (size_t n = 0; n < s->n; n++) {
        float lane[16] = {0};
        dorg_ref_lanes(lane, w, s->x + n * in, (int)in, 1);
        s->y[n * out + o] = s->params[s->l->b_at + o] + dorg_ref_sum(lane);
    }
    return 0;
}

static int to_weights(void *ctx, size_t o, size_t worker, struct dorg_err *e)
{
    struct dorg_ref_pass *s = ctx;
    size_t in = dorg_layer_in(s->l), out = dorg_layer_out(s->l);
    float *dw = s->grad + s->l->w_at + o * in;
    double bias = 0;
    (void)worker, (void)e;
    memset(dw, 0, in * sizeof *dw);
    for (size_t n = 0; n < s->n; n++) {
        float dy = s->dy[n * out + o];
        bias += (double)dy;
        dorg_ref_axpy(dw, dy, s->x + n * in, (int)in, 1);
    }
    s->grad[s->l->b_at + o] = (float)bias;
    return 0;
}

static int to_input(void *ctx, size_t item, size_t worker, struct dorg_err *e)
{
    struct dorg_ref_pass *s = ctx;
    size_t in = dorg_layer_in(s->l), out = dorg_layer_out(s->l), at = item * COLUMNS;
    size_t wide = in - at < COLUMNS ? in - at : COLUMNS;
    (void)worker, (void)e;
    for (size_t n = 0; n < s->n; n++)
        memset(s->dx + n * in + at, 0, wide * sizeof *s->dx);
    for (size_t o = 0; o < out; o++)
        for (size_t n = 0; n < s->n; n++)
            dorg_ref_axpy(s->dx + n * in + at, s->dy[n * out + o],
                          s->params + s->l->w_at + o * in + at, (int)wide, 1);
    return 0;
}

int dorg_ref_fc_forward(struct dorg_ref_pass *s, struct dorg_err *e)
{
    return dorg_par(dorg_layer_out(s->l), s->jobs, forward, s, e);
}

int dorg_ref_fc_backward(struct dorg_ref_pass *s, struct dorg_err *e)
{
    size_t blocks = (dorg_layer_in(s->l) + COLUMNS - 1) / COLUMNS;
    if (dorg_par(dorg_layer_out(s->l), s->jobs, to_weights, s, e)) return e->code;
    return s->dx ? dorg_par(blocks, s->jobs, to_input, s, e) : 0;
}
