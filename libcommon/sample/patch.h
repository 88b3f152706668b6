/* patch.h - 2.5-D patches of a scan as records (kernels/patch25.h has the equation).
 *
 * One record per sampled voxel: id its index x + nx (y + ny z) in canonical order, slice z,
 * label 1 where the truth is not 0, 0 where it is, DORG_LABEL_UNKNOWN without a truth. */
#ifndef DORG_PATCH_H
#define DORG_PATCH_H

#include <stddef.h>
#include <stdint.h>

#include "../../kernels/axial.h"
#include "../../kernels/kernels.h"
#include "../base/err.h"
#include "../file/io.h"
#include "sample.h"
#include "../file/vol.h"

struct dorg_patch {
    int size;             /* samples along a side */
    int stride, stride_z; /* voxels between samples: in x and y; in z */
    float pitch_mm;       /* distance of samples; 0: the scan's pitch along x */
    int axial;            /* channels, each the axial plane at a pitch of its own; 0: three
                             planes at pitch_mm */
    float axial_mm[DORG_AXIAL_MAX]; /* those pitches */
    float window_hu[2];
    struct dorg_choice choice;
    int jobs;
};

/* Steps in voxels for a grid: pitch / mm of each axis. */
void dorg_patch_steps(struct dorg_patch25 *k, const struct dorg_grid *g, int size,
                      float pitch_mm);

/* Axial patches at these pitches; n = 0 leaves p as it is.  DORG_EUSAGE: too many. */
int dorg_patch_pitches(struct dorg_patch *p, const double *mm, int n, struct dorg_err *e);

/* The same for axial patches, whose pitches are all given. */
void dorg_patch_axial(struct dorg_axial *k, const struct dorg_grid *g, int size, int channels,
                      const float *pitch_mm);

/* Axial patches of scan and map, channels of the scan first; without a map (NULL) of the scan
 * alone.  Both DORG_U8. */
int dorg_patch_cut_axial(uint8_t *dst, const struct dorg_vol *ct, const struct dorg_vol *map,
                         const uint64_t *at, size_t n, const struct dorg_axial *k, int jobs,
                         struct dorg_err *e);

struct dorg_patch_case {
    struct dorg_vol ct;          /* DORG_F32, becomes DORG_U8 */
    struct dorg_vol mask, truth; /* DORG_U8; truth may be empty */
    struct dorg_vol map; /* DORG_F32, becomes DORG_U8; may be empty.  Of axial patches */
};
#define DORG_PATCH_CASE_INIT ((struct dorg_patch_case){0}) /* empty */

/* Sample, choose, cut, write.  All on one grid, else DORG_EDATA; DORG_EUSAGE for a map beside
 * patches of three planes.  Nothing is written before all is known to fit. */
int dorg_patch_write(struct dorg_out *o, struct dorg_patch_case *c, const struct dorg_patch *p,
                     const struct dorg_kernels *k, const char *stage, struct dorg_err *e);
void dorg_patch_free(struct dorg_patch_case *c);

#endif
