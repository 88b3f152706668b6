/* cascade.c - from columns to features, from features to probabilities, from those to rows */
#include "cascade.h"
#include "../base/mem.h"
#include "../base/par.h"
#include "neighbours.h"
#include "rows.h"

enum { CHUNK = 32768 }; /* rows turned into floats at a time */

struct match {     /* where feature i comes from */
    int col;       /* column of the table, or -1 */
    int neighbour; /* else: which of rfneigh's */
};

static int match_features(struct match *m, const struct dorg_forest *f,
                          const struct dorg_tab *t, struct dorg_err *e)
{
    for (uint32_t i = 0; i < f->n_features; i++) {
        m[i] = (struct match){.col = -1, .neighbour = -1};
        for (int k = 0; f->level == 2 && k < DORG_NEIGHBOURS; k++)
            if (strcmp(f->feature[i], dorg_neighbours_name[k]) == 0) m[i].neighbour = k;
        if (m[i].neighbour < 0 && (m[i].col = dorg_tab_need(t, f->feature[i], e)) < 0)
            return e->code;
    }
    return 0;
}

static int oob_keys(uint64_t *row, uint64_t *unit, const struct dorg_forest *f,
                    const struct dorg_tab *t, struct dorg_err *e)
{
    int z = dorg_tab_col(t, "z");
    if (z < 0 && f->bag.unit == DORG_BAG_SLAB && dorg_tab_need(t, "z", e) < 0) return e->code;
    for (size_t r = 0; r < t->n_rows; r++) {
        const double *v = dorg_tab_row(t, r);
        row[r] = dorg_bag_row_key(t->key, v[0]);
        unit[r] = dorg_forest_unit_key(f, dorg_tab_case(t), v[0], z < 0 ? 0 : v[z]);
    }
    return 0;
}

int dorg_cascade_level(float *p, const struct dorg_forest *f, const struct dorg_tab *t,
                       const float *p1, bool oob, int jobs, struct dorg_err *e)
{
    const size_t width = f->n_features;
    struct match *m = dorg_array(width, sizeof *m, e);
    float *x = dorg_array(CHUNK, width * sizeof *x, e), (*nb)[DORG_NEIGHBOURS] = NULL;
    uint64_t *row = NULL, *unit = NULL;
    if (e->code || match_features(m, f, t, e)) goto done;
    if (f->level == 2) {
        if (!p1) {
            dorg_fail(e, DORG_EUSAGE, "a forest of level 2 needs the one before it");
            goto done;
        }
        if (!(nb = dorg_array(t->n_rows, sizeof *nb, e))) goto done;
        if (dorg_neighbours(nb, t, p1, jobs, e)) goto done;
    }
    oob = oob && dorg_forest_knows(f, dorg_tab_case(t));
    if (oob) {
        row = dorg_array(t->n_rows, sizeof *row, e);
        unit = dorg_array(t->n_rows, sizeof *unit, e);
        if (e->code || oob_keys(row, unit, f, t, e)) goto done;
    }
    for (size_t at = 0; at < t->n_rows; at += CHUNK) {
        size_t n = t->n_rows - at < CHUNK ? t->n_rows - at : CHUNK;
        for (size_t r = 0; r < n; r++)
            for (size_t i = 0; i < width; i++)
                x[r * width + i] = m[i].col < 0
                                       ? nb[at + r][m[i].neighbour]
                                       : dorg_rows_value(dorg_tab_row(t, at + r)[m[i].col]);
        struct dorg_oob_rows o = {.row_key = oob ? row + at : NULL,
                                  .unit_key = oob ? unit + at : NULL};
        if (dorg_forest_predict(p + at, f, x, n, oob ? &o : NULL, jobs, e)) break;
    }
done:
    free(m);
    free(x);
    free(nb);
    free(row);
    free(unit);
    return e->code;
}

static void drop_rows(struct dorg_tab *t, int p, double cut)
{
    size_t kept = 0;
    for (size_t r = 0; r < t->n_rows; r++)
        if (dorg_tab_row(t, r)[p] >= cut) dorg_tab_keep(t, r, &kept);
    t->n_rows = kept;
}

static void set_column(struct dorg_tab *t, int col, const float *p)
{
    for (size_t r = 0; r < t->n_rows; r++)
        dorg_tab_row(t, r)[col] = (double)p[r];
}

/* p = 0 for rows that lie too high or too low in the body. */
static int keep_below(float *p, const struct dorg_tab *t, const double below[2],
                      struct dorg_err *e)
{
    const int col = dorg_tab_need(t, "below_lungs_mm", e);
    for (size_t r = 0; col >= 0 && r < t->n_rows; r++) {
        double mm = dorg_tab_row(t, r)[col];
        if (mm > DORG_TAB_NO_LUNGS && (mm < below[0] || mm > below[1])) p[r] = 0;
    }
    return e->code;
}

struct ranked {
    double p;
    size_t row;
};

static int highest_first(const void *a, const void *b)
{
    const struct ranked *s = a, *u = b;
    if (s->p != u->p) return s->p > u->p ? -1 : 1;
    return s->row < u->row ? -1 : s->row > u->row;
}

/* The rows of highest p whose volumes add up to no more than max_ml: drop the others. */
static int cap(struct dorg_tab *t, int p, double max_ml, struct dorg_err *e)
{
    const int col = dorg_tab_need(t, "volume_mm3", e);
    if (col < 0 || t->n_rows == 0) return e->code;
    struct ranked *r = dorg_array(t->n_rows, sizeof *r, e);
    uint8_t *keep = dorg_zeroed(t->n_rows, 1, e);
    double sum = 0;
    size_t kept = 0;
    for (size_t i = 0; !e->code && i < t->n_rows; i++)
        r[i] = (struct ranked){dorg_tab_row(t, i)[p], i};
    if (!e->code) qsort(r, t->n_rows, sizeof *r, highest_first);
    for (size_t i = 0; !e->code && i < t->n_rows; i++) {
        sum += dorg_tab_row(t, r[i].row)[col];
        if (sum > max_ml * 1000) break;
        keep[r[i].row] = 1;
    }
    for (size_t i = 0; !e->code && i < t->n_rows; i++)
        if (keep[i]) dorg_tab_keep(t, i, &kept);
    if (!e->code) t->n_rows = kept;
    free(r);
    free(keep);
    return e->code;
}

int dorg_cascade(struct dorg_tab *t, const struct dorg_cascade *c, struct dorg_err *e)
{
    const struct dorg_forest *last = c->f[1] ? c->f[1] : c->f[0];
    float *p1 = dorg_array(t->n_rows, sizeof *p1, e);
    float *p2 = dorg_array(t->n_rows, sizeof *p2, e);
    float *p = dorg_array(t->n_rows, sizeof *p, e);
    double cut = isnan(c->cut) ? last->cut : c->cut;
    if (e->code || dorg_cascade_level(p1, c->f[0], t, NULL, c->oob, c->jobs, e)) goto done;
    if (c->f[1] && dorg_cascade_level(p2, c->f[1], t, p1, c->oob, c->jobs, e)) goto done;
    for (size_t r = 0; c->f[1] && r < t->n_rows; r++)
        if ((double)p1[r] < c->f[0]->pass) p2[r] = 0;
    memcpy(p, c->f[1] ? p2 : p1, t->n_rows * sizeof *p);
    if (c->along > 0) dorg_neighbours_along(p, t, c->along, c->jobs, e);
    if (!e->code && !isnan(c->below[0])) keep_below(p, t, c->below, e);
    int col1 = dorg_tab_add_col(t, "p1", e), col2 = -1, col;
    if (c->f[1] && !e->code) col2 = dorg_tab_add_col(t, "p2", e);
    col = e->code ? -1 : dorg_tab_add_col(t, "p", e);
    if (e->code) goto done;
    set_column(t, col1, p1);
    if (c->f[1]) set_column(t, col2, p2);
    set_column(t, col, p);
    if (!c->keep_all) {
        if (c->f[1]) drop_rows(t, col1, c->f[0]->pass);
        drop_rows(t, col, cut);
        if (c->max_ml > 0) cap(t, col, c->max_ml, e);
    }
done:
    free(p);
    free(p1);
    free(p2);
    return e->code;
}
