/* body.c - the largest component of what is denser than air, and its boxes */
#include "body.h"
#include "../base/components.h"
#include "../base/mem.h"
#include "../base/par.h"

#define BODY_HU (-500.0f)

struct work {
    const struct dorg_vol *ct;
    uint8_t *mask; /* [nz][ny][nx]: body voxels whose in-plane neighbours are body, too */
    uint8_t *room; /* per worker: body voxels of a slice */
};

static void erode_row(uint8_t *to, const uint8_t *up, const uint8_t *at, const uint8_t *down,
                      int32_t nx)
{
    for (int32_t x = 0; x < nx; x++)
        to[x] = at[x] & up[x] & down[x] & at[x ? x - 1 : 0] & at[x < nx - 1 ? x + 1 : x];
}

static int erode_slice(void *ctx, size_t z, size_t worker, struct dorg_err *e)
{
    struct work *w = ctx;
    const int32_t nx = w->ct->grid.n[0], ny = w->ct->grid.n[1];
    const size_t plane = dorg_area(w->ct->grid.n);
    const float *hu = dorg_vol_slice(w->ct, z);
    uint8_t *at = w->room + worker * plane, *to = w->mask + z * plane;
    (void)e;
    for (size_t i = 0; i < plane; i++)
        at[i] = hu[i] > BODY_HU;
    for (int32_t y = 0; y < ny; y++, at += nx, to += nx)
        erode_row(to, y ? at - nx : at, at, y < ny - 1 ? at + nx : at, nx);
    return 0;
}

static int32_t lower(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static int32_t upper(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

/* Boxes of component `best`, grown by the eroded voxel within the image. */
static void boxes(struct dorg_body *b, const struct dorg_components *c, const int32_t n[3],
                  uint32_t best)
{
    int32_t *lo = b->lo, *hi = b->hi;
    for (int a = 0; a < 3; a++) {
        lo[a] = n[a];
        hi[a] = -1;
    }
    for (int32_t z = 0; z < n[2]; z++) {
        int32_t *q = b->slice[z];
        q[0] = n[0];
        q[2] = n[1];
        q[1] = q[3] = -1;
    }
    for (size_t i = 0; i < c->n_runs; i++) {
        const struct dorg_run *r = &c->run[i];
        int32_t *q = b->slice[r->z];
        if (r->comp != best) continue;
        q[0] = lower(q[0], upper(r->from - 1, 0));
        q[1] = upper(q[1], lower(r->to, n[0] - 1));
        q[2] = lower(q[2], upper(r->y - 1, 0));
        q[3] = upper(q[3], lower(r->y + 1, n[1] - 1));
    }
    for (int32_t z = 0; z < n[2]; z++) {
        const int32_t *q = b->slice[z];
        if (q[1] < 0) continue;
        for (int a = 0; a < 2; a++) {
            lo[a] = lower(lo[a], q[2 * a]);
            hi[a] = upper(hi[a], q[2 * a + 1]);
        }
        lo[2] = lower(lo[2], z);
        hi[2] = z;
    }
}

/* Slices without body get the whole box; so does a scan without any. */
static void fill_empty(struct dorg_body *b, const int32_t n[3])
{
    for (int a = 0; a < 3 && b->hi[2] < 0; a++) {
        b->lo[a] = 0;
        if (a < 2) b->hi[a] = n[a] - 1;
    }
    if (b->hi[2] < 0) b->hi[2] = n[2] - 1;
    for (int32_t z = 0; z < n[2]; z++) {
        int32_t *q = b->slice[z];
        if (q[1] >= 0) continue;
        q[0] = b->lo[0];
        q[1] = b->hi[0];
        q[2] = b->lo[1];
        q[3] = b->hi[1];
    }
}

static int largest(struct dorg_body *b, const uint8_t *mask, const int32_t n[3],
                   struct dorg_err *e)
{
    struct dorg_components c;
    uint32_t best = 0;
    if (dorg_components(&c, mask, n, 6, false, e)) return e->code;
    for (uint32_t i = 1; i < c.n; i++)
        if (c.size[i] > c.size[best]) best = i;
    boxes(b, &c, n, best);
    fill_empty(b, n);
    dorg_components_free(&c);
    return 0;
}

int dorg_body_find(struct dorg_body *b, const struct dorg_vol *ct, int jobs,
                   struct dorg_err *e)
{
    const int32_t *n = ct->grid.n;
    size_t nz = (size_t)n[2];
    struct work w = {.ct = ct};
    *b = DORG_BODY_INIT;
    w.mask = dorg_array(dorg_grid_count(&ct->grid), 1, e);
    w.room = dorg_array(dorg_par_team(jobs), dorg_area(n), e);
    b->slice = dorg_zeroed(nz, sizeof *b->slice, e);
    if (!e->code && !dorg_par(nz, jobs, erode_slice, &w, e)) largest(b, w.mask, n, e);
    free(w.room);
    free(w.mask);
    if (e->code) dorg_body_free(b);
    return e->code;
}

void dorg_body_free(struct dorg_body *b)
{
    free(b->slice);
    *b = DORG_BODY_INIT;
}
