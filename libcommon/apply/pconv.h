/* pconv.h - the P-ConvNet's map P0 of a scan.
 *
 *   P0(v) = p_1(patch around s(v)) inside the mask, 0 outside
 *
 * p_1: the net's probability of class 1; s(v): the sampled voxel nearest to v in mm (lowest
 * voxel index of several).  Sampled are every stride-th voxel of the mask in x and y, every
 * stride_z-th slice (sample.h).
 *
 * Source   Roth et al. 2015, sec. 2.2: 2.5-D patches every n voxels of the candidates, nearest
 *          neighbour interpolation between. */
#ifndef DORG_PCONV_H
#define DORG_PCONV_H

#include "../../kernels/kernels.h"
#include "ensemble.h"
#include "../base/err.h"
#include "../file/vol.h"

struct dorg_pconv {
    int stride, stride_z;
    int jobs; /* of the filling; the engine has its own */
};

/* For a net of either kind of patches (DORG_REC_PATCH, _AXIAL), else DORG_EDATA. */
int dorg_pconv_open(struct dorg_ensemble *a, const struct dorg_net *net,
                    const struct dorg_ensemble_opts *o, struct dorg_err *e);

/* map becomes a DORG_F32 volume.  ct: DORG_F32, becomes DORG_U8; mask: DORG_U8.  a was opened
 * by dorg_pconv_open.  DORG_EDATA when the grids disagree. */
int dorg_pconv(struct dorg_vol *map, struct dorg_vol *ct, const struct dorg_vol *mask,
               struct dorg_ensemble *a, const struct dorg_kernels *k,
               const struct dorg_pconv *p, struct dorg_err *e);

#endif
