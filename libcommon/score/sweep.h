/* sweep.h - every threshold of a probability map in one pass over it.
 *
 *   P(t) = {x : p(x) >= t},   t = lo, lo + step, lo + 2 step, ... <= hi
 *
 * n_pred(t) and tp(t) are the tails of two histograms whose bins lie between the thresholds.
 *
 * Source   Roth et al. 2015, sec. 3 and Fig. 5 (DSC against the threshold).
 * Shapes   map of type DORG_F32, ref of type DORG_U8 or DORG_I32.
 * Bounds   the same counts as cutting the map at each t in turn (t rounded to float, as
 *          dorg-thresh does) and scoring the mask.
 * Fails    as dorg_score; DORG_EUSAGE for thresholds that are none or too many. */
#ifndef DORG_SWEEP_H
#define DORG_SWEEP_H

#include "measure.h"

struct dorg_cuts {
    size_t n; /* 0: no sweep */
    double lo, step;
};

/* From "step" (0 to 1) or "lo,hi,step". */
int dorg_cuts_of(struct dorg_cuts *c, const double *v, int n, struct dorg_err *e);
double dorg_cut(const struct dorg_cuts *c, size_t i);

/* One score per label (none asked for: whatever is not 0) and threshold; distances NaN. */
int dorg_sweep(struct dorg_score **s, size_t *n, const struct dorg_vol *map,
               const struct dorg_vol *ref, const struct dorg_cuts *cuts,
               const struct dorg_score_opt *opt, struct dorg_err *e);

#endif
