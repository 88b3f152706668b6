/* lungs.h - where the lungs end: a level that nearly every scan of an abdomen shows.
 *
 *   lung(z) = area of the pixels of -950 to -500 HU in the rear half of the body's box that have
 *             body, above -300 HU, behind them and on both sides in their row
 *   end     = the first slice of the highest run of slices that have 10 cm2 of it and more, and
 *             30 cm2 somewhere
 *
 * Gas in the bowel lies in front, or is a run of its own below.  The ends of a scan have no lung
 * above: a single slice, a scan that ends below the lungs, and one that is stored without HU of
 * air, have none.
 *
 * Source  none in the paper.  Its use: in 17 of 18 people of another hospital the whole pancreas
 *         lay 0 to 170 mm below such a level.
 * Units   slices of the grid as loaded, so z grows towards the head. */
#ifndef DORG_LUNGS_H
#define DORG_LUNGS_H

#include "body.h"

/* end: a slice, or NaN where no lungs are seen.  ct: DORG_F32, HU; body: of it. */
int dorg_lungs_end(double *end, const struct dorg_vol *ct, const struct dorg_body *body,
                   int jobs, struct dorg_err *e);

#endif
