/* smooth.c - a map smoothed in space */
#include "smooth.h"

int dorg_smooth(struct dorg_vol *out, const struct dorg_vol *map, const struct dorg_smooth *o,
                const struct dorg_kernels *k, int jobs, struct dorg_err *e)
{
    struct dorg_gauss3d p = {.zero_outside = o->zero_outside};
    if (o->in_mm && dorg_grid_square(&map->grid, e)) return e->code;
    if (dorg_vol_like(out, map, DORG_F32, e)) return e->code;
    for (int a = 0; a < 3; a++)
        p.sigma[a] = o->in_mm ? o->sigma / map->grid.mm[a] : o->sigma;
    return k->gauss3d(out->data, map->data, map->grid.n, &p, jobs, e);
}
