/* region.c - boxes at several scales, cut and written */
#include "region.h"
#include "../base/ids.h"
#include "../base/mem.h"
#include "../file/rec.h"
#include "../file/pixels.h"

/* ---- the bounding boxes of superpixels, and which of them become examples ------------ */

struct bounds { /* of every id of a label volume */
    struct dorg_ids map;
    struct dorg_box *box; /* owned: nx = 0 while nothing is known */
};

static void bounds_free(struct bounds *b)
{
    dorg_ids_free(&b->map);
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
    if (dorg_ids_make(&b->map, labels->data, dorg_grid_count(&labels->grid), e))
        return e->code;
    if (!(b->box = dorg_zeroed(b->map.n, sizeof *b->box, e))) return e->code;
    for (int32_t z = 0; z < n[2]; z++)
        for (int32_t y = 0; y < n[1]; y++, row += n[0])
            for (int32_t x = 0, end; x < n[0]; x = end) {
                for (end = x + 1; end < n[0] && row[end] == row[x];)
                    end++;
                if (!row[x]) continue;
                struct dorg_box *box = &b->box[dorg_ids_at(&b->map, row[x])];
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
    if (id >= 1 && id <= INT32_MAX && id == floor(id)) i = dorg_ids_find(&b->map, (int64_t)id);
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
    double x = dorg_tab_row(t, row)[col];
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
        double id = dorg_tab_row(t, r->n)[0];
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
        const double *row = dorg_tab_row(edges, r->n);
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
    double f = dorg_tab_row(t, row)[col];
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

/* ---- cutting ------------------------------------------------------------------------- */

enum { BLOCK = 256 }; /* examples cut at a time */

int dorg_region_scales(struct dorg_region *p, const double *v, int n, struct dorg_err *e)
{
    if (n < 1 || n > DORG_MAX_SCALES)
        return dorg_fail(e, DORG_EUSAGE, "%d scales; expected 1 to %d", n, DORG_MAX_SCALES);
    if (2 * p->context > p->size / 2)
        return dorg_fail(e, DORG_EUSAGE, "--margin %d leaves less than half of --size %d",
                         p->context, p->size);
    for (int s = 0; s < n; s++)
        p->scale[s] = v[s];
    p->n_scales = n;
    return 0;
}

int dorg_region_ambiguous(struct dorg_region *p, const double *v, int n, struct dorg_err *e)
{
    p->ambiguous[0] = p->ambiguous[1] = 0;
    if (n == 0) return 0;
    if (n != 2 || !(v[0] < v[1]))
        return dorg_fail(e, DORG_EUSAGE,
                         "--ambiguous takes two numbers, lo,hi, with lo below hi");
    p->ambiguous[0] = v[0];
    p->ambiguous[1] = v[1];
    return 0;
}

/* One axis: a box of n pixels at lo, around the same centre at another size. */
static void zoom_axis(int32_t *lo, int32_t *n, double factor, int min_side)
{
    int32_t side = *n < min_side ? min_side : *n;
    side = (int32_t)floor(side * factor + 0.5);
    side = side < 1 ? 1 : side;
    int32_t grown = side - *n;
    *lo -= grown >= 0 ? (grown + 1) / 2 : -(-grown / 2); /* lo + floor((n - side) / 2) */
    *n = side;
}

struct dorg_box dorg_region_zoom(const struct dorg_box *b, double scale,
                                 const struct dorg_region *p)
{
    struct dorg_box z = *b;
    double factor = scale * p->size / (p->size - 2 * p->context);
    zoom_axis(&z.x, &z.nx, factor, p->min_side);
    zoom_axis(&z.y, &z.ny, factor, p->min_side);
    return z;
}

void dorg_region_boxes(struct dorg_box *to, const struct dorg_region_view *v)
{
    size_t scales = (size_t)v->p->n_scales;
    for (size_t i = 0; i < v->r->n * scales; i++)
        to[i] = dorg_region_zoom(&v->r->box[i / scales], v->p->scale[i % scales], v->p);
}

int dorg_region_cut(uint8_t *dst, const struct dorg_region_view *v, size_t first, size_t n,
                    struct dorg_err *e)
{
    const struct dorg_region *p = v->p;
    struct dorg_box box[BLOCK];
    size_t area = dorg_pixel(p->size, 0, p->size), scales = (size_t)p->n_scales;
    struct dorg_warp2d w = {p->size, area * (v->map ? 2 : 1)};
    for (size_t i = 0; i < n; i += BLOCK, dst += BLOCK * w.stride) {
        size_t m = n - i < BLOCK ? n - i : BLOCK;
        for (size_t j = 0; j < m; j++) {
            size_t at = first + i + j;
            box[j] = dorg_region_zoom(&v->r->box[at / scales], p->scale[at % scales], p);
        }
        if (v->k->warp2d(dst, v->ct->data, v->ct->grid.n, box, m, &w, p->jobs, e))
            return e->code;
        if (v->map &&
            v->k->warp2d(dst + area, v->map->data, v->map->grid.n, box, m, &w, p->jobs, e))
            return e->code;
    }
    return 0;
}

int dorg_region_write(struct dorg_out *o, const struct dorg_region_view *v, bool pairs,
                      const char *history, const char *stage, struct dorg_err *e)
{
    const struct dorg_regions *r = v->r;
    struct dorg_rec_writer w;
    uint32_t side = (uint32_t)v->p->size;
    struct dorg_rec_shape shape = {
        pairs ? DORG_REC_PAIR : DORG_REC_REGION, v->map ? 2 : 1, side, side, {0}, 0, {0}};
    memcpy(shape.window_hu, v->p->window_hu, sizeof shape.window_hu);
    size_t one = dorg_rec_pixels(&shape), scales = (size_t)v->p->n_scales;
    size_t total = r->n * scales;
    uint8_t *pixels = dorg_array(one, BLOCK, e);
    if (!pixels || dorg_rec_begin(&w, o, &shape, history, stage, e)) goto done;
    for (size_t i = 0; i < total; i += BLOCK) {
        size_t m = total - i < BLOCK ? total - i : BLOCK;
        if (dorg_region_cut(pixels, v, i, m, e)) goto done;
        for (size_t j = 0; j < m; j++) {
            size_t item = (i + j) / scales;
            struct dorg_rec rec = {.id = r->id[item],
                                   .id2 = r->id2[item],
                                   .slice = (uint32_t)r->box[item].z,
                                   .scale = (uint32_t)((i + j) % scales),
                                   .label = r->label[item]};
            if (dorg_rec_put(&w, &rec, pixels + j * one, e)) goto done;
        }
    }
    dorg_rec_end(&w, e);
done:
    free(pixels);
    return e->code;
}

/* ---- one case: from what was loaded to what examples are cut from -------------------- */

int dorg_region_case_boxes(struct dorg_region_case *c, struct dorg_err *e)
{
    const struct dorg_tab *t = c->tab.n_cols ? &c->tab : NULL;
    if (c->edges.n_cols)
        dorg_regions_pairs(&c->regions, &c->labels, &c->edges, t, e);
    else
        dorg_regions_rows(&c->regions, &c->labels, &c->tab, e);
    free(c->labels.data);
    c->labels.data = NULL;
    return e->code;
}

static int of_scan(const struct dorg_tab *t, uint64_t key, struct dorg_err *e)
{
    if (!t->key || t->key == key) return 0;
    return dorg_fail(
        e, DORG_EDATA,
        "the table was made from another scan: its key is %016llx, the CT's %016llx",
        (unsigned long long)t->key, (unsigned long long)key);
}

int dorg_region_case_pixels(struct dorg_region_case *c, const float window_hu[2],
                            struct dorg_err *e)
{
    if (dorg_grid_same(&c->ct.grid, &c->labels.grid, e)) return e->code;
    if (c->map.data && dorg_grid_same(&c->ct.grid, &c->map.grid, e)) return e->code;
    uint64_t key = c->tab.key || c->edges.key ? dorg_vol_key(&c->ct) : 0;
    if (of_scan(&c->tab, key, e) || of_scan(&c->edges, key, e)) return e->code;
    if (dorg_pixels_ct_vol(&c->ct, window_hu, e)) return e->code;
    return c->map.data ? dorg_pixels_map_vol(&c->map, e) : 0;
}

int dorg_region_case_history(char **h, const struct dorg_region_case *c, struct dorg_err *e)
{
    *h = NULL;
    dorg_history_add(h, c->ct.history, e);
    dorg_history_add(h, c->tab.history, e);
    dorg_history_add(h, c->edges.history, e);
    return dorg_history_add(h, c->map.history, e);
}

struct dorg_region_view dorg_region_case_view(const struct dorg_region_case *c,
                                              const struct dorg_region *p,
                                              const struct dorg_kernels *k)
{
    return (struct dorg_region_view){p, &c->regions, &c->ct, c->map.data ? &c->map : NULL, k};
}

void dorg_region_case_free(struct dorg_region_case *c)
{
    dorg_vol_free(&c->ct);
    dorg_vol_free(&c->map);
    dorg_vol_free(&c->labels);
    dorg_tab_free(&c->tab);
    dorg_tab_free(&c->edges);
    dorg_regions_free(&c->regions);
}
