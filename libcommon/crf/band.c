/* band.c - distances to the other side of a mask, as far as the band reaches */
#include "band.h"
#include "../base/mem.h"
#include "../base/par.h"

/* Work is done in the box of the mask, widened by the band's reach. */
struct work {
    uint8_t *band;
    const uint8_t *mask;
    int32_t n[3], lo[3], hi[3]; /* the volume; the box lo <= x < hi */
    int32_t reach[3];           /* steps along each axis */
    float mm[3], limit;         /* limit: width_mm squared, and a rounding's worth more */
    int side;                   /* sites: voxels whose mask is this */
    float *d1, *d2;             /* squared distances after x, after y; of the box */
};

static size_t in_box(const struct work *w, int32_t x, int32_t y, int32_t z)
{
    const int32_t *lo = w->lo, box[3] = {w->hi[0] - lo[0], w->hi[1] - lo[1], w->hi[2] - lo[2]};
    return dorg_at(box, x - lo[0], y - lo[1], z - lo[2]);
}

static int32_t from(const struct work *w, int a, int32_t i)
{
    return i - w->reach[a] < w->lo[a] ? w->lo[a] : i - w->reach[a];
}

static int32_t to(const struct work *w, int a, int32_t i)
{
    return i + w->reach[a] >= w->hi[a] ? w->hi[a] - 1 : i + w->reach[a];
}

static float square(float mm, int32_t steps)
{
    float d = mm * (float)steps;
    return d * d;
}

/* d1: to the nearest site of the row. */
static void along_x(struct work *w, int32_t y, int32_t z)
{
    for (int32_t x = w->lo[0]; x < w->hi[0]; x++) {
        float best = 2 * w->limit + 1;
        for (int32_t u = from(w, 0, x); u <= to(w, 0, x); u++) {
            if ((w->mask[dorg_at(w->n, u, y, z)] != 0) != w->side) continue;
            float d = square(w->mm[0], u - x);
            best = d < best ? d : best;
        }
        w->d1[in_box(w, x, y, z)] = best;
    }
}

/* d2: to the nearest site of the slice. */
static int in_slice(void *ctx, size_t item, size_t worker, struct dorg_err *e)
{
    struct work *w = ctx;
    int32_t z = w->lo[2] + (int32_t)item;
    (void)worker;
    (void)e;
    for (int32_t y = w->lo[1]; y < w->hi[1]; y++)
        along_x(w, y, z);
    for (int32_t y = w->lo[1]; y < w->hi[1]; y++)
        for (int32_t x = w->lo[0]; x < w->hi[0]; x++) {
            float best = 2 * w->limit + 1;
            for (int32_t v = from(w, 1, y); v <= to(w, 1, y); v++) {
                float d = w->d1[in_box(w, x, v, z)] + square(w->mm[1], v - y);
                best = d < best ? d : best;
            }
            w->d2[in_box(w, x, y, z)] = best;
        }
    return 0;
}

/* Mark the voxels of the other side that a site is near enough to. */
static int mark(void *ctx, size_t item, size_t worker, struct dorg_err *e)
{
    struct work *w = ctx;
    int32_t z = w->lo[2] + (int32_t)item;
    (void)worker;
    (void)e;
    for (int32_t y = w->lo[1]; y < w->hi[1]; y++)
        for (int32_t x = w->lo[0]; x < w->hi[0]; x++) {
            size_t i = dorg_at(w->n, x, y, z);
            if ((w->mask[i] != 0) == w->side) continue;
            for (int32_t v = from(w, 2, z); v <= to(w, 2, z) && !w->band[i]; v++)
                w->band[i] = w->d2[in_box(w, x, y, v)] + square(w->mm[2], v - z) <= w->limit;
        }
    return 0;
}

/* The mask's box, widened; false if the mask is empty. */
static bool find_box(struct work *w, const struct dorg_grid *g)
{
    if (!dorg_grid_box(w->lo, w->hi, g, w->mask)) return false;
    for (int a = 0; a < 3; a++) {
        w->lo[a] = w->lo[a] < w->reach[a] ? 0 : w->lo[a] - w->reach[a];
        w->hi[a] = w->n[a] - ++w->hi[a] < w->reach[a] ? w->n[a] : w->hi[a] + w->reach[a];
    }
    return true;
}

int dorg_band(uint8_t *band, const uint8_t *mask, const struct dorg_grid *g, double width_mm,
              int jobs, struct dorg_err *e)
{
    struct work w = {
        .band = band, .mask = mask, .limit = (float)(width_mm * width_mm * 1.00001)};
    for (int a = 0; a < 3; a++) {
        double steps = floor(width_mm * 1.00001 / (double)g->mm[a]);
        w.n[a] = g->n[a];
        w.mm[a] = g->mm[a];
        w.reach[a] = steps < g->n[a] ? (int32_t)steps : g->n[a];
    }
    memset(band, 0, dorg_grid_count(g));
    if (!find_box(&w, g)) return 0;
    size_t nz = (size_t)(w.hi[2] - w.lo[2]), box = in_box(&w, w.lo[0], w.lo[1], w.hi[2]);
    if (!(w.d1 = dorg_array(box, sizeof *w.d1, e)) ||
        !(w.d2 = dorg_array(box, sizeof *w.d2, e)))
        goto done;
    for (w.side = 0; w.side < 2; w.side++)
        if (dorg_par(nz, jobs, in_slice, &w, e) || dorg_par(nz, jobs, mark, &w, e)) goto done;
done:
    free(w.d1);
    free(w.d2);
    return e->code;
}
