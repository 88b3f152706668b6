/* forest_predict.c - rows down the trees, sixteen abreast
 *
 * A walk is a chain of dependent loads, so sixteen rows go down a tree together; leaves point
 * at themselves, so all take `depth` steps and no step branches.  Rows come in blocks that
 * stay in cache while every tree passes over them: as large as that allows, for a block reads
 * the whole forest once. */
#include "boost.h"
#include "../base/mem.h"
#include "../base/par.h"

enum { BLOCK = 4096, LEAST = 256, ABREAST = 16 };

struct worker {
    double sum[BLOCK], all[BLOCK]; /* of the trees since the last fold; of all */
    double out[BLOCK];             /* of those that never saw the row */
    uint32_t n_out[BLOCK];
};

struct work {
    float *p;
    const struct dorg_forest *f;
    const float *x;
    size_t n, block;
    const struct dorg_oob_rows *oob;
    struct worker *worker;
};

static void walk_abreast(float leaf[ABREAST], const struct dorg_tree *t, const float *x,
                         size_t width)
{
    const struct dorg_node *node = t->node;
    uint32_t at[ABREAST] = {0};
    for (uint32_t d = 0; d < t->depth; d++)
        for (int r = 0; r < ABREAST; r++) {
            const struct dorg_node *q = node + at[r];
            at[r] = q->left + (x[(size_t)r * width + q->feature] > q->cut);
        }
    for (int r = 0; r < ABREAST; r++)
        leaf[r] = node[at[r]].p;
}

static float walk1(const struct dorg_tree *t, const float *x)
{
    const struct dorg_node *node = t->node;
    uint32_t at = 0;
    for (uint32_t d = 0; d < t->depth; d++)
        at = node[at].left + (x[node[at].feature] > node[at].cut);
    return node[at].p;
}

/* Add up the probabilities of the trees since the last fold, of all rows and of those that
 * they never saw: a forest's trees one by one, a fold's together. */
static void count_votes(struct worker *k, const struct work *w, const struct dorg_tree *t,
                        size_t first, size_t n)
{
    const bool boosted = w->f->kind == DORG_FOREST_BOOSTED;
    for (size_t i = 0; i < n; i++) {
        double p = boosted ? dorg_boost_sigmoid(k->sum[i]) : k->sum[i];
        k->sum[i] = 0;
        k->all[i] += p;
        if (!w->oob) continue;
        uint64_t row = w->oob->row_key[first + i], unit = w->oob->unit_key[first + i];
        if (boosted ? unit == t->stream : dorg_bag_out(&w->f->bag, t->stream, row, unit)) {
            k->out[i] += p;
            k->n_out[i]++;
        }
    }
}

static int one_block(void *ctx, size_t block, size_t worker, struct dorg_err *e)
{
    struct work *w = ctx;
    struct worker *k = &w->worker[worker];
    const size_t width = w->f->n_features, first = block * w->block;
    const size_t n = w->n - first < w->block ? w->n - first : w->block;
    const uint32_t together = w->f->folds ? w->f->n_trees / w->f->folds : 1;
    const float *x = w->x + first * width;
    float leaf[BLOCK];
    for (size_t i = 0; i < n; i++) {
        k->sum[i] = k->all[i] = k->out[i] = 0;
        k->n_out[i] = 0;
    }
    for (uint32_t t = 0; t < w->f->n_trees; t++) {
        const struct dorg_tree *tree = &w->f->tree[t];
        size_t i = 0;
        for (; i + ABREAST <= n; i += ABREAST)
            walk_abreast(leaf + i, tree, x + i * width, width);
        for (; i < n; i++)
            leaf[i] = walk1(tree, x + i * width);
        for (i = 0; i < n; i++)
            k->sum[i] += (double)leaf[i];
        if ((t + 1) % together == 0) count_votes(k, w, tree, first, n);
    }
    const double votes = w->f->n_trees / together;
    for (size_t i = 0; i < n; i++)
        w->p[first + i] = (float)(k->n_out[i] ? k->out[i] / k->n_out[i] : k->all[i] / votes);
    return e->code;
}

int dorg_forest_predict(float *p, const struct dorg_forest *f, const float *x, size_t n,
                        const struct dorg_oob_rows *oob, int jobs, struct dorg_err *e)
{
    size_t team = dorg_par_team(jobs);
    struct work w = {.p = p, .f = f, .x = x, .n = n, .oob = oob};
    w.block = (n + 4 * team - 1) / (4 * team); /* so that threads end together */
    w.block = w.block < LEAST ? LEAST : w.block > BLOCK ? BLOCK : w.block;
    w.worker = dorg_array(team, sizeof *w.worker, e);
    if (!e->code) dorg_par((n + w.block - 1) / w.block, jobs, one_block, &w, e);
    free(w.worker);
    return e->code;
}
