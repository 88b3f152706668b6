/* forest_grow.c - histogram-binned Gini trees
 *
 * A node owns a stretch of the tree's sample, ascending in row number, so columns are read
 * forwards.  A histogram cell counts both classes at once, class 0 in its low half, class 1
 * in its high half.  Small nodes scan only occupied cells. */
#include "forest_grow.h"
#include "../base/mem.h"
#include "../base/par.h"
#include "../base/rng.h"

enum { SMALL = 192, CELLS = 256, RETRIES = 64 };

struct item { /* a row in a tree's sample */
    uint32_t row;
    uint16_t n[2]; /* shares of each class, times drawn */
};

struct grower { /* per worker */
    struct item *item, *spare;
    double *importance; /* [n_features] of the tree in hand */
    uint16_t *order;    /* features in the order they are tried */
    uint64_t hist[CELLS];
};

struct work {
    struct dorg_forest *f;
    const struct dorg_bins *d;
    const struct dorg_grow_opt *o;
    struct grower *grower;
    double *importance; /* [n_trees][n_features]: summed in order of trees afterwards */
    double w[2];
    uint32_t tries, least; /* least: shares in a leaf */
};

struct stretch { /* a node waiting to be split */
    uint32_t node, depth;
    size_t lo, hi;
    uint32_t n[2];
};

struct split {
    double gain;
    uint16_t feature;
    uint16_t bin;
    uint32_t left[2];
};

static uint64_t cell(const struct item *it)
{
    return (uint64_t)it->n[1] << 32 | it->n[0];
}

static double purity(double a, double b)
{
    return a + b > 0 ? (a * a + b * b) / (a + b) : 0;
}

struct scanner { /* running over the cells of one histogram */
    const struct stretch *s;
    const struct work *w;
    struct split *best;
    uint64_t left;
    uint16_t feature;
};

/* The cut after bin b: better than the best so far? */
static inline void try_cut(struct scanner *c, uint16_t b)
{
    uint32_t l0 = (uint32_t)c->left, l1 = (uint32_t)(c->left >> 32);
    uint32_t r0 = c->s->n[0] - l0, r1 = c->s->n[1] - l1, least = c->w->least;
    if (l0 + l1 < least || r0 + r1 < least) return;
    double a = c->w->w[0] * l0, bb = c->w->w[1] * l1;
    double x = c->w->w[0] * r0, y = c->w->w[1] * r1;
    double ab = a + bb, xy = x + y;
    double gain = ((a * a + bb * bb) * xy + (x * x + y * y) * ab) / (ab * xy);
    if (gain > c->best->gain) *c->best = (struct split){gain, c->feature, b, {l0, l1}};
}

/* Histogram of a stretch; false if all of it lies in one cell.  Clears as it scans. */
static bool scan_small(struct grower *g, struct scanner *c, const uint8_t *col)
{
    uint64_t used[CELLS / 64] = {0};
    const struct item *it = g->item;
    for (size_t i = c->s->lo; i < c->s->hi; i++) {
        uint8_t b = col[it[i].row];
        g->hist[b] += cell(&it[i]);
        used[b >> 6] |= UINT64_C(1) << (b & 63);
    }
    uint64_t all = (uint64_t)c->s->n[1] << 32 | c->s->n[0];
    bool split = false;
    for (int q = 0; q < CELLS / 64; q++)
        for (uint64_t u = used[q]; u; u &= u - 1) {
            uint16_t b = (uint16_t)(q * 64 + __builtin_ctzll(u));
            c->left += g->hist[b];
            g->hist[b] = 0;
            if (c->left == all) break; /* the last occupied cell */
            split = true;
            try_cut(c, b);
        }
    return split;
}

static bool scan_large(struct grower *g, struct scanner *c, const uint8_t *col, uint32_t cells)
{
    const struct item *it = g->item;
    for (size_t i = c->s->lo; i < c->s->hi; i++)
        g->hist[col[it[i].row]] += cell(&it[i]);
    uint64_t all = (uint64_t)c->s->n[1] << 32 | c->s->n[0];
    bool split = false;
    for (uint32_t b = 0; b < cells; b++) {
        uint64_t h = g->hist[b];
        g->hist[b] = 0;
        if (!h) continue;
        c->left += h;
        if (c->left == all) continue;
        split = true;
        try_cut(c, (uint16_t)b);
    }
    return split;
}

static bool find_split(struct split *best, const struct work *w, struct grower *g,
                       const struct stretch *s, uint64_t draw)
{
    const uint32_t nf = w->d->n_features;
    uint32_t word[4], tried = 0;
    for (uint32_t k = 0; k < nf && (tried < w->tries || best->gain < 0); k++) {
        if (k % 4 == 0) dorg_rng4(word, w->f->bag.seed, DORG_RNG_SPLIT, draw, k / 4);
        uint32_t j = k + (uint32_t)(((uint64_t)word[k % 4] * (nf - k)) >> 32);
        uint16_t f = g->order[j];
        g->order[j] = g->order[k];
        g->order[k] = f;
        if (w->d->n_edges[f] == 0) continue;
        struct scanner c = {.s = s, .w = w, .best = best, .feature = f};
        bool varies = s->hi - s->lo <= SMALL
                          ? scan_small(g, &c, w->d->col[f])
                          : scan_large(g, &c, w->d->col[f], w->d->n_edges[f] + 1);
        tried += varies;
    }
    return best->gain >= 0;
}

/* Stable: rows left of the cut first; gives where the right side begins. */
static size_t part(struct grower *g, const struct stretch *s, const uint8_t *col, uint16_t bin)
{
    size_t left = s->lo, right = 0;
    for (size_t i = s->lo; i < s->hi; i++) {
        struct item it = g->item[i];
        bool goes_left = col[it.row] <= bin;
        g->item[left] = it;
        g->spare[right] = it;
        left += goes_left;
        right += !goes_left;
    }
    memcpy(g->item + left, g->spare, right * sizeof *g->item);
    return left;
}

static size_t draw_sample(struct grower *g, uint32_t n[2], const struct work *w,
                          uint32_t stream)
{
    const struct dorg_bins *d = w->d;
    size_t k = 0;
    n[0] = n[1] = 0;
    for (size_t i = 0; i < d->n; i++) {
        if (!(d->flag[i] & DORG_BINS_TRAIN)) continue;
        uint32_t times = dorg_bag_weight(&w->f->bag, stream, d->row_key[i], d->unit_key[i]);
        if (times == 0) continue;
        uint32_t in = times * d->share[i], out = times * DORG_BINS_SHARES - in;
        g->item[k++] = (struct item){(uint32_t)i, {(uint16_t)out, (uint16_t)in}};
        n[0] += out;
        n[1] += in;
    }
    return k;
}

static double share_of(const struct work *w, const uint32_t n[2])
{
    double a = w->w[0] * n[0], b = w->w[1] * n[1];
    return b / (a + b);
}

static int add_node(struct dorg_tree *t, size_t *cap, double p, struct dorg_err *e)
{
    if (dorg_grow(&t->node, t->n_nodes, cap, sizeof *t->node, e)) return e->code;
    p = p < 0 ? 0 : p > 1 ? 1 : p;
    t->node[t->n_nodes] =
        (struct dorg_node){.cut = INFINITY, .p = (float)p, .left = t->n_nodes};
    t->n_nodes++;
    return 0;
}

/* Two children, each shrunk towards its parent. */
static int add_kids(struct dorg_tree *t, size_t *cap, const struct work *w,
                    const struct stretch *s, const uint32_t left[2], const uint32_t right[2],
                    struct dorg_err *e)
{
    double rows = (double)(s->n[0] + s->n[1]) / DORG_BINS_SHARES, whole = share_of(w, s->n);
    double keep = rows / (rows + w->o->shrink), from = (double)t->node[s->node].p;
    if (add_node(t, cap, from + keep * (share_of(w, left) - whole), e)) return e->code;
    return add_node(t, cap, from + keep * (share_of(w, right) - whole), e);
}

/* Split one stretch; its two halves go on the stack. */
static int split_node(struct dorg_tree *t, size_t *cap, struct stretch *stack, size_t *top,
                      const struct work *w, struct grower *g, uint32_t tree_no,
                      struct dorg_err *e)
{
    const struct stretch s = stack[--*top];
    struct split best = {.gain = -1};
    if (s.depth > t->depth) t->depth = s.depth;
    if (s.depth >= w->o->depth || s.n[0] == 0 || s.n[1] == 0 || s.n[0] + s.n[1] < 2 * w->least)
        return 0;
    if (!find_split(&best, w, g, &s, (uint64_t)tree_no << 32 | s.node)) return 0;
    uint32_t right[2] = {s.n[0] - best.left[0], s.n[1] - best.left[1]}, kid = t->n_nodes;
    if (add_kids(t, cap, w, &s, best.left, right, e)) return e->code;
    t->node[s.node].left = kid;
    t->node[s.node].feature = best.feature;
    t->node[s.node].bin = best.bin;
    t->node[s.node].cut = w->d->edge[best.feature][best.bin];
    g->importance[best.feature] += best.gain - purity(w->w[0] * s.n[0], w->w[1] * s.n[1]);
    size_t mid = part(g, &s, w->d->col[best.feature], best.bin);
    stack[(*top)++] = (struct stretch){kid + 1, s.depth + 1, mid, s.hi, {right[0], right[1]}};
    stack[(*top)++] =
        (struct stretch){kid, s.depth + 1, s.lo, mid, {best.left[0], best.left[1]}};
    return 0;
}

static int grow_tree(void *ctx, size_t number, size_t worker, struct dorg_err *e)
{
    struct work *w = ctx;
    struct grower *g = &w->grower[worker];
    struct dorg_tree *t = &w->f->tree[number];
    uint32_t n[2], retry = 0;
    size_t k, cap = 0, top = 0;
    t->stream = (uint32_t)number;
    while ((k = draw_sample(g, n, w, t->stream), n[0] == 0 || n[1] == 0) && retry++ < RETRIES)
        t->stream += w->o->trees;
    if (n[0] == 0 || n[1] == 0)
        return dorg_fail(e, DORG_EDATA, "no sample of the training rows holds both classes");
    struct stretch *stack = dorg_array(w->o->depth + 2, sizeof *stack, e);
    g->importance = w->importance + number * w->d->n_features;
    for (uint32_t f = 0; f < w->d->n_features; f++)
        g->order[f] = (uint16_t)f;
    if (stack && !add_node(t, &cap, share_of(w, n), e))
        stack[top++] = (struct stretch){0, 0, 0, k, {n[0], n[1]}};
    while (top > 0 && !split_node(t, &cap, stack, &top, w, g, t->stream, e))
        ;
    free(stack);
    if (!e->code) dorg_resize(&t->node, t->n_nodes, sizeof *t->node, e);
    return e->code;
}

void dorg_forest_importance(struct dorg_forest *f, const double *of, uint32_t parts)
{
    double total = 0;
    for (uint32_t k = 0; k < f->n_features; k++) {
        f->importance[k] = 0;
        for (uint32_t i = 0; i < parts; i++)
            f->importance[k] += of[(size_t)i * f->n_features + k];
        total += f->importance[k];
    }
    for (uint32_t k = 0; k < f->n_features && total > 0; k++)
        f->importance[k] /= total;
}

int dorg_forest_grow(struct dorg_forest *f, const struct dorg_bins *d,
                     const struct dorg_grow_opt *o, struct dorg_err *e)
{
    const size_t team = dorg_par_team(o->jobs);
    struct work w = {.f = f, .d = d, .o = o, .w = {1, 1}, .tries = o->tries};
    w.least = o->min_leaf * DORG_BINS_SHARES;
    double n0 = (double)d->shares[0], n1 = (double)d->shares[1];
    if (d->n >= UINT32_MAX / DORG_BINS_SHARES)
        return dorg_fail(e, DORG_EDATA, "more than %u rows", UINT32_MAX / DORG_BINS_SHARES);
    if (o->balanced) {
        w.w[0] = (n0 + n1) / (2 * n0);
        w.w[1] = (n0 + n1) / (2 * n1);
    }
    if (w.tries == 0) w.tries = (uint32_t)lround(sqrt(d->n_features));
    f->n_trees = 0;
    f->tree = dorg_zeroed(o->trees, sizeof *f->tree, e);
    f->importance = dorg_zeroed(d->n_features, sizeof *f->importance, e);
    w.importance = dorg_zeroed(o->trees, d->n_features * sizeof *w.importance, e);
    w.grower = dorg_zeroed(team, sizeof *w.grower, e);
    for (size_t k = 0; k < team && !e->code; k++) {
        size_t rows = d->n_train[0] + d->n_train[1];
        w.grower[k].item = dorg_array(rows + 1, sizeof(struct item), e);
        w.grower[k].spare = dorg_array(rows + 1, sizeof(struct item), e);
        w.grower[k].order = dorg_array(d->n_features, sizeof(uint16_t), e);
    }
    if (!e->code) {
        f->n_trees = o->trees;
        if (!dorg_par(o->trees, o->jobs, grow_tree, &w, e))
            dorg_forest_importance(f, w.importance, f->n_trees);
    }
    for (size_t k = 0; w.grower && k < team; k++) {
        free(w.grower[k].item);
        free(w.grower[k].spare);
        free(w.grower[k].order);
    }
    free(w.grower);
    free(w.importance);
    return e->code;
}

int dorg_forest_oob(float *p, const struct dorg_forest *f, const struct dorg_bins *d, int jobs,
                    struct dorg_err *e)
{
    enum { ROWS = 16384 };
    const size_t width = d->n_features;
    float *x = dorg_array(ROWS, width * sizeof *x, e);
    for (size_t at = 0; at < d->n && !e->code; at += ROWS) {
        size_t n = d->n - at < ROWS ? d->n - at : ROWS;
        for (size_t k = 0; k < width; k++) /* any value of the bin serves: its upper edge */
            for (size_t r = 0; r < n; r++) {
                uint8_t b = d->col[k][at + r];
                x[r * width + k] = b < d->n_edges[k] ? d->edge[k][b] : INFINITY;
            }
        struct dorg_oob_rows o = {d->row_key + at, d->unit_key + at};
        dorg_forest_predict(p + at, f, x, n, &o, jobs, e);
    }
    free(x);
    return e->code;
}
