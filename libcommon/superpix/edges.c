/* edges.c - count borders and overlaps slice by slice, then write them down in order */
#include <stddef.h>
#include <stdint.h>

#include "../base/err.h"
#include "../base/mem.h"
#include "edges.h"
#include "../base/par.h"

/* ---- counting pairs: a hash table, open addressing, linear probing, at most half full  */

struct pair {
    uint32_t a, b;
    uint32_t n; /* times counted; 0: an empty place */
};

struct pairs {
    struct pair *slot; /* owned: n_slots, a power of two, or NULL */
    size_t n_slots, n;
};
#define PAIRS_INIT ((struct pairs){0})

static size_t place(const struct pairs *p, uint32_t a, uint32_t b)
{
    uint64_t h = ((uint64_t)a << 32 | b) * 0x9e3779b97f4a7c15u; /* 2^64 / golden ratio */
    size_t i = (size_t)(h >> 20) & (p->n_slots - 1);
    while (p->slot[i].n && (p->slot[i].a != a || p->slot[i].b != b))
        i = (i + 1) & (p->n_slots - 1);
    return i;
}

static int widen(struct pairs *p, struct dorg_err *e)
{
    struct pairs w = {.n_slots = p->n_slots ? 2 * p->n_slots : 256, .n = p->n};
    if (!(w.slot = dorg_zeroed(w.n_slots, sizeof *w.slot, e))) return e->code;
    for (size_t i = 0; i < p->n_slots; i++)
        if (p->slot[i].n) w.slot[place(&w, p->slot[i].a, p->slot[i].b)] = p->slot[i];
    free(p->slot);
    *p = w;
    return 0;
}

/* Count (a, b) `times` more times. */
static int pairs_count(struct pairs *p, uint32_t a, uint32_t b, uint32_t times,
                       struct dorg_err *e)
{
    if (2 * p->n >= p->n_slots && widen(p, e)) return e->code;
    struct pair *s = &p->slot[place(p, a, b)];
    p->n += !s->n;
    *s = (struct pair){a, b, s->n + times};
    return 0;
}

static int ascending(const void *x, const void *y)
{
    const struct pair *p = x, *q = y;
    if (p->a != q->a) return p->a < q->a ? -1 : 1;
    return (p->b > q->b) - (p->b < q->b);
}

/* Move the n pairs to the front of slot, ascending in a, then b; no counting afterwards. */
static void pairs_sort(struct pairs *p)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n_slots; i++)
        if (p->slot[i].n) p->slot[n++] = p->slot[i];
    if (n) qsort(p->slot, n, sizeof *p->slot, ascending);
}

static void pairs_free(struct pairs *p)
{
    free(p->slot);
    *p = PAIRS_INIT;
}

/* ---- neighbours ---------------------------------------------------------------------- */

struct node { /* a superpixel of a slice */
    uint32_t id, n;
    double sum_hu;
};

struct slice {
    struct pairs border, over; /* within; to the slice above, as (this one's, its) */
    struct node *node;         /* ascending in id */
    size_t n_nodes;
};

struct work {
    const float *hu; /* or NULL */
    const int32_t *label;
    int32_t nx, ny, nz;
    bool three_d;
    const struct dorg_tab *keep;
    struct slice *slice; /* nz */
};

static int by_id(const void *x, const void *y)
{
    const struct node *p = x, *q = y;
    return (p->id > q->id) - (p->id < q->id);
}

static struct node *find(const struct slice *s, uint32_t id)
{
    struct node key = {.id = id};
    return bsearch(&key, s->node, s->n_nodes, sizeof key, by_id);
}

static bool kept(const struct work *w, uint32_t id)
{
    return !w->keep || dorg_tab_find(w->keep, id) < w->keep->n_rows;
}

static int border(struct pairs *p, int32_t a, int32_t b, struct dorg_err *e)
{
    if (a == b || a <= 0 || b <= 0) return 0;
    return pairs_count(p, (uint32_t)(a < b ? a : b), (uint32_t)(a < b ? b : a), 1, e);
}

static int borders(struct pairs *p, const struct work *w, const int32_t *l, struct dorg_err *e)
{
    for (int32_t y = 0; y < w->ny; y++, l += w->nx)
        for (int32_t x = 0; x < w->nx; x++) {
            if (x + 1 < w->nx && l[x] != l[x + 1] && border(p, l[x], l[x + 1], e))
                return e->code;
            if (y + 1 < w->ny && l[x] != l[x + w->nx] && border(p, l[x], l[x + w->nx], e))
                return e->code;
        }
    return 0;
}

/* Runs of equal labels along x are counted at once. */
static int overlaps(struct pairs *p, const int32_t *l, const int32_t *up, size_t n,
                    struct dorg_err *e)
{
    for (size_t i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && l[j] == l[i] && up[j] == up[i];)
            j++;
        if (l[i] > 0 && up[i] > 0 && l[i] != up[i] &&
            pairs_count(p, (uint32_t)l[i], (uint32_t)up[i], (uint32_t)(j - i), e))
            return e->code;
    }
    return 0;
}

/* Pixel counts and HU sums of the slice's superpixels. */
static int nodes(struct slice *s, const int32_t *l, const float *hu, size_t n,
                 struct dorg_err *e)
{
    struct pairs count = PAIRS_INIT;
    for (size_t i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && l[j] == l[i];)
            j++;
        if (l[i] > 0 && pairs_count(&count, (uint32_t)l[i], 0, (uint32_t)(j - i), e))
            goto done;
    }
    pairs_sort(&count);
    if (!(s->node = dorg_zeroed(count.n, sizeof *s->node, e))) goto done;
    s->n_nodes = count.n;
    for (size_t i = 0; i < count.n; i++) {
        s->node[i].id = count.slot[i].a;
        s->node[i].n = count.slot[i].n;
    }
    struct node *v = NULL;
    for (size_t i = 0; hu && i < n; i++) {
        if (l[i] <= 0) continue;
        if (!v || v->id != (uint32_t)l[i]) v = find(s, (uint32_t)l[i]);
        v->sum_hu += (double)hu[i];
    }
done:
    pairs_free(&count);
    return e->code;
}

static int one_slice(void *ctx, size_t z, size_t worker, struct dorg_err *e)
{
    const struct work *w = ctx;
    struct slice *s = &w->slice[z];
    size_t n = dorg_pixel(w->nx, 0, w->ny);
    const int32_t *l = w->label + z * n;
    (void)worker;
    for (size_t i = 0; i < n; i++)
        if (l[i] < 0)
            return dorg_fail(e, DORG_EDATA, "label %d in slice %zu; labels are 0 or more",
                             l[i], z);
    if (borders(&s->border, w, l, e) || nodes(s, l, w->hu ? w->hu + z * n : NULL, n, e))
        return e->code;
    if (w->three_d && z + 1 < (size_t)w->nz && overlaps(&s->over, l, l + n, n, e))
        return e->code;
    pairs_sort(&s->border);
    pairs_sort(&s->over);
    return 0;
}

static double contrast(const struct node *a, const struct node *b)
{
    return fabs(a->sum_hu / a->n - b->sum_hu / b->n);
}

static int add_rows(struct dorg_tab *t, const struct work *w, int32_t z, bool up,
                    struct dorg_err *e)
{
    const struct slice *s = &w->slice[z], *other = up ? s + 1 : s;
    const struct pairs *p = up ? &s->over : &s->border;
    for (size_t i = 0; i < p->n; i++) {
        uint32_t a = p->slot[i].a, b = p->slot[i].b;
        const struct node *na = find(s, a), *nb = find(other, b);
        double *row;
        int c = 5;
        if (!kept(w, a) || !kept(w, b)) continue;
        if (dorg_tab_append(t, &row, e)) return e->code;
        row[0] = (double)t->n_rows;
        row[1] = a < b ? a : b;
        row[2] = a < b ? b : a;
        row[3] = z;
        row[4] = up ? 0 : p->slot[i].n;
        if (w->three_d) {
            row[c++] = up ? p->slot[i].n : 0;
            row[c++] = up ? (double)p->slot[i].n / (na->n < nb->n ? na->n : nb->n) : 0;
        }
        if (w->hu) row[c] = contrast(na, nb);
    }
    return 0;
}

static int write_down(struct dorg_tab *t, const struct work *w, bool within,
                      struct dorg_err *e)
{
    const char *col[8] = {"id", "a", "b", "z", "length"};
    int n = 5;
    if (w->three_d) {
        col[n++] = "overlap";
        col[n++] = "overlap_share";
    }
    if (w->hu) col[n++] = "contrast_hu";
    if (dorg_tab_new(t, col, n, e)) return e->code;
    for (int32_t z = 0; z < w->nz; z++)
        if ((within && add_rows(t, w, z, false, e)) ||
            (w->three_d && z + 1 < w->nz && add_rows(t, w, z, true, e)))
            return e->code;
    return 0;
}

int dorg_edges(struct dorg_tab *t, const struct dorg_vol *ct, const struct dorg_vol *labels,
               const struct dorg_edges *p, struct dorg_err *e)
{
    const int32_t *n = labels->grid.n;
    struct work w = {ct ? ct->data : NULL, labels->data, n[0], n[1], n[2],
                     p->three_d,           p->keep,      NULL};
    *t = DORG_TAB_INIT;
    if (ct && dorg_grid_same(&ct->grid, &labels->grid, e)) return e->code;
    if (!(w.slice = dorg_zeroed((size_t)w.nz, sizeof *w.slice, e))) return e->code;
    if (dorg_par((size_t)w.nz, p->jobs, one_slice, &w, e) ||
        write_down(t, &w, !p->between_only, e))
        goto done;
    t->key = ct ? dorg_vol_key(ct) : p->keep ? p->keep->key : 0;
    dorg_history_add(&t->history, labels->history, e);
done:
    for (int32_t z = 0; z < w.nz; z++) {
        pairs_free(&w.slice[z].border);
        pairs_free(&w.slice[z].over);
        free(w.slice[z].node);
    }
    free(w.slice);
    if (e->code) dorg_tab_free(t);
    return e->code;
}
