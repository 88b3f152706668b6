/* rconv.h - R-ConvNet probabilities of superpixels, or of pairs of them.
 *
 *   p = mean_s p_1(region at scale s)                superpixels: class 1, pancreas
 *   (p_inside, p_outside, p_border) = mean_s p(...)  pairs: classes 0, 1, 2
 *
 * Median (the mean of the middle two of an even number) or maximum may replace the mean; then
 * the three of a pair are divided by their sum.
 *
 * Source   Roth et al. 2015, sec. 2.3-2.4, "averaged across scales" (paper.md 8, 9). */
#ifndef DORG_RCONV_H
#define DORG_RCONV_H

#include <stdbool.h>

#include "ensemble.h"
#include "../base/err.h"
#include "../sample/region.h"
#include "../file/tab.h"

enum dorg_average { DORG_AVERAGE_MEAN, DORG_AVERAGE_MEDIAN, DORG_AVERAGE_MAX };

/* Open a net for superpixels or pairs, with a map as second channel or without. */
int dorg_rconv_open(struct dorg_ensemble *a, const struct dorg_net *net, bool map, bool pairs,
                    const struct dorg_ensemble_opts *o, struct dorg_err *e);

/* Add to t, whose rows are v->r's in the same order, the column p (or the three of pairs);
 * per_scale: also p_s1, p_s2, ... (pairs: p_border_s1, ...), the scales one by one.  Columns
 * that are there already are overwritten.  a is open for the kind of v->r. */
int dorg_rconv(struct dorg_tab *t, const struct dorg_region_view *v, struct dorg_ensemble *a,
               enum dorg_average how, bool per_scale, bool pairs, struct dorg_err *e);

#endif
