/* lungs.c - where the lungs end */
#include "lungs.h"
#include "../base/mem.h"
#include "../base/par.h"

enum { SOLID_HU = -300, BARELY_CM2 = 10, SURELY_CM2 = 30 };

struct work {
    const struct dorg_vol *ct;
    const struct dorg_body *body;
    uint8_t *seen; /* owned: [worker][nx], there was body behind */
    double *cm2;   /* owned: [nz] */
};

static int one_slice(void *ctx, size_t z, size_t worker, struct dorg_err *e)
{
    const struct work *w = ctx;
    const struct dorg_grid *g = &w->ct->grid;
    const int32_t *body = w->body->slice[z], top = body[2] + (body[3] - body[2]) / 2;
    const float *hu = dorg_vol_slice(w->ct, z);
    uint8_t *seen = w->seen + worker * (size_t)g->n[0];
    uint64_t lung = 0;
    memset(seen, 0, (size_t)g->n[0]);
    for (int32_t y = body[2]; y <= top; y++) {
        const float *row = hu + dorg_pixel(g->n[0], 0, y);
        int32_t l = body[0], r = body[1];
        while (l < r && row[l] <= SOLID_HU)
            l++;
        while (r > l && row[r] <= SOLID_HU)
            r--;
        for (int32_t x = body[0]; x <= body[1]; x++) {
            seen[x] |= row[x] > SOLID_HU;
            lung += x > l && x < r && seen[x] && row[x] > -950 && row[x] < -500;
        }
    }
    w->cm2[z] = (double)lung * (double)g->mm[0] * (double)g->mm[1] / 100;
    return e->code;
}

static double start_of_highest(const double *cm2, int32_t nz)
{
    double end = NAN;
    int32_t start = -1;
    for (int32_t z = 0; z < nz; z++) {
        if (cm2[z] < BARELY_CM2)
            start = -1;
        else if (start < 0)
            start = z;
        if (start >= 0 && cm2[z] >= SURELY_CM2) end = start;
    }
    return end;
}

int dorg_lungs_end(double *end, const struct dorg_vol *ct, const struct dorg_body *body,
                   int jobs, struct dorg_err *e)
{
    const int32_t nz = ct->grid.n[2];
    struct work w = {.ct = ct, .body = body};
    *end = NAN;
    w.seen = dorg_array(dorg_par_team(jobs), (size_t)ct->grid.n[0], e);
    w.cm2 = dorg_array((size_t)nz, sizeof *w.cm2, e);
    if (!e->code && !dorg_par((size_t)nz, jobs, one_slice, &w, e) && nz > 1)
        *end = start_of_highest(w.cm2, nz);
    free(w.seen);
    free(w.cm2);
    return e->code;
}
