/* clean.h - keep the largest parts of a mask, and fill its holes.
 *
 * In this order: components smaller than min_ml are dropped; of the others the `keep` largest
 * stay (0: all; of equal sizes the one whose first voxel comes first); holes are filled.  A
 * hole is a component of the background that touches no face of the volume (fill), or in its
 * slice no side of the slice (fill_slices).  Background is joined over faces where the mask is
 * joined over corners, and the other way round, so that no surface both holds and leaks.
 *
 * Source   none in Roth et al. 2015; "simple connectivity based post-processing" in Farag et
 * al., TIP 26 (2017). */
#ifndef DORG_CLEAN_H
#define DORG_CLEAN_H

#include <stdbool.h>

#include "../file/vol.h"

struct dorg_clean {
    int keep;
    double min_ml;
    bool fill, fill_slices;
    int connect; /* 6, 18 or 26 */
};

struct dorg_clean_sum {         /* what was done, for a message */
    size_t n_found, n_kept;     /* components */
    size_t n_dropped, n_filled; /* voxels */
};

/* mask: a volume of bytes, 0 or not; becomes 0 or 1.  DORG_EUSAGE for another connect;
 * DORG_EIO without memory. */
int dorg_clean(struct dorg_vol *mask, const struct dorg_clean *p, struct dorg_clean_sum *sum,
               struct dorg_err *e);

#endif
