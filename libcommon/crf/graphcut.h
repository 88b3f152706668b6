/* graphcut.h - label superpixels by the minimum of a conditional random field.
 *
 *   E(x) = sum_i R_i(x_i) + lambda * sum_(i,j) B_ij [x_i != x_j],   x_i in {0, 1}
 *
 *   R_i(1) = -ln q_i,  R_i(0) = -ln (1 - q_i)                each clamped to [0, clamp]
 *   q_i / (1 - q_i) = p_i / (1 - p_i) * (1 - cut) / cut      q = p at a cut of 0.5
 *   B_ij   = -ln p_border(ij)                    PAIR_NET     clamped to [0, clamp]
 *          = exp(-(contrast_hu / sigma_hu)^2)    PAIR_CONTRAST
 *          = 1                                   PAIR_CONSTANT
 *            times length_ij (shared border in pixel sides) with by_length
 *
 * lambda multiplies the boundary term; 0 leaves each superpixel to its own p (1 if p > cut).
 * With three_d, pairs of adjacent slices are joined too, with
 *   B_ij = lambda_z * overlap_share_ij           (times the contrast factor in PAIR_CONTRAST).
 *
 * Source   Roth et al. 2015, sec. 2.6: boundary term from a ConvNet on pairs of
 *          superpixels, regional term from the R2 net, min-cut/max-flow; Boykov and
 *          Funka-Lea, IJCV 70 (2006).
 * Silent   the form of both terms, the clamp, the cut, which term the weight multiplies,
 *          anything between slices: dorg-choices(7).
 * Exact    E is minimised exactly, up to the rounding of its terms in maxflow.h; of equal
 *          minima the one with the fewest superpixels labelled 1.  In 2-D slices share no
 *          edge, so one cut of all of them is one cut of each.
 * Fails    DORG_EDATA when a column is missing, a probability lies outside [0, 1], or
 *          the two tables carry keys of different cases; DORG_EIO if memory cannot be had. */
#ifndef DORG_GRAPHCUT_H
#define DORG_GRAPHCUT_H

#include <stdbool.h>

#include "../file/tab.h"

enum dorg_pair_term {
    DORG_PAIR_AUTO, /* NET where the edges have p_border, else CONTRAST, else CONSTANT */
    DORG_PAIR_NET,
    DORG_PAIR_CONTRAST,
    DORG_PAIR_CONSTANT
};

struct dorg_graphcut {
    const char *column; /* of the table: p */
    double lambda, clamp;
    enum dorg_pair_term pair;
    double sigma_hu; /* PAIR_CONTRAST */
    bool by_length;
    bool three_d; /* also edges with overlap > 0; one table must have them */
    double lambda_z;
    double cut; /* within (0, 1): alone, a superpixel is inside when p is above it */
};

struct dorg_graphcut_sum {     /* what was done, for a message */
    size_t n_edges, n_dropped; /* edges used; edges whose end is no row of the table */
    size_t n_inside;           /* superpixels labelled 1 */
    double energy;             /* of the labelling */
    enum dorg_pair_term pair;  /* the one AUTO chose, for the first table */
};

/* Adds (or overwrites) the column label, 0 or 1, of t.  edges: n_tabs tables as dorg_edges
 * makes them, the edges of all of which count; AUTO decides for each table on its own. */
int dorg_graphcut(struct dorg_tab *t, const struct dorg_tab *edges, int n_tabs,
                  const struct dorg_graphcut *p, struct dorg_graphcut_sum *sum,
                  struct dorg_err *e);

#endif
