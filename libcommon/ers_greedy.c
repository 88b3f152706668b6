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
 * beside the sorted list.  Edges within one component are dropped when met. */
#include "ers_in.h"

#include "mem.h"

enum { AHEAD = 16 };

struct item {
    double gain;
    uint64_t rate; /* packed */
    uint32_t edge;
    uint32_t sizes; /* of both components together, when evaluated */
};

struct list {
    struct item *v; /* owned */
    size_t n, cap;
};

struct dorg_ers_greedy {
    struct list sorted, spare, heap;
    uint32_t *later;      /* owned: edges put by ... */
    uint64_t *later_rate; /* owned: ... with their packed rates */
    size_t n_later, cap_later;
    uint32_t edge[DORG_ERS_BATCH];
    uint64_t rate[DORG_ERS_BATCH];
    struct item wait[DORG_ERS_BATCH]; /* for batch */
    struct dorg_ers_batch batch;
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
    free(g->later);
    free(g->later_rate);
    free(g);
}

/* The order of the whole algorithm: larger gain first, then lower edge. */
static inline int before(const struct item *a, const struct item *b)
{
    return a->gain > b->gain || (a->gain == b->gain && a->edge < b->edge);
}

static int heap_push(struct list *h, struct item it, struct dorg_err *e)
{
    if (h->n == h->cap && dorg_grow(&h->v, h->n, &h->cap, sizeof *h->v, e)) return e->code;
    size_t i = h->n++;
    for (; i > 0 && before(&it, &h->v[(i - 1) / 2]); i = (i - 1) / 2)
        h->v[i] = h->v[(i - 1) / 2];
    h->v[i] = it;
    return 0;
}

static struct item heap_pop(struct list *h)
{
    struct item top = h->v[0], last = h->v[--h->n];
    size_t i = 0;
    for (size_t c; (c = 2 * i + 1) < h->n; i = c) {
        if (c + 1 < h->n && before(&h->v[c + 1], &h->v[c])) c++;
        if (!before(&h->v[c], &last)) break;
        h->v[i] = h->v[c];
    }
    h->v[i] = last;
    return top;
}

/* Merge the sorted from[a, b) and from[b, c) into to[a, c). */
static void merge(struct item *to, const struct item *from, size_t a, size_t b, size_t c)
{
    size_t i = a, j = b, k = a;
    while (i < b && j < c)
        to[k++] = before(&from[j], &from[i]) ? from[j++] : from[i++];
    memcpy(to + k, from + i, (b - i) * sizeof *to);
    memcpy(to + k + (b - i), from + j, (c - j) * sizeof *to);
}

/* End of the run of sorted items that begins at i. */
static size_t run_end(const struct item *v, size_t n, size_t i)
{
    for (i++; i < n && before(&v[i - 1], &v[i]); i++)
        ;
    return i;
}

/* Short runs are made long by insertion, long ones merged, until one is left. */
static int sort(struct list *l, struct list *spare, struct dorg_err *e)
{
    enum { SHORT = 12 };
    for (size_t a = 0, b; a < l->n; a = b) {
        b = run_end(l->v, l->n, a);
        for (; b < l->n && b < a + SHORT; b++) {
            struct item it = l->v[b];
            size_t i = b;
            for (; i > a && before(&it, &l->v[i - 1]); i--)
                l->v[i] = l->v[i - 1];
            l->v[i] = it;
        }
    }
    while (run_end(l->v, l->n, 0) < l->n) {
        while (spare->cap < l->n)
            if (dorg_grow(&spare->v, spare->cap, &spare->cap, sizeof *l->v, e)) return e->code;
        for (size_t a = 0, b, c; a < l->n; a = c) {
            b = run_end(l->v, l->n, a);
            c = b < l->n ? run_end(l->v, l->n, b) : b;
            merge(spare->v, l->v, a, b, c);
        }
        struct list t = *l;
        spare->n = l->n;
        *l = *spare;
        *spare = t;
    }
    return 0;
}

/* All edges into their buckets; the largest rate gives nu. */
static void fill(struct dorg_ers *s)
{
    struct dorg_ers_batch *b = &s->greedy->batch;
    uint32_t *edge = s->greedy->edge;
    double top = 0;
    b->n = 0;
    for (int32_t y = 0; y < s->ny; y++)
        for (int32_t x = 0; x < s->nx; x++) {
            uint32_t a = (uint32_t)y * (uint32_t)s->nx + (uint32_t)x;
            for (uint32_t dir = 0; dir < 4 && s->air[a] != DORG_ERS_AIR; dir++) {
                if (!dorg_ers_has(s, x, y, a, dir)) continue;
                edge[b->n] = 4 * a + dir;
                dorg_ers_batch_add(s, b, 4 * a + dir);
            }
            if (b->n + 4 <= DORG_ERS_BATCH && a + 1 < s->n) continue;
            dorg_ers_batch_rates(b);
            for (size_t i = 0; i < b->n; i++) {
                top = b->rate[i] > top ? b->rate[i] : top;
                dorg_ers_put(s->queue, edge[i], dorg_ers_pack(b->rate[i], 0),
                             dorg_ers_bucket(s->queue, b->rate[i]));
            }
            s->evaluated += b->n;
            b->n = 0;
        }
    s->nu = s->body > 2 ? s->p.lambda * s->k * top / (s->body - 2.0) : 0;
}

/* Memory an edge will need soon. */
static inline void fetch(const struct dorg_ers *s, uint32_t edge)
{
    uint32_t p = edge >> 2, q = p + s->step[edge & 3];
    __builtin_prefetch(&s->tag[p]);
    __builtin_prefetch(&s->tag[q]);
}

static inline void fetch_names(const struct dorg_ers *s, uint32_t edge)
{
    uint32_t p = edge >> 2, q = p + s->step[edge & 3];
    __builtin_prefetch(&s->size[dorg_ers_name(s, p)]);
    __builtin_prefetch(&s->size[dorg_ers_name(s, q)]);
}

static int append(struct list *l, struct item it, struct dorg_err *e)
{
    if (l->n == l->cap && dorg_grow(&l->v, l->n, &l->cap, sizeof *l->v, e)) return e->code;
    l->v[l->n++] = it;
    return 0;
}

/* An edge just evaluated: down if its gain is below the bucket, else to the sorted list. */
static inline int place(struct dorg_ers *s, struct item it, uint32_t bucket,
                        struct dorg_err *e)
{
    uint32_t to = dorg_ers_bucket(s->queue, it.gain);
    if (to >= bucket) return append(&s->greedy->sorted, it, e);
    dorg_ers_put(s->queue, it.edge, it.rate, to);
    return 0;
}

/* Evaluate m edges, sizes and gains as of now, and place them; those whose rates no longer
 * hold together at the end.  Edges within one component are dropped. */
static int settle(struct dorg_ers *s, const uint32_t *edge, const uint64_t *rate, size_t m,
                  uint32_t bucket, struct dorg_err *e)
{
    struct dorg_ers_greedy *g = s->greedy;
    struct dorg_ers_batch *w = &g->batch;
    w->n = 0;
    for (size_t i = 0; i < m; i++) {
        if (i + AHEAD < m) fetch(s, edge[i + AHEAD]);
        if (i + AHEAD / 2 < m) fetch_names(s, edge[i + AHEAD / 2]);
        uint32_t p = edge[i] >> 2, q = p + s->step[edge[i] & 3];
        uint32_t a = dorg_ers_name(s, p), b = dorg_ers_name(s, q);
        if (a == b) continue;
        uint32_t sa = s->size[a], sb = s->size[b];
        uint32_t degrees = dorg_ers_degrees(s->tag[p], s->tag[q]);
        double cost = dorg_ers_cost(s, sa, sb);
        struct item it = {dorg_ers_unpack(rate[i]) - cost, rate[i], edge[i], sa + sb};
        if ((rate[i] & 31) == degrees) {
            if (place(s, it, bucket, e)) return e->code;
            continue;
        }
        it.gain = cost;
        it.rate = degrees;
        g->wait[w->n] = it;
        dorg_ers_batch_add(s, w, edge[i]);
    }
    dorg_ers_batch_rates(w);
    s->evaluated += w->n;
    for (size_t i = 0; i < w->n; i++) {
        struct item it = g->wait[i];
        it.gain = w->rate[i] - it.gain;
        it.rate = dorg_ers_pack(w->rate[i], (uint32_t)it.rate);
        if (place(s, it, bucket, e)) return e->code;
    }
    return 0;
}

/* An edge whose components have grown since it was evaluated.  Its old rate bounds its new
 * one: if that puts it below the bucket, it may wait until the bucket is used up. */
static int meet_again(struct dorg_ers *s, struct item it, uint32_t size_a, uint32_t size_b,
                      uint32_t bucket, struct dorg_err *e)
{
    struct dorg_ers_greedy *g = s->greedy;
    double cost = dorg_ers_cost(s, size_a, size_b);
    it.gain = dorg_ers_unpack(it.rate) - cost;
    it.sizes = size_a + size_b;
    if (dorg_ers_bucket(s->queue, it.gain) < bucket) {
        if (g->n_later == g->cap_later) {
            size_t cap = g->cap_later;
            if (dorg_grow(&g->later, g->n_later, &cap, sizeof *g->later, e) ||
                dorg_grow(&g->later_rate, g->n_later, &g->cap_later, sizeof *g->later_rate, e))
                return e->code;
        }
        g->later[g->n_later] = it.edge;
        g->later_rate[g->n_later++] = it.rate;
        return 0;
    }
    uint32_t p = it.edge >> 2, q = p + s->step[it.edge & 3];
    uint32_t degrees = dorg_ers_degrees(s->tag[p], s->tag[q]);
    if ((it.rate & 31) != degrees) {
        struct dorg_ers_batch *w = &g->batch;
        w->n = 0;
        dorg_ers_batch_add(s, w, it.edge);
        double rate =
            dorg_ers_rate(w->whole[0], dorg_ers_u(w->rest_a[0]), dorg_ers_u(w->rest_b[0]));
        it.rate = dorg_ers_pack(rate, degrees);
        it.gain = rate - cost;
        s->evaluated++;
    }
    uint32_t to = dorg_ers_bucket(s->queue, it.gain);
    if (to >= bucket) return heap_push(&g->heap, it, e);
    dorg_ers_put(s->queue, it.edge, it.rate, to);
    return 0;
}

/* Take what can be taken in this bucket. */
static int use(struct dorg_ers *s, uint32_t bucket, uint32_t joins, struct dorg_err *e)
{
    struct dorg_ers_greedy *g = s->greedy;
    const struct item *next = g->sorted.v, *end = next + g->sorted.n;
    struct item it;
    while (s->joins < joins) {
        if (g->heap.n > 0 && !(next < end && before(next, &g->heap.v[0])))
            it = heap_pop(&g->heap);
        else if (next < end)
            it = *next++;
        else
            break;
        if (end - next > AHEAD) fetch(s, next[AHEAD].edge);
        if (end - next > AHEAD / 2) fetch_names(s, next[AHEAD / 2].edge);
        uint32_t p = it.edge >> 2, a = dorg_ers_name(s, p),
                 b = dorg_ers_name(s, p + s->step[it.edge & 3]);
        if (a == b) continue;
        if (s->size[a] + s->size[b] == it.sizes)
            dorg_ers_join(s, it.edge);
        else if (meet_again(s, it, s->size[a], s->size[b], bucket, e))
            return e->code;
    }
    return 0;
}

int dorg_ers_greedy_run(struct dorg_ers *s, struct dorg_err *e)
{
    struct dorg_ers_greedy *g = s->greedy;
    uint32_t joins = s->body - s->k;
    dorg_ers_queue_clear(s->queue, s->p.lambda);
    fill(s);
    for (uint32_t bucket = DORG_ERS_BUCKETS; bucket-- > 0 && s->joins < joins;) {
        g->sorted.n = g->heap.n = g->n_later = 0;
        if (bucket > 1) __builtin_prefetch(&s->queue->chunk[s->queue->head[bucket - 1]]);
        for (size_t m; (m = dorg_ers_queue_take(s->queue, g->edge, g->rate, bucket)) > 0;)
            if (settle(s, g->edge, g->rate, m, bucket, e)) return e->code;
        if (sort(&g->sorted, &g->spare, e) || use(s, bucket, joins, e)) return e->code;
        for (size_t i = 0; i < g->n_later; i += DORG_ERS_BATCH) {
            size_t m = g->n_later - i < DORG_ERS_BATCH ? g->n_later - i : DORG_ERS_BATCH;
            if (settle(s, g->later + i, g->later_rate + i, m, bucket, e)) return e->code;
        }
    }
    return 0;
}
