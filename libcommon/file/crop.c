/* crop.c - a box cut out of a volume */
#include "crop.h"
#include "../base/mem.h"

/* The stored matrices of the box: their origin moves to the box's first stored voxel. */
static void move_origin(struct dorg_grid *g, const struct dorg_grid *was, const int32_t lo[3],
                        const int32_t hi[3])
{
    struct dorg_stored *s = &g->stored;
    double unit = s->units == 1 ? 1e-3 : s->units == 3 ? 1e3 : 1; /* mm to the header's unit */
    double shift[3] = {0};
    for (int r = 0; r < 3; r++) {
        for (int c = 0; c < 3; c++)
            g->to_mm[r][3] += g->to_mm[r][c] * (float)lo[c];
        for (int t = 0; t < 3; t++) { /* steps along stored axis t, in canonical columns */
            int c = s->axis[t];
            int32_t steps = s->flip[t] ? was->n[c] - 1 - hi[c] : lo[c];
            double column = (double)was->to_mm[r][c] * (s->flip[t] ? -1 : 1);
            shift[r] += column * steps * unit;
        }
        s->srow[r][3] = (float)((double)s->srow[r][3] + shift[r]);
        s->qoffset[r] = (float)((double)s->qoffset[r] + shift[r]);
    }
}

int dorg_crop(struct dorg_vol *out, const struct dorg_vol *in, const int32_t lo[3],
              const int32_t hi[3], struct dorg_err *e)
{
    struct dorg_vol model = *in;
    *out = DORG_VOL_INIT;
    for (int a = 0; a < 3; a++) {
        if (lo[a] < 0 || hi[a] < lo[a] || hi[a] >= in->grid.n[a])
            return dorg_fail(e, DORG_EUSAGE, "voxels %d to %d along %c of 0 to %d", lo[a],
                             hi[a], 'x' + a, in->grid.n[a] - 1);
        model.grid.n[a] = hi[a] - lo[a] + 1;
    }
    move_origin(&model.grid, &in->grid, lo, hi);
    if (dorg_vol_like(out, &model, in->type, e)) return e->code;
    size_t size = dorg_type_size(in->type), row = (size_t)model.grid.n[0] * size;
    const int32_t *n = in->grid.n;
    char *to = out->data;
    for (int32_t k = lo[2]; k <= hi[2]; k++)
        for (int32_t j = lo[1]; j <= hi[1]; j++, to += row) {
            size_t at = (size_t)lo[0] + (size_t)n[0] * ((size_t)j + (size_t)n[1] * (size_t)k);
            memcpy(to, (const char *)in->data + at * size, row);
        }
    return 0;
}
