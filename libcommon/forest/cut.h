/* cut.h - where to cut: a recall target met on the training cases.
 *
 *   recall of a case at cut c = sum of inside_i over its rows with p_i >= c
 *                               / sum of inside_i over all its rows,
 *   inside_i = coverage_i * area_i, so voxels count, not superpixels
 *
 * The cut is the highest c at which the mean recall over cases reaches the target and every
 * case reaches the floor, on out-of-bag p; or, where a share of odd cases is given, the
 * highest at which all cases but that share (rounded down) reach the target themselves: then
 * the strangest case does not set the cut of all.
 *
 * Source  recall about 97 % at 26 % DSC: Roth et al. 2015, sec. 2.1; paper.md 3.1.
 * Silent  how their cut was chosen (0.5, under an unknown class weighting).  The floor guards
 *         the worst case: 1 - 8 (1 - target). */
#ifndef DORG_CUT_H
#define DORG_CUT_H

#include "bins.h"

struct dorg_forest_point { /* what a cut does, over the cases that hold any truth */
    double cut;
    double recall, worst; /* mean and least over cases */
    double precision;     /* mean over cases: truth kept / area kept */
    double dsc;           /* mean over cases: 2 truth kept / (area kept + truth) */
    double kept;          /* share of the rows */
};

static inline double dorg_forest_floor(double recall)
{
    return recall > 0.875 ? 1 - 8 * (1 - recall) : 0;
}

/* p[d->n]: out-of-bag probabilities.  odd: share of odd cases, 0 to 1; negative: mean and
 * floor.  When even c = 0 misses the target, cut is 0. */
int dorg_forest_cut(struct dorg_forest_point *at, const float *p, const struct dorg_bins *d,
                    double recall, double odd, struct dorg_err *e);

/* The same figures at a given cut. */
int dorg_forest_point_at(struct dorg_forest_point *at, const float *p,
                         const struct dorg_bins *d, double cut, struct dorg_err *e);

/* Area under the ROC curve of the training rows: P(p of a positive > p of a negative), ties
 * counting half. */
int dorg_forest_auc(double *auc, const float *p, const struct dorg_bins *d,
                    struct dorg_err *e);

#endif
