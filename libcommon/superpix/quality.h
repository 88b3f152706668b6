/* quality.h - how good are superpixels?
 *
 * Over the labelled voxels of a slice, or of all slices, with superpixels S_j, truth G and
 * its complement, N labelled voxels, and windowed grey values I of mean m:
 *
 *   opt_dsc    DSC of the optimal labelling of the superpixels (truth.h)
 *   recall     share of truth boundary pixels with a superpixel boundary pixel within
 *              `tolerance` pixels in x and y; 1 when there is none
 *   under      undersegmentation error: 1/N sum_j 2 min(|S_j in G|, |S_j not in G|), the sum
 *              over both truth regions
 *   asa        achievable segmentation accuracy: 1/N sum_j max(|S_j in G|, |S_j not in G|)
 *   explained  explained variance: sum_j |S_j| (m_j - m)^2 / sum (I - m)^2; 1 when I is
 *              constant
 *   compact    compactness: 1/N sum_j |S_j| 4 pi |S_j| / P_j^2, P_j the pixel sides to another
 *              superpixel or the end of the slice; pi/4 for a square
 *
 * A boundary pixel has a 4-neighbour in its slice with another value.
 *
 * Source   Roth et al. 2015, sec. 2.1 (opt_dsc chose the method); Neubert & Protzel, Forum
 *          Bildverarbeitung 2012 (under); Liu et al., CVPR 2011 (asa); Moore et al., CVPR
 *          2008 (explained); Schick et al., ICPR 2012 (compact).
 * Silent   the tolerance: dorg-choices(7), 2 pixels. */
#ifndef DORG_QUALITY_H
#define DORG_QUALITY_H

#include <stdbool.h>

#include "../base/err.h"
#include "../file/tab.h"
#include "../file/vol.h"

/* Fill *t (empty on entry): one row for the volume (id 1, slices), or one a slice that holds
 * truth (id z + 1, z); then superpixels, voxels, truth, and the measures.  labels: DORG_I32;
 * truth: DORG_U8; grey: DORG_U8, or NULL for no column `explained`.
 * DORG_EDATA when grids disagree, the truth is empty, nothing is labelled, a label is
 * negative, or a superpixel lies in two slices. */
int dorg_quality(struct dorg_tab *t, const struct dorg_vol *labels,
                 const struct dorg_vol *truth, const struct dorg_vol *grey, int tolerance,
                 bool by_slice, struct dorg_err *e);

#endif
