/* gauss3d.h - 3-D Gaussian smoothing of a probability map.
 *
 *   G(x) = sum_d w(d) f(x + d) / sum_d w(d),   w(d) = exp(-|d/sigma|^2 / 2)
 *
 * summed over the offsets d with |d_a| <= ceil(3 sigma_a) on each axis a for which x + d is
 * inside.  With zero_outside the sum below runs over all those offsets, inside or not: what
 * lies outside counts as 0, and the map fades towards the faces of the volume.
 *
 * Both are products of one factor per axis, so three passes of a 1-D filter give them.
 *
 * Source   Roth et al. 2015, sec. 2.6, "3D isotropic Gaussian filtering".
 * Silent   where the kernel stops and what lies outside the volume: dorg-choices(7).
 * Shapes   src, dst: float[nz][ny][nx], unitless; src finite; dst may not alias src.
 * Bounds   min(src) <= dst <= max(src), up to rounding; a constant map is unchanged (without
 *          zero_outside).
 * Numbers  each pass sums in double and stores float; products of finite input stay finite.
 * Twins    |cpu - cuda| <= 2e-6 * max|src|; the CPU result does not depend on `jobs`, nor on
 *          the width of the processor's vectors.
 * Fails    DORG_EUSAGE if a sigma is negative, not finite or > 64; DORG_EIO if scratch
 *          or the device cannot be had.  dst is unspecified after a failure. */
#ifndef DORG_GAUSS3D_H
#define DORG_GAUSS3D_H

#include <stdbool.h>
#include <stdint.h>

#include "../libcommon/base/err.h"

enum { DORG_GAUSS3D_MAX_RADIUS = 192 }; /* ceil(3 * 64) */

struct dorg_gauss3d {
    float sigma[3];    /* voxels along x, y, z; 0 leaves that axis alone */
    bool zero_outside; /* divide by the whole kernel's sum, not by the part inside */
};

typedef int dorg_gauss3d_fn(float *dst, const float *src, const int32_t n[3],
                            const struct dorg_gauss3d *p, int jobs, struct dorg_err *e);

dorg_gauss3d_fn dorg_gauss3d_cpu;  /* gauss3d.c: the one to read first */
dorg_gauss3d_fn dorg_gauss3d_cuda; /* gauss3d.cu: host pointers in, host pointers out */

#endif
