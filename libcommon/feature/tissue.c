/* tissue.c - where an abdominal organ can be at all */
#include "tissue.h"

#include "../base/mem.h"
#include "../base/par.h"

struct job {
    const struct dorg_vol *ct;
    uint8_t *to;
    float lo, hi;
    float *rows; /* owned: [worker][ny][nx], sums of three along x */
};

static float clamped(float hu)
{
    return hu > 255 ? 255 : hu > 0 ? hu : 0; /* not a number is 0 */
}

static void along_x(float *to, const float *hu, size_t nx)
{
    for (size_t x = 0; x < nx; x++)
        to[x] = clamped(hu[x]) + (x > 0 ? clamped(hu[x - 1]) : 0) +
                (x + 1 < nx ? clamped(hu[x + 1]) : 0);
}

static int one_slice(void *ctx, size_t z, size_t worker, struct dorg_err *e)
{
    const struct job *t = ctx;
    size_t nx = (size_t)t->ct->grid.n[0], ny = (size_t)t->ct->grid.n[1], plane = nx * ny;
    const float *hu = dorg_vol_slice(t->ct, z);
    float *row = t->rows + worker * plane;
    uint8_t *to = t->to + z * plane;
    for (size_t y = 0; y < ny; y++)
        along_x(row + y * nx, hu + y * nx, nx);
    for (size_t y = 0; y < ny; y++)
        for (size_t x = 0; x < nx; x++) {
            const float *at = row + y * nx + x;
            int n = (1 + (x > 0) + (x + 1 < nx)) * (1 + (y > 0) + (y + 1 < ny));
            float sum = at[0];
            if (y > 0) sum += at[-(ptrdiff_t)nx];
            if (y + 1 < ny) sum += at[nx];
            float m = sum / (float)n;
            to[y * nx + x] = m >= t->lo && m <= t->hi;
        }
    return e->code;
}

int dorg_tissue(struct dorg_vol *mask, const struct dorg_vol *ct, const float hu[2], int jobs,
                struct dorg_err *e)
{
    struct job t = {.ct = ct, .lo = hu[0], .hi = hu[1]};
    if (!(hu[0] <= hu[1]))
        return dorg_fail(e, DORG_EUSAGE, "HU %g to %g: the first is above the second",
                         (double)hu[0], (double)hu[1]);
    if (dorg_vol_like(mask, ct, DORG_U8, e)) return e->code;
    t.to = mask->data;
    t.rows = dorg_array(dorg_par_team(jobs), dorg_area(ct->grid.n) * sizeof *t.rows, e);
    if (!e->code) dorg_par((size_t)ct->grid.n[2], jobs, one_slice, &t, e);
    free(t.rows);
    return e->code;
}

void dorg_tissue_mean(double *mean, size_t *n, const struct dorg_vol *mask,
                      const struct dorg_vol *ct)
{
    const uint8_t *in = mask->data;
    const float *hu = ct->data;
    double sum = 0;
    *n = 0;
    for (size_t i = 0, all = dorg_grid_count(&ct->grid); i < all; i++)
        if (in[i]) {
            sum += (double)clamped(hu[i]);
            ++*n;
        }
    *mean = *n ? sum / (double)*n : 0;
}

int dorg_tissue_within(struct dorg_vol *mask, const struct dorg_vol *other, bool outside,
                       struct dorg_err *e)
{
    uint8_t *m = mask->data;
    const uint8_t *in = other->data;
    if (dorg_grid_same(&mask->grid, &other->grid, e)) return e->code;
    if (dorg_history_add(&mask->history, other->history, e)) return e->code;
    for (size_t i = 0, all = dorg_grid_count(&mask->grid); i < all; i++)
        m[i] = m[i] && (in[i] == 0) == outside;
    return 0;
}

void dorg_tissue_below(struct dorg_vol *mask, double lungs, const double below[2])
{
    const size_t plane = dorg_area(mask->grid.n);
    for (int32_t z = 0; z < mask->grid.n[2]; z++) {
        double mm = (lungs - z) * (double)mask->grid.mm[2];
        if (mm < below[0] || mm > below[1])
            memset((uint8_t *)mask->data + (size_t)z * plane, 0, plane);
    }
}
