/* forest_predict.c - rows down the trees, sixteen abreast
 *
 * A walk is a chain of dependent loads, so sixteen rows go down a tree together; leaves point
 * at themselves, so all take `depth` steps and no step branches.  Rows come in blocks that
 * stay in cache while every tree passes over them: as large as that allows, for a block reads
 * the whole forest once. */
#include "forest.h"
#include "../base/mem.h"
#include "../base/par.h"

enum { BLOCK = 4096, LEAST = 256, ABREAST = 16 };

struct work {
    float *p;
    const struct dorg_forest *f;
    const float *x;
    size_t n, block;
    const struct dorg_oob_rows *oob;
    double (*sum)[BLOCK]; /* per worker */
    double (*out)[BLOCK]; /* per worker: sum over out-of-bag trees */
    uint32_t (*n_out)[BLOCK];
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

static int one_block(void *ctx, size_t block, int worker, struct dorg_err *e)
{
    struct work *w = ctx;
    const size_t width = w->f->n_features, first = block * w->block;
    const size_t n = w->n - first < w->block ? w->n - first : w->block;
    const float *x = w->x + first * width;
    double *sum = w->sum[worker], *out = w->out[worker];
    uint32_t *n_out = w->n_out[worker];
    float leaf[BLOCK];
    for (size_t i = 0; i < n; i++) {
        sum[i] = out[i] = 0;
        n_out[i] = 0;
    }
    for (uint32_t t = 0; t < w->f->n_trees; t++) {
        const struct dorg_tree *tree = &w->f->tree[t];
        size_t i = 0;
        for (; i + ABREAST <= n; i += ABREAST)
            walk_abreast(leaf + i, tree, x + i * width, width);
        for (; i < n; i++)
            leaf[i] = walk1(tree, x + i * width);
        for (i = 0; i < n; i++)
            sum[i] += (double)leaf[i];
        for (i = 0; w->oob && i < n; i++)
            if (dorg_bag_out(&w->f->bag, tree->stream, w->oob->row_key[first + i],
                             w->oob->unit_key[first + i])) {
                out[i] += (double)leaf[i];
                n_out[i]++;
            }
    }
    for (size_t i = 0; i < n; i++)
        w->p[first + i] =
            (float)(n_out[i] ? out[i] / n_out[i] : sum[i] / (double)w->f->n_trees);
    return e->code;
}

int dorg_forest_predict(float *p, const struct dorg_forest *f, const float *x, size_t n,
                        const struct dorg_oob_rows *oob, int jobs, struct dorg_err *e)
{
    size_t team = jobs < 1 ? 1 : (size_t)jobs;
    struct work w = {.p = p, .f = f, .x = x, .n = n, .oob = oob};
    w.block = (n + 4 * team - 1) / (4 * team); /* so that threads end together */
    w.block = w.block < LEAST ? LEAST : w.block > BLOCK ? BLOCK : w.block;
    w.sum = dorg_array(team, sizeof *w.sum, e);
    w.out = dorg_array(team, sizeof *w.out, e);
    w.n_out = dorg_array(team, sizeof *w.n_out, e);
    if (!e->code) dorg_par((n + w.block - 1) / w.block, jobs, one_block, &w, e);
    free(w.sum);
    free(w.out);
    free(w.n_out);
    return e->code;
}
