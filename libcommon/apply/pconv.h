/* pconv.h - the P-ConvNet's map P0 of a scan.
 *
 *   P0(v) = p_1(patch around s(v)) inside the mask, 0 outside
 *
 * p_1: the net's probability of class 1; s(v): the sampled voxel nearest to v in mm (lowest
 * voxel index of several).  Sampled are every stride-th voxel of the mask in x and y, every
 * stride_z-th slice (sample.h).
 *
 * With coarse > 1 the net looks in two steps: first at the samples C whose places are multiples
 * of coarse strides; then at a sample s only if some c of C within coarse strides of it, along
 * each axis, has p_1(c) >= near, or if none of C is within.  The samples left out are not
 * interpolated from.  near = 0 leaves none out.
 *
 * A net of axial patches with a map (DORG_REC_AXIAL_MAP) sees the map, too: another net's P0,
 * or what came of it.
 *
 * Source   Roth et al. 2015, sec. 2.2: 2.5-D patches every n voxels of the candidates, nearest
 *          neighbour interpolation between.
 * Ours     The two steps: an organ fills a small part of what is looked at. */
#ifndef DORG_PCONV_H
#define DORG_PCONV_H

#include "../../kernels/kernels.h"
#include "ensemble.h"
#include "../base/err.h"
#include "../file/vol.h"

struct dorg_pconv {
    int stride, stride_z;
    int coarse; /* 1: one step */
    float near; /* a probability */
    int jobs;   /* of the filling; the engine has its own */
};

/* For a net of any kind of patches (DORG_REC_PATCH, _AXIAL, _AXIAL_MAP), else DORG_EDATA. */
int dorg_pconv_open(struct dorg_ensemble *a, const struct dorg_net *net,
                    const struct dorg_ensemble_opts *o, struct dorg_err *e);

struct dorg_pconv_case {
    struct dorg_vol ct;   /* DORG_F32, becomes DORG_U8 */
    struct dorg_vol mask; /* DORG_U8 */
    struct dorg_vol map; /* DORG_F32, becomes DORG_U8; of a net that takes a map, else empty */
};
#define DORG_PCONV_CASE_INIT ((struct dorg_pconv_case){0}) /* empty */
void dorg_pconv_free(struct dorg_pconv_case *c);

/* p0 becomes a DORG_F32 volume.  a was opened by dorg_pconv_open.  DORG_EDATA when the grids
 * disagree, or a map is there or not as the net does not expect. */
int dorg_pconv(struct dorg_vol *p0, struct dorg_pconv_case *c, struct dorg_ensemble *a,
               const struct dorg_kernels *k, const struct dorg_pconv *p, struct dorg_err *e);

#endif
