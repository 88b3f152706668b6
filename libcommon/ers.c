/* ers.c - entropy rate superpixels: the graph, its gains, the labels */
#include "ers.h"
#include "ers_in.h"

#include "mem.h"

/* The largest multiple of 2^-50 near exp(-d^2 / (2 sigma^2)), so that sums are exact.
 * Extended precision, rounded once: the same bits whichever way the library computes. */
static double weight_at(int d, int diagonal, double sigma)
{
    long double x = (long double)d / (long double)sigma;
    long double w = expl(-x * x * (diagonal ? 1.0L : 0.5L));
    return (double)(rintl(w * 0x1p50L) * 0x1p-50L);
}

static void fill_tables(struct dorg_ers *s)
{
    for (int j = 0; j < DORG_ERS_LOGS; j++) {
        long double c = 1 + ((long double)j + 0.5L) / DORG_ERS_LOGS;
        s->centre[j].inverse = (double)(1 / c);
        s->centre[j].log2 = (double)log2l(c);
    }
    for (int i = 0; i < 512; i++) {
        double w = weight_at(i & 255, i >> 8, s->p.sigma);
        s->weight[i] = (struct dorg_ers_weight){.w = w, .u2 = 2 * dorg_ers_u(s, w)};
    }
    for (uint32_t i = 0; i <= s->n; i++)
        s->u_size[i] = dorg_ers_u(s, (double)i);
}

int dorg_ers_open(struct dorg_ers **out, int32_t nx, int32_t ny,
                  const struct dorg_ers_param *p, struct dorg_err *e)
{
    struct dorg_ers *s = *out = dorg_zeroed(1, sizeof *s, e);
    if (!s) return e->code;
    s->nx = nx;
    s->ny = ny;
    s->n = (uint32_t)nx * (uint32_t)ny;
    s->p = *p;
    const uint32_t step[4] = {1, (uint32_t)nx - 1, (uint32_t)nx, (uint32_t)nx + 1};
    memcpy(s->step, step, sizeof step);
    s->node = dorg_array(s->n, sizeof *s->node, e);
    s->up = dorg_array(s->n, sizeof *s->up, e);
    s->joined = dorg_array(s->n, sizeof *s->joined, e);
    s->u_size = dorg_array((size_t)s->n + 1, sizeof *s->u_size, e);
    dorg_ers_queue_open(&s->queue, s->n, e);
    if (!e->code) fill_tables(s);
    return e->code;
}

void dorg_ers_close(struct dorg_ers *s)
{
    if (!s) return;
    free(s->node);
    free(s->up);
    free(s->joined);
    free(s->u_size);
    dorg_ers_queue_close(s->queue);
    free(s);
}

/* Self-loops: every edge adds its weight at both ends. */
static void start_nodes(struct dorg_ers *s)
{
    s->total = 0;
    for (uint32_t a = 0; a < s->n; a++)
        s->node[a].loop = 0;
    for (int32_t y = 0; y < s->ny; y++)
        for (int32_t x = 0; x < s->nx; x++)
            for (uint32_t dir = 0; dir < 4; dir++) {
                uint32_t a = (uint32_t)y * (uint32_t)s->nx + (uint32_t)x;
                if (!dorg_ers_has(s, x, y, dir)) continue;
                double w = dorg_ers_weight_of(s, 4 * a + dir)->w;
                s->node[a].loop += w;
                s->node[a + s->step[dir]].loop += w;
            }
    for (uint32_t a = 0; a < s->n; a++) {
        s->total += s->node[a].loop;
        s->node[a].u = dorg_ers_u(s, s->node[a].loop);
        s->up[a] = -1;
        s->joined[a] = 0;
    }
    s->merges = 0;
    s->rate = 0;
    s->spread = 0;
    s->evaluated = 0;
}

void dorg_ers_join(struct dorg_ers *s, uint32_t edge, uint32_t root_a, uint32_t root_b)
{
    const struct dorg_ers_weight *w = dorg_ers_weight_of(s, edge);
    struct dorg_ers_node *a = &s->node[edge >> 2], *b = a + s->step[edge & 3];
    double before = a->u + b->u;
    a->loop -= w->w;
    b->loop -= w->w;
    a->u = dorg_ers_u(s, a->loop);
    b->u = dorg_ers_u(s, b->loop);
    s->rate += before - (a->u + b->u) - w->u2;
    s->spread += dorg_ers_spread(s, root_a, root_b);
    if (s->up[root_a] > s->up[root_b]) { /* the smaller joins the larger */
        uint32_t t = root_a;
        root_a = root_b;
        root_b = t;
    }
    s->up[root_a] += s->up[root_b];
    s->up[root_b] = (int32_t)root_a;
    s->joined[root_a] = ++s->merges;
}

/* Roots become labels in raster order of first pixels. */
static void number_components(struct dorg_ers *s, int32_t *label)
{
    int32_t last = 0;
    for (uint32_t a = 0; a < s->n; a++)
        label[a] = 0;
    for (uint32_t a = 0; a < s->n; a++) { /* label[root] is set before its pixels need it */
        uint32_t r = dorg_ers_root(s->up, a);
        if (s->joined[r] != UINT32_MAX) {
            s->joined[r] = UINT32_MAX;
            label[r] = ++last;
        }
        label[a] = label[r];
    }
}

int dorg_ers_run(struct dorg_ers *s, int32_t *label, const uint8_t *grey, struct dorg_err *e)
{
    s->grey = grey;
    start_nodes(s);
    if (dorg_ers_queue_run(s, s->p.k, e)) return e->code;
    number_components(s, label);
    return 0;
}

double dorg_ers_objective(const struct dorg_ers *s)
{
    if (!(s->total > 0)) return 0;
    /* F({}) = lambda (log2 N - N); a join adds rate / W + lambda (1 - (spread + 2) / N). */
    double n = s->n, lambda = s->nu * n / s->total;
    double balance = log2(n) - n + s->merges - (s->spread + 2.0 * s->merges) / n;
    return s->rate / s->total + lambda * balance;
}

uint64_t dorg_ers_evaluated(const struct dorg_ers *s)
{
    return s->evaluated;
}
