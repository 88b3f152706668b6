/* cmp.c - equal within a tolerance? */
#include <stdarg.h>

#include "cmp.h"
#include "../forest/forest.h"
#include "../base/mem.h"
#include "../net/net.h"
#include "../file/rec.h"
#include "../file/tab.h"

struct worst { /* over many pairs of numbers */
    size_t seen, differ, at;
    double a, b, gap; /* the pair furthest apart of those that differ */
};

__attribute__((format(printf, 2, 3))) static void says(struct dorg_cmp *c, const char *fmt,
                                                       ...)
{
    va_list ap;
    if (c->differ) return; /* the first difference is reported */
    c->differ = true;
    va_start(ap, fmt);
    vsnprintf(c->text, sizeof c->text, fmt, ap);
    va_end(ap);
}

static void pair(struct worst *w, const struct dorg_cmp *c, double a, double b, size_t at)
{
    double gap = fabs(a - b), size = fabs(a) > fabs(b) ? fabs(a) : fabs(b);
    w->seen++;
    if (a == b) return;                                  /* infinities too */
    if (gap <= c->absolute + c->relative * size) return; /* false for NaN: it differs */
    w->differ++;
    if (w->differ == 1 || gap > w->gap) {
        w->gap = gap;
        w->a = a;
        w->b = b;
        w->at = at;
    }
}

/* ---- tables ------------------------------------------------------------------------ */

static void differ_tables(struct dorg_cmp *c, const struct dorg_tab *a,
                          const struct dorg_tab *b)
{
    struct worst w = {0};
    size_t n = (size_t)a->n_cols;
    if (a->n_cols != b->n_cols) says(c, "%d and %d columns", a->n_cols, b->n_cols);
    for (int k = 0; k < a->n_cols && !c->differ; k++)
        if (strcmp(a->col[k], b->col[k]) != 0)
            says(c, "column %d is %s and %s", k + 1, a->col[k], b->col[k]);
    if (a->n_rows != b->n_rows) says(c, "%zu and %zu rows", a->n_rows, b->n_rows);
    if (a->key && b->key && a->key != b->key)
        says(c, "they are of different cases: keys %016llx and %016llx",
             (unsigned long long)a->key, (unsigned long long)b->key);
    for (size_t r = 0; r < a->n_rows && !c->differ; r++) {
        if (a->v[r * n] != b->v[r * n])
            says(c, "row %zu has id %.17g and %.17g", r + 1, a->v[r * n], b->v[r * n]);
        for (size_t k = 1; k < n && !c->differ; k++)
            pair(&w, c, a->v[r * n + k], b->v[r * n + k], r * n + k);
    }
    if (w.differ)
        says(c, "%zu of %zu values differ, most at id %.17g, %s: %.9g and %.9g, by %.9g",
             w.differ, w.seen, a->v[w.at / n * n], a->col[w.at % n], w.a, w.b, w.gap);
}

static int tables(struct dorg_cmp *c, struct dorg_in *a, struct dorg_in *b, struct dorg_err *e)
{
    struct dorg_tab ta = DORG_TAB_INIT, tb = DORG_TAB_INIT;
    if (dorg_tab_read(&ta, a, e))
        dorg_err_at(e, dorg_in_name(a));
    else if (dorg_tab_read(&tb, b, e))
        dorg_err_at(e, dorg_in_name(b));
    else
        differ_tables(c, &ta, &tb);
    dorg_tab_free(&ta);
    dorg_tab_free(&tb);
    return e->code;
}

/* ---- records ----------------------------------------------------------------------- */

static void shapes(struct dorg_cmp *c, const struct dorg_rec_shape *a,
                   const struct dorg_rec_shape *b)
{
    if (a->kind != b->kind) says(c, "records of kind %u and %u", a->kind, b->kind);
    if (a->c != b->c || a->h != b->h || a->w != b->w)
        says(c, "records of %u x %u x %u and %u x %u x %u pixels", a->c, a->h, a->w, b->c,
             b->h, b->w);
    if (a->window_hu[0] != b->window_hu[0] || a->window_hu[1] != b->window_hu[1])
        says(c, "windows of %g to %g and %g to %g HU", (double)a->window_hu[0],
             (double)a->window_hu[1], (double)b->window_hu[0], (double)b->window_hu[1]);
    if (a->pitch_mm != b->pitch_mm ||
        memcmp(a->wider_mm, b->wider_mm, sizeof a->wider_mm) != 0)
        says(c, "pitches of %g and %g mm", (double)a->pitch_mm, (double)b->pitch_mm);
}

struct side { /* one of two record streams */
    struct dorg_rec_reader r;
    struct dorg_rec rec;
    uint8_t *pixels;
    int got;
};

static int side_open(struct side *s, struct dorg_in *in, struct dorg_err *e)
{
    if (dorg_rec_open(&s->r, in, e)) return dorg_err_at(e, dorg_in_name(in));
    s->pixels = dorg_array(dorg_rec_pixels(&s->r.shape), 1, e);
    return e->code;
}

static int side_next(struct side *s, struct dorg_err *e)
{
    if (dorg_rec_next(&s->r, &s->rec, s->pixels, &s->got, e))
        return dorg_err_at(e, dorg_in_name(s->r.in));
    return 0;
}

static void one_record(struct dorg_cmp *c, struct worst *w, const struct side *a,
                       const struct side *b, size_t at)
{
    const struct dorg_rec *p = &a->rec, *q = &b->rec;
    if (p->id != q->id || p->id2 != q->id2 || p->slice != q->slice || p->scale != q->scale ||
        p->deform != q->deform)
        says(c, "record %zu is of different samples: id %llu and %llu", at,
             (unsigned long long)p->id, (unsigned long long)q->id);
    if (p->label != q->label)
        says(c, "record %zu has label %u and %u", at, p->label, q->label);
    size_t n = dorg_rec_pixels(&a->r.shape);
    for (size_t i = 0; i < n; i++)
        pair(w, c, a->pixels[i], b->pixels[i], at * n + i);
}

/* To the end of both, so that a damaged tail is found even when a difference came first. */
static int differ_records(struct dorg_cmp *c, struct side *a, struct side *b,
                          struct dorg_err *e)
{
    struct worst w = {0};
    size_t n_a = 0, n_b = 0;
    a->got = b->got = 1;
    shapes(c, &a->r.shape, &b->r.shape);
    bool alike = !c->differ;
    while (a->got || b->got) {
        if ((a->got && side_next(a, e)) || (b->got && side_next(b, e))) return e->code;
        if (a->got && b->got && alike) one_record(c, &w, a, b, n_a);
        n_a += (size_t)a->got;
        n_b += (size_t)b->got;
    }
    if (n_a != n_b) { /* the more telling difference */
        c->differ = false;
        says(c, "%zu and %zu records", n_a, n_b);
    }
    size_t n = dorg_rec_pixels(&a->r.shape);
    if (w.differ)
        says(c, "%zu of %zu pixels differ, most at record %zu, pixel %zu: %g and %g", w.differ,
             w.seen, w.at / n, w.at % n, w.a, w.b);
    return 0;
}

static int records(struct dorg_cmp *c, struct dorg_in *a, struct dorg_in *b,
                   struct dorg_err *e)
{
    struct side sa = {0}, sb = {0};
    if (!side_open(&sa, a, e) && !side_open(&sb, b, e)) differ_records(c, &sa, &sb, e);
    dorg_rec_close(&sa.r);
    dorg_rec_close(&sb.r);
    free(sa.pixels);
    free(sb.pixels);
    return e->code;
}

/* ---- nets -------------------------------------------------------------------------- */

static void floats(struct dorg_cmp *c, const char *what, const float *a, const float *b,
                   size_t n)
{
    struct worst w = {0};
    for (size_t i = 0; i < n; i++)
        pair(&w, c, (double)a[i], (double)b[i], i);
    if (w.differ)
        says(c, "%zu of %zu %s differ, most at %zu: %.9g and %.9g, by %.9g", w.differ, w.seen,
             what, w.at, w.a, w.b, w.gap);
}

/* The .cfg without its comments, where training leaves its log. */
static bool same_layers(const char *a, const char *b)
{
    for (;;) {
        while (*a == '#')
            a += strcspn(a, "\n") + (a[strcspn(a, "\n")] == '\n');
        while (*b == '#')
            b += strcspn(b, "\n") + (b[strcspn(b, "\n")] == '\n');
        size_t n = strcspn(a, "\n"), m = strcspn(b, "\n");
        if (n != m || memcmp(a, b, n) != 0) return false;
        if (!a[n] && !b[n]) return true;
        a += n + (a[n] == '\n');
        b += n + (b[n] == '\n');
    }
}

static void differ_nets(struct dorg_cmp *c, const struct dorg_net *a, const struct dorg_net *b)
{
    const struct dorg_rec_shape sa = {
        .kind = a->kind,
        .window_hu = {a->window_hu[0], a->window_hu[1]},
        .pitch_mm = a->pitch_mm,
        .wider_mm = {a->wider_mm[0], a->wider_mm[1], a->wider_mm[2]}};
    const struct dorg_rec_shape sb = {
        .kind = b->kind,
        .window_hu = {b->window_hu[0], b->window_hu[1]},
        .pitch_mm = b->pitch_mm,
        .wider_mm = {b->wider_mm[0], b->wider_mm[1], b->wider_mm[2]}};
    if (!same_layers(a->cfg.text, b->cfg.text)) says(c, "the layers differ");
    if (a->cfg.n_params != b->cfg.n_params)
        says(c, "%zu and %zu parameters", a->cfg.n_params, b->cfg.n_params);
    shapes(c, &sa, &sb);
    if (c->differ) return;
    floats(c, "parameters", a->params, b->params, a->cfg.n_params);
    floats(c, "values of the mean image", a->mean, b->mean, dorg_layer_in(a->cfg.layer));
}

static int nets(struct dorg_cmp *c, struct dorg_in *a, struct dorg_in *b, struct dorg_err *e)
{
    struct dorg_net na = DORG_NET_INIT, nb = DORG_NET_INIT;
    if (dorg_net_read(&na, a, e))
        dorg_err_at(e, dorg_in_name(a));
    else if (dorg_net_read(&nb, b, e))
        dorg_err_at(e, dorg_in_name(b));
    else
        differ_nets(c, &na, &nb);
    dorg_net_free(&na);
    dorg_net_free(&nb);
    return e->code;
}

/* ---- forests ----------------------------------------------------------------------- */

static void trees(struct dorg_cmp *c, const struct dorg_tree *a, const struct dorg_tree *b,
                  uint32_t t)
{
    struct worst w = {0};
    if (a->n_nodes != b->n_nodes)
        says(c, "tree %u has %u and %u nodes", t, a->n_nodes, b->n_nodes);
    for (uint32_t k = 0; k < a->n_nodes && !c->differ; k++) {
        const struct dorg_node *p = a->node + k, *q = b->node + k;
        if (p->left != q->left || p->feature != q->feature)
            says(c, "tree %u branches differently at node %u", t, k);
        pair(&w, c, (double)p->cut, (double)q->cut, k);
        pair(&w, c, (double)p->p, (double)q->p, k);
    }
    if (w.differ)
        says(c, "%zu numbers of tree %u differ, most at node %zu: %.9g and %.9g", w.differ, t,
             w.at, w.a, w.b);
}

static void differ_forests(struct dorg_cmp *c, const struct dorg_forest *a,
                           const struct dorg_forest *b)
{
    struct worst w = {0};
    if (a->kind != b->kind || a->folds != b->folds)
        says(c, "they are of different learners, or folds");
    if (a->level != b->level) says(c, "levels %u and %u", a->level, b->level);
    if (a->n_trees != b->n_trees) says(c, "%u and %u trees", a->n_trees, b->n_trees);
    if (a->n_features != b->n_features)
        says(c, "%u and %u features", a->n_features, b->n_features);
    for (uint32_t k = 0; k < a->n_features && !c->differ; k++)
        if (strcmp(a->feature[k], b->feature[k]) != 0)
            says(c, "feature %u is %s and %s", k, a->feature[k], b->feature[k]);
    pair(&w, c, a->cut, b->cut, 0);
    pair(&w, c, a->pass, b->pass, 0);
    if (w.differ) says(c, "operating points %.9g and %.9g", w.a, w.b);
    if (a->bag.seed != b->bag.seed || a->bag.unit != b->bag.unit ||
        a->bag.slab_slices != b->bag.slab_slices)
        says(c, "they were bagged differently");
    for (uint32_t t = 0; t < a->n_trees && !c->differ; t++)
        trees(c, a->tree + t, b->tree + t, t);
}

static int forests(struct dorg_cmp *c, struct dorg_in *a, struct dorg_in *b,
                   struct dorg_err *e)
{
    struct dorg_forest fa = DORG_FOREST_INIT, fb = DORG_FOREST_INIT;
    if (dorg_forest_read(&fa, a, e))
        dorg_err_at(e, dorg_in_name(a));
    else if (dorg_forest_read(&fb, b, e))
        dorg_err_at(e, dorg_in_name(b));
    else
        differ_forests(c, &fa, &fb);
    dorg_forest_free(&fa);
    dorg_forest_free(&fb);
    return e->code;
}

/* ---- volumes ------------------------------------------------------------------------- */

static int vols(struct dorg_cmp *c, const struct dorg_vol *a, const struct dorg_vol *b)
{
    struct dorg_err differ = DORG_ERR_INIT;
    struct worst w = {0};
    if (dorg_grid_same(&a->grid, &b->grid, &differ)) {
        says(c, "%s", differ.text);
        return 0;
    }
    for (size_t i = 0, n = dorg_grid_count(&a->grid); i < n; i++)
        pair(&w, c, dorg_vol_at(a, i), dorg_vol_at(b, i), i);
    int32_t p[3];
    dorg_voxel(p, a->grid.n, w.at);
    if (w.differ)
        says(c,
             "%zu of %zu voxels differ, most at (%d, %d, %d): %.9g and %.9g, "
             "by %.9g",
             w.differ, w.seen, p[0], p[1], p[2], w.a, w.b, w.gap);
    return 0;
}

static int volumes(struct dorg_cmp *c, struct dorg_in *a, struct dorg_in *b,
                   struct dorg_err *e)
{
    struct dorg_vol va = DORG_VOL_INIT, vb = DORG_VOL_INIT;
    if (dorg_sniff_vol(&va, a, DORG_STORED, e) || dorg_sniff_vol(&vb, b, DORG_STORED, e))
        goto done;
    vols(c, &va, &vb);
done:
    dorg_vol_free(&va);
    dorg_vol_free(&vb);
    return e->code;
}

int dorg_cmp_inputs(struct dorg_cmp *c, struct dorg_in *a, struct dorg_in *b,
                    struct dorg_err *e)
{
    enum dorg_kind ka, kb;
    c->differ = false;
    if (dorg_sniff(&ka, a, e)) return dorg_err_at(e, dorg_in_name(a));
    if (dorg_sniff(&kb, b, e)) return dorg_err_at(e, dorg_in_name(b));
    if (ka != kb)
        return dorg_fail(e, DORG_EDATA, "%s is a %s, %s a %s", dorg_in_name(a),
                         dorg_kind_name(ka), dorg_in_name(b), dorg_kind_name(kb));
    snprintf(c->text, sizeof c->text, "%s", dorg_kind_name(ka));
    switch (ka) {
    case DORG_KIND_VOLUME:
        return volumes(c, a, b, e);
    case DORG_KIND_TABLE:
        return tables(c, a, b, e);
    case DORG_KIND_RECORDS:
        return records(c, a, b, e);
    case DORG_KIND_NET:
        return nets(c, a, b, e);
    default:
        return forests(c, a, b, e);
    }
}
