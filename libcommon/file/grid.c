/* grid.c - a new header over the same stored voxels */
#include "grid.h"
#include "nii_in.h"
#include "../base/mem.h"

int dorg_grid_of(struct dorg_grid *g, const int32_t n[3], double to_mm[3][4],
                 struct dorg_err *e)
{
    nifti_image m = {.nx = n[0], .ny = n[1], .nz = n[2], .qfac = 1, .sform_code = 1};
    const struct dorg_nii_head h = {.version = 1, .nim = &m};
    double *const pitch[3] = {&m.dx, &m.dy, &m.dz};
    *g = (struct dorg_grid){0};
    m.xyz_units = NIFTI_UNITS_MM;
    for (int r = 0; r < 3; r++)
        for (int c = 0; c < 4; c++)
            m.sto_xyz.m[r][c] = to_mm[r][c];
    m.sto_xyz.m[3][3] = 1;
    for (int t = 0; t < 3; t++) {
        if (n[t] < 1 || n[t] > INT16_MAX)
            return dorg_fail(e, DORG_EDATA, "%d voxels along axis %d", n[t], t);
        for (int r = 0; r < 3; r++)
            *pitch[t] += to_mm[r][t] * to_mm[r][t];
        *pitch[t] = sqrt(*pitch[t]);
    }
    return dorg_nii_canonical(g, &h, e);
}

/* "RAS" to canonical axis and direction of each stored axis. */
int dorg_grid_codes(int axis[3], double sign[3], const char *codes, struct dorg_err *e)
{
    static const char plus[] = "RAS", minus[] = "LPI";
    bool taken[3] = {false};
    for (int t = 0; t < 3 && strlen(codes) == 3; t++)
        for (int a = 0; a < 3; a++)
            if ((codes[t] == plus[a] || codes[t] == minus[a]) && !taken[a]) {
                taken[a] = true;
                axis[t] = a;
                sign[t] = codes[t] == plus[a] ? 1 : -1;
            }
    if (taken[0] && taken[1] && taken[2]) return 0;
    return dorg_fail(e, DORG_EUSAGE,
                     "--axes: expected one of R or L, A or P, S or I for each axis: %s",
                     codes);
}

int dorg_grid_restate(struct dorg_vol *out, const struct dorg_vol *v, const char *codes,
                      struct dorg_err *e)
{
    struct dorg_grid g;
    int axis[3] = {0};
    double sign[3] = {0}, to_mm[3][4] = {{0}};
    int32_t n[3];
    *out = DORG_VOL_INIT;
    if (dorg_grid_codes(axis, sign, codes, e)) return e->code;
    for (int r = 0; r < 3; r++) { /* the centre stays */
        to_mm[r][3] = (double)v->grid.to_mm[r][3];
        for (int a = 0; a < 3; a++)
            to_mm[r][3] += 0.5 * (v->grid.n[a] - 1) * (double)v->grid.to_mm[r][a];
    }
    for (int t = 0; t < 3; t++) {
        int c = v->grid.stored.axis[t]; /* stored axis t was canonical axis c */
        n[t] = v->grid.n[c];
        to_mm[axis[t]][t] = sign[t] * (double)v->grid.mm[c];
        to_mm[axis[t]][3] -= 0.5 * (n[t] - 1) * to_mm[axis[t]][t];
    }
    if (dorg_grid_of(&g, n, to_mm, e)) return e->code;
    memcpy(g.stored.descrip, v->grid.stored.descrip, sizeof g.stored.descrip);
    memcpy(g.stored.aux_file, v->grid.stored.aux_file, sizeof g.stored.aux_file);
    return dorg_grid_by_index(out, v, &g, (const bool[3]){false}, e);
}

/* ---- copying voxels by their stored index -------------------------------------------- */

int dorg_grid_by_index(struct dorg_vol *out, const struct dorg_vol *v,
                       const struct dorg_grid *grid, const bool flip[3], struct dorg_err *e)
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
    out->intent = v->intent;
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

/* ---- a box cut out of a volume ------------------------------------------------------- */

/* The stored matrices of the box: their origin moves to the box's first stored voxel. */
static void move_origin(struct dorg_grid *g, const struct dorg_grid *was, const int32_t lo[3],
                        const int32_t hi[3])
{
    struct dorg_stored *s = &g->stored;
    int32_t steps[3];
    for (int r = 0; r < 3; r++)
        for (int c = 0; c < 3; c++)
            g->to_mm[r][3] += g->to_mm[r][c] * (float)lo[c];
    for (int t = 0; t < 3; t++) {
        int c = s->axis[t];
        steps[t] = s->flip[t] ? was->n[c] - 1 - hi[c] : lo[c];
    }
    dorg_nii_shift(s, steps);
}

int dorg_grid_crop(struct dorg_vol *out, const struct dorg_vol *in, const int32_t lo[3],
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
    out->intent = in->intent;
    size_t size = dorg_type_size(in->type), row = (size_t)model.grid.n[0] * size;
    const int32_t *n = in->grid.n;
    char *to = out->data;
    for (int32_t k = lo[2]; k <= hi[2]; k++)
        for (int32_t j = lo[1]; j <= hi[1]; j++, to += row) {
            size_t at = dorg_at(n, lo[0], j, k);
            memcpy(to, (const char *)in->data + at * size, row);
        }
    return 0;
}
