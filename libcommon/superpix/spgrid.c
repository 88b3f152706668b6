/* spgrid.c - a slice cut into near-square cells */
#include "slic.h"

static int32_t clamp(double v, int32_t most)
{
    return v < 1 ? 1 : v > (double)most ? most : (int32_t)v;
}

void dorg_grid_cells(int32_t g[2], int32_t nx, int32_t ny, uint32_t k)
{
    g[0] = clamp(floor(sqrt((double)k * nx / ny) + 0.5), nx);
    g[1] = clamp(floor((double)k / g[0] + 0.5), ny);
}

int32_t dorg_grid_label(int32_t *label, int32_t nx, int32_t ny, uint32_t k)
{
    int32_t g[2];
    dorg_grid_cells(g, nx, ny, k);
    for (int32_t y = 0; y < ny; y++) {
        int32_t row = (int32_t)((int64_t)y * g[1] / ny);
        for (int32_t x = 0; x < nx; x++)
            *label++ = 1 + row * g[0] + (int32_t)((int64_t)x * g[0] / nx);
    }
    return g[0] * g[1];
}
