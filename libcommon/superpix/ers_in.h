/* ers_in.h - private to the ers files
 *
 *   ers_air.c     the air outside the body
 *   ers.c         the graph, the objective, the labels
 *   ers_gain.c    the gains of many edges at a time
 *   ers_queue.c   edges waiting in buckets
 *   ers_sort.c    edges in order: a list, a heap
 *   ers_greedy.c  the order in which edges are taken
 *   ers_tile.c    tile by tile what can be, then the slice as a whole
 *
 * Edge number = 4 * first pixel + direction (0 right, 1 down-left, 2 down, 3 down-right); its
 * second pixel is first + step[direction].  N <= 2^28.
 *
 * Gains are kept in units of 1 / W and without the part of the balancing gain that is the
 * same for all edges:
 *
 *   gain   = rate - nu * spread
 *   rate   = u(la) - u(la - w) + u(lb) - u(lb - w) - 2 u(w), to a multiple of 2^-36
 *   spread = u(S + T) - u(S) - u(T) - 2
 *
 * with u(x) = x log2 x, la and lb what is left of the self-loops c_a and c_b, S and T the
 * sizes of the two components in pixels, nu = lambda W / N.  Neither part ever grows. */
#ifndef DORG_ERS_IN_H
#define DORG_ERS_IN_H

#include <stddef.h>

#include "ers.h"
#include "../base/mem.h"

struct dorg_ers_node { /* a pixel */
    double loop;       /* what is left of its self-loop */
    double u;          /* u(loop) */
};

struct dorg_ers_weight {
    double w, u2; /* w, 2 u(w) */
};

struct dorg_ers_item { /* an edge that has been evaluated */
    double gain;
    uint64_t rate;  /* packed: below */
    uint32_t edge;  /* its number */
    uint32_t sizes; /* of both components together, when evaluated */
};

struct dorg_ers_part { /* a component */
    uint32_t size;     /* pixels, and DORG_ERS_FROZEN or not */
    uint32_t member;   /* one of them */
};

enum dorg_ers_air { DORG_ERS_BODY, DORG_ERS_FLAT, DORG_ERS_AIR }; /* flat: of the body, too */

enum { DORG_ERS_SIZES = 4096 };
#define DORG_ERS_FROZEN (UINT32_C(1) << 31) /* ers_tile.c: not to be joined in this tile */

/* ---- ers_queue.c: edges wait in buckets of equal width, first in, first out ---- */

enum { DORG_ERS_BUCKETS = 1 << 15, DORG_ERS_TILE_BUCKETS = 1 << 12, DORG_ERS_CHUNK = 10 };

struct dorg_ers_chunk { /* two cache lines of edges */
    uint32_t next;      /* chunk behind it, or in the free list */
    uint32_t unused;
    uint32_t edge[DORG_ERS_CHUNK];
    uint64_t rate[DORG_ERS_CHUNK]; /* packed: below */
};

struct dorg_ers_queue {
    uint32_t buckets;
    double low, per_width;        /* bucket = (gain - low) * per_width, clamped */
    uint32_t *head;               /* of each bucket: its first chunk, 0 for none */
    uint32_t *tail;               /* and 16 * its last chunk + the number of edges in that */
    uint32_t free_chunk, unused;  /* given back; never used yet */
    struct dorg_ers_chunk *chunk; /* chunk 0 is not used */
};

/* ---- everything about a slice ---- */

struct dorg_ers_greedy;

struct dorg_ers {
    int32_t nx, ny;
    uint32_t n;     /* pixels */
    uint32_t body;  /* of them outside the air: the nodes of the graph */
    uint32_t k;     /* components wanted of them */
    int32_t labels; /* of the slice just run */
    uint32_t step[4];
    struct dorg_ers_param p;
    struct dorg_ers_weight weight[512]; /* by |d| + 256 * diagonal */
    double u_size[DORG_ERS_SIZES];      /* u(s) */
    const uint8_t *grey;                /* borrowed for one run */
    int32_t *label;                     /* borrowed for one run: see ers_air.c, ers_tile.c */

    void *room; /* owned: the arrays lie in it */
    struct dorg_ers_node *node;
    uint32_t *tag;  /* 16 * the name of its component + edges taken at the pixel, 0..8 */
    uint32_t *ring; /* next pixel of the same component */
    struct dorg_ers_part *part; /* components by name */
    uint8_t *air;               /* enum dorg_ers_air, by pixel */
    uint8_t *row;               /* for ers_air.c */
    uint32_t *rest_edge;        /* edges that no tile has finished, tile by tile ... */
    uint64_t *rest_rate;        /* ... with their packed rates */
    uint32_t n_rest;
    uint32_t *tile_end; /* where the edges of each tile end among them */
    struct dorg_ers_queue queue, tile_queue;
    struct dorg_ers_greedy *greedy; /* owned */

    double nu;                 /* above */
    double total;              /* W */
    double rate, cost;         /* sums over the edges taken, the rates not rounded */
    uint32_t joins;            /* done so far */
    struct dorg_ers_item last; /* the edge taken last */
    uint64_t evaluated;        /* gains computed */
    int begun;                 /* 2 if tiles went too far, else 1 */
};

static inline uint32_t dorg_ers_name(const struct dorg_ers *s, uint32_t pixel)
{
    return s->tag[pixel] >> 4;
}

static inline uint32_t dorg_ers_first(uint32_t edge)
{
    return edge >> 2;
}

static inline uint32_t dorg_ers_second(const struct dorg_ers *s, uint32_t edge)
{
    return (edge >> 2) + s->step[edge & 3];
}

static inline uint32_t dorg_ers_degrees(const struct dorg_ers *s, uint32_t edge)
{
    return (s->tag[dorg_ers_first(edge)] & 15) + (s->tag[dorg_ers_second(s, edge)] & 15);
}

/* Is there an edge from (x, y), pixel a of the body, in this direction? */
static inline int dorg_ers_has(const struct dorg_ers *s, int32_t x, int32_t y, uint32_t a,
                               uint32_t dir)
{
    return (dir == 0 || y + 1 < s->ny) && (dir != 1 || x > 0) &&
           (dir == 1 || dir == 2 || x + 1 < s->nx) && s->air[a + s->step[dir]] != DORG_ERS_AIR;
}

static inline const struct dorg_ers_weight *dorg_ers_weight_of(const struct dorg_ers *s,
                                                               uint32_t edge)
{
    uint32_t a = dorg_ers_first(edge), b = dorg_ers_second(s, edge);
    int d = s->grey[a] - s->grey[b];
    return &s->weight[(d < 0 ? -d : d) + (edge & 1 ? 256 : 0)];
}

/* u(x) = x log2 x, x >= 0 and normal or 0; error below 4e-15 for x <= 8, and the same bits
 * on every machine. */
static inline double dorg_ers_u(double x)
{
    const uint64_t mantissa = (UINT64_C(1) << 52) - 1, sqrt_half = UINT64_C(0x6a09e667f3bcd);
    uint64_t bits, part;
    double k, m;
    memcpy(&bits, &x, sizeof bits); /* x = 2^k m, sqrt(1/2) <= m < sqrt(2) */
    bits += (UINT64_C(1) << 52) - sqrt_half;
    part = (bits >> 52) | UINT64_C(0x4330000000000000); /* 2^52 + k + 1023 */
    memcpy(&k, &part, sizeof k);
    part = (bits & mantissa) + (UINT64_C(1022) << 52) + sqrt_half;
    memcpy(&m, &part, sizeof m);
    double t = (m - 1) / (m + 1), q = t * t; /* ln m = 2 (t + t^3/3 + ...), |t| < 0.172 */
    double q2 = q * q, q4 = q2 * q2;
    const double c = 2 * 1.4426950408889634;
    double low = (c + q * (c / 3)) + q2 * (c / 5 + q * (c / 7));
    double high = (c / 9 + q * (c / 11)) + q2 * (c / 13 + q * (c / 15) + q2 * (c / 17));
    double u = x * ((k - (0x1p52 + 1023)) + t * (low + q4 * high));
    return x > 0 ? u : 0;
}

/* A rate from u(la) + u(lb) - 2 u(w), u(la - w) and u(lb - w).  2^-36 is the unit of the last
 * place of doubles around 1.5 * 2^16. */
static inline double dorg_ers_rate(double whole, double rest_a, double rest_b)
{
    return (whole - (rest_a + rest_b)) + 98304 - 98304;
}

/* u(a + b) - u(a) - u(b) - 2 for large sizes. */
double dorg_ers_spread(uint32_t a, uint32_t b);

/* nu times the spread of an edge between components of these sizes. */
static inline double dorg_ers_cost(const struct dorg_ers *s, uint32_t a, uint32_t b)
{
    if (a + b >= DORG_ERS_SIZES) return s->nu * dorg_ers_spread(a, b);
    return s->nu * (s->u_size[a + b] - (s->u_size[a] + s->u_size[b]) - 2);
}

/* A known rate.  It holds while no edge is taken at either pixel, that is while the
 * sum of their degrees stays; a rate being a multiple of 2^-36 below 16, the last twelve bits
 * of the double are 0 and the sum is kept in them, with DORG_ERS_GUEST or not. */
enum { DORG_ERS_DEGREES = 31, DORG_ERS_GUEST = 32 };

static inline uint64_t dorg_ers_pack(double rate, uint32_t low)
{
    uint64_t bits;
    memcpy(&bits, &rate, sizeof bits);
    return bits | low;
}

static inline double dorg_ers_unpack(uint64_t rate)
{
    double r;
    rate &= ~UINT64_C(63);
    memcpy(&r, &rate, sizeof r);
    return r;
}

/* ---- ers_air.c ---- */

/* Fill `air` from `grey`; the label of air becomes ~pixel, the same pixel for each of its
 * pieces. */
void dorg_ers_find_air(struct dorg_ers *s);

/* ---- ers_gain.c ---- */

enum { DORG_ERS_BATCH = 256 };
struct dorg_ers_batch {
    size_t n;
    double whole[DORG_ERS_BATCH];  /* u(la) + u(lb) - 2 u(w) */
    double rest_a[DORG_ERS_BATCH]; /* la - w */
    double rest_b[DORG_ERS_BATCH]; /* lb - w */
    double rate[DORG_ERS_BATCH];
};

/* What the rate of an edge is made of, as of now: one element of a batch. */
static inline void dorg_ers_terms(const struct dorg_ers *s, uint32_t edge, double *whole,
                                  double *rest_a, double *rest_b)
{
    const struct dorg_ers_weight *w = dorg_ers_weight_of(s, edge);
    const struct dorg_ers_node *p = &s->node[dorg_ers_first(edge)],
                               *q = &s->node[dorg_ers_second(s, edge)];
    *whole = p->u + q->u - w->u2;
    *rest_a = p->loop - w->w;
    *rest_b = q->loop - w->w;
}

static inline void dorg_ers_batch_add(const struct dorg_ers *s, struct dorg_ers_batch *b,
                                      uint32_t edge)
{
    size_t i = b->n++;
    dorg_ers_terms(s, edge, &b->whole[i], &b->rest_a[i], &b->rest_b[i]);
}

/* The rate of one edge, as of now. */
static inline double dorg_ers_rate_of(const struct dorg_ers *s, uint32_t edge)
{
    double whole, rest_a, rest_b;
    dorg_ers_terms(s, edge, &whole, &rest_a, &rest_b);
    return dorg_ers_rate(whole, dorg_ers_u(rest_a), dorg_ers_u(rest_b));
}

/* The rates of the whole batch. */
void dorg_ers_batch_rates(struct dorg_ers_batch *b);

/* ---- ers_queue.c ---- */

/* Chunks that so many edges may need. */
size_t dorg_ers_queue_chunks(size_t edges, uint32_t buckets);

void dorg_ers_queue_clear(struct dorg_ers_queue *q, double low, double high);

static inline uint32_t dorg_ers_bucket(const struct dorg_ers_queue *q, double gain)
{
    double at = (gain - q->low) * q->per_width;
    return at < 1 ? 0 : at >= q->buckets ? q->buckets - 1 : (uint32_t)at;
}

void dorg_ers_queue_lengthen(struct dorg_ers_queue *q, uint32_t bucket);

static inline void dorg_ers_put(struct dorg_ers_queue *q, uint32_t edge, uint64_t rate,
                                uint32_t bucket)
{
    if ((q->tail[bucket] & 15) == DORG_ERS_CHUNK) dorg_ers_queue_lengthen(q, bucket);
    uint32_t at = q->tail[bucket]++;
    struct dorg_ers_chunk *c = &q->chunk[at >> 4];
    c->rate[at & 15] = rate;
    c->edge[at & 15] = edge;
}

/* The edges of the first chunk of a bucket that is not empty; their number.  There must be
 * room for a whole chunk. */
size_t dorg_ers_queue_take(struct dorg_ers_queue *q, uint32_t *edge, uint64_t *rate,
                           uint32_t bucket);

/* ---- ers_sort.c ---- */

struct dorg_ers_list {
    struct dorg_ers_item *v; /* owned */
    size_t n, cap;
};

/* The order of the whole algorithm: larger gain first, then lower edge. */
static inline int dorg_ers_before(const struct dorg_ers_item *a, const struct dorg_ers_item *b)
{
    return a->gain > b->gain || (a->gain == b->gain && a->edge < b->edge);
}

static inline int dorg_ers_append(struct dorg_ers_list *l, const struct dorg_ers_item *it,
                                  struct dorg_err *e)
{
    if (l->n == l->cap && dorg_grow(&l->v, l->n, &l->cap, sizeof *l->v, e)) return e->code;
    l->v[l->n++] = *it;
    return 0;
}

int dorg_ers_sort(struct dorg_ers_list *l, struct dorg_ers_list *spare, struct dorg_err *e);
int dorg_ers_heap_push(struct dorg_ers_list *h, struct dorg_ers_item it, struct dorg_err *e);
struct dorg_ers_item dorg_ers_heap_pop(struct dorg_ers_list *h);

/* ---- ers_greedy.c ---- */

int dorg_ers_greedy_open(struct dorg_ers_greedy **g, struct dorg_err *e);
void dorg_ers_greedy_close(struct dorg_ers_greedy *g);

/* Empty the bucket of the queue: join what can be, the best first, until `joins` are done;
 * what has to wait goes into a lower one, or when that is 0 and `tiled`, to the rest. */
int dorg_ers_greedy_bucket(struct dorg_ers *s, struct dorg_ers_queue *q, uint32_t bucket,
                           bool tiled, uint32_t joins, struct dorg_err *e);

/* ---- ers_tile.c ---- */

enum { DORG_ERS_TILE = 256 };

/* From pixels alone, join the best until k components are left or no edge is; sets nu.  Names
 * are 0, 1, ... then.  *again: tiles went too far; start again with `tiled` false. */
int dorg_ers_join_all(struct dorg_ers *s, bool tiled, bool *again, struct dorg_err *e);

/* A tile has finished an edge of the rest, not a guest. */
static inline void dorg_ers_leave(struct dorg_ers *s, uint32_t edge, uint64_t rate)
{
    if (rate & DORG_ERS_GUEST) return;
    s->rest_edge[s->n_rest] = edge;
    s->rest_rate[s->n_rest++] = rate;
}

/* ---- ers.c ---- */

/* Join the two components of an edge. */
void dorg_ers_join(struct dorg_ers *s, const struct dorg_ers_item *it);

#endif
