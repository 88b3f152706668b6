/* ers.c - entropy rate superpixels: the graph, its gains, the labels */
#include "ers.h"
#include "ers_in.h"

#include "../base/mem.h"

#include <sys/mman.h>

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
    for (uint32_t i = 0; i < DORG_ERS_SIZES; i++)
        s->u_size[i] = dorg_ers_u((double)i);
}

/* The next piece of `room`, on a pair of cache lines; NULL while room is. */
static void *cut(char *room, size_t *at, size_t count, size_t size)
{
    void *p = room ? room + *at : NULL;
    *at += (count * size + 127) / 128 * 128;
    return p;
}

static void place_queue(struct dorg_ers_queue *q, char *room, size_t *at, uint32_t buckets)
{
    q->buckets = buckets;
    q->head = cut(room, at, buckets, sizeof *q->head);
    q->tail = cut(room, at, buckets, sizeof *q->tail);
}

/* Place all arrays in `room`; the bytes they take. */
static size_t place_arrays(struct dorg_ers *s, char *room)
{
    size_t at = 0, n = s->n, t = s->p.tile;
    size_t tiles = (((size_t)s->nx - 1) / t + 1) * (((size_t)s->ny - 1) / t + 1);
    s->node = cut(room, &at, n, sizeof *s->node);
    s->tag = cut(room, &at, n, sizeof *s->tag);
    s->ring = cut(room, &at, n, sizeof *s->ring);
    s->part = cut(room, &at, n, sizeof *s->part);
    s->air = cut(room, &at, n, 1);
    s->row = cut(room, &at, (size_t)s->nx + 6, 1);
    s->rest_edge = cut(room, &at, n * 4, sizeof *s->rest_edge);
    s->rest_rate = cut(room, &at, n * 4, sizeof *s->rest_rate);
    s->tile_end = cut(room, &at, tiles, sizeof *s->tile_end);
    place_queue(&s->queue, room, &at, DORG_ERS_BUCKETS);
    place_queue(&s->tile_queue, room, &at, DORG_ERS_TILE_BUCKETS);
    size_t whole = dorg_ers_queue_chunks(n * 4, DORG_ERS_BUCKETS);
    size_t tile = dorg_ers_queue_chunks((t + 2) * (t + 2) * 4, DORG_ERS_TILE_BUCKETS);
    s->queue.chunk = s->tile_queue.chunk = /* used one after the other */
        cut(room, &at, whole > tile ? whole : tile, sizeof *s->queue.chunk);
    return at;
}

/* Edges are met all over the slice: large pages spare the processor most of its searches for
 * addresses, where the system has them. */
static int make_room(struct dorg_ers *s, struct dorg_err *e)
{
    const size_t page = (size_t)1 << 21, bytes = place_arrays(s, NULL);
    s->room = dorg_array(bytes + page, 1, e);
    if (!s->room) return e->code;
    char *room = (char *)s->room + (page - (uintptr_t)s->room % page);
    (void)madvise(room, bytes, MADV_HUGEPAGE);
    place_arrays(s, room);
    memset(s->air, DORG_ERS_BODY, s->n);
    memset(s->row, 0, (size_t)s->nx + 6);
    return 0;
}

int dorg_ers_open(struct dorg_ers **out, int32_t nx, int32_t ny,
                  const struct dorg_ers_param *p, struct dorg_err *e)
{
    struct dorg_ers *s = *out = dorg_zeroed(1, sizeof *s, e);
    if (!s) return e->code;
    if ((uint64_t)nx * (uint64_t)ny > UINT64_C(1) << 28)
        return dorg_fail(e, DORG_EDATA, "a slice of %d x %d is more than 2^28 pixels", nx, ny);
    uint32_t side = (uint32_t)(nx > ny ? nx : ny);
    s->nx = nx;
    s->ny = ny;
    s->n = (uint32_t)nx * (uint32_t)ny;
    s->p = *p;
    if (s->p.tile == 0) s->p.tile = DORG_ERS_TILE;
    if (s->p.tile > side) s->p.tile = side;
    const uint32_t step[4] = {1, (uint32_t)nx - 1, (uint32_t)nx, (uint32_t)nx + 1};
    memcpy(s->step, step, sizeof step);
    fill_tables(s);
    if (make_room(s, e)) return e->code;
    return dorg_ers_greedy_open(&s->greedy, e);
}

void dorg_ers_close(struct dorg_ers *s)
{
    if (!s) return;
    free(s->room);
    dorg_ers_greedy_close(s->greedy);
    free(s);
}

/* Self-loops: every edge adds its weight at both ends. */
static void start_loops(struct dorg_ers *s)
{
    for (uint32_t a = 0; a < s->n; a++)
        if (s->air[a] != DORG_ERS_AIR) s->node[a].loop = 0;
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
        s->part[a] = (struct dorg_ers_part){.size = 1, .member = a};
        s->label[a] = -1;
    }
    double seen = s->body + DORG_ERS_AIR_SHARE * (s->n - s->body);
    double k = floor(s->p.k * (s->body / seen) + 0.5);
    s->k = k < 1 ? 1 : (uint32_t)k;
    s->k = s->k > s->body ? s->body : s->k;
    s->joins = 0;
    s->rate = 0;
    s->cost = 0;
}

void dorg_ers_join(struct dorg_ers *s, const struct dorg_ers_item *it)
{
    const struct dorg_ers_weight *w = dorg_ers_weight_of(s, it->edge);
    uint32_t p = dorg_ers_first(it->edge), q = dorg_ers_second(s, it->edge);
    uint32_t a = dorg_ers_name(s, p), b = dorg_ers_name(s, q);
    struct dorg_ers_node *np = &s->node[p], *nq = &s->node[q];
    double before = np->u + nq->u;
    np->loop -= w->w;
    nq->loop -= w->w;
    np->u = dorg_ers_u(np->loop);
    nq->u = dorg_ers_u(nq->loop);
    s->tag[p]++;
    s->tag[q]++;
    s->rate += before - (np->u + nq->u) - w->u2;
    s->cost += dorg_ers_cost(s, s->part[a].size, s->part[b].size);
    s->joins++;
    s->last = *it;
    if (s->part[a].size < s->part[b].size) { /* the smaller takes the name of the larger */
        uint32_t t = a;
        a = b;
        b = t;
    }
    s->part[a].size += s->part[b].size;
    uint32_t i = s->part[b].member, j = s->part[a].member, end = i;
    do {
        s->tag[i] = 16 * a + (s->tag[i] & 15);
        i = s->ring[i];
    } while (i != end);
    i = s->ring[j]; /* two rings into one */
    s->ring[j] = s->ring[end];
    s->ring[end] = i;
}

/* Components become labels in raster order of first pixels.  FROZEN marks those that have
 * one, which stands for the size. */
static void number_components(struct dorg_ers *s)
{
    int32_t last = 0, *label = s->label;
    for (uint32_t a = 0; a < s->n; a++) {
        if (s->air[a] != DORG_ERS_AIR) {
            uint32_t *number = &s->part[dorg_ers_name(s, a)].size;
            if (!(*number & DORG_ERS_FROZEN)) *number = DORG_ERS_FROZEN | (uint32_t)++last;
            label[a] = (int32_t)(*number & ~DORG_ERS_FROZEN);
        } else if (label[a] < 0) {
            int32_t *number = &label[~label[a]];
            if (*number < 0) *number = ++last;
            label[a] = *number;
        }
    }
    s->labels = last;
}

int dorg_ers_run(struct dorg_ers *s, int32_t *label, const uint8_t *grey, struct dorg_err *e)
{
    bool again = false;
    s->grey = grey;
    s->label = label;
    s->evaluated = 0;
    s->begun = 0;
    if (s->p.skip_air) dorg_ers_find_air(s);
    do {
        start_loops(s);
        start_nodes(s);
        s->begun++;
        if (dorg_ers_join_all(s, !again, &again, e)) return e->code;
    } while (again);
    number_components(s);
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
