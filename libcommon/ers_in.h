/* ers_in.h - family talk between ers.c (the graph and its gains) and ers_queue.c (the order)
 *
 * Edge number = 4 * first pixel + direction (0 right, 1 down-left, 2 down, 3 down-right); its
 * second pixel is first + step[direction].  With N < 2^30 pixels it fits 32 bits.
 *
 * Gains are kept in units of 1 / W and without the part of the balancing gain that is the
 * same for all edges:
 *
 *   gain = u(la) - u(la - w) + u(lb) - u(lb - w) - 2 u(w) - nu (u(S + T) - u(S) - u(T) - 2)
 *
 * with u(x) = x log2 x, la and lb what is left of the self-loops c_a and c_b, S and T the
 * sizes of the two components in pixels, nu = lambda W / N. */
#ifndef DORG_ERS_IN_H
#define DORG_ERS_IN_H

#include <stddef.h>

#include "ers.h"

enum { DORG_ERS_LOGS = 128 };

struct dorg_ers_node { /* a pixel */
    double loop;       /* what is left of its self-loop */
    double u;          /* u(loop) */
};

struct dorg_ers_weight {
    double w, u2; /* w, 2 u(w) */
};

struct dorg_ers_queue;

struct dorg_ers {
    int32_t nx, ny;
    uint32_t n; /* pixels */
    uint32_t step[4];
    struct dorg_ers_param p;
    struct dorg_ers_weight weight[512]; /* by |d| + 256 * diagonal */
    struct {
        double inverse, log2;
    } centre[DORG_ERS_LOGS]; /* of c = 1 + (j + 1/2) / 128 */
    double nu;
    double total;        /* W */
    double rate, spread; /* sums of the two parts of the gains taken, not rounded */
    uint64_t evaluated;  /* gains computed */
    const uint8_t *grey; /* borrowed for one run */
    struct dorg_ers_node *node;
    int32_t *up;      /* union-find: parent, or minus the size at a root */
    double *u_size;   /* u(s) for s = 0..n */
    uint32_t *joined; /* at a root: merges done when it last grew */
    uint32_t merges;  /* done so far */
    struct dorg_ers_queue *queue;
};

static inline uint32_t dorg_ers_root(int32_t *up, uint32_t a)
{
    while (up[a] >= 0) { /* path halving */
        int32_t p = up[a];
        if (up[p] >= 0) up[a] = up[p];
        a = (uint32_t)p;
    }
    return a;
}

/* u(x) = x log2 x, x >= 0: table and polynomial, the same bits on every machine. */
static inline double dorg_ers_u(const struct dorg_ers *s, double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    size_t j = (bits >> 45) & (DORG_ERS_LOGS - 1);
    double k = (double)((int64_t)(bits >> 52) - 1023); /* x = 2^k m, 1 <= m < 2 */
    bits = (bits & ((UINT64_C(1) << 52) - 1)) | (UINT64_C(1023) << 52);
    double m;
    memcpy(&m, &bits, sizeof m);
    double c = 1 + ((double)j + 0.5) / DORG_ERS_LOGS;
    double r = (m - c) * s->centre[j].inverse; /* |r| <= 1/257; the difference is exact */
    double r2 = r * r;                         /* ln(1 + r) to r^6: error below 2e-18 */
    double ln = r - r2 * ((0.5 - r * (1.0 / 3)) + r2 * ((0.25 - r * 0.2) + r2 * (1.0 / 6)));
    return x > 0 ? x * ((k + s->centre[j].log2) + ln * 1.4426950408889634) : 0;
}

static inline const struct dorg_ers_weight *dorg_ers_weight_of(const struct dorg_ers *s,
                                                               uint32_t edge)
{
    uint32_t a = edge >> 2, dir = edge & 3, b = a + s->step[dir];
    int d = s->grey[a] - s->grey[b];
    return &s->weight[(d < 0 ? -d : d) + (dir & 1 ? 256 : 0)];
}

/* The entropy-rate part of an edge's gain, from its pixels' present loops, rounded to a
 * multiple of 2^-36, the unit of the last place at 1.5 * 2^16. */
static inline double dorg_ers_rate(const struct dorg_ers *s, uint32_t edge)
{
    const struct dorg_ers_weight *w = dorg_ers_weight_of(s, edge);
    const struct dorg_ers_node *a = &s->node[edge >> 2];
    const struct dorg_ers_node *b = a + s->step[edge & 3];
    double gain = (a->u - dorg_ers_u(s, a->loop - w->w)) +
                  (b->u - dorg_ers_u(s, b->loop - w->w)) - w->u2;
    return (gain + 98304) - 98304;
}

/* u(S + T) - u(S) - u(T) - 2 of two components, from their roots. */
static inline double dorg_ers_spread(const struct dorg_ers *s, uint32_t root_a,
                                     uint32_t root_b)
{
    int32_t t = -s->up[root_a], u = -s->up[root_b];
    return s->u_size[t + u] - (s->u_size[t] + s->u_size[u]) - 2;
}

/* Is there an edge from (x, y) in this direction? */
static inline int dorg_ers_has(const struct dorg_ers *s, int32_t x, int32_t y, uint32_t dir)
{
    return (dir == 0 || y + 1 < s->ny) && (dir != 1 || x > 0) &&
           (dir == 1 || dir == 2 || x + 1 < s->nx);
}

/* Join two components through the edge. */
void dorg_ers_join(struct dorg_ers *s, uint32_t edge, uint32_t root_a, uint32_t root_b);

/* Queue all edges and join the best until `components` are left. */
int dorg_ers_queue_open(struct dorg_ers_queue **q, uint32_t n, struct dorg_err *e);
void dorg_ers_queue_close(struct dorg_ers_queue *q);
int dorg_ers_queue_run(struct dorg_ers *s, uint32_t components, struct dorg_err *e);

#endif
