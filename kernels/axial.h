/* axial.h - what surrounds a voxel in its axial slice, at several sizes.
 *
 *   dst[k][r][c] = mean of F over the rectangle  [x_c, x_c+1] x [y_r, y_r+1]
 *   x_s = x + 1/2 + (s - size/2 - 1/2) side_k,x   s = 0..size, size/2 rounded down; y alike
 *
 * F is the slice as an image of squares: voxel (i, j) covers [i, i+1] x [j, j+1], and F is 0
 * outside.  The rectangles of a channel tile the plane, the voxel's own centre is the centre
 * of sample size/2, and a sample wider than a voxel is an average, not a pick.  The result is
 * rounded to nearest, halves up.
 *
 * Source   none in the paper, whose patches are three planes of one pitch (patch25.h); the
 *          zoom-out of its regions (sec. 2.3), for patches.  Needs no slice but its own, so
 *          that single slices can be learned from.
 * Shapes   src: uint8[nz][ny][nx], windowed CT; at[count]: voxel indices x + nx (y + ny z);
 *          dst: uint8[count][channels][size][size], or of the first of
 *          every `apart` channels so many.
 * Numbers  double; sums of whole numbers, exact, at the corners of voxels, interpolated
 *          linearly between them, which is exact for squares.
 * Fails    DORG_EIO if scratch cannot be had. */
#ifndef DORG_AXIAL_H
#define DORG_AXIAL_H

#include <stddef.h>
#include <stdint.h>

#include "../libcommon/base/err.h"

enum { DORG_AXIAL_MAX = 4 };                                    /* channels */
enum { DORG_AXIAL_CUT_MOST = 16843009 /* (2^32 - 1) / 255 */ }; /* voxels of a slice, below */

struct dorg_axial {
    int32_t size;     /* samples along a side, 1..4096 */
    int32_t channels; /* 1..DORG_AXIAL_MAX */
    int32_t apart;    /* channels from one voxel's to the next one's in dst; 0: as
                                       many as these */
    double side[DORG_AXIAL_MAX][2]; /* voxels a sample is wide along x, y; > 0 */
};

/* On the CPU.  Engines that cut for themselves (struct dorg_cut) do so where a slice has at
 * most DORG_AXIAL_CUT_MOST voxels. */
int dorg_axial(uint8_t *dst, const uint8_t *src, const int32_t n[3], const uint64_t *at,
               size_t count, const struct dorg_axial *p, int jobs, struct dorg_err *e);

#endif
