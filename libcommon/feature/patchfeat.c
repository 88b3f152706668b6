/* patchfeat.c - patch features as a training table, and a patch forest's response map */
#include "patchfeat.h"
#include "../base/mem.h"
#include "../base/par.h"
#include "../base/rng.h"
#include "dsift.h"
#include "../base/order.h"

int dorg_patchgrid_make(struct dorg_patchgrid *g, const struct dorg_vol *ct,
                        const struct dorg_kde *kde, int32_t stride, int jobs,
                        struct dorg_err *e)
{
    *g = (struct dorg_patchgrid){.ct = ct, .kde = kde, .stride = stride};
    for (int a = 0; a < 2; a++)
        g->n[a] = (ct->grid.n[a] + stride - 1) / stride;
    return dorg_body_find(&g->body, ct, jobs, e);
}

void dorg_patchgrid_free(struct dorg_patchgrid *g)
{
    dorg_body_free(&g->body);
}

/* ---- a training table ------------------------------------------------------------- */

struct table {
    const struct dorg_patchgrid *g;
    const uint8_t *truth; /* or NULL */
    const struct dorg_patch_pick *pick;
    uint64_t key;
    struct dorg_patchrows *rows; /* per worker */
    double **v;                  /* [n_shifts * nz]: rows of the table */
    size_t *n;
    size_t width;
};

/* Item: a slice with one of the shifts. */
static int table_slice(void *ctx, size_t item, size_t worker, struct dorg_err *e)
{
    struct table *t = ctx;
    struct dorg_patchrows *r = &t->rows[worker];
    const size_t nz = (size_t)t->g->ct->grid.n[2], z = item % nz;
    const size_t plane = dorg_area(t->g->ct->grid.n);
    const size_t base = z * plane, above = item / nz * (nz * plane);
    struct dorg_patchgrid g = *t->g;
    g.shift = (float)t->pick->shift[item / nz];
    if (dorg_patchrows_slice(r, &g, (int32_t)z, e)) return e->code;
    if (!(t->v[item] = dorg_array(r->n, t->width * sizeof(double), e))) return e->code;
    for (size_t i = 0; i < r->n; i++) {
        double id = (double)(above + base + r->pixel[i] + 1);
        bool in = t->truth && t->truth[base + r->pixel[i]];
        uint64_t draw = dorg_bag_row_key(t->key, id);
        if (!in && t->pick->share < 1 &&
            dorg_rng_unit(t->pick->seed, DORG_RNG_SAMPLE, draw, 3) >= t->pick->share)
            continue;
        double *row = t->v[item] + t->n[item]++ * t->width;
        row[0] = id;
        row[1] = (double)z;
        for (int k = 0; k < DORG_PATCH_FEATURES; k++)
            row[2 + k] = (double)r->x[i][k];
        if (t->truth) row[2 + DORG_PATCH_FEATURES] = in;
    }
    return 0;
}

static int join(struct dorg_tab *t, struct table *w, size_t items, struct dorg_err *e)
{
    const size_t width = w->width;
    size_t n = 0;
    for (size_t z = 0; z < items; z++)
        n += w->n[z];
    if (!(t->v = dorg_array(n, width * sizeof *t->v, e))) return e->code;
    for (size_t z = 0; z < items; z++) {
        qsort(w->v[z], w->n[z], width * sizeof(double), dorg_order_ascending);
        memcpy(t->v + t->n_rows * width, w->v[z], w->n[z] * width * sizeof *t->v);
        t->n_rows += w->n[z];
    }
    t->cap = n;
    return 0;
}

static int patch_columns(struct dorg_tab *t, bool truth, struct dorg_err *e)
{
    const char *name[DORG_PATCH_FEATURES + 3] = {"id", "z"};
    for (int k = 0; k < DORG_PATCH_FEATURES; k++)
        name[2 + k] = dorg_patch_name[k];
    name[2 + DORG_PATCH_FEATURES] = "truth";
    return dorg_tab_new(t, name, DORG_PATCH_FEATURES + (truth ? 3 : 2), e);
}

int dorg_patchfeat(struct dorg_tab *t, const struct dorg_patchgrid *g,
                   const struct dorg_vol *truth, const struct dorg_patch_pick *pick, int jobs,
                   struct dorg_err *e)
{
    const size_t items = (size_t)g->ct->grid.n[2] * (size_t)pick->n_shifts,
                 team = dorg_par_team(jobs);
    struct table w = {.g = g, .pick = pick};
    *t = DORG_TAB_INIT;
    if (truth && dorg_grid_same(&g->ct->grid, &truth->grid, e)) return e->code;
    w.truth = truth ? truth->data : NULL;
    w.key = dorg_vol_key(g->ct);
    w.rows = dorg_zeroed(team, sizeof *w.rows, e);
    w.v = dorg_zeroed(items, sizeof *w.v, e);
    w.n = dorg_zeroed(items, sizeof *w.n, e);
    if (e->code || patch_columns(t, truth != NULL, e)) goto done;
    w.width = (size_t)t->n_cols;
    if (!dorg_par(items, jobs, table_slice, &w, e)) join(t, &w, items, e);
    t->key = w.key;
    dorg_history_add(&t->history, g->ct->history, e);
    if (g->kde) dorg_history_add(&t->history, g->kde->history, e);
done:
    for (size_t z = 0; w.v && z < items; z++)
        free(w.v[z]);
    for (size_t k = 0; w.rows && k < team; k++)
        dorg_patchrows_free(&w.rows[k]);
    free(w.v);
    free(w.n);
    free(w.rows);
    if (e->code) dorg_tab_free(t);
    return e->code;
}

/* ---- a response map --------------------------------------------------------------- */

struct mapping {
    const struct dorg_patchgrid *g;
    const struct dorg_forest *f;
    float *out;
    int *from;          /* [n_features]: which patch feature each of the forest's is */
    uint64_t key, unit; /* of the CT; of the patient (dorg_tab_case) */
    bool oob;
    struct dorg_patchrows *rows; /* per worker */
};

/* Forest features from patch features, and the keys out-of-bag trees are found by. */
static void gather(float *x, uint64_t *row_key, uint64_t *unit_key, const struct mapping *m,
                   const struct dorg_patchrows *r, size_t z)
{
    const size_t width = m->f->n_features;
    const size_t base = z * dorg_area(m->g->ct->grid.n);
    for (size_t i = 0; i < r->n; i++) {
        for (size_t k = 0; k < width; k++)
            x[i * width + k] = r->x[i][m->from[k]];
        double id = (double)(base + r->pixel[i] + 1);
        row_key[i] = dorg_bag_row_key(m->key, id);
        unit_key[i] = dorg_forest_unit_key(m->f, m->unit, id, (double)z);
    }
}

/* Give each voxel its cell's probability. */
static void spread(float *out, const float *p, const struct dorg_patchrows *r,
                   const struct dorg_patchgrid *g)
{
    const int32_t nx = g->ct->grid.n[0], ny = g->ct->grid.n[1], s = g->stride;
    for (size_t i = 0; i < r->n; i++) {
        int32_t x0 = (int32_t)r->cell[i] % g->n[0] * s, y0 = (int32_t)r->cell[i] / g->n[0] * s;
        for (int32_t y = y0; y < y0 + s && y < ny; y++)
            for (int32_t x = x0; x < x0 + s && x < nx; x++)
                out[dorg_pixel(nx, x, y)] = p[i];
    }
}

static int map_slice(void *ctx, size_t z, size_t worker, struct dorg_err *e)
{
    struct mapping *m = ctx;
    struct dorg_patchrows *r = &m->rows[worker];
    const size_t plane = dorg_area(m->g->ct->grid.n);
    if (dorg_patchrows_slice(r, m->g, (int32_t)z, e) || r->n == 0) return e->code;
    float *x = dorg_array(r->n, m->f->n_features * sizeof *x, e);
    float *p = dorg_array(r->n, sizeof *p, e);
    uint64_t *key = dorg_array(r->n, 2 * sizeof *key, e);
    if (!e->code) {
        gather(x, key, key + r->n, m, r, z);
        struct dorg_oob_rows o = {key, key + r->n};
        if (!dorg_forest_predict(p, m->f, x, r->n, m->oob ? &o : NULL, 1, e))
            spread(m->out + z * plane, p, r, m->g);
    }
    free(x);
    free(p);
    free(key);
    return e->code;
}

static int match(int *from, const struct dorg_forest *f, bool kde, struct dorg_err *e)
{
    for (uint32_t i = 0; i < f->n_features; i++) {
        from[i] = -1;
        for (int k = 0; k < DORG_PATCH_FEATURES; k++)
            if (strcmp(f->feature[i], dorg_patch_name[k]) == 0) from[i] = k;
        if (from[i] < 0)
            return dorg_fail(e, DORG_EDATA, "the forest wants %s, which is no patch feature",
                             f->feature[i]);
        bool of_kde = from[i] >= DORG_PATCH_KDE_AT && from[i] < DORG_PATCH_KDE_AT + 12;
        if (of_kde && !kde && f->importance[i] > 0)
            return dorg_fail(e, DORG_EDATA, "the forest uses %s: a density table is needed",
                             f->feature[i]);
    }
    return 0;
}

int dorg_response(struct dorg_vol *map, const struct dorg_forest *f,
                  const struct dorg_patchgrid *g, bool oob, const char *group, int jobs,
                  struct dorg_err *e)
{
    const size_t nz = (size_t)g->ct->grid.n[2], team = dorg_par_team(jobs);
    struct mapping m = {.g = g, .f = f};
    *map = DORG_VOL_INIT;
    if (f->level != 1) return dorg_fail(e, DORG_EUSAGE, "a forest of level 1 is wanted");
    m.key = dorg_vol_key(g->ct);
    m.unit = m.key;
    if (group) {
        struct dorg_tab t = DORG_TAB_INIT;
        if (dorg_tab_set_group(&t, group, e)) return e->code;
        m.unit = dorg_tab_case(&t);
    }
    m.oob = oob && dorg_forest_knows(f, m.unit);
    m.from = dorg_array(f->n_features, sizeof *m.from, e);
    m.rows = dorg_zeroed(team, sizeof *m.rows, e);
    if (e->code || match(m.from, f, g->kde != NULL, e)) goto done;
    if (dorg_vol_like(map, g->ct, DORG_F32, e)) goto done;
    map->intent = DORG_INTENT_MAP;
    m.out = map->data;
    if (dorg_par(nz, jobs, map_slice, &m, e)) goto done;
    if (g->kde) dorg_history_add(&map->history, g->kde->history, e);
    dorg_history_add(&map->history, f->history, e);
done:
    for (size_t k = 0; m.rows && k < team; k++)
        dorg_patchrows_free(&m.rows[k]);
    free(m.rows);
    free(m.from);
    if (e->code) dorg_vol_free(map);
    return e->code;
}

/* ---- patch features of one slice: running histograms, and dense SIFT ----------------- */

/* Along a row of cells the 25 x 25 histogram of u loses and gains `stride` columns at a
 * step, so features do not depend on where a window began. */

enum { HALF = 12, CORE = 2, BINS = 256, LO_HU = -160, STEP_HU = DORG_DSIFT_HU };
enum { SIFT_AT = DORG_PATCH_KDE_AT + DORG_ORDER_STATS, CORE_AT = SIFT_AT + DORG_DSIFT };

const char *const dorg_patch_name[DORG_PATCH_FEATURES] = {
    "mean_hu", "std_hu",  "min_hu",  "max_hu",   "p20_hu",  "p30_hu",  "p40_hu",   "p50_hu",
    "p60_hu",  "p70_hu",  "p80_hu",  "p90_hu",   "skew_hu", "kurt_hu", "mean_kde", "std_kde",
    "min_kde", "max_kde", "p20_kde", "p30_kde",  "p40_kde", "p50_kde", "p60_kde",  "p70_kde",
    "p80_kde", "p90_kde", "in_0",    "in_1",     "in_2",    "in_3",    "in_4",     "in_5",
    "in_6",    "in_7",    "out_0",   "out_1",    "out_2",   "out_3",   "out_4",    "out_5",
    "out_6",   "out_7",   "edge_in", "edge_out", "core_hu", "rel_x",   "rel_y",    "rel_z"};

struct scratch {
    uint8_t *u; /* [ny][nx] */
    struct dorg_dsift sift;
    float y[BINS];      /* kde of a bin */
    uint8_t by_y[BINS]; /* bins in ascending y */
    uint32_t hist[BINS];
};

struct window {
    int32_t x0, x1, y0, y1; /* half open, within the image */
};

static float hu_of(int bin)
{
    return (float)(LO_HU + STEP_HU * bin);
}

static void quantise(uint8_t *u, const float *hu, float shift, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float v = (hu[i] + shift - (float)LO_HU) * (1.0f / STEP_HU) + 0.5f;
        u[i] = (uint8_t)(v < 0 ? 0 : v > BINS - 1 ? BINS - 1 : (int)v);
    }
}

static void column(uint32_t hist[BINS], const uint8_t *u, int32_t nx, int32_t x, int32_t y0,
                   int32_t y1, uint32_t add)
{
    for (int32_t y = y0; y < y1; y++)
        hist[u[dorg_pixel(nx, x, y)]] += add;
}

/* Moments and percentiles of the histogram. */
static void intensity(float *f, const uint32_t hist[BINS], uint32_t n)
{
    int lo = 0, hi = BINS - 1, k = 0;
    while (!hist[lo])
        lo++;
    while (!hist[hi])
        hi--;
    uint64_t s1 = 0, s2 = 0, s3 = 0, s4 = 0;
    uint32_t seen = 0;
    for (int b = lo; b <= hi; b++) {
        uint64_t c = hist[b], d = (uint64_t)(b - lo);
        s1 += c * d;
        s2 += c * d * d;
        s3 += c * d * d * d;
        s4 += c * d * d * d * d;
        seen += hist[b];
        for (; k < 8 && seen > dorg_order_rank(20 + 10 * k, n); k++)
            f[DORG_ORDER_FIRST_PERCENTILE + k] = hu_of(b);
    }
    double m = (double)s1 / n, q2 = (double)s2 / n, q3 = (double)s3 / n, q4 = (double)s4 / n;
    double var = q2 - m * m, sd = var > 0 ? sqrt(var) : 0;
    f[0] = (float)(LO_HU + STEP_HU * (lo + m));
    f[1] = (float)(STEP_HU * sd);
    f[2] = hu_of(lo);
    f[3] = hu_of(hi);
    f[12] = sd > 0 ? (float)((q3 - 3 * m * q2 + 2 * m * m * m) / (var * sd)) : 0;
    f[13] =
        sd > 0
            ? (float)((q4 - 4 * m * q3 + 6 * m * m * q2 - 3 * m * m * m * m) / (var * var) - 3)
            : 0;
}

static void response(float *f, const struct scratch *s, uint32_t n)
{
    double sum = 0, square = 0;
    uint32_t seen = 0;
    int k = 0;
    for (int i = 0; i < BINS; i++) {
        uint32_t c = s->hist[s->by_y[i]];
        if (!c) continue;
        float y = s->y[s->by_y[i]];
        if (!seen) f[2] = y;
        f[3] = y;
        sum += c * (double)y;
        square += c * ((double)y * (double)y);
        seen += c;
        for (; k < 8 && seen > dorg_order_rank(20 + 10 * k, n); k++)
            f[DORG_ORDER_FIRST_PERCENTILE + k] = y;
    }
    double mean = sum / n, var = square / n - mean * mean;
    f[0] = (float)mean;
    f[1] = (float)(var > 0 ? sqrt(var) : 0);
}

static struct window around(int32_t x, int32_t y, int32_t half, int32_t nx, int32_t ny)
{
    return (struct window){x > half ? x - half : 0, x + half < nx ? x + half + 1 : nx,
                           y > half ? y - half : 0, y + half < ny ? y + half + 1 : ny};
}

/* Mean of u over the middle 5 x 5, in HU. */
static float core(const uint8_t *u, int32_t nx, int32_t ny, int32_t x, int32_t y)
{
    struct window w = around(x, y, CORE, nx, ny);
    int sum = 0;
    for (int32_t b = w.y0; b < w.y1; b++)
        for (int32_t a = w.x0; a < w.x1; a++)
            sum += u[dorg_pixel(nx, a, b)];
    return (float)LO_HU + (float)(STEP_HU * sum) / (float)((w.x1 - w.x0) * (w.y1 - w.y0));
}

static float within(int32_t x, int32_t lo, int32_t hi)
{
    return hi > lo ? (float)(x - lo) / (float)(hi - lo) : 0.5f;
}

static int32_t middle(int32_t cell, int32_t stride, int32_t n)
{
    int32_t x = cell * stride + stride / 2;
    return x < n ? x : n - 1;
}

/* One row of cells. */
static void cell_row(struct dorg_patchrows *r, const struct dorg_patchgrid *g, int32_t z,
                     int32_t cy)
{
    struct scratch *s = r->scratch;
    const int32_t nx = g->ct->grid.n[0], ny = g->ct->grid.n[1], *box = g->body.slice[z];
    const int32_t y = middle(cy, g->stride, ny);
    int32_t lo = 0, hi = 0; /* columns in the histogram */
    if (y < box[2] || y > box[3]) return;
    memset(s->hist, 0, sizeof s->hist);
    for (int32_t cx = 0; cx < g->n[0]; cx++) {
        const int32_t x = middle(cx, g->stride, nx);
        float mid = core(s->u, nx, ny, x, y);
        if (x < box[0] || x > box[1] || !(mid > -150.0f && mid < 340.0f)) continue;
        struct window w = around(x, y, HALF, nx, ny);
        if (hi <= w.x0) { /* nothing in common with the last window */
            memset(s->hist, 0, sizeof s->hist);
            lo = hi = w.x0;
        }
        for (; lo < w.x0; lo++)
            column(s->hist, s->u, nx, lo, w.y0, w.y1, (uint32_t)-1);
        for (; hi < w.x1; hi++)
            column(s->hist, s->u, nx, hi, w.y0, w.y1, 1);
        uint32_t n = (uint32_t)((w.x1 - w.x0) * (w.y1 - w.y0));
        float *f = r->x[r->n];
        intensity(f, s->hist, n);
        memset(f + DORG_PATCH_KDE_AT, 0, DORG_ORDER_STATS * sizeof *f);
        if (g->kde) response(f + DORG_PATCH_KDE_AT, s, n);
        dorg_dsift_patch(f + SIFT_AT, &s->sift, x, y);
        f[CORE_AT] = mid;
        f[CORE_AT + 1] = within(x, g->body.lo[0], g->body.hi[0]);
        f[CORE_AT + 2] = within(y, g->body.lo[1], g->body.hi[1]);
        f[CORE_AT + 3] = within(z, g->body.lo[2], g->body.hi[2]);
        r->cell[r->n] = (uint32_t)(cx + g->n[0] * cy);
        r->pixel[r->n++] = (uint32_t)(x + nx * y);
    }
}

/* y of every bin, and the bins in its order (insertion sort: equal y by bin). */
static void tabulate(struct scratch *s, const struct dorg_kde *kde)
{
    for (int b = 0; b < BINS; b++) {
        s->y[b] = dorg_kde_at(kde, hu_of(b));
        int i = b;
        for (; i > 0 && s->y[s->by_y[i - 1]] > s->y[b]; i--)
            s->by_y[i] = s->by_y[i - 1];
        s->by_y[i] = (uint8_t)b;
    }
}

static int prepare(struct dorg_patchrows *r, const struct dorg_patchgrid *g,
                   struct dorg_err *e)
{
    const size_t cells = dorg_area(g->n);
    struct scratch *s = dorg_zeroed(1, sizeof *s, e);
    if (!(r->scratch = s)) return e->code;
    r->x = dorg_array(cells, sizeof *r->x, e);
    r->cell = dorg_array(cells, sizeof *r->cell, e);
    r->pixel = dorg_array(cells, sizeof *r->pixel, e);
    s->u = dorg_array(dorg_area(g->ct->grid.n), 1, e);
    if (!e->code && g->kde) tabulate(s, g->kde);
    return e->code;
}

int dorg_patchrows_slice(struct dorg_patchrows *r, const struct dorg_patchgrid *g, int32_t z,
                         struct dorg_err *e)
{
    const int32_t nx = g->ct->grid.n[0], ny = g->ct->grid.n[1];
    if (!r->scratch && prepare(r, g, e)) return e->code;
    struct scratch *s = r->scratch;
    r->n = 0;
    if (z < g->body.lo[2] || z > g->body.hi[2]) return 0;
    quantise(s->u, dorg_vol_slice(g->ct, (size_t)z), g->shift, dorg_area(g->ct->grid.n));
    if (dorg_dsift_slice(&s->sift, s->u, nx, ny, g->body.slice[z], e)) return e->code;
    for (int32_t cy = 0; cy < g->n[1]; cy++)
        cell_row(r, g, z, cy);
    return 0;
}

void dorg_patchrows_free(struct dorg_patchrows *r)
{
    struct scratch *s = r->scratch;
    if (s) {
        free(s->u);
        dorg_dsift_free(&s->sift);
    }
    free(s);
    free(r->x);
    free(r->cell);
    free(r->pixel);
    *r = (struct dorg_patchrows){0};
}
