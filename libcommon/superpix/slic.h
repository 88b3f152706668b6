/* slic.h - simple linear iterative clustering of one grey slice, and the grid it starts from.
 *
 * The slice is cut into gx * gy cells, as square as they come; each cell gives a cluster with
 * the cell's centre, rounded down, moved to the lowest squared gradient of its 3 x 3
 * neighbourhood (differences of the pixels on both sides, the border repeated).  Ten times:
 * every pixel joins the cluster that minimises
 *
 *   (I - I_k)^2 + (m / s)^2 ((x - x_k)^2 + (y - y_k)^2),   s = sqrt(nx ny / (gx gy))
 *
 * among those within s in x and y (the lowest number of equals; a pixel none reaches keeps its
 * cluster), then every cluster moves to the mean of its pixels.  Connectivity: in raster
 * order, each 4-connected piece of equal cluster becomes a superpixel of its own, or, if
 * smaller than a quarter of s^2, joins the superpixel left of (else above) its first pixel.
 *
 * Source   Achanta et al., "SLIC superpixels compared to state-of-the-art superpixel methods",
 *          PAMI 2012, sec. 4, on one grey channel.
 * Silent   m, the quarter, the ties: dorg-choices(7).
 * Shapes   grey uint8[ny][nx]; label int32[ny][nx], 1..*n in raster order of first pixels. */
#ifndef DORG_SLIC_H
#define DORG_SLIC_H

#include <stdint.h>

#include "../base/err.h"

/* About k superpixels, 4-connected; m: grey levels worth one cell side. */
int dorg_slic(int32_t *label, int32_t *n, const uint8_t *grey, int32_t nx, int32_t ny,
              uint32_t k, double m, struct dorg_err *e);

/* Cells: gx = round(sqrt(k nx / ny)), gy = round(k / gx), each at least 1 and at most the
 * pixels along it.  Pixel (x, y) is in cell (x gx / nx, y gy / ny), rounded down. */
void dorg_slic_cells(int32_t g[2], int32_t nx, int32_t ny, uint32_t k);

/* Label a slice with its cells; gives their number gx * gy. */
int32_t dorg_slic_grid(int32_t *label, int32_t nx, int32_t ny, uint32_t k);

#endif
