/* paint.c - superpixel values onto voxels */
#include "paint.h"
#include "../base/ids.h"
#include "../base/mem.h"

/* value[index of id] from the rows; ids without a row keep 0. */
static int fill(float *value, const struct dorg_ids *ids, const struct dorg_tab *t, int col,
                double fixed, bool whole, struct dorg_err *e)
{
    for (size_t i = 0; !t && i < ids->n; i++)
        value[i] = (float)fixed;
    for (size_t r = 0; t && r < t->n_rows; r++) {
        const double *row = dorg_tab_row(t, r);
        double x = col < 0 ? fixed : row[col];
        if (row[0] != floor(row[0]) || row[0] < 1 || row[0] > INT32_MAX)
            return dorg_fail(e, DORG_EDATA, "id %.17g is no superpixel id", row[0]);
        if (whole && !(x >= 0 && x <= 255 && x == floor(x)))
            return dorg_fail(e, DORG_EDATA, "superpixel %.0f has %g, not one of 0..255",
                             row[0], x);
        size_t i = dorg_ids_find(ids, (int64_t)row[0]);
        if (i == ids->n)
            return dorg_fail(e, DORG_EDATA,
                             "superpixel %.0f of the table is not in the label "
                             "volume",
                             row[0]);
        value[i] = (float)x;
    }
    return 0;
}

static bool is_map(const float *v, size_t n)
{
    for (size_t i = 0; i <= n; i++)
        if (!(v[i] >= 0 && v[i] <= 1)) return false;
    return true;
}

int dorg_paint(struct dorg_vol *out, const struct dorg_vol *labels, const struct dorg_tab *t,
               int col, double value, enum dorg_type type, const struct dorg_kernels *k,
               int jobs, struct dorg_err *e)
{
    struct dorg_ids ids = DORG_IDS_INIT;
    size_t count = dorg_grid_count(&labels->grid);
    float *v = NULL;
    *out = DORG_VOL_INIT;
    if (dorg_ids_make(&ids, labels->data, count, e)) goto done;
    if (!(v = dorg_zeroed(ids.n + 1, sizeof *v, e))) goto done;
    if (fill(v, &ids, t, col, value, type == DORG_U8, e)) goto done;
    if (dorg_vol_like(out, labels, type, e)) goto done;
    if (type == DORG_F32 && is_map(v, ids.n)) out->intent = DORG_INTENT_MAP;
    k->paintvox(out->data, labels->data, count, &ids, v, type == DORG_U8, jobs, e);
    if (t) dorg_history_add(&out->history, t->history, e);
done:
    free(v);
    dorg_ids_free(&ids);
    if (e->code) dorg_vol_free(out);
    return e->code;
}
