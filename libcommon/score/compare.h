/* compare.h - two tables of scores of the same cases, side by side.
 *
 * For every label and measure the paired differences b - a, over the cases both tables hold:
 * mean and sd, median, the bootstrap interval of the mean, Wilcoxon's signed-rank test and
 * the paired t test (significance.h).  A failed case counts as in summary.h; a pair with a NaN
 * is left out and counted.  Cases only one table holds are named and counted.
 *
 * Source   Roth et al. 2015, sec. 3: G(P0) against G(P2), p < 0.01.
 * Silent   the test: dorg-choices(7). */
#ifndef DORG_COMPARE_H
#define DORG_COMPARE_H

#include "scores.h"

struct dorg_compare_opt {
    double level; /* of the bootstrap interval */
    int reps;
    uint64_t seed;
    const char *stage;
};

/* DORG_EDATA when no case is in both tables, or a case, label and threshold comes twice. */
int dorg_compare(struct dorg_out *o, const struct dorg_scores *a, const struct dorg_scores *b,
                 const struct dorg_compare_opt *opt, struct dorg_err *e);

int dorg_compare_files(struct dorg_out *o, const char *a, const char *b,
                       const struct dorg_compare_opt *opt, struct dorg_err *e);

#endif
