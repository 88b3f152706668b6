/* ers_tile.c - entropy rate superpixels: tile by tile what can be, then the slice as a whole
 *
 * Greedy meets edges in the order of their gains, that is all over the slice, and a slice
 * does not fit in cache.  But an edge that is the best of all edges at both its components
 * can be joined at once, whatever goes on elsewhere: all other edges at the two lie behind it
 * and, gains never growing, stay there, so greedy too joins these two, by this edge, at this
 * gain, before anything else happens to either.  Hence all joins that greedy makes, down to a
 * single component, are a set that does not depend on the order in which edges are taken, as
 * long as each is the best at both its components in its turn; and as greedy itself takes
 * them in falling order, cutting the slice to K components is taking the first N - K of them.
 *
 * So tiles are worked on one by one, each with all edges at its pixels, down to a gain that
 * lies above where greedy will end.  Nothing is joined across the border of a tile: when an
 * edge across is the best of the tile, its component in the tile is frozen; so is one whose
 * best edge leads to a frozen one.  Others are joined, for what was better at either has been
 * met before.  What is left goes to greedy on the whole slice, which takes the
 * rest in falling order and stops when K components are left.  If its last edge is no worse
 * than the worst that a tile took, a tile may have gone too far, and the slice is done again
 * without tiles. */
#include "ers_in.h"

enum { LEAST_SIZE = 16 }; /* of a component in the end, on average, for tiles to be worth it */

/* Rates begin at 2 (u(8) - u(7)) + max(-2 u(w)) < 9.77 at most. */
static const double most = 9.77;

struct rect {
    int32_t x0, y0, x1, y1; /* [x0, x1) x [y0, y1) */
};

static struct rect tile_at(const struct dorg_ers *s, int32_t x, int32_t y)
{
    int32_t t = (int32_t)s->p.tile;
    return (struct rect){x, y, s->nx - x < t ? s->nx : x + t, s->ny - y < t ? s->ny : y + t};
}

static inline uint32_t pixel_at(const struct dorg_ers *s, int32_t x, int32_t y)
{
    return (uint32_t)y * (uint32_t)s->nx + (uint32_t)x;
}

/* Rates of a batch whose edges are the last of the rest; gives the largest so far. */
static double rate_all(struct dorg_ers *s, struct dorg_ers_batch *b, double top)
{
    uint64_t *rate = s->rest_rate + s->n_rest - b->n;
    dorg_ers_batch_rates(b);
    for (size_t i = 0; i < b->n; i++) {
        top = b->rate[i] > top ? b->rate[i] : top;
        rate[i] = dorg_ers_pack(b->rate[i], 0);
    }
    s->evaluated += b->n;
    b->n = 0;
    return top;
}

static double list_tile(struct dorg_ers *s, const struct rect *r, double top)
{
    struct dorg_ers_batch b;
    b.n = 0;
    for (int32_t y = r->y0; y < r->y1; y++)
        for (int32_t x = r->x0; x < r->x1; x++) {
            uint32_t a = pixel_at(s, x, y);
            for (uint32_t dir = 0; dir < 4 && s->air[a] != DORG_ERS_AIR; dir++) {
                if (!dorg_ers_has(s, x, y, a, dir)) continue;
                s->rest_edge[s->n_rest++] = 4 * a + dir;
                dorg_ers_batch_add(s, &b, 4 * a + dir);
            }
            if (b.n + 4 > DORG_ERS_BATCH) top = rate_all(s, &b, top);
        }
    return rate_all(s, &b, top);
}

/* All edges are the rest, by the tiles of their first pixels; the largest rate gives nu. */
static void list_edges(struct dorg_ers *s)
{
    int32_t t = (int32_t)s->p.tile;
    uint32_t *end = s->tile_end;
    double top = 0;
    s->n_rest = 0;
    for (int32_t y = 0; y < s->ny; y += t)
        for (int32_t x = 0; x < s->nx; x += t) {
            struct rect r = tile_at(s, x, y);
            top = list_tile(s, &r, top);
            *end++ = s->n_rest;
        }
    s->nu = s->body > 2 ? s->p.lambda * s->k * top / (s->body - 2.0) : 0;
}

/* A pixel beside the tile: its component is frozen; its edges into the tile are guests, which
 * freeze others and are left to the tile of their first pixel. */
static void add_guests(struct dorg_ers *s, const struct rect *r, int32_t x, int32_t y)
{
    static const int dx[4] = {1, -1, 0, 1}, dy[4] = {0, 1, 1, 1};
    if (x < 0 || y < 0 || x >= s->nx || y >= s->ny) return;
    uint32_t a = pixel_at(s, x, y);
    if (s->air[a] == DORG_ERS_AIR) return;
    s->part[dorg_ers_name(s, a)].size |= DORG_ERS_FROZEN;
    for (uint32_t dir = 0; dir < 4; dir++) {
        int32_t u = x + dx[dir], v = y + dy[dir];
        if (u < r->x0 || u >= r->x1 || v < r->y0 || v >= r->y1) continue;
        if (!dorg_ers_has(s, x, y, a, dir)) continue;
        uint32_t edge = 4 * a + dir;
        double rate = dorg_ers_rate_of(s, edge);
        uint32_t to = dorg_ers_bucket(&s->tile_queue, rate);
        s->evaluated++;
        if (to > 0)
            dorg_ers_put(&s->tile_queue, edge,
                         dorg_ers_pack(rate, dorg_ers_degrees(s, edge) | DORG_ERS_GUEST), to);
    }
}

/* Thaw the pixels of the tile, freeze those about it, and queue the edges at them. */
static void fill_tile(struct dorg_ers *s, const struct rect *r, uint32_t from, uint32_t end)
{
    for (int32_t y = r->y0; y < r->y1; y++)
        for (int32_t x = r->x0; x < r->x1; x++)
            s->part[pixel_at(s, x, y)].size = 1;
    for (int32_t x = r->x0 - 1; x <= r->x1; x++) {
        add_guests(s, r, x, r->y0 - 1);
        add_guests(s, r, x, r->y1);
    }
    for (int32_t y = r->y0; y < r->y1; y++) {
        add_guests(s, r, r->x0 - 1, y);
        add_guests(s, r, r->x1, y);
    }
    for (; from < end; from++) {
        uint32_t edge = s->rest_edge[from];
        uint64_t rate = s->rest_rate[from];
        uint32_t to = dorg_ers_bucket(&s->tile_queue, dorg_ers_unpack(rate));
        if (to > 0)
            dorg_ers_put(&s->tile_queue, edge, rate, to);
        else
            dorg_ers_leave(s, edge, rate);
    }
}

/* All tiles; *worst becomes the last edge in order that one took. */
static int join_tiles(struct dorg_ers *s, struct dorg_ers_item *worst, struct dorg_err *e)
{
    struct dorg_ers_queue *q = &s->tile_queue;
    int32_t t = (int32_t)s->p.tile;
    uint32_t from = 0, *end = s->tile_end;
    double low = -s->nu * s->body / (6.0 * s->k); /* the last gains are about six times that */
    *worst = (struct dorg_ers_item){.gain = (double)INFINITY};
    s->n_rest = 0;
    for (int32_t y = 0; y < s->ny; y += t)
        for (int32_t x = 0; x < s->nx; x += t) {
            struct rect r = tile_at(s, x, y);
            s->last.gain = (double)INFINITY;
            dorg_ers_queue_clear(q, low, most);
            fill_tile(s, &r, from, *end);
            from = *end++;
            for (uint32_t bucket = q->buckets; bucket-- > 1;)
                if (dorg_ers_greedy_bucket(s, q, bucket, true, UINT32_MAX, e)) return e->code;
            if (dorg_ers_before(worst, &s->last)) *worst = s->last;
        }
    return 0;
}

/* Components are named 0, 1, ... in raster order of first pixels, so that what is kept by name
 * lies close together.  The label of the old name remembers the new one, which is never above
 * an old name yet to be met. */
static void rename_components(struct dorg_ers *s)
{
    uint32_t n = 0;
    for (uint32_t a = 0; a < s->n; a++) {
        if (s->air[a] == DORG_ERS_AIR) continue;
        uint32_t old = dorg_ers_name(s, a);
        if (s->label[old] < 0) {
            s->part[n] = (struct dorg_ers_part){s->part[old].size & ~DORG_ERS_FROZEN, a};
            s->label[old] = (int32_t)n++;
        }
        s->tag[a] = 16 * (uint32_t)s->label[old] + (s->tag[a] & 15);
    }
}

/* At the end components have about N / K pixels and spread about 2 N / K, which nu makes 2
 * lambda' top: the buckets reach four times as far, and what falls below them shares the
 * last. */
static void fill_whole(struct dorg_ers *s)
{
    struct dorg_ers_queue *q = &s->queue;
    dorg_ers_queue_clear(q, -most * 8 * s->p.lambda, most);
    for (uint32_t i = 0; i < s->n_rest; i++) {
        uint32_t edge = s->rest_edge[i];
        uint32_t a = dorg_ers_name(s, dorg_ers_first(edge)),
                 b = dorg_ers_name(s, dorg_ers_second(s, edge));
        if (a == b) continue;
        double bound = dorg_ers_unpack(s->rest_rate[i]) -
                       dorg_ers_cost(s, s->part[a].size, s->part[b].size);
        dorg_ers_put(q, edge, s->rest_rate[i], dorg_ers_bucket(q, bound));
    }
}

int dorg_ers_join_all(struct dorg_ers *s, bool tiled, bool *again, struct dorg_err *e)
{
    uint32_t joins = s->body - s->k;
    struct dorg_ers_item worst;
    *again = false;
    list_edges(s);
    tiled = tiled && s->nu > 0 && s->body / LEAST_SIZE >= s->k;
    if (tiled && join_tiles(s, &worst, e)) return e->code;
    if (tiled && s->joins >= joins) {
        *again = true;
        return 0;
    }
    rename_components(s);
    fill_whole(s);
    for (uint32_t bucket = s->queue.buckets; bucket-- > 0 && s->joins < joins;)
        if (dorg_ers_greedy_bucket(s, &s->queue, bucket, false, joins, e)) return e->code;
    *again = tiled && s->joins == joins && !dorg_ers_before(&worst, &s->last);
    return 0;
}
