/* ers_in.h - family talk between the files of ers.h
 *
 *   ers_air.c     the air outside the body
 *   ers.c         the graph, the objective, the labels
 *   ers_gain.c    the gains of many edges at a time
 *   ers_queue.c   edges waiting in buckets
 *   ers_greedy.c  the order in which edges are taken
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

struct dorg_ers_node { /* a pixel */
    double loop;       /* what is left of its self-loop */
    double u;          /* u(loop) */
};

struct dorg_ers_weight {
    double w, u2; /* w, 2 u(w) */
};

enum dorg_ers_air { DORG_ERS_BODY, DORG_ERS_FLAT, DORG_ERS_AIR }; /* flat: of the body, too */

struct dorg_ers_queue;
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
    const uint8_t *grey;                /* borrowed for one run */
    struct dorg_ers_node *node;
    uint32_t *tag;      /* 16 * the pixel that names its component + edges taken at it, 0..8 */
    uint32_t *size;     /* pixels of the component, at its name */
    uint32_t *ring;     /* next pixel of the same component */
    uint8_t *air;       /* enum dorg_ers_air, by pixel */
    uint8_t *row;       /* for ers_air.c */
    double *u_size;     /* u(s) for s = 0..n */
    double nu;          /* above */
    double total;       /* W */
    double rate, cost;  /* sums over the edges taken, the rates not rounded */
    uint32_t joins;     /* done so far */
    uint64_t evaluated; /* gains computed */
    struct dorg_ers_queue *queue;
    struct dorg_ers_greedy *greedy;
};

static inline uint32_t dorg_ers_name(const struct dorg_ers *s, uint32_t pixel)
{
    return s->tag[pixel] >> 4;
}

static inline uint32_t dorg_ers_degrees(uint32_t tag_a, uint32_t tag_b)
{
    return (tag_a & 15) + (tag_b & 15);
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
    uint32_t a = edge >> 2, dir = edge & 3, b = a + s->step[dir];
    int d = s->grey[a] - s->grey[b];
    return &s->weight[(d < 0 ? -d : d) + (dir & 1 ? 256 : 0)];
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

/* nu times the spread of an edge between components of these sizes. */
static inline double dorg_ers_cost(const struct dorg_ers *s, uint32_t size_a, uint32_t size_b)
{
    return s->nu * (s->u_size[size_a + size_b] - (s->u_size[size_a] + s->u_size[size_b]) - 2);
}

/* A known rate.  It holds while no edge is taken at either pixel, that is while the
 * sum of their degrees stays; a rate being a multiple of 2^-36 below 16, the last twelve bits
 * of the double are 0 and the sum is kept in them. */
static inline uint64_t dorg_ers_pack(double rate, uint32_t degrees)
{
    uint64_t bits;
    memcpy(&bits, &rate, sizeof bits);
    return bits | degrees;
}

static inline double dorg_ers_unpack(uint64_t rate)
{
    double r;
    rate &= ~UINT64_C(31);
    memcpy(&r, &rate, sizeof r);
    return r;
}

/* ---- ers_air.c ---- */

/* Fill `air` from `grey`, and the component names of air. */
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

static inline void dorg_ers_batch_add(const struct dorg_ers *s, struct dorg_ers_batch *b,
                                      uint32_t edge)
{
    const struct dorg_ers_weight *w = dorg_ers_weight_of(s, edge);
    const struct dorg_ers_node *p = &s->node[edge >> 2], *q = p + s->step[edge & 3];
    size_t i = b->n++;
    b->whole[i] = p->u + q->u - w->u2;
    b->rest_a[i] = p->loop - w->w;
    b->rest_b[i] = q->loop - w->w;
}

/* The rates of the whole batch. */
void dorg_ers_batch_rates(struct dorg_ers_batch *b);

/* ---- ers_queue.c: edges wait in buckets of equal width, first in, first out ---- */

enum { DORG_ERS_BUCKETS = 1 << 15, DORG_ERS_CHUNK = 10 };

struct dorg_ers_chunk { /* two cache lines of edges */
    uint32_t next;      /* chunk behind it, or in the free list */
    uint32_t n;
    uint32_t edge[DORG_ERS_CHUNK];
    uint64_t rate[DORG_ERS_CHUNK]; /* packed */
};

struct dorg_ers_queue {
    double low, per_width; /* bucket = (gain - low) * per_width, clamped */
    uint32_t head[DORG_ERS_BUCKETS], tail[DORG_ERS_BUCKETS];
    uint32_t free_chunk, unused;  /* given back; never used yet */
    struct dorg_ers_chunk *chunk; /* into room, on a line; chunk 0 is full for ever */
    void *room;                   /* owned */
};

int dorg_ers_queue_open(struct dorg_ers_queue **q, uint32_t n, struct dorg_err *e);
void dorg_ers_queue_close(struct dorg_ers_queue *q);
void dorg_ers_queue_clear(struct dorg_ers_queue *q, double lambda);

static inline uint32_t dorg_ers_bucket(const struct dorg_ers_queue *q, double gain)
{
    double at = (gain - q->low) * q->per_width;
    return at < 1 ? 0 : at >= DORG_ERS_BUCKETS ? DORG_ERS_BUCKETS - 1 : (uint32_t)at;
}

void dorg_ers_queue_lengthen(struct dorg_ers_queue *q, uint32_t bucket);

static inline void dorg_ers_put(struct dorg_ers_queue *q, uint32_t edge, uint64_t rate,
                                uint32_t bucket)
{
    if (q->chunk[q->tail[bucket]].n == DORG_ERS_CHUNK) dorg_ers_queue_lengthen(q, bucket);
    struct dorg_ers_chunk *c = &q->chunk[q->tail[bucket]];
    c->rate[c->n] = rate;
    c->edge[c->n++] = edge;
}

/* Up to DORG_ERS_BATCH edges out of the bucket; their number. */
size_t dorg_ers_queue_take(struct dorg_ers_queue *q, uint32_t *edge, uint64_t *rate,
                           uint32_t bucket);

/* ---- ers_greedy.c ---- */

struct dorg_ers_greedy;
int dorg_ers_greedy_open(struct dorg_ers_greedy **g, struct dorg_err *e);
void dorg_ers_greedy_close(struct dorg_ers_greedy *g);

/* Join the best until k components are left or no edge is; sets nu. */
int dorg_ers_greedy_run(struct dorg_ers *s, struct dorg_err *e);

/* ---- ers.c ---- */

/* Join the two components of an edge. */
void dorg_ers_join(struct dorg_ers *s, uint32_t edge);

#endif
