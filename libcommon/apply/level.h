/* level.h - bring a case's probabilities to the level of other cases'.
 *
 *   p' = p e^d / (1 - p + p e^d),   d in [-most, most] such that  sum w p' / sum w = share
 *
 * over the voxels of a mask (w = 1) or the rows of a table (w: a column, their areas).  One
 * factor of all odds: the order of the values, 0 and 1 stay.  Where no d within the bounds
 * will do, the nearest bound is taken, so that a case without the organ is not given one.
 *
 * Why      A net that meets another patient still ranks (its area under the ROC curve hardly
 *          falls) but is less sure of everything; a cut or a second net that was set on its
 *          level among the training cases then finds nothing.  The share of candidates that
 *          is organ differs far less between patients than that level does.
 * Source   not in the paper; re-estimation of a model's intercept in a new population,
 *          "calibration in the large".  No truth of the case is used. */
#ifndef DORG_LEVEL_H
#define DORG_LEVEL_H

#include "../base/err.h"
#include "../file/tab.h"
#include "../file/vol.h"

struct dorg_level {
    double share; /* the mean to reach, 0 to 1; NaN: measure only */
    double most;  /* bound of |d|, >= 0 */
};
struct dorg_level_sum {
    double mean, weight; /* as it came: sum w p / sum w (0 of nothing), sum w */
    double shift;        /* d */
};

/* map: DORG_F32, changed where mask (DORG_U8) is not 0.  DORG_EDATA when the grids disagree or
 * a value in the mask lies outside [0, 1] by more than 1e-6. */
int dorg_level_vol(struct dorg_vol *map, const struct dorg_vol *mask,
                   const struct dorg_level *l, struct dorg_level_sum *sum, struct dorg_err *e);

/* The same for the column `column` of t, rows weighing what `weight` says (NULL: 1 each).
 * DORG_EDATA also when a weight is negative. */
int dorg_level_tab(struct dorg_tab *t, const char *column, const char *weight,
                   const struct dorg_level *l, struct dorg_level_sum *sum, struct dorg_err *e);

#endif
