/* by_index.c - copying voxels by their stored index */
#include "by_index.h"
#include "nii.h" /* dorg_walk_stored */

int dorg_by_index(struct dorg_vol *out, const struct dorg_vol *v, const struct dorg_grid *grid,
                  const bool flip[3], struct dorg_err *e)
{
    struct dorg_walk from, to;
    struct dorg_vol model = {.grid = *grid, .history = v->history};
    *out = DORG_VOL_INIT;
    dorg_walk_stored(&from, &v->grid);
    dorg_walk_stored(&to, grid);
    if (memcmp(from.n, to.n, sizeof from.n) != 0)
        return dorg_fail(e, DORG_EDATA, "stored as %d x %d x %d voxels, expected %d x %d x %d",
                         from.n[0], from.n[1], from.n[2], to.n[0], to.n[1], to.n[2]);
    for (int a = 0; a < 3; a++)
        if (flip[a]) {
            from.start += from.step[a] * (from.n[a] - 1);
            from.step[a] = -from.step[a];
        }
    if (dorg_vol_like(out, &model, v->type, e)) return e->code;
    size_t size = dorg_type_size(v->type);
    char *d = out->data;
    const char *s = v->data;
    for (int32_t k = 0; k < to.n[2]; k++)
        for (int32_t j = 0; j < to.n[1]; j++) {
            ptrdiff_t p = to.start + k * to.step[2] + j * to.step[1];
            ptrdiff_t q = from.start + k * from.step[2] + j * from.step[1];
            for (int32_t i = 0; i < to.n[0]; i++, p += to.step[0], q += from.step[0])
                memcpy(d + p * (ptrdiff_t)size, s + q * (ptrdiff_t)size, size);
        }
    return 0;
}
