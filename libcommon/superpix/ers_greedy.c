/* ers_greedy.c - entropy rate superpixels: the order in which edges are taken
 *
 * Gains never grow, so the best gain falls from step to step and the buckets are walked
 * downwards, once.  An edge waits in the bucket of the gain it had when last evaluated, an
 * upper bound.  When the walk reaches a bucket, all its edges are evaluated, many at a time;
 * those whose gain has left the bucket move down, the others are sorted.  From then on the
 * best edge of this bucket is the best of all.  It is taken if its two components have not
 * grown since it was evaluated.  If they have, its old rate less its new spread bounds its
 * gain: if that lies below this bucket, the edge is put by, to be evaluated with others when
 * the bucket is used up; if not, it is evaluated at once, and if it stays, waits in a heap
 * beside the sorted list.  Edges within one component are dropped when met.
 *
 * Of a tile (ers_tile.c), an edge to a frozen component is not taken but freezes the other;
 * it, an edge between frozen ones, and what falls to bucket 0 are left. */
#include "ers_in.h"

#include "../base/mem.h"

enum { AHEAD = 16 };

struct dorg_ers_greedy {
    struct dorg_ers_list sorted, spare, heap;
    struct dorg_ers_list later; /* put by */
    uint32_t edge[DORG_ERS_BATCH];
    uint64_t rate[DORG_ERS_BATCH];
    struct dorg_ers_item wait[DORG_ERS_BATCH]; /* for batch */
    struct dorg_ers_batch batch;
    /* while a bucket is emptied */
    struct dorg_ers_queue *queue;
    uint32_t bucket;
    bool tiled;
};

int dorg_ers_greedy_open(struct dorg_ers_greedy **g, struct dorg_err *e)
{
    *g = dorg_zeroed(1, sizeof **g, e);
    return e->code;
}

void dorg_ers_greedy_close(struct dorg_ers_greedy *g)
{
    if (!g) return;
    free(g->sorted.v);
    free(g->spare.v);
    free(g->heap.v);
    free(g->later.v);
    free(g);
}

static inline void put(struct dorg_ers *s, const struct dorg_ers_item *it, uint32_t to)
{
    if (to == 0 && s->greedy->tiled)
        dorg_ers_leave(s, it->edge, it->rate);
    else
        dorg_ers_put(s->greedy->queue, it->edge, it->rate, to);
}

/* An edge just evaluated: down if its gain is below the bucket, else to the sorted list. */
static inline int place(struct dorg_ers *s, const struct dorg_ers_item *it, struct dorg_err *e)
{
    struct dorg_ers_greedy *g = s->greedy;
    uint32_t to = dorg_ers_bucket(g->queue, it->gain);
    if (to >= g->bucket) return dorg_ers_append(&g->sorted, it, e);
    put(s, it, to);
    return 0;
}

/* Memory an edge will need soon. */
static inline void fetch(const struct dorg_ers *s, uint32_t edge)
{
    __builtin_prefetch(&s->tag[dorg_ers_first(edge)]);
    __builtin_prefetch(&s->tag[dorg_ers_second(s, edge)]);
}

static inline void fetch_names(const struct dorg_ers *s, uint32_t edge)
{
    __builtin_prefetch(&s->part[dorg_ers_name(s, dorg_ers_first(edge))].size);
    __builtin_prefetch(&s->part[dorg_ers_name(s, dorg_ers_second(s, edge))].size);
}

/* The walk's next bucket, and the one behind it. */
static void fetch_bucket(const struct dorg_ers *s, const struct dorg_ers_queue *q,
                         uint32_t bucket)
{
    uint32_t c = q->head[bucket], n = DORG_ERS_CHUNK;
    __builtin_prefetch(&q->chunk[q->head[bucket - 1]]);
    if (c == 0) return;
    if (c == q->tail[bucket] >> 4) n = q->tail[bucket] & 15;
    __builtin_prefetch(&q->chunk[q->chunk[c].next]);
    for (uint32_t i = 0; i < n; i++)
        fetch(s, q->chunk[c].edge[i]);
}

/* Evaluate the first n of `edge`, and more out of the bucket as far as there is room, a chunk
 * at a time so that the next is there when it is wanted; sizes and gains as of now.  Place
 * them; those whose rates no longer hold together at the end.  Edges within one component
 * are dropped. */
static int settle(struct dorg_ers *s, size_t n, struct dorg_err *e)
{
    struct dorg_ers_greedy *g = s->greedy;
    struct dorg_ers_batch *w = &g->batch;
    uint32_t *edge = g->edge;
    uint64_t *rate = g->rate;
    w->n = 0;
    for (size_t i = 0;; i++) {
        while (n <= i + AHEAD && n + DORG_ERS_CHUNK <= DORG_ERS_BATCH &&
               g->queue->head[g->bucket])
            n += dorg_ers_queue_take(g->queue, edge + n, rate + n, g->bucket);
        if (i == n) break;
        if (i + AHEAD < n) fetch(s, edge[i + AHEAD]);
        if (i + AHEAD / 2 < n) fetch_names(s, edge[i + AHEAD / 2]);
        uint32_t p = dorg_ers_first(edge[i]), q = dorg_ers_second(s, edge[i]);
        uint32_t a = dorg_ers_name(s, p), b = dorg_ers_name(s, q);
        if (a == b) continue;
        uint32_t sa = s->part[a].size, sb = s->part[b].size;
        if (sa & sb & DORG_ERS_FROZEN) {
            dorg_ers_leave(s, edge[i], rate[i]);
            continue;
        }
        sa &= ~DORG_ERS_FROZEN;
        sb &= ~DORG_ERS_FROZEN;
        uint32_t degrees = dorg_ers_degrees(s, edge[i]);
        double cost = dorg_ers_cost(s, sa, sb);
        struct dorg_ers_item it = {dorg_ers_unpack(rate[i]) - cost, rate[i], edge[i], sa + sb};
        if ((rate[i] & DORG_ERS_DEGREES) == degrees) {
            if (place(s, &it, e)) return e->code;
            continue;
        }
        it.gain = cost;
        it.rate = degrees | (rate[i] & DORG_ERS_GUEST);
        g->wait[w->n] = it;
        dorg_ers_batch_add(s, w, edge[i]);
    }
    dorg_ers_batch_rates(w);
    s->evaluated += w->n;
    for (size_t i = 0; i < w->n; i++) {
        struct dorg_ers_item *it = &g->wait[i];
        it->gain = w->rate[i] - it->gain;
        it->rate = dorg_ers_pack(w->rate[i], (uint32_t)it->rate);
        if (place(s, it, e)) return e->code;
    }
    return 0;
}

/* An edge whose components have grown since it was evaluated.  Its old rate bounds its new
 * one: if that puts it below the bucket, it may wait until the bucket is used up. */
static int meet_again(struct dorg_ers *s, struct dorg_ers_item *it, uint32_t size_a,
                      uint32_t size_b, struct dorg_err *e)
{
    struct dorg_ers_greedy *g = s->greedy;
    double cost = dorg_ers_cost(s, size_a, size_b);
    it->gain = dorg_ers_unpack(it->rate) - cost;
    it->sizes = size_a + size_b;
    if (dorg_ers_bucket(g->queue, it->gain) < g->bucket)
        return dorg_ers_append(&g->later, it, e);
    uint32_t degrees = dorg_ers_degrees(s, it->edge);
    if ((it->rate & DORG_ERS_DEGREES) != degrees) {
        double rate = dorg_ers_rate_of(s, it->edge);
        it->rate = dorg_ers_pack(rate, degrees | (it->rate & DORG_ERS_GUEST));
        it->gain = rate - cost;
        s->evaluated++;
    }
    uint32_t to = dorg_ers_bucket(g->queue, it->gain);
    if (to >= g->bucket) return dorg_ers_heap_push(&g->heap, *it, e);
    put(s, it, to);
    return 0;
}

/* The best edge of all: join, freeze, or bound it again. */
static inline int use_one(struct dorg_ers *s, struct dorg_ers_item *it, struct dorg_err *e)
{
    uint32_t a = dorg_ers_name(s, dorg_ers_first(it->edge)),
             b = dorg_ers_name(s, dorg_ers_second(s, it->edge));
    if (a == b) return 0;
    uint32_t sa = s->part[a].size, sb = s->part[b].size, frozen = (sa | sb) & DORG_ERS_FROZEN;
    sa &= ~DORG_ERS_FROZEN;
    sb &= ~DORG_ERS_FROZEN;
    if (sa + sb != it->sizes) return meet_again(s, it, sa, sb, e);
    if (frozen) {
        s->part[a].size |= DORG_ERS_FROZEN;
        s->part[b].size |= DORG_ERS_FROZEN;
        dorg_ers_leave(s, it->edge, it->rate);
    } else
        dorg_ers_join(s, it);
    return 0;
}

/* Take what can be taken in this bucket. */
static int use(struct dorg_ers *s, uint32_t joins, struct dorg_err *e)
{
    struct dorg_ers_greedy *g = s->greedy;
    const struct dorg_ers_item *next = g->sorted.v, *end = next + g->sorted.n;
    struct dorg_ers_item it;
    while (s->joins < joins) {
        if (g->heap.n > 0 && !(next < end && dorg_ers_before(next, &g->heap.v[0])))
            it = dorg_ers_heap_pop(&g->heap);
        else if (next < end)
            it = *next++;
        else
            break;
        if (end - next > AHEAD) fetch(s, next[AHEAD].edge);
        if (end - next > AHEAD / 2) fetch_names(s, next[AHEAD / 2].edge);
        if (use_one(s, &it, e)) return e->code;
    }
    return 0;
}

int dorg_ers_greedy_bucket(struct dorg_ers *s, struct dorg_ers_queue *q, uint32_t bucket,
                           bool tiled, uint32_t joins, struct dorg_err *e)
{
    struct dorg_ers_greedy *g = s->greedy;
    if (q->head[bucket] == 0) return 0;
    if (bucket > 1) fetch_bucket(s, q, bucket - 1);
    g->queue = q;
    g->bucket = bucket;
    g->tiled = tiled;
    g->sorted.n = g->heap.n = g->later.n = 0;
    while (q->head[bucket])
        if (settle(s, 0, e)) return e->code;
    if (dorg_ers_sort(&g->sorted, &g->spare, e) || use(s, joins, e)) return e->code;
    for (size_t i = 0, m; i < g->later.n; i += m) {
        for (m = 0; m < DORG_ERS_BATCH && i + m < g->later.n; m++) {
            g->edge[m] = g->later.v[i + m].edge;
            g->rate[m] = g->later.v[i + m].rate;
        }
        if (settle(s, m, e)) return e->code;
    }
    return 0;
}
