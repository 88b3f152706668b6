/* regions.c - the bounding boxes of superpixels, and which of them become examples */
#include "region.h"

#include "../base/idmap.h"
#include "../base/mem.h"
#include "../file/rec.h"

struct bounds { /* of every id of a label volume */
    struct dorg_idmap map;
    struct dorg_box *box; /* owned: nx = 0 while nothing is known */
};

static void bounds_free(struct bounds *b)
{
    dorg_idmap_free(&b->map);
    free(b->box);
}

/* Let box hold the run x0..x1 of row y. */
static void include(struct dorg_box *b, int32_t x0, int32_t x1, int32_t y, int32_t z)
{
    if (b->nx == 0) {
        *b = (struct dorg_box){x0, y, z, x1 - x0 + 1, 1};
        return;
    }
    int32_t end = b->x + b->nx - 1 > x1 ? b->x + b->nx - 1 : x1;
    b->x = b->x < x0 ? b->x : x0;
    b->nx = end - b->x + 1;
    b->ny = y - b->y + 1; /* rows come in order */
}

static int measure(struct bounds *b, const struct dorg_vol *labels, struct dorg_err *e)
{
    const int32_t *n = labels->grid.n, *row = labels->data;
    if (dorg_idmap_make(&b->map, labels->data, dorg_grid_count(&labels->grid), e))
        return e->code;
    if (!(b->box = dorg_zeroed(b->map.n, sizeof *b->box, e))) return e->code;
    for (int32_t z = 0; z < n[2]; z++)
        for (int32_t y = 0; y < n[1]; y++, row += n[0])
            for (int32_t x = 0, end; x < n[0]; x = end) {
                for (end = x + 1; end < n[0] && row[end] == row[x];)
                    end++;
                if (!row[x]) continue;
                struct dorg_box *box = &b->box[dorg_idmap_at(&b->map, row[x])];
                if (box->nx && box->z != z)
                    return dorg_fail(e, DORG_EDATA,
                                     "superpixel %d lies on slices %d and %d; expected one",
                                     row[x], box->z, z);
                include(box, x, end - 1, y, z);
            }
    return 0;
}

/* Box of a superpixel given as a table's number. */
static int find(struct dorg_box *box, const struct bounds *b, double id, struct dorg_err *e)
{
    size_t i = b->map.n;
    if (id >= 1 && id <= INT32_MAX && id == floor(id))
        i = dorg_idmap_find(&b->map, (int64_t)id);
    if (i == b->map.n)
        return dorg_fail(e, DORG_EDATA, "superpixel %.17g of the table is not in the labels",
                         id);
    *box = b->box[i];
    return 0;
}

static int make_room(struct dorg_regions *r, size_t n, struct dorg_err *e)
{
    *r = DORG_REGIONS_INIT;
    r->box = dorg_array(n, sizeof *r->box, e);
    r->id = dorg_array(n, sizeof *r->id, e);
    r->id2 = dorg_zeroed(n, sizeof *r->id2, e);
    r->label = dorg_array(n, 1, e);
    return e->code;
}

void dorg_regions_free(struct dorg_regions *r)
{
    if (!r) return;
    free(r->box);
    free(r->id);
    free(r->id2);
    free(r->label);
    *r = DORG_REGIONS_INIT;
}

/* truth of a row: 0, 1, or unknown where the table has no such column (col < 0). */
static int truth_of(uint8_t *label, const struct dorg_tab *t, size_t row, int col,
                    struct dorg_err *e)
{
    *label = DORG_LABEL_UNKNOWN;
    if (col < 0) return 0;
    double x = t->v[row * (size_t)t->n_cols + (size_t)col];
    if (x != 0 && x != 1)
        return dorg_fail(e, DORG_EDATA, "the table's truth is %g; expected 0 or 1", x);
    *label = x == 1;
    return 0;
}

int dorg_regions_rows(struct dorg_regions *r, const struct dorg_vol *labels,
                      const struct dorg_tab *t, struct dorg_err *e)
{
    struct bounds b = {0};
    int truth = dorg_tab_col(t, "truth");
    if (make_room(r, t->n_rows, e) || measure(&b, labels, e)) goto done;
    for (; r->n < t->n_rows; r->n++) {
        double id = t->v[r->n * (size_t)t->n_cols];
        if (find(&r->box[r->n], &b, id, e)) goto done;
        if (truth_of(&r->label[r->n], t, r->n, truth, e)) goto done;
        r->id[r->n] = (uint64_t)id;
    }
done:
    bounds_free(&b);
    if (e->code) dorg_regions_free(r);
    return e->code;
}

static struct dorg_box both(const struct dorg_box *p, const struct dorg_box *q)
{
    int32_t x = p->x < q->x ? p->x : q->x, y = p->y < q->y ? p->y : q->y;
    int32_t px = p->x + p->nx, qx = q->x + q->nx, py = p->y + p->ny, qy = q->y + q->ny;
    return (struct dorg_box){x, y, p->z, (px > qx ? px : qx) - x, (py > qy ? py : qy) - y};
}

/* Class of a pair: 0 inside, 1 outside, 2 border. */
static int pair_label(uint8_t *label, const struct dorg_tab *t, int truth, double a, double b,
                      struct dorg_err *e)
{
    const double end[2] = {a, b};
    uint8_t in[2];
    *label = DORG_LABEL_UNKNOWN;
    for (int i = 0; t && i < 2; i++) {
        size_t row = dorg_tab_find(t, end[i]);
        if (row == t->n_rows)
            return dorg_fail(e, DORG_EDATA, "the table has no superpixel %.17g of the pairs",
                             end[i]);
        if (truth_of(&in[i], t, row, truth, e)) return e->code;
    }
    if (t && truth >= 0) *label = in[0] != in[1] ? 2 : in[0] ? 0 : 1;
    return 0;
}

int dorg_regions_pairs(struct dorg_regions *r, const struct dorg_vol *labels,
                       const struct dorg_tab *edges, const struct dorg_tab *t,
                       struct dorg_err *e)
{
    struct bounds bounds = {0};
    int a = dorg_tab_need(edges, "a", e), b = dorg_tab_need(edges, "b", e);
    int truth = t ? dorg_tab_col(t, "truth") : -1;
    *r = DORG_REGIONS_INIT;
    if (e->code || make_room(r, edges->n_rows, e) || measure(&bounds, labels, e)) goto done;
    for (; r->n < edges->n_rows; r->n++) {
        const double *row = edges->v + r->n * (size_t)edges->n_cols;
        struct dorg_box p, q;
        if (find(&p, &bounds, row[a], e) || find(&q, &bounds, row[b], e)) goto done;
        if (p.z != q.z) {
            dorg_fail(e, DORG_EDATA, "superpixels %g and %g of a pair lie on slices %d and %d",
                      row[a], row[b], p.z, q.z);
            goto done;
        }
        r->box[r->n] = both(&p, &q);
        r->id[r->n] = (uint64_t)row[a];
        r->id2[r->n] = (uint64_t)row[b];
        if (pair_label(&r->label[r->n], t, truth, row[a], row[b], e)) goto done;
    }
done:
    bounds_free(&bounds);
    if (e->code) dorg_regions_free(r);
    return e->code;
}

static bool unclear(const struct dorg_tab *t, int col, uint64_t id, const double range[2])
{
    size_t row = id ? dorg_tab_find(t, (double)id) : t->n_rows;
    if (row == t->n_rows) return false;
    double f = t->v[row * (size_t)t->n_cols + (size_t)col];
    return f > range[0] && f < range[1];
}

static void squeeze(struct dorg_regions *r, const uint8_t *keep)
{
    size_t m = 0;
    for (size_t i = 0; i < r->n; i++) {
        if (!keep[i]) continue;
        r->box[m] = r->box[i];
        r->id[m] = r->id[i];
        r->id2[m] = r->id2[i];
        r->label[m++] = r->label[i];
    }
    r->n = m;
}

int dorg_regions_select(struct dorg_regions *r, const struct dorg_tab *t,
                        const struct dorg_region *p, struct dorg_err *e)
{
    uint8_t *keep = dorg_array(r->n, 1, e);
    uint64_t *item = dorg_array(r->n, sizeof *item, e);
    if (!keep || !item) goto done;
    if (p->ambiguous[0] < p->ambiguous[1]) {
        int col = dorg_tab_need(t, "coverage", e);
        if (col < 0) goto done;
        for (size_t i = 0; i < r->n; i++)
            keep[i] = !unclear(t, col, r->id[i], p->ambiguous) &&
                      !unclear(t, col, r->id2[i], p->ambiguous);
        squeeze(r, keep);
    }
    for (size_t i = 0; i < r->n; i++) /* ids are below 2^31: a pair has a number of its own */
        item[i] = r->id[i] | r->id2[i] << 32;
    if (dorg_sample_choose(keep, r->label, item, r->n, &p->choice, e)) goto done;
    squeeze(r, keep);
done:
    free(keep);
    free(item);
    return e->code;
}
