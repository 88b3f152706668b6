/* cascade.h - a forest, and a cascade of two, on a table.
 *
 * Columns are matched to features by name.  Second-level features that neighbours give are
 * computed here (neighbours.h).
 *
 * Source  Roth et al. 2015, sec. 2.1: superpixels below the cut are dropped, the rest are the
 *         candidates of the nets. */
#ifndef DORG_CASCADE_H
#define DORG_CASCADE_H

#include "forest.h"
#include "../file/tab.h"

/* p[n_rows] of one forest.  p1: first-level probabilities, for a forest of level 2 (else
 * NULL).  oob: rows of a case the forest was trained on get out-of-bag probabilities.
 * DORG_EDATA naming the column that is missing. */
int dorg_cascade_level(float *p, const struct dorg_forest *f, const struct dorg_tab *t,
                       const float *p1, bool oob, int jobs, struct dorg_err *e);

struct dorg_cascade {
    const struct dorg_forest *f[2]; /* f[1] may be NULL */
    bool oob, keep_all;
    double cut;      /* of the last forest; NaN: the one stored in it */
    double along;    /* mm: average p up and down (neighbours.h); 0: not */
    double below[2]; /* keep slices this far below the lungs; NaN: all.  Where no lungs were
                        seen, all */
    double max_ml;   /* keep the rows of highest p, up to this volume; 0: all */
    int jobs;
};

/* Add columns p1 [, p2] and p (the last), then drop the rows the cascade rejects: p1 < pass
 * of a first of two forests (p2 and p are then 0), those outside `below` (p is then 0), p < cut,
 * and those beyond max_ml.  DORG_EDATA naming a column that is missing. */
int dorg_cascade(struct dorg_tab *t, const struct dorg_cascade *c, struct dorg_err *e);

#endif
