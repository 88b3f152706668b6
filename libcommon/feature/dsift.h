/* dsift.h - dense SIFT descriptors of a slice, and their summary over a patch.
 *
 *   u in bins of DORG_DSIFT_HU HU, gradient by differences of the two neighbours (one at the
 *   border), m its magnitude in HU per pixel, a its direction from +x towards +y
 *
 *   cell (i, j), centred on pixel (3i, 3j), holds 8 orientations:
 *     H_k(i, j) = sum over pixels of  m t((x - 3i) / 3) t((y - 3j) / 3) t(a / 45 deg - k),
 *     t(s) = max(0, 1 - |s|), the last one around the circle: trilinear weights
 *   descriptor (i, j), every 3 pixels, centred on (3i + 1.5, 3j + 1.5):
 *     the 4 x 4 cells i-1..i+2, j-1..j+2, each times exp(-r^2 / 2 s^2), r the distance of
 *     its centre from the descriptor's, s = half its side, 6 pixels; 128 numbers d
 *     edge = |d| / |d of a field of one direction and m = 1|  (HU per pixel)
 *     d <- d / |d|,  d <- min(d, 0.2),  d <- d / |d|;  0 where |d| is 0
 *   summary of the patch around a pixel: over the descriptors whose centres lie within 6
 *     pixels of it along both axes (in), and over the others within 12 (out):
 *     mean of sum over cells of d_k, for each k, and mean of edge; 0 where there is none
 *
 * Source  Lowe, "Distinctive image features from scale-invariant keypoints", IJCV 60, 2004,
 *         sec. 6; dense, with cells of 3 pixels: Vedaldi and Fulkerson's VLFeat, which Farag
 *         et al. are remembered to have used (paper.md 3.2).
 * Silent  how 128 numbers were summarised: our choice.  Cells weigh by their centres, so a
 *         cell is computed once for the 16 descriptors that hold it.
 * Bounds  sums over cells are rounded to 1/4096 and edges to 1/64, so means over patches are
 *         exact sums whatever the order. */
#ifndef DORG_DSIFT_H
#define DORG_DSIFT_H

#include <stdint.h>

#include "../base/err.h"

enum { DORG_DSIFT = 18, DORG_DSIFT_CELL = 3, DORG_DSIFT_LONG = 128, DORG_DSIFT_HU = 2 };

struct dorg_dsift {     /* one slice, made again for each */
    int32_t n[2];       /* cells */
    float (*cell)[8];   /* owned [n1][n0] */
    uint32_t (*sum)[9]; /* owned [n1 + 1][n0 + 1]: of 8 orientations, and edge */
};
#define DORG_DSIFT_INIT ((struct dorg_dsift){{0}, 0, 0})

/* Look at u[ny][nx]; only descriptors that patches around pixels of the box (x lo, x hi,
 * y lo, y hi) need are made.  Arrays are made or reused.  DORG_EIO without memory. */
int dorg_dsift_slice(struct dorg_dsift *s, const uint8_t *u, int32_t nx, int32_t ny,
                     const int32_t box[4], struct dorg_err *e);

/* d[4][4][8], j before i, of descriptor (i, j), 1 <= i <= n - 3; gives edge. */
float dorg_dsift_one(float d[DORG_DSIFT_LONG], const struct dorg_dsift *s, int32_t i,
                     int32_t j);

/* f = in_0..in_7, out_0..out_7, edge_in, edge_out of the patch around pixel (x, y). */
void dorg_dsift_patch(float f[DORG_DSIFT], const struct dorg_dsift *s, int32_t x, int32_t y);
void dorg_dsift_free(struct dorg_dsift *s);

#endif
