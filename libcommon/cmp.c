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
    if (dorg_storage_of(&s, in, e)) return e->code;
    return dorg_vol_read(v, in, dorg_storage_type(&s), e);
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
    if (read_either(&va, a, e)) {
        dorg_err_at(e, dorg_in_name(a));
        goto done;
    }
    if (read_either(&vb, b, e)) {
        dorg_err_at(e, dorg_in_name(b));
        goto done;
    }
    dorg_cmp_vols(c, &va, &vb);
done:
    dorg_vol_free(&va);
    dorg_vol_free(&vb);
    return e->code;
}

/* Forests: what their writer made of them is one sequence of bytes. */
static int bytes(struct dorg_cmp *c, struct dorg_in *a, struct dorg_in *b, struct dorg_err *e)
{
    enum { BLOCK = 1 << 14 };
    static const char end[] = "DORGEND\n";
    uint8_t x[BLOCK], y[BLOCK], tail[16] = {0};
    size_t n = 1, m, at = 0;
    while (n) {
        if (dorg_in_read(a, x, BLOCK, &n, e) || dorg_in_read(b, y, BLOCK, &m, e))
            return e->code;
        size_t k = 0;
        while (k < n && k < m && x[k] == y[k])
            k++;
        if (k < n || k < m) dorg_cmp_says(c, "they differ from byte %zu on", at + k);
        if (n >= sizeof tail) {
            memcpy(tail, x + n - sizeof tail, sizeof tail);
        } else if (n) {
            memmove(tail, tail + n, sizeof tail - n);
            memcpy(tail + sizeof tail - n, x, n);
        }
        at += n;
    }
    for (size_t k = 0; k + 8 <= sizeof tail; k++)
        if (memcmp(tail + k, end, 8) == 0) return 0;
    return dorg_fail(e, DORG_EDATA, "%s: a forest with no end: cut short", dorg_in_name(a));
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
        return bytes(c, a, b, e);
    }
}
