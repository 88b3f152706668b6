/* maxflow.c - round the capacities, lay the graph out, raise the flow, read the cut off */
#include <float.h>

#include "maxflow.h"
#include "../base/mem.h"

/* ---- the residual graph -------------------------------------------------------------- */

enum flow_tree { FLOW_FREE = 0, FLOW_SOURCE = 1, FLOW_SINK = 2 };

#define FLOW_NONE UINT32_MAX           /* no parent; not in the queue */
#define FLOW_TERMINAL (UINT32_MAX - 1) /* the parent is the terminal itself */
#define FLOW_ORPHAN (UINT32_MAX - 2)   /* the parent was lost */

struct flow_node {
    uint32_t first;  /* its arcs are arc[first .. next node's first) */
    uint32_t parent; /* arc towards the parent, or one of the above */
    uint32_t stamp;  /* when dist was known to be right */
    uint32_t dist;   /* arcs to the terminal along the tree */
    uint32_t queued; /* next active node, itself if the last; FLOW_NONE: not active */
    int32_t rest;    /* > 0: residual from the source; < 0: minus that to the sink */
    uint32_t tree;   /* enum flow_tree */
};

struct flow_arc {
    uint32_t head;
    uint32_t twin;
    int32_t rest; /* residual capacity; with the twin's below 2^31 */
};

struct flow {
    uint32_t n_nodes, n_arcs;
    struct flow_node *node; /* n_nodes + 1 */
    struct flow_arc *arc;
    uint32_t queue_head, queue_tail; /* active nodes, first come first served */
    uint32_t *orphan;
    size_t n_orphan, orphan_cap, orphan_at;
    uint32_t time; /* one tick per augmentation */
    int64_t value; /* flow so far, in quanta */
};

/* ---- maximum flow by two search trees that are kept between augmentations ------------ */

/* One tree grows from the source along arcs that can still carry flow, one from the sink
 * against them.  Where they touch there is an augmenting path; sending flow along it cuts
 * saturated arcs out of the trees and leaves orphans, each of which finds a new parent in its
 * tree or becomes free.  When neither tree can grow, the flow is maximal.
 *
 * Of possible parents the one nearest its terminal is taken, so paths stay short.  A node's
 * distance is right while its stamp is the present time: no walk from an orphan's neighbour to
 * the terminal passes a node twice per augmentation. */

static void activate(struct flow *f, uint32_t i)
{
    struct flow_node *v = &f->node[i];
    if (v->queued != FLOW_NONE) return;
    v->queued = i;
    if (f->queue_head == FLOW_NONE)
        f->queue_head = i;
    else
        f->node[f->queue_tail].queued = i;
    f->queue_tail = i;
}

/* The next active node that is still in a tree; FLOW_NONE when there is none. */
static uint32_t next_active(struct flow *f)
{
    while (f->queue_head != FLOW_NONE) {
        uint32_t i = f->queue_head, next = f->node[i].queued;
        f->queue_head = next == i ? FLOW_NONE : next;
        f->node[i].queued = FLOW_NONE;
        if (f->node[i].tree) return i;
    }
    return FLOW_NONE;
}

static int make_orphan(struct flow *f, uint32_t i, struct dorg_err *e)
{
    if (dorg_grow(&f->orphan, f->n_orphan, &f->orphan_cap, sizeof *f->orphan, e))
        return e->code;
    f->node[i].parent = FLOW_ORPHAN;
    f->orphan[f->n_orphan++] = i;
    return 0;
}

/* The tree arc between i and its parent, in the direction the flow takes. */
static struct flow_arc *flow_way(struct flow *f, uint32_t i)
{
    struct flow_arc *up = &f->arc[f->node[i].parent];
    return f->node[i].tree == FLOW_SOURCE ? &f->arc[up->twin] : up;
}

/* Least residual between node i and its terminal, if below `most`. */
static int32_t narrowest(struct flow *f, uint32_t i, int32_t most)
{
    for (; f->node[i].parent != FLOW_TERMINAL; i = f->arc[f->node[i].parent].head) {
        int32_t r = flow_way(f, i)->rest;
        most = r < most ? r : most;
    }
    int32_t r = f->node[i].rest < 0 ? -f->node[i].rest : f->node[i].rest;
    return r < most ? r : most;
}

/* Send `by` between node i and its terminal; what is cut off becomes an orphan. */
static int send(struct flow *f, uint32_t i, int32_t by, struct dorg_err *e)
{
    while (f->node[i].parent != FLOW_TERMINAL) {
        struct flow_arc *w = flow_way(f, i);
        uint32_t parent = f->arc[f->node[i].parent].head;
        w->rest -= by;
        f->arc[w->twin].rest += by;
        if (!w->rest && make_orphan(f, i, e)) return e->code;
        i = parent;
    }
    f->node[i].rest += f->node[i].rest > 0 ? -by : by;
    return f->node[i].rest ? 0 : make_orphan(f, i, e);
}

/* Flow along the path through arc `mid`, which leads from the source's tree to the sink's. */
static int augment(struct flow *f, uint32_t mid, struct dorg_err *e)
{
    struct flow_arc *m = &f->arc[mid], *back = &f->arc[m->twin];
    int32_t by = narrowest(f, m->head, narrowest(f, back->head, m->rest));
    m->rest -= by;
    back->rest += by;
    f->value += by;
    f->time++;
    return send(f, back->head, by, e) ? e->code : send(f, m->head, by, e);
}

/* Arcs from node i to its terminal; FLOW_NONE if the way ends at an orphan.  What is learnt
 * is written down along the way. */
static uint32_t way_home(struct flow *f, uint32_t i)
{
    uint32_t d = 0, at = i;
    struct flow_node *v;
    for (;; d++, at = f->arc[v->parent].head) {
        v = &f->node[at];
        if (v->parent == FLOW_ORPHAN) return FLOW_NONE;
        if (v->stamp == f->time) break;
        if (v->parent != FLOW_TERMINAL) continue;
        v->stamp = f->time;
        v->dist = 1;
        break;
    }
    d += v->dist;
    for (uint32_t k = d; f->node[i].stamp != f->time; i = f->arc[f->node[i].parent].head) {
        f->node[i].stamp = f->time;
        f->node[i].dist = k--;
    }
    return d;
}

/* Residual on arc a of node i in the direction a parent at its head would use. */
static int32_t from_parent(const struct flow *f, const struct flow_arc *a, uint32_t tree)
{
    return tree == FLOW_SOURCE ? f->arc[a->twin].rest : a->rest;
}

/* Orphan i found no parent: it leaves its tree, its children are orphans, and neighbours
 * that could take it in grow again. */
static int set_free(struct flow *f, uint32_t i, struct dorg_err *e)
{
    uint32_t tree = f->node[i].tree;
    f->node[i].parent = FLOW_NONE;
    f->node[i].tree = FLOW_FREE;
    for (uint32_t k = f->node[i].first; k < f->node[i + 1].first; k++) {
        const struct flow_arc *a = &f->arc[k];
        struct flow_node *q = &f->node[a->head];
        if (q->tree != tree) continue;
        if (from_parent(f, a, tree) > 0) activate(f, a->head);
        if (q->parent < FLOW_ORPHAN && f->arc[q->parent].head == i &&
            make_orphan(f, a->head, e))
            return e->code;
    }
    return 0;
}

static int adopt(struct flow *f, struct dorg_err *e)
{
    for (; f->orphan_at < f->n_orphan; f->orphan_at++) {
        uint32_t i = f->orphan[f->orphan_at], best = FLOW_NONE, best_dist = FLOW_NONE;
        struct flow_node *v = &f->node[i];
        for (uint32_t k = v->first; k < v[1].first; k++) {
            const struct flow_arc *a = &f->arc[k];
            if (f->node[a->head].tree != v->tree || from_parent(f, a, v->tree) <= 0) continue;
            uint32_t d = way_home(f, a->head);
            if (d < best_dist) best = k, best_dist = d;
        }
        if (best == FLOW_NONE) {
            if (set_free(f, i, e)) return e->code;
            continue;
        }
        v->parent = best;
        v->stamp = f->time;
        v->dist = best_dist + 1;
    }
    f->n_orphan = f->orphan_at = 0;
    return 0;
}

/* Node i takes in the free neighbour over arc a, or becomes its nearer parent. */
static void take_in(struct flow *f, uint32_t i, const struct flow_arc *a)
{
    struct flow_node *q = &f->node[a->head];
    const struct flow_node *v = &f->node[i];
    if (!q->tree) {
        q->tree = v->tree;
        activate(f, a->head);
    } else if (q->stamp > v->stamp || q->dist <= v->dist + 1) {
        return;
    }
    q->parent = a->twin;
    q->stamp = v->stamp;
    q->dist = v->dist + 1;
}

/* Grow from node i over all its arcs, sending flow wherever the other tree is met. */
static int grow(struct flow *f, uint32_t i, struct dorg_err *e)
{
    const uint32_t tree = f->node[i].tree, end = f->node[i + 1].first;
    for (uint32_t k = f->node[i].first; k < end; k++) {
        const struct flow_arc *a = &f->arc[k];
        for (;;) {
            int32_t r = tree == FLOW_SOURCE ? a->rest : f->arc[a->twin].rest;
            uint32_t other = f->node[a->head].tree;
            if (r <= 0) break;
            if (!other || other == tree) {
                take_in(f, i, a);
                break;
            }
            if (augment(f, tree == FLOW_SOURCE ? k : a->twin, e) || adopt(f, e))
                return e->code;
            if (f->node[i].tree != tree) return 0; /* i itself was set free */
        }
    }
    return 0;
}

/* Raise the flow to its maximum; then tree == FLOW_SOURCE exactly for the nodes the source
 * reaches.  DORG_EIO if memory for the orphans cannot be had. */
static int solve(struct flow *f, struct dorg_err *e)
{
    f->queue_head = f->queue_tail = FLOW_NONE;
    f->time = 1;
    for (uint32_t i = 0; i < f->n_nodes; i++) {
        struct flow_node *v = &f->node[i];
        v->queued = v->parent = FLOW_NONE;
        if (!v->rest) continue;
        v->tree = v->rest > 0 ? FLOW_SOURCE : FLOW_SINK;
        v->parent = FLOW_TERMINAL;
        v->dist = 1;
        activate(f, i);
    }
    for (uint32_t i; (i = next_active(f)) != FLOW_NONE;)
        if (grow(f, i, e)) return e->code;
    return 0;
}

/* ---- from capacities to a cut -------------------------------------------------------- */

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
    if (solve(&f, e)) goto done;
    for (size_t i = 0; i < g->n_nodes; i++)
        side[i] = f.node[i].tree == FLOW_SOURCE;
    if (cut) *cut = (double)f.value * quantum;
done:
    free(f.node);
    free(f.arc);
    free(f.orphan);
    return e->code;
}
