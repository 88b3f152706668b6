/* cmp.c - equal within a tolerance? */
#include "cmp.h"
#include "cmp_in.h"

void dorg_cmp_says(struct dorg_cmp *c, const char *fmt, ...)
{
    va_list ap;
    if (c->differ) return; /* the first difference is told */
    c->differ = true;
    va_start(ap, fmt);
    vsnprintf(c->text, sizeof c->text, fmt, ap);
    va_end(ap);
}

void dorg_cmp_pair(struct dorg_worst *w, const struct dorg_cmp *c, double a, double b,
                   size_t at)
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

static int read_either(struct dorg_vol *v, struct dorg_in *in, struct dorg_err *e)
{
    struct dorg_storage s;
    if (dorg_storage_of(&s, in, e)) return dorg_err_at(e, dorg_in_name(in));
    if (s.pair) return dorg_vol_load(v, dorg_in_name(in), dorg_storage_type(&s), e);
    if (dorg_vol_read(v, in, dorg_storage_type(&s), e)) dorg_err_at(e, dorg_in_name(in));
    return e->code;
}

static double voxel(const struct dorg_vol *v, size_t i)
{
    return v->type == DORG_I32 ? ((const int32_t *)v->data)[i]
                               : (double)((const float *)v->data)[i];
}

int dorg_cmp_vols(struct dorg_cmp *c, const struct dorg_vol *a, const struct dorg_vol *b)
{
    struct dorg_err differ = DORG_ERR_INIT;
    struct dorg_worst w = {0};
    if (dorg_grid_same(&a->grid, &b->grid, &differ)) {
        dorg_cmp_says(c, "%s", differ.text);
        return 0;
    }
    for (size_t i = 0, n = dorg_grid_count(&a->grid); i < n; i++)
        dorg_cmp_pair(&w, c, voxel(a, i), voxel(b, i), i);
    size_t nx = (size_t)a->grid.n[0], ny = (size_t)a->grid.n[1];
    if (w.differ)
        dorg_cmp_says(c,
                      "%zu of %zu voxels differ, most at (%zu, %zu, %zu): %.9g and %.9g, "
                      "by %.9g",
                      w.differ, w.seen, w.at % nx, w.at / nx % ny, w.at / nx / ny, w.a, w.b,
                      w.gap);
    return 0;
}

static int volumes(struct dorg_cmp *c, struct dorg_in *a, struct dorg_in *b,
                   struct dorg_err *e)
{
    struct dorg_vol va = DORG_VOL_INIT, vb = DORG_VOL_INIT;
    if (read_either(&va, a, e) || read_either(&vb, b, e)) goto done;
    dorg_cmp_vols(c, &va, &vb);
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
    if (dorg_kind_of(&ka, a, e)) return dorg_err_at(e, dorg_in_name(a));
    if (dorg_kind_of(&kb, b, e)) return dorg_err_at(e, dorg_in_name(b));
    if (ka != kb)
        return dorg_fail(e, DORG_EDATA, "%s is a %s, %s a %s", dorg_in_name(a),
                         dorg_kind_name(ka), dorg_in_name(b), dorg_kind_name(kb));
    snprintf(c->text, sizeof c->text, "%s", dorg_kind_name(ka));
    switch (ka) {
    case DORG_KIND_VOLUME:
        return volumes(c, a, b, e);
    case DORG_KIND_TABLE:
        return dorg_cmp_tables(c, a, b, e);
    case DORG_KIND_RECORDS:
        return dorg_cmp_records(c, a, b, e);
    case DORG_KIND_NET:
        return dorg_cmp_nets(c, a, b, e);
    default:
        return dorg_cmp_forests(c, a, b, e);
    }
}
