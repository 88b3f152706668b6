/* nii_in.h - private to nii_head.c, nii_read.c, nii_write.c, grid.c and sniff.c */
#ifndef DORG_NII_IN_H
#define DORG_NII_IN_H

#include <nifti/nifti2_io.h>

#include "grid.h"
#include "vol.h"

struct dorg_nii_head {
    bool swapped, pair;
    int version;
    nifti_1_header h1;
    nifti_2_header h2;
    nifti_image *nim;
    int64_t n_vox, data_at; /* voxels; bytes before the first one */
};

/* Header off the stream, checked; `paired`: it came from a .hdr.  Free h->nim afterwards. */
int dorg_nii_parse(struct dorg_nii_head *h, struct dorg_in *in, bool paired,
                   struct dorg_err *e);
/* The `left` bytes between header and voxels; our history lines are kept. */
int dorg_nii_extensions(char **history, const struct dorg_nii_head *h, struct dorg_in *in,
                        int64_t left, struct dorg_err *e);
/* The canonical grid: permute and flip the stored axes to the order nearest RAS+. */
int dorg_nii_canonical(struct dorg_grid *g, const struct dorg_nii_head *h, struct dorg_err *e);
/* Move the stored matrices' origins by so many steps along the stored axes, each matrix by its
 * own directions: they need not agree. */
void dorg_nii_shift(struct dorg_stored *s, const int32_t steps[3]);
/* What a header says of its voxels. */
enum dorg_intent dorg_nii_intent(int datatype, int code, double lo, double hi);
int dorg_nii_skip(struct dorg_in *in, int64_t n, struct dorg_err *e);

#endif
