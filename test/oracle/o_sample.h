/* o_sample.h - patches and warped boxes straight from their equations, in double
 *
 * Values are the samples before rounding: a byte is right when it is within 0.5 (plus a
 * float's rounding) of them. */
#ifndef O_SAMPLE_H
#define O_SAMPLE_H

#include <stdint.h>

/* Sample (plane, r, c) of the patch around voxel (x, y, z); step: voxels per sample. */
double o_patch25(const uint8_t *v, const int n[3], const int at[3], int plane, int r, int c,
                 int size, const double step[3]);

/* Sample (r, c) of the box that begins at (x, y) of slice z, nx by ny pixels. */
double o_warp2d(const uint8_t *v, const int n[3], int x, int y, int z, int nx, int ny, int r,
                int c, int size);

/* Mean of F over sample (r, c) of a square of size x size samples, each side[0] by side[1]
 * voxels, about voxel at; F is the slice as squares of one voxel, 0 outside. */
double o_axial(const uint8_t *v, const int n[3], const int at[3], int r, int c, int size,
               const double side[2]);

#endif
