/* forest_grow.h - growing trees on binned rows.
 *
 * A node is split where the weighted Gini impurity falls most:
 *
 *   gain = sum over sides s of (A_s^2 + B_s^2) / (A_s + B_s)  -  (A^2 + B^2) / (A + B)
 *
 * with A, B the weighted counts of class 0 and 1.  `tries` features that are not constant in
 * the node are tried, drawn without replacement; more when none of them can split.  Equal
 * gains: the feature drawn first, then the lowest cut.
 *
 * Leaves are shrunk towards their ancestors: along the path root = 0, 1 ... k of the raw
 * probabilities q and row counts N,
 *
 *   p = q_0 + sum_i (q_i - q_(i-1)) / (1 + shrink / N_(i-1))
 *
 * so that two leaves that both hold no positive still differ by what lies around them, and
 * a cut for a high recall does not fall into one great tie at 0.
 *
 * Source  Breiman 2001; Breiman et al., CART, 1984; shrinkage: Agarwal et al.,
 *         "Hierarchical shrinkage", ICML 2022, eq. 1.  Counts are whole numbers, so the order
 *         of summing cannot matter; -j changes nothing. */
#ifndef DORG_FOREST_GROW_H
#define DORG_FOREST_GROW_H

#include "forest.h"
#include "bins.h"

struct dorg_grow_opt {
    uint32_t trees, depth, min_leaf, tries; /* tries 0: round(sqrt(features)), at least 1 */
    double shrink; /* rows: see above; 0 keeps the leaves as they are */
    bool balanced; /* classes weigh the same in total; else every row weighs 1 */
    int jobs;
};

/* Fill f's trees and importances from the training rows; f->bag and the feature names are
 * set.  A tree whose sample lacks a class draws again (stream). */
int dorg_forest_grow(struct dorg_forest *f, const struct dorg_bins *d,
                     const struct dorg_grow_opt *o, struct dorg_err *e);

/* f->importance from the gains of its parts (trees, folds), of[parts][n_features]. */
void dorg_forest_importance(struct dorg_forest *f, const double *of, uint32_t parts);

/* Out-of-bag probabilities p[d->n] of all rows kept. */
int dorg_forest_oob(float *p, const struct dorg_forest *f, const struct dorg_bins *d, int jobs,
                    struct dorg_err *e);

#endif
