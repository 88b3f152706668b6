/* overlap.h - how many voxels two label volumes share, label by label.
 *
 *   n_ref = |R|, n_pred = |P|, tp = |R and P|      (R, P: the voxels of that label)
 *
 * Source   Roth et al. 2015, sec. 3: the counts behind every overlap measure.
 * Shapes   volumes of type DORG_U8 or DORG_I32 on grids of equal size.
 * Fails    DORG_EDATA for a label outside 1..65535 where labels are scored one by one;
 *          DORG_EIO. */
#ifndef DORG_OVERLAP_H
#define DORG_OVERLAP_H

#include "bits.h"
#include "../file/vol.h"

enum { DORG_LABEL_ANY = 0, DORG_LABEL_MAX = 65535 }; /* ANY: every voxel that is not 0 */

struct dorg_shared {
    int32_t label;
    uint64_t n_ref, n_pred, tp;
    int32_t lo[3], hi[3]; /* box around both, hi inclusive; lo > hi when both are empty */
};

/* o[i] for each of n labels (o[i].label is taken from label[i]); a lone DORG_LABEL_ANY
 * counts every non-zero voxel. */
int dorg_overlap(struct dorg_shared *o, const int32_t *label, size_t n,
                 const struct dorg_vol *pred, const struct dorg_vol *ref, int jobs,
                 struct dorg_err *e);

/* The labels other than 0 found in either volume, ascending; *label is the caller's. */
int dorg_overlap_labels(int32_t **label, size_t *n, const struct dorg_vol *pred,
                        const struct dorg_vol *ref, struct dorg_err *e);

/* The box of o with the label's voxels of pred as its first mask and of ref as its second; the
 * caller's to free. */
int dorg_overlap_box(struct dorg_bits *b, const struct dorg_shared *o,
                     const struct dorg_vol *pred, const struct dorg_vol *ref, int jobs,
                     struct dorg_err *e);

#endif
