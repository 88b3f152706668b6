/* boost.h - gradient boosting: the second learner beside the forest.
 *
 *   p(x) = mean over folds k of s(F_k(x)),   F_k(x) = sum over the trees of fold k of the leaf
 *                                            x falls into,   s(F) = 1 / (1 + exp(-F))
 *
 * The rows are cut into folds of whole units (cases, slabs, rows), and F_k is learned without
 * fold k: so every training row has a p that never saw its unit, s(F_k) of its own fold, and
 * a new case gets the mean of all.  Round by round, with y in 0..1, weight w and p = s(F),
 *
 *   g = w (p - y),   h = w p (1 - p);   leaf = -rate G / (H + l2),   gain of a split = the sum
 *   over its sides of G^2 / (H + l2), less that of the node;   G, H: sums of g, h
 *
 * Each tree sees a share of the rows and a share of the features, drawn afresh.  Nodes are
 * split down to `depth` where a split gains anything and leaves min_leaf rows to both sides;
 * equal gains: the lower feature, then the lower cut.  F starts at the log odds of the rows,
 * which the first tree's leaves include.
 *
 * Source  Friedman, "Greedy function approximation: a gradient boosting machine", Annals of
 *         Statistics 29, 2001; second order, l2, histograms: Chen and Guestrin, "XGBoost",
 *         KDD 2016, eq. 6 and 7.  Not in the paper: dorg-choices(7).
 * Bounds  g and h are whole multiples of 2^-24 of the heaviest row's weight, so the order of
 *         summing cannot matter; -j changes nothing.  16 bytes per row and thread. */
#ifndef DORG_BOOST_H
#define DORG_BOOST_H

#include "forest.h"
#include "bins.h"

struct dorg_boost_opt {
    uint32_t trees, depth, min_leaf; /* trees of each fold */
    double rate, l2;                 /* l2 in the unit of h: a row at p = 1/2 has 1/4 */
    double rows, features;           /* shares a tree sees, 0 to 1 */
    bool balanced;                   /* classes weigh the same in total; else every row 1 */
    int jobs;
};

/* Fill f's trees and importances (shares of the gain) from the training rows; f->kind,
 * f->folds, f->bag and the feature names are set.  DORG_EDATA when a fold's rows lack a
 * class. */
int dorg_boost_grow(struct dorg_forest *f, const struct dorg_bins *d,
                    const struct dorg_boost_opt *o, struct dorg_err *e);

/* s(x), the same bits whichever way the library computes. */
double dorg_boost_sigmoid(double x);

#endif
