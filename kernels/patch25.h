/* patch25.h - 2.5-D patches: three orthogonal planes through a voxel.
 *
 *   dst[0][r][c] = F(x + u_c, y + u_r, z)    axial     (z-slice)
 *   dst[1][r][c] = F(x, y + u_c, z + u_r)    sagittal  (x-slice)
 *   dst[2][r][c] = F(x + u_c, y, z + u_r)    coronal   (y-slice)
 *   u_s = (s - size/2) step_a   voxels along its axis a, s = 0..size-1, size/2 rounded down
 *
 * F is src between its voxels by linear interpolation in the plane, and 0 outside; the
 * result is rounded to nearest, halves up.  The voxel itself is sample size/2 of each plane.
 *
 * Source   Roth et al. 2015, sec. 2.2, "2.5D patches ... axial, coronal, sagittal"; order of
 *          the planes, linear interpolation, 8 bits and zero padding after windowing as in
 *          the first author's library (paper.md 4).
 * Silent   the distance of samples: dorg-choices(7), the scan's own in-plane pitch.
 * Shapes   src: uint8[nz][ny][nx], windowed CT; at[count]: voxel indices x + nx (y + ny z);
 *          dst: uint8[count][3][size][size].
 * Numbers  weights and sums in float.
 * Fails    DORG_EIO if scratch cannot be had. */
#ifndef DORG_PATCH25_H
#define DORG_PATCH25_H

#include <stddef.h>
#include <stdint.h>

#include "../libcommon/base/err.h"

struct dorg_patch25 {
    int32_t size;   /* samples along a side, 1..4096 */
    double step[3]; /* voxels from sample to sample along x, y, z; > 0 */
};

typedef int dorg_patch25_fn(uint8_t *dst, const uint8_t *src, const int32_t n[3],
                            const uint64_t *at, size_t count, const struct dorg_patch25 *p,
                            int jobs, struct dorg_err *e);

dorg_patch25_fn dorg_patch25_cpu;
dorg_patch25_fn dorg_patch25_cuda;

#endif
