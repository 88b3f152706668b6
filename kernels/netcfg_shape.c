/* netcfg_shape.c - shapes, parameters, multiply-adds, rates and first weights */
#include "netcfg_in.h"
#include "../libcommon/base/rng.h"

enum { MOST_NUMBERS = 1 << 26, MOST_PARAMS = 1 << 30 };

const char *dorg_layer_type_name(enum dorg_layer_type t)
{
    static const char *const names[] = {
        [DORG_CONV] = "conv",   [DORG_RELU] = "relu", [DORG_LRN] = "lrn",
        [DORG_POOL] = "pool",   [DORG_FC] = "fc",     [DORG_DROPOUT] = "dropout",
        [DORG_BNORM] = "bnorm", [DORG_GAP] = "gap",   [DORG_SOFTMAX] = "softmax",
    };
    return names[t];
}

static size_t count(const int s[3])
{
    return (size_t)s[0] * (size_t)s[1] * (size_t)s[2];
}

size_t dorg_layer_in(const struct dorg_layer *l)
{
    return count(l->in);
}

size_t dorg_layer_out(const struct dorg_layer *l)
{
    return count(l->out);
}

/* Both windows' sides along one axis: floor for conv, ceil for pool, whose last window may
 * overhang the edge but, as stride <= kernel, never misses the image. */
static int side(const struct dorg_layer *l, int in)
{
    int room = in + 2 * l->pad - l->kernel;
    if (l->type == DORG_POOL) room += l->stride - 1;
    return room / l->stride + 1;
}

static int window(struct dorg_layer *l, struct dorg_err *e)
{
    const char *what = dorg_layer_type_name(l->type);
    for (int a = 1; a < 3; a++) {
        if (l->kernel > l->in[a] + 2 * l->pad)
            return dorg_fail(e, DORG_EDATA, "%s: kernel %d does not fit into %d + 2*%d", what,
                             l->kernel, l->in[a], l->pad);
        l->out[a] = side(l, l->in[a]);
    }
    if (l->pad >= l->kernel)
        return dorg_fail(e, DORG_EDATA, "%s: pad %d is not below kernel %d", what, l->pad,
                         l->kernel);
    if (l->type == DORG_POOL && l->stride > l->kernel)
        return dorg_fail(e, DORG_EDATA, "%s: stride %d is above kernel %d", what, l->stride,
                         l->kernel);
    return 0;
}

static void shape_and_size(struct dorg_netcfg *c, struct dorg_layer *l)
{
    size_t maps = (size_t)l->in[0], outs = (size_t)l->out[0];
    switch (l->type) {
    case DORG_CONV:
        l->n_w = outs * maps * (size_t)l->kernel * (size_t)l->kernel;
        l->n_b = outs;
        c->macs += (double)l->n_w * l->out[1] * l->out[2];
        break;
    case DORG_FC:
        l->n_w = outs * dorg_layer_in(l);
        l->n_b = outs;
        c->macs += (double)l->n_w;
        break;
    case DORG_BNORM:
        l->n_w = 3 * maps;
        l->n_b = maps;
        break;
    default:
        break;
    }
}

int dorg_netcfg_place(struct dorg_netcfg *c, struct dorg_layer *l, const int in[3],
                      struct dorg_err *e)
{
    memcpy(l->in, in, sizeof l->in);
    if (l->type != DORG_CONV && l->type != DORG_FC) l->out[0] = in[0];
    l->out[1] = l->out[2] = 1;
    if (l->type == DORG_CONV || l->type == DORG_POOL) {
        if (window(l, e)) return e->code;
    } else if (l->type != DORG_FC && l->type != DORG_GAP) {
        memcpy(l->out, l->in, sizeof l->out);
    }
    if (dorg_layer_in(l) > MOST_NUMBERS)
        return dorg_fail(e, DORG_EDATA, "%d x %d x %d inputs are too many", l->in[0], l->in[1],
                         l->in[2]);
    if (dorg_layer_out(l) > MOST_NUMBERS)
        return dorg_fail(e, DORG_EDATA, "%s: %d x %d x %d outputs are too many",
                         dorg_layer_type_name(l->type), l->out[0], l->out[1], l->out[2]);
    shape_and_size(c, l);
    l->w_at = c->n_params;
    l->b_at = l->w_at + l->n_w;
    c->n_params = l->b_at + l->n_b;
    if (l->n_w > MOST_PARAMS || c->n_params > MOST_PARAMS)
        return dorg_fail(e, DORG_EDATA, "%s: more than %d parameters",
                         dorg_layer_type_name(l->type), MOST_PARAMS);
    return 0;
}

double dorg_rate_at(const struct dorg_rate *r, double epoch, int epochs, int warmup)
{
    double p = epoch / epochs, rate = r->base;
    if (p > 1) p = 1;
    if (r->kind == DORG_DEXP && r->steps > 1) {
        double part = fmin(floor(p * r->steps), r->steps - 1);
        rate = r->base / pow(r->factor, part / (r->steps - 1));
    } else if (r->kind == DORG_COSINE) {
        double lo = r->base / r->factor;
        rate = lo + (r->base - lo) * 0.5 * (1 + cos(3.14159265358979323846 * p));
    }
    return rate * fmin(1, (epoch + 1) / (warmup + 1));
}

static void init_layer(float *params, const struct dorg_layer *l, uint64_t seed)
{
    float *w = params + l->w_at, *b = params + l->b_at;
    double fan_in = (double)l->n_w / (l->out[0] ? l->out[0] : 1);
    double sd = l->init_w < 0 ? sqrt(2 / fan_in) : (double)l->init_w;
    for (size_t i = 0; i < l->n_w; i++)
        w[i] = (float)(sd * dorg_rng_normal(seed, DORG_RNG_INIT, l->w_at + i, 0));
    for (size_t i = 0; i < l->n_b; i++)
        b[i] = l->init_b;
}

void dorg_netcfg_init(float *params, const struct dorg_netcfg *c, uint64_t seed)
{
    for (int k = 0; k < c->n_layers; k++) {
        const struct dorg_layer *l = &c->layer[k];
        if (l->type != DORG_BNORM) {
            init_layer(params, l, seed);
            continue;
        }
        for (size_t i = 0; i < l->n_b; i++) {
            params[l->w_at + i] = 1;              /* scale */
            params[l->w_at + l->n_b + i] = 0;     /* running mean */
            params[l->w_at + 2 * l->n_b + i] = 1; /* running variance */
            params[l->b_at + i] = l->init_b;      /* shift */
        }
    }
}
