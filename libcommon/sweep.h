/* sweep.h - every threshold of a probability map in one pass over it.
 *
 *   P(t) = {x : p(x) >= t},   t = 0, step, 2 step, ... <= 1
 *
 * n_pred(t) and tp(t) are the tails of two histograms whose bins lie between the thresholds.
 *
 * Source   Roth et al. 2015, sec. 3 and Fig. 5 (DSC against the threshold).
 * Shapes   map of type DORG_F32, ref of type DORG_U8 or DORG_I32.
 * Bounds   the same counts as cutting the map at each t in turn (t rounded to float, as
 *          dorg-thresh does) and scoring the mask.
 * Fails    as dorg_score. */
#ifndef DORG_SWEEP_H
#define DORG_SWEEP_H

#include "score.h"

size_t dorg_sweep_count(double step);
double dorg_sweep_cut(double step, size_t i);

/* One score per label (none asked for: whatever is not 0) and threshold; distances NaN. */
int dorg_sweep(struct dorg_score **s, size_t *n, const struct dorg_vol *map,
               const struct dorg_vol *ref, double step, const struct dorg_score_opt *opt,
               struct dorg_err *e);

#endif
