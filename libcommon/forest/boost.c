/* boost.c - trees on gradients, fold by fold
 *
 * A node owns a stretch of the tree's sample, ascending in row number, as in forest_grow.c. */
#include "boost.h"
#include "forest_grow.h" /* dorg_forest_importance */
#include "../base/mem.h"
#include "../base/par.h"
#include "../base/rng.h"

enum { CELLS = 256 };

struct item { /* a row in a tree's sample */
    uint32_t row;
    int32_t g, h;
};

struct sum {
    int64_t g, h;
    uint32_t n;
};

struct stretch { /* a node waiting to be split */
    uint32_t node, depth;
    size_t lo, hi;
    struct sum s;
};

struct split {
    double gain;
    uint32_t feature, bin;
    struct sum left;
};

struct worker {
    struct item *item, *spare;
    double *score;   /* F of every row */
    uint32_t *order; /* features; those a tree sees come first, ascending */
    struct sum hist[CELLS];
};

struct work {
    struct dorg_forest *f;
    const struct dorg_bins *d;
    const struct dorg_boost_opt *o;
    struct worker *worker;
    double *importance; /* [folds][n_features]: summed in order of folds afterwards */
    double w[2], unit;  /* class weights; what one step of g and h is worth */
    uint32_t columns;   /* features a tree sees */
};

double dorg_boost_sigmoid(double x)
{
    return (double)(1 / (1 + expl(-(long double)x)));
}

static bool trains(const struct work *w, size_t row, uint32_t fold)
{
    return (w->d->flag[row] & DORG_BINS_TRAIN) && w->d->unit_key[row] != fold;
}

static double weight_in(const struct work *w, size_t row) /* of the row's share of class 1 */
{
    return w->w[1] * w->d->share[row] / DORG_BINS_SHARES;
}

static double weight_out(const struct work *w, size_t row)
{
    return w->w[0] * (DORG_BINS_SHARES - w->d->share[row]) / DORG_BINS_SHARES;
}

/* F before the first tree; its float, for leaves are floats. */
static int start(float *base, const struct work *w, uint32_t fold, struct dorg_err *e)
{
    double in = 0, out = 0;
    for (size_t i = 0; i < w->d->n; i++)
        if (trains(w, i, fold)) {
            in += weight_in(w, i);
            out += weight_out(w, i);
        }
    if (!(in > 0) || !(out > 0))
        return dorg_fail(e, DORG_EDATA, "without fold %u of %u, one class only is left", fold,
                         w->f->folds);
    *base = (float)logl((long double)in / (long double)out);
    return 0;
}

static size_t draw_sample(struct worker *k, struct sum *all, const struct work *w,
                          uint32_t fold, uint32_t tree)
{
    const double share = w->o->rows * 4294967296.0;
    size_t n = 0;
    *all = (struct sum){0};
    for (size_t i = 0; i < w->d->n; i++) {
        if (!trains(w, i, fold)) continue;
        if (w->o->rows < 1 && (double)dorg_rng_u32(w->f->bag.seed, DORG_RNG_BOOST,
                                                   w->d->row_key[i], tree) >= share)
            continue;
        double p = dorg_boost_sigmoid(k->score[i]);
        double in = weight_in(w, i), both = in + weight_out(w, i);
        struct item it = {(uint32_t)i, (int32_t)lrint((both * p - in) / w->unit),
                          (int32_t)lrint(both * p * (1 - p) / w->unit)};
        k->item[n++] = it;
        all->g += it.g;
        all->h += it.h;
    }
    all->n = (uint32_t)n;
    return n;
}

static void draw_features(struct worker *k, const struct work *w, uint32_t tree)
{
    const uint32_t nf = w->d->n_features;
    for (uint32_t i = 0; i < nf; i++)
        k->order[i] = i;
    if (w->columns == nf) return;
    dorg_rng_shuffle(k->order, nf, w->f->bag.seed, DORG_RNG_BOOST, UINT64_MAX - tree);
    for (uint32_t i = 1; i < w->columns; i++) /* ascending, by insertion */
        for (uint32_t j = i; j > 0 && k->order[j] < k->order[j - 1]; j--) {
            uint32_t t = k->order[j];
            k->order[j] = k->order[j - 1];
            k->order[j - 1] = t;
        }
}

/* G^2 / (H + l2); 0 where there is neither. */
static double worth(const struct work *w, const struct sum *s)
{
    double g = (double)s->g * w->unit, h = (double)s->h * w->unit + w->o->l2;
    return h > 0 ? g * g / h : 0;
}

static double leaf(const struct work *w, const struct sum *s)
{
    double g = (double)s->g * w->unit, h = (double)s->h * w->unit + w->o->l2;
    return h > 0 ? -w->o->rate * g / h : 0;
}

static void scan(struct split *best, struct worker *k, const struct work *w,
                 const struct stretch *s, uint32_t feature)
{
    const uint8_t *col = w->d->col[feature];
    const uint32_t cells = w->d->n_edges[feature] + 1, least = w->o->min_leaf;
    struct sum left = {0};
    memset(k->hist, 0, cells * sizeof *k->hist);
    for (size_t i = s->lo; i < s->hi; i++) {
        struct sum *c = &k->hist[col[k->item[i].row]];
        c->g += k->item[i].g;
        c->h += k->item[i].h;
        c->n++;
    }
    for (uint32_t b = 0; b + 1 < cells; b++) {
        if (k->hist[b].n == 0) continue;
        left.g += k->hist[b].g;
        left.h += k->hist[b].h;
        left.n += k->hist[b].n;
        struct sum right = {s->s.g - left.g, s->s.h - left.h, s->s.n - left.n};
        if (left.n < least) continue;
        if (right.n < least) break;
        double gain = worth(w, &left) + worth(w, &right);
        if (gain > best->gain) *best = (struct split){gain, feature, b, left};
    }
}

static int add_node(struct dorg_tree *t, size_t *cap, double value, struct dorg_err *e)
{
    if (dorg_grow(&t->node, t->n_nodes, cap, sizeof *t->node, e)) return e->code;
    t->node[t->n_nodes] =
        (struct dorg_node){.cut = INFINITY, .p = (float)value, .left = t->n_nodes};
    t->n_nodes++;
    return 0;
}

/* Stable: rows left of the cut first; gives where the right side begins. */
static size_t part(struct worker *k, const struct stretch *s, const uint8_t *col, uint32_t bin)
{
    size_t left = s->lo, right = 0;
    for (size_t i = s->lo; i < s->hi; i++) {
        struct item it = k->item[i];
        bool goes_left = col[it.row] <= bin;
        k->item[left] = it;
        k->spare[right] = it;
        left += goes_left;
        right += !goes_left;
    }
    memcpy(k->item + left, k->spare, right * sizeof *k->item);
    return left;
}

/* Split one stretch; its two halves go on the stack. */
static int split_node(struct dorg_tree *t, size_t *cap, struct stretch *stack, size_t *top,
                      const struct work *w, struct worker *k, double *importance, double base,
                      struct dorg_err *e)
{
    const struct stretch s = stack[--*top];
    const double had = worth(w, &s.s);
    struct split best = {.gain = had};
    if (s.depth > t->depth) t->depth = s.depth;
    if (s.depth >= w->o->depth || s.s.n / 2 < w->o->min_leaf) return 0;
    for (uint32_t i = 0; i < w->columns; i++)
        scan(&best, k, w, &s, k->order[i]);
    if (!(best.gain > had)) return 0;
    struct sum right = {s.s.g - best.left.g, s.s.h - best.left.h, s.s.n - best.left.n};
    const uint32_t kid = t->n_nodes;
    if (add_node(t, cap, base + leaf(w, &best.left), e)) return e->code;
    if (add_node(t, cap, base + leaf(w, &right), e)) return e->code;
    struct dorg_node *q = &t->node[s.node];
    q->left = kid;
    q->feature = (uint16_t)best.feature;
    q->bin = (uint16_t)best.bin;
    q->cut = w->d->edge[best.feature][best.bin];
    importance[best.feature] += best.gain - had;
    size_t mid = part(k, &s, w->d->col[best.feature], best.bin);
    stack[(*top)++] = (struct stretch){kid + 1, s.depth + 1, mid, s.hi, right};
    stack[(*top)++] = (struct stretch){kid, s.depth + 1, s.lo, mid, best.left};
    return 0;
}

/* The first tree's leaves carry the start, which the scores then drop. */
static void add_scores(struct worker *k, const struct work *w, const struct dorg_tree *t,
                       uint32_t fold, bool first)
{
    for (size_t i = 0; i < w->d->n; i++) {
        uint32_t at = 0;
        if (!trains(w, i, fold)) continue;
        while (t->node[at].left != at) {
            const struct dorg_node *q = &t->node[at];
            at = q->left + (w->d->col[q->feature][i] > q->bin);
        }
        k->score[i] = (first ? 0 : k->score[i]) + (double)t->node[at].p;
    }
}

static int one_tree(struct worker *k, struct stretch *stack, const struct work *w,
                    uint32_t fold, uint32_t number, bool first, double base,
                    struct dorg_err *e)
{
    struct dorg_tree *t = &w->f->tree[number];
    double *importance = w->importance + (size_t)fold * w->d->n_features;
    size_t cap = 0, top = 0;
    struct sum all;
    t->stream = fold;
    size_t n = draw_sample(k, &all, w, fold, number);
    draw_features(k, w, number);
    if (add_node(t, &cap, base + leaf(w, &all), e)) return e->code;
    stack[top++] = (struct stretch){0, 0, 0, n, all};
    while (top > 0 && !split_node(t, &cap, stack, &top, w, k, importance, base, e))
        ;
    if (e->code) return e->code;
    add_scores(k, w, t, fold, first);
    return dorg_resize(&t->node, t->n_nodes, sizeof *t->node, e);
}

static int one_fold(void *ctx, size_t fold, size_t worker, struct dorg_err *e)
{
    struct work *w = ctx;
    struct worker *k = &w->worker[worker];
    const uint32_t first = (uint32_t)fold * w->o->trees;
    float base = 0;
    if (start(&base, w, (uint32_t)fold, e)) return e->code;
    struct stretch *stack = dorg_array(w->o->depth + 2, sizeof *stack, e);
    for (size_t i = 0; stack && i < w->d->n; i++)
        k->score[i] = (double)base;
    for (uint32_t t = 0; t < w->o->trees && !e->code; t++)
        one_tree(k, stack, w, (uint32_t)fold, first + t, t == 0, t == 0 ? (double)base : 0, e);
    free(stack);
    return e->code;
}

static int room(struct work *w, size_t team, struct dorg_err *e)
{
    const struct dorg_bins *d = w->d;
    const size_t rows = d->n_train[0] + d->n_train[1] + 1, trees = w->f->folds * w->o->trees;
    w->f->tree = dorg_zeroed(trees, sizeof *w->f->tree, e);
    w->f->importance = dorg_zeroed(d->n_features, sizeof *w->f->importance, e);
    w->importance = dorg_zeroed(w->f->folds, d->n_features * sizeof *w->importance, e);
    w->worker = dorg_zeroed(team, sizeof *w->worker, e);
    for (size_t k = 0; k < team && !e->code; k++) {
        w->worker[k].item = dorg_array(rows, sizeof(struct item), e);
        w->worker[k].spare = dorg_array(rows, sizeof(struct item), e);
        w->worker[k].score = dorg_array(d->n + 1, sizeof(double), e);
        w->worker[k].order = dorg_array(d->n_features, sizeof(uint32_t), e);
    }
    if (!e->code) w->f->n_trees = (uint32_t)trees;
    return e->code;
}

int dorg_boost_grow(struct dorg_forest *f, const struct dorg_bins *d,
                    const struct dorg_boost_opt *o, struct dorg_err *e)
{
    const size_t jobs = dorg_par_team(o->jobs), team = jobs < f->folds ? jobs : f->folds;
    struct work w = {.f = f, .d = d, .o = o, .w = {1, 1}};
    const double n0 = (double)d->shares[0], n1 = (double)d->shares[1];
    if (o->balanced) {
        w.w[0] = (n0 + n1) / (2 * n0);
        w.w[1] = (n0 + n1) / (2 * n1);
    }
    w.unit = (w.w[0] > w.w[1] ? w.w[0] : w.w[1]) * 0x1p-24;
    w.columns = (uint32_t)ceil(o->features * d->n_features);
    if (w.columns < 1) w.columns = 1;
    if (w.columns > d->n_features) w.columns = d->n_features;
    if (!room(&w, team, e) && !dorg_par(f->folds, (int)team, one_fold, &w, e))
        dorg_forest_importance(f, w.importance, f->folds);
    for (size_t k = 0; w.worker && k < team; k++) {
        free(w.worker[k].item);
        free(w.worker[k].spare);
        free(w.worker[k].score);
        free(w.worker[k].order);
    }
    free(w.worker);
    free(w.importance);
    return e->code;
}
