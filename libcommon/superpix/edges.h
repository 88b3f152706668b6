/* edges.h - which superpixels of a label volume are neighbours.
 *
 * Two superpixels of a slice are neighbours when a pixel of one has a pixel of the other
 * among its 4 in-plane neighbours; `length` counts those pixel sides.  With three_d also
 * superpixels of adjacent slices that lie over each other are joined: `overlap` counts the
 * pixels (x, y) that belong to one in slice z and to the other in slice z + 1.
 *
 * Source   Roth et al. 2015, sec. 2.6: "a 2D graph with connections between directly
 *          neighboring superpixels".
 * Silent   4 or 8 neighbours (4: a corner is no border), links between slices:
 *          dorg-choices(7).
 * Table    id (running number from 1), a, b (superpixel ids, a < b), z (of the lower slice),
 *          length (pixel sides; 0 between slices); with three_d: overlap (pixels; 0 within
 *          a slice), overlap_share (overlap / pixels of the smaller of the two); with a CT:
 *          contrast_hu = |mean HU of a - mean HU of b|.  Ascending in z, within a slice
 *          before between slices, then in a and b.
 * Labels   int32, 0 = none, above 0 a superpixel; negative ones are refused.  Means and
 *          pixel counts are those of a label in one slice.
 * Fails    DORG_EDATA for a negative label; DORG_EIO if memory cannot be had. */
#ifndef DORG_EDGES_H
#define DORG_EDGES_H

#include <stdbool.h>

#include "../file/tab.h"
#include "../file/vol.h"

struct dorg_edges {
    bool three_d;
    int jobs;
    const struct dorg_tab *keep; /* only pairs whose ends are both rows of it; or NULL */
    bool between_only;           /* with three_d: leave out the pairs within slices */
};

/* ct: float HU on the grid of labels, or NULL; *t is made, the caller frees it. */
int dorg_edges(struct dorg_tab *t, const struct dorg_vol *ct, const struct dorg_vol *labels,
               const struct dorg_edges *p, struct dorg_err *e);

#endif
