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
    for (int i = 0; i < 512; i++) {
        double w = weight_at(i & 255, i >> 8, s->p.sigma);
        s->weight[i] = (struct dorg_ers_weight){.w = w, .u2 = 2 * dorg_ers_u(w)};
    }
    for (uint32_t i = 0; i <= s->n; i++)
        s->u_size[i] = dorg_ers_u((double)i);
}

int dorg_ers_open(struct dorg_ers **out, int32_t nx, int32_t ny,
                  const struct dorg_ers_param *p, struct dorg_err *e)
{
    struct dorg_ers *s = *out = dorg_zeroed(1, sizeof *s, e);
    if (!s) return e->code;
    if ((uint64_t)nx * (uint64_t)ny > UINT64_C(1) << 28)
        return dorg_fail(e, DORG_EDATA, "a slice of %d x %d is more than 2^28 pixels", nx, ny);
    s->nx = nx;
    s->ny = ny;
    s->n = (uint32_t)nx * (uint32_t)ny;
    s->p = *p;
    const uint32_t step[4] = {1, (uint32_t)nx - 1, (uint32_t)nx, (uint32_t)nx + 1};
    memcpy(s->step, step, sizeof step);
    s->node = dorg_array(s->n, sizeof *s->node, e);
    s->tag = dorg_array(s->n, sizeof *s->tag, e);
    s->size = dorg_array(s->n, sizeof *s->size, e);
    s->ring = dorg_array(s->n, sizeof *s->ring, e);
    s->air = dorg_zeroed(s->n, 1, e);
    s->row = dorg_zeroed((size_t)nx + 6, 1, e);
    s->u_size = dorg_array((size_t)s->n + 1, sizeof *s->u_size, e);
    dorg_ers_queue_open(&s->queue, s->n, e);
    dorg_ers_greedy_open(&s->greedy, e);
    if (!e->code) fill_tables(s);
    return e->code;
}

void dorg_ers_close(struct dorg_ers *s)
{
    if (!s) return;
    free(s->node);
    free(s->tag);
    free(s->size);
    free(s->ring);
    free(s->air);
    free(s->row);
    free(s->u_size);
    dorg_ers_queue_close(s->queue);
    dorg_ers_greedy_close(s->greedy);
    free(s);
}

/* Self-loops: every edge adds its weight at both ends. */
static void start_loops(struct dorg_ers *s)
{
    for (uint32_t a = 0; a < s->n; a++)
        s->node[a].loop = 0;
    for (int32_t y = 0; y < s->ny; y++)
        for (int32_t x = 0; x < s->nx; x++) {
            uint32_t a = (uint32_t)y * (uint32_t)s->nx + (uint32_t)x;
            for (uint32_t dir = 0; dir < 4 && s->air[a] != DORG_ERS_AIR; dir++) {
                if (!dorg_ers_has(s, x, y, a, dir)) continue;
                double w = dorg_ers_weight_of(s, 4 * a + dir)->w;
                s->node[a].loop += w;
                s->node[a + s->step[dir]].loop += w;
            }
        }
}

/* Every pixel of the body alone, no edge taken; K by the share of the body. */
static void start_nodes(struct dorg_ers *s)
{
    s->total = 0;
    s->body = 0;
    for (uint32_t a = 0; a < s->n; a++) {
        if (s->air[a] == DORG_ERS_AIR) continue;
        s->body++;
        s->total += s->node[a].loop;
        s->node[a].u = dorg_ers_u(s->node[a].loop);
        s->tag[a] = 16 * a;
        s->ring[a] = a;
        s->size[a] = 1;
    }
    double seen = s->body + DORG_ERS_AIR_SHARE * (s->n - s->body);
    double k = floor(s->p.k * (s->body / seen) + 0.5);
    s->k = k < 1 ? 1 : (uint32_t)k;
    s->k = s->k > s->body ? s->body : s->k;
    s->joins = 0;
    s->rate = 0;
    s->cost = 0;
    s->evaluated = 0;
}

void dorg_ers_join(struct dorg_ers *s, uint32_t edge)
{
    const struct dorg_ers_weight *w = dorg_ers_weight_of(s, edge);
    uint32_t p = edge >> 2, q = p + s->step[edge & 3], a = dorg_ers_name(s, p),
             b = dorg_ers_name(s, q);
    struct dorg_ers_node *np = &s->node[p], *nq = &s->node[q];
    double before = np->u + nq->u;
    np->loop -= w->w;
    nq->loop -= w->w;
    np->u = dorg_ers_u(np->loop);
    nq->u = dorg_ers_u(nq->loop);
    s->tag[p]++;
    s->tag[q]++;
    s->rate += before - (np->u + nq->u) - w->u2;
    s->cost += dorg_ers_cost(s, s->size[a], s->size[b]);
    s->joins++;
    if (s->size[a] < s->size[b]) { /* the smaller takes the name of the larger */
        uint32_t t = a;
        a = b;
        b = t;
    }
    s->size[a] += s->size[b];
    uint32_t i = b;
    do {
        s->tag[i] = 16 * a + (s->tag[i] & 15);
        i = s->ring[i];
    } while (i != b);
    i = s->ring[a]; /* two rings into one */
    s->ring[a] = s->ring[b];
    s->ring[b] = i;
}

/* Components become labels in raster order of first pixels. */
static void number_components(struct dorg_ers *s, int32_t *label)
{
    int32_t last = 0;
    memset(label, 0, s->n * sizeof *label);
    for (uint32_t a = 0; a < s->n; a++) {
        uint32_t c = dorg_ers_name(s, a);
        if (label[c] == 0) label[c] = ++last; /* and the pixel c keeps it */
        label[a] = label[c];
    }
    s->labels = last;
}

int dorg_ers_run(struct dorg_ers *s, int32_t *label, const uint8_t *grey, struct dorg_err *e)
{
    s->grey = grey;
    if (s->p.skip_air) dorg_ers_find_air(s);
    start_loops(s);
    start_nodes(s);
    if (dorg_ers_greedy_run(s, e)) return e->code;
    number_components(s, label);
    return 0;
}

double dorg_ers_objective(const struct dorg_ers *s)
{
    if (!(s->total > 0)) return 0;
    /* F({}) = lambda (log2 N - N); a join adds (rate - cost + nu (N - 2)) / W. */
    double n = s->body, lambda = s->nu * n / s->total;
    double gains = s->rate - s->cost + s->nu * (n - 2) * s->joins;
    return lambda * (log2(n) - n) + gains / s->total;
}

int32_t dorg_ers_labels(const struct dorg_ers *s)
{
    return s->labels;
}

uint64_t dorg_ers_evaluated(const struct dorg_ers *s)
{
    return s->evaluated;
}
