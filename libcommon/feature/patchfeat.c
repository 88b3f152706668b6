/* patchfeat.c - patch features as a training table, and a patch forest's response map */
#include "patchfeat.h"
#include "../base/mem.h"
#include "../base/par.h"
#include "../base/rng.h"

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
    int width;
};

/* Item: a slice with one of the shifts. */
static int table_slice(void *ctx, size_t item, int worker, struct dorg_err *e)
{
    struct table *t = ctx;
    struct dorg_patchrows *r = &t->rows[worker];
    const size_t nz = (size_t)t->g->ct->grid.n[2], z = item % nz;
    const size_t plane = (size_t)t->g->ct->grid.n[0] * (size_t)t->g->ct->grid.n[1];
    const size_t base = z * plane, above = item / nz * (nz * plane);
    struct dorg_patchgrid g = *t->g;
    g.shift = (float)t->pick->shift[item / nz];
    if (dorg_patchrows_slice(r, &g, (int32_t)z, e)) return e->code;
    if (!(t->v[item] = dorg_array(r->n, (size_t)t->width * sizeof(double), e))) return e->code;
    for (size_t i = 0; i < r->n; i++) {
        double id = (double)(above + base + r->pixel[i] + 1);
        bool in = t->truth && t->truth[base + r->pixel[i]];
        uint64_t draw = dorg_bag_row_key(t->key, id);
        if (!in && t->pick->share < 1 &&
            dorg_rng_unit(t->pick->seed, DORG_RNG_SAMPLE, draw, 3) >= t->pick->share)
            continue;
        double *row = t->v[item] + t->n[item]++ * (size_t)t->width;
        row[0] = id;
        row[1] = (double)z;
        for (int k = 0; k < DORG_PATCH_FEATURES; k++)
            row[2 + k] = (double)r->x[i][k];
        if (t->truth) row[2 + DORG_PATCH_FEATURES] = in;
    }
    return 0;
}

static int by_id(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static int join(struct dorg_tab *t, struct table *w, size_t items, struct dorg_err *e)
{
    const size_t width = (size_t)w->width;
    size_t n = 0;
    for (size_t z = 0; z < items; z++)
        n += w->n[z];
    if (!(t->v = dorg_array(n, width * sizeof *t->v, e))) return e->code;
    for (size_t z = 0; z < items; z++) {
        qsort(w->v[z], w->n[z], width * sizeof(double), by_id);
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
                 team = jobs < 1 ? 1 : (size_t)jobs;
    struct table w = {.g = g, .pick = pick};
    *t = DORG_TAB_INIT;
    if (truth && dorg_grid_same(&g->ct->grid, &truth->grid, e)) return e->code;
    w.truth = truth ? truth->data : NULL;
    w.key = dorg_vol_key(g->ct);
    w.rows = dorg_zeroed(team, sizeof *w.rows, e);
    w.v = dorg_zeroed(items, sizeof *w.v, e);
    w.n = dorg_zeroed(items, sizeof *w.n, e);
    if (e->code || patch_columns(t, truth != NULL, e)) goto done;
    w.width = t->n_cols;
    if (!dorg_par(items, jobs, table_slice, &w, e)) join(t, &w, items, e);
    t->key = w.key;
    dorg_history_add(&t->history, g->ct->history, e);
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
    int *from; /* [n_features]: which patch feature each of the forest's is */
    uint64_t key;
    bool oob;
    struct dorg_patchrows *rows; /* per worker */
};

/* Forest features from patch features, and the keys out-of-bag trees are found by. */
static void gather(float *x, uint64_t *row_key, uint64_t *unit_key, const struct mapping *m,
                   const struct dorg_patchrows *r, size_t z)
{
    const size_t width = m->f->n_features;
    const size_t base = z * (size_t)m->g->ct->grid.n[0] * (size_t)m->g->ct->grid.n[1];
    for (size_t i = 0; i < r->n; i++) {
        for (size_t k = 0; k < width; k++)
            x[i * width + k] = r->x[i][m->from[k]];
        double id = (double)(base + r->pixel[i] + 1);
        row_key[i] = dorg_bag_row_key(m->key, id);
        unit_key[i] = dorg_bag_unit_key(&m->f->bag, m->key, id, (double)z);
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
                out[(size_t)y * (size_t)nx + (size_t)x] = p[i];
    }
}

static int map_slice(void *ctx, size_t z, int worker, struct dorg_err *e)
{
    struct mapping *m = ctx;
    struct dorg_patchrows *r = &m->rows[worker];
    const size_t plane = (size_t)m->g->ct->grid.n[0] * (size_t)m->g->ct->grid.n[1];
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
                  const struct dorg_patchgrid *g, bool oob, int jobs, struct dorg_err *e)
{
    const size_t nz = (size_t)g->ct->grid.n[2], team = jobs < 1 ? 1 : (size_t)jobs;
    struct mapping m = {.g = g, .f = f};
    *map = DORG_VOL_INIT;
    if (f->level != 1) return dorg_fail(e, DORG_EUSAGE, "a forest of level 1 is wanted");
    m.key = dorg_vol_key(g->ct);
    m.oob = oob && dorg_forest_knows(f, m.key);
    m.from = dorg_array(f->n_features, sizeof *m.from, e);
    m.rows = dorg_zeroed(team, sizeof *m.rows, e);
    if (e->code || match(m.from, f, g->kde != NULL, e)) goto done;
    if (dorg_vol_like(map, g->ct, DORG_F32, e)) goto done;
    m.out = map->data;
    dorg_par(nz, jobs, map_slice, &m, e);
done:
    for (size_t k = 0; m.rows && k < team; k++)
        dorg_patchrows_free(&m.rows[k]);
    free(m.rows);
    free(m.from);
    if (e->code) dorg_vol_free(map);
    return e->code;
}
