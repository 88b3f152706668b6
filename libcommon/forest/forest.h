/* forest.h - trees of two classes, in memory and on disk: dorg-forest(5).
 *
 * A random forest, or gradient boosting (boost.h).  Of a forest,
 *
 *   p(x) = mean over trees of the leaf x falls into;   leaf = w1 n1 / (w0 n0 + w1 n1),
 *                                                        shrunk (forest_grow.h)
 *
 * with n0, n1 the training rows of each class in the leaf and w the class weights.
 *
 * Source   Breiman, "Random forests", Machine Learning 45, 2001; Roth et al. 2015, sec. 2.1.
 * Bagging  A tree's sample is a pure function of (seed, the tree's stream, the row's case
 *          and id), so nothing about it is stored and anyone can tell later which trees
 *          never saw a row: dorg_bag_* below. */
#ifndef DORG_FOREST_H
#define DORG_FOREST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/err.h"
#include "../file/io.h"

struct dorg_node {
    float cut;     /* go left when x[feature] <= cut; leaves: +infinity */
    float p;       /* leaves: probability of class 1; inner nodes: of all rows that passed;
                      boosting: what is added to the log odds */
    uint32_t left; /* left child; the right one follows it; leaves: the node itself */
    uint16_t feature;
    uint16_t bin; /* while growing: cut as a bin */
};

struct dorg_tree {
    uint32_t n_nodes, depth; /* depth: edges from the root to the deepest leaf */
    uint32_t stream;         /* number of its draws: its place, plus n_trees per retry;
                                boosting: its fold */
    struct dorg_node *node;  /* owned; node[0] is the root */
};

enum dorg_bag_unit { DORG_BAG_ROW, DORG_BAG_SLAB, DORG_BAG_CASE };

struct dorg_bag {
    uint64_t seed;
    uint32_t unit;        /* enum dorg_bag_unit */
    uint32_t slab_slices; /* slices per slab */
};

enum dorg_forest_kind { DORG_FOREST_BAGGED, DORG_FOREST_BOOSTED };

struct dorg_forest {
    uint32_t kind;  /* enum dorg_forest_kind */
    uint32_t folds; /* boosting: trees come fold by fold, as many to each; else 0 */
    struct dorg_bag bag;
    uint32_t level;   /* 1, or 2: sees features neighbours give (neighbours.h) */
    double cut, pass; /* keep p >= cut; as first level of a cascade, p >= pass */
    double recall;    /* what cut was chosen for */
    uint32_t n_features, n_trees, n_cases; /* cases: different keys below */
    char **feature;                        /* owned names */
    double *importance;                    /* owned [n_features], sums to 1 */
    uint64_t *case_key; /* owned [n_cases]: dorg_tab_case of the training tables, ascending */
    struct dorg_tree *tree; /* owned */
    char *history;          /* owned */
};
#define DORG_FOREST_INIT ((struct dorg_forest){0})

/* Read, everything checked; DORG_EDATA says what is wrong. */
int dorg_forest_read(struct dorg_forest *f, struct dorg_in *in, struct dorg_err *e);
int dorg_forest_load(struct dorg_forest *f, const char *path, struct dorg_err *e);
int dorg_forest_write(struct dorg_out *o, const struct dorg_forest *f, const char *stage,
                      struct dorg_err *e);
void dorg_forest_free(struct dorg_forest *f);

struct dorg_oob_rows {
    const uint64_t *row_key;  /* dorg_bag_row_key of each row */
    const uint64_t *unit_key; /* dorg_forest_unit_key of each row */
};

/* p[n] of the rows x[n][n_features], which hold no NaN; with `oob` given, over the trees
 * that never saw the row only (over all trees where there is none). */
int dorg_forest_predict(float *p, const struct dorg_forest *f, const float *x, size_t n,
                        const struct dorg_oob_rows *oob, int jobs, struct dorg_err *e);

/* ---- bagging ----
 * A row weighs Poisson(1) in a tree (the limit of drawing with replacement).  With units
 * larger than a row, a tree first leaves out whole units, each with probability 1/5. */
uint64_t dorg_bag_row_key(uint64_t case_key, double id);
uint64_t dorg_bag_unit_key(const struct dorg_bag *b, uint64_t case_key, double id, double z);

/* Times the row is in the tree's sample; 0 also when its unit is left out. */
unsigned dorg_bag_weight(const struct dorg_bag *b, uint32_t stream, uint64_t row_key,
                         uint64_t unit_key);
/* True when the tree never saw the row, nor anything of its unit. */
bool dorg_bag_out(const struct dorg_bag *b, uint32_t stream, uint64_t row_key,
                  uint64_t unit_key);

/* Of boosting, the row's fold: cases by their place among case_key, slabs by their place from
 * z = 0, rows by key, each modulo folds; else dorg_bag_unit_key. */
uint64_t dorg_forest_unit_key(const struct dorg_forest *f, uint64_t case_key, double id,
                              double z);

/* True when the case was among the training tables. */
bool dorg_forest_knows(const struct dorg_forest *f, uint64_t case_key);

#endif
