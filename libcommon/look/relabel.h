/* relabel.h - lay a label on its CT, and see from the HU whether it fits.
 *
 * By index: stored label voxel (i, j, k), flipped as asked, belongs to stored CT voxel (i, j, k);
 * the label's own header is ignored.  By header: a label voxel belongs to the CT voxel at its
 * place in the patient, however either file stores it; the two grids must agree to 0.1 mm.  The
 * share of its voxels within [lo, hi] HU must be at least
 * `least`, and no further flip of y, z or both may make it larger: a misplaced organ takes in
 * fat and air.
 *
 * Source   paper.md 11: 0.97 as placed, 0.75 flipped in y; a flip in x may not show.
 * Silent   the limits: dorg-choices(7).
 * Fails    DORG_EDATA: sizes differ, no voxel has the label, the test is not passed. */
#ifndef DORG_RELABEL_H
#define DORG_RELABEL_H

#include "../file/vol.h"

struct dorg_relabel {
    bool flip[3];        /* along stored axes */
    bool by_header;      /* the label's header is right; no flips then */
    bool allow_empty;    /* a patient may be without the organ */
    double lo_hu, hi_hu; /* range of the organ */
    double least;        /* share that must lie within; 0: no test at all */
    const double *keep;  /* these labels become 1 ... */
    int n_keep;          /* ... none: all that are not 0 */
    double share[4];     /* out: as asked, and with y, z, y and z flipped beyond that */
};

/* ct of DORG_F32, label of DORG_I32; out becomes a mask of DORG_U8 on ct's grid. */
int dorg_relabel(struct dorg_vol *out, const struct dorg_vol *ct, const struct dorg_vol *label,
                 struct dorg_relabel *how, struct dorg_err *e);

/* Whether a mask that lies on its CT fits there: one grid, and the test above on the mask as
 * it is (empty masks pass).  ct of DORG_F32, mask of DORG_U8, all that is not 0 counts. */
int dorg_relabel_fits(const struct dorg_vol *ct, const struct dorg_vol *mask,
                      struct dorg_relabel *how, struct dorg_err *e);

/* "none" or some of x, y, z, in any order. */
int dorg_relabel_flips(bool flip[3], const char *word, struct dorg_err *e);

#endif
