/* flow_trees.c - maximum flow by two search trees that are kept between augmentations.
 *
 * One tree grows from the source along arcs that can still carry flow, one from the sink
 * against them.  Where they touch there is an augmenting path; sending flow along it cuts
 * saturated arcs out of the trees and leaves orphans, each of which finds a new parent in its
 * tree or becomes free.  When neither tree can grow, the flow is maximal.
 *
 * Of possible parents the one nearest its terminal is taken, so paths stay short.  A node's
 * distance is right while its stamp is the present time: no walk from an orphan's neighbour to
 * the terminal passes a node twice per augmentation. */
#include "flow.h"
#include "../base/mem.h"

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

int dorg_flow_solve(struct flow *f, struct dorg_err *e)
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
