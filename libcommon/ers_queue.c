/* ers_queue.c - entropy rate superpixels: edges in the order of their gains
 *
 * Gains never grow, so the largest gain falls from step to step and a bucket queue needs no
 * way back.  An edge waits in the bucket of the gain it had when last evaluated, an upper
 * bound.  When the walk down reaches a bucket, its edges are evaluated; those whose gain has
 * left the bucket move down, the others are sorted.  From then on the best edge of this
 * bucket is the best of all: it is taken if its two components have not grown since it was
 * evaluated, and evaluated again if they have; if that leaves it in the bucket it waits in a
 * small heap beside the sorted list.  Edges within one component are dropped when met. */
#include "ers_in.h"

#include "mem.h"

enum { BUCKETS = 1 << 16 };
static const uint32_t NONE = UINT32_MAX;

struct item {
    double gain;
    uint32_t edge;
    uint32_t when; /* merges done when it was evaluated */
};

struct list {
    struct item *v; /* owned */
    size_t n, cap;
};

struct dorg_ers_queue {
    uint32_t *next; /* owned: next edge of the same bucket */
    uint32_t head[BUCKETS];
    double low, per_width; /* bucket = (gain - low) * per_width, clamped */
    struct list sorted, heap;
};

int dorg_ers_queue_open(struct dorg_ers_queue **out, uint32_t n, struct dorg_err *e)
{
    struct dorg_ers_queue *q = *out = dorg_zeroed(1, sizeof *q, e);
    if (!q) return e->code;
    q->next = dorg_array((size_t)n * 4, sizeof *q->next, e);
    return e->code;
}

void dorg_ers_queue_close(struct dorg_ers_queue *q)
{
    if (!q) return;
    free(q->next);
    free(q->sorted.v);
    free(q->heap.v);
    free(q);
}

/* The order of the whole algorithm: larger gain first, then lower edge. */
static inline int before(const struct item *a, const struct item *b)
{
    return a->gain > b->gain || (a->gain == b->gain && a->edge < b->edge);
}

static int compare(const void *pa, const void *pb)
{
    const struct item *a = pa, *b = pb;
    return before(a, b) ? -1 : before(b, a);
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

static inline uint32_t bucket_of(const struct dorg_ers_queue *q, double gain)
{
    double at = (gain - q->low) * q->per_width;
    return at < 1 ? 0 : at >= BUCKETS ? BUCKETS - 1 : (uint32_t)at;
}

static inline void put(struct dorg_ers_queue *q, uint32_t edge, uint32_t bucket)
{
    q->next[edge] = q->head[bucket];
    q->head[bucket] = edge;
}

/* All edges into their buckets, last first so that lists run upwards; sets nu. */
static void fill(struct dorg_ers *s)
{
    struct dorg_ers_queue *q = s->queue;
    const double most = 9.77; /* 2 (u(8) - u(7)) + max(-2 u(w)) */
    double range = most * (1 + 8 * s->p.lambda), top = 0;
    q->per_width = BUCKETS / range;
    q->low = most - range;
    memset(q->head, 0xff, sizeof q->head);
    for (int32_t y = s->ny; y-- > 0;)
        for (int32_t x = s->nx; x-- > 0;)
            for (uint32_t dir = 4; dir-- > 0;) {
                if (!dorg_ers_has(s, x, y, dir)) continue;
                uint32_t edge = 4 * ((uint32_t)y * (uint32_t)s->nx + (uint32_t)x) + dir;
                double gain = dorg_ers_rate(s, edge);
                s->evaluated++;
                top = gain > top ? gain : top;
                put(q, edge, bucket_of(q, gain));
            }
    s->nu = s->n > 2 ? s->p.lambda * s->p.k * top / (s->n - 2.0) : 0;
}

/* The bucket's edges that still belong there, sorted; the others move down. */
static int open_bucket(struct dorg_ers *s, uint32_t bucket, struct dorg_err *e)
{
    struct dorg_ers_queue *q = s->queue;
    struct list *l = &q->sorted;
    int ordered = 1;
    l->n = 0;
    for (uint32_t edge = q->head[bucket], next; edge != NONE; edge = next) {
        next = q->next[edge];
        uint32_t a = dorg_ers_root(s->up, edge >> 2);
        uint32_t b = dorg_ers_root(s->up, (edge >> 2) + s->step[edge & 3]);
        if (a == b) continue;
        double gain = dorg_ers_rate(s, edge) - s->nu * dorg_ers_spread(s, a, b);
        s->evaluated++;
        uint32_t to = bucket_of(q, gain);
        if (to < bucket) {
            put(q, edge, to);
            continue;
        }
        if (l->n == l->cap && dorg_grow(&l->v, l->n, &l->cap, sizeof *l->v, e)) return e->code;
        l->v[l->n++] = (struct item){gain, edge, s->merges};
        ordered = ordered && (l->n < 2 || before(&l->v[l->n - 2], &l->v[l->n - 1]));
    }
    if (!ordered) qsort(l->v, l->n, sizeof *l->v, compare);
    return 0;
}

/* The next best edge of the open bucket; 0 when it is used up. */
static int next_item(struct dorg_ers_queue *q, size_t *i, struct item *it)
{
    int more = *i < q->sorted.n;
    if (q->heap.n > 0 && !(more && before(&q->sorted.v[*i], &q->heap.v[0])))
        *it = heap_pop(&q->heap);
    else if (more)
        *it = q->sorted.v[(*i)++];
    else
        return 0;
    return 1;
}

static int use_bucket(struct dorg_ers *s, uint32_t bucket, uint32_t merges, struct dorg_err *e)
{
    struct dorg_ers_queue *q = s->queue;
    struct item it;
    q->heap.n = 0;
    for (size_t i = 0; s->merges < merges && next_item(q, &i, &it);) {
        uint32_t a = dorg_ers_root(s->up, it.edge >> 2);
        uint32_t b = dorg_ers_root(s->up, (it.edge >> 2) + s->step[it.edge & 3]);
        if (a == b) continue;
        if (s->joined[a] <= it.when && s->joined[b] <= it.when) {
            dorg_ers_join(s, it.edge, a, b);
            continue;
        }
        it.gain = dorg_ers_rate(s, it.edge) - s->nu * dorg_ers_spread(s, a, b);
        it.when = s->merges;
        s->evaluated++;
        uint32_t to = bucket_of(q, it.gain);
        if (to < bucket)
            put(q, it.edge, to);
        else if (heap_push(&q->heap, it, e))
            return e->code;
    }
    return 0;
}

int dorg_ers_queue_run(struct dorg_ers *s, uint32_t components, struct dorg_err *e)
{
    uint32_t merges = s->n - components;
    fill(s);
    for (uint32_t bucket = BUCKETS; bucket-- > 0 && s->merges < merges;)
        if (open_bucket(s, bucket, e) || use_bucket(s, bucket, merges, e)) return e->code;
    return 0;
}
