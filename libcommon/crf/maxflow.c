/* maxflow.c - round the capacities, lay the graph out, solve, read the cut off */
#include <float.h>

#include "flow.h"
#include "../base/mem.h"

double dorg_flow_quantum(float largest)
{
    int exponent = 0;
    if (!(largest > 0)) return 1;
    frexpf(largest, &exponent); /* largest < 2^exponent */
    return ldexp(1, exponent - 30);
}

static int largest_of(float *most, const float *v, size_t n, const char *what,
                      struct dorg_err *e)
{
    float m = *most;
    for (size_t i = 0; i < n; i++) {
        if (!(v[i] >= 0) || v[i] > FLT_MAX)
            return dorg_fail(e, DORG_EDATA,
                             "%s capacity %zu is %g; a cut needs finite ones, 0 or more", what,
                             i, (double)v[i]);
        m = v[i] > m ? v[i] : m;
    }
    *most = m;
    return 0;
}

static int check(double *quantum, const struct dorg_graph *g, struct dorg_err *e)
{
    float most = 0;
    if (g->n_nodes >= FLOW_ORPHAN || g->n_edges >= INT32_MAX)
        return dorg_fail(e, DORG_EDATA, "a graph of %zu nodes and %zu edges is too large",
                         g->n_nodes, g->n_edges);
    if (largest_of(&most, g->source, g->n_nodes, "source", e) ||
        largest_of(&most, g->sink, g->n_nodes, "sink", e) ||
        largest_of(&most, g->ab, g->n_edges, "edge", e) ||
        (g->ba && largest_of(&most, g->ba, g->n_edges, "edge", e)))
        return e->code;
    for (size_t i = 0; i < g->n_edges; i++)
        if (g->a[i] >= g->n_nodes || g->b[i] >= g->n_nodes)
            return dorg_fail(e, DORG_EDATA, "edge %zu joins %u and %u of %zu nodes", i,
                             g->a[i], g->b[i], g->n_nodes);
    *quantum = dorg_flow_quantum(most);
    return 0;
}

static int32_t quanta(float c, double per)
{
    double q = nearbyint((double)c * per); /* per is a power of two: the product is exact */
    return q > (1 << 30) - 1 ? (1 << 30) - 1 : (int32_t)q;
}

/* Arcs sorted by tail, by counting: first[] becomes the start of each node's arcs. */
static void lay_out(struct flow *f, const struct dorg_graph *g, double per)
{
    struct flow_node *v = f->node;
    uint32_t at = 0;
    for (size_t i = 0; i < g->n_edges; i++) {
        if (g->a[i] == g->b[i]) continue;
        v[g->a[i]].first++;
        v[g->b[i]].first++;
    }
    for (size_t i = 0; i <= g->n_nodes; i++) {
        at += v[i].first;
        v[i].first = at; /* the end, counted down to the start below */
    }
    for (size_t i = g->n_edges; i-- > 0;) {
        uint32_t a = g->a[i], b = g->b[i];
        if (a == b) continue;
        uint32_t to = --v[a].first, fro = --v[b].first;
        f->arc[to] = (struct flow_arc){b, fro, quanta(g->ab[i], per)};
        f->arc[fro] = (struct flow_arc){a, to, quanta(g->ba ? g->ba[i] : g->ab[i], per)};
    }
    f->n_arcs = at;
}

/* What source and sink can send each other through node i alone flows at once. */
static void terminals(struct flow *f, const struct dorg_graph *g, double per)
{
    for (size_t i = 0; i < g->n_nodes; i++) {
        int32_t s = quanta(g->source[i], per), t = quanta(g->sink[i], per);
        f->node[i].rest = s - t;
        f->value += s < t ? s : t;
    }
}

int dorg_maxflow(uint8_t *side, double *cut, const struct dorg_graph *g, struct dorg_err *e)
{
    struct flow f = {0};
    double quantum = 1;
    if (check(&quantum, g, e)) return e->code;
    if (!(f.node = dorg_zeroed(g->n_nodes + 1, sizeof *f.node, e)) ||
        !(f.arc = dorg_array(2 * g->n_edges, sizeof *f.arc, e)))
        goto done;
    f.n_nodes = (uint32_t)g->n_nodes;
    lay_out(&f, g, 1 / quantum);
    terminals(&f, g, 1 / quantum);
    if (dorg_flow_solve(&f, e)) goto done;
    for (size_t i = 0; i < g->n_nodes; i++)
        side[i] = f.node[i].tree == FLOW_SOURCE;
    if (cut) *cut = (double)f.value * quantum;
done:
    free(f.node);
    free(f.arc);
    free(f.orphan);
    return e->code;
}
