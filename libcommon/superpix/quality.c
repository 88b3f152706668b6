/* quality.c - how good are superpixels? */
#include "quality.h"

#include "../base/ids.h"
#include "../base/mem.h"
#include "truth.h"

struct shape { /* one superpixel, beside its struct dorg_truth_overlap */
    int64_t grey, sides;
};

struct sums { /* one slice; they add up */
    int64_t n, voxels, truth, edge, found, mixed;
    double grey, grey2, between, compact; /* between: sum of grey_j^2 / area_j */
};

struct score {
    const int32_t *label;
    const uint8_t *truth, *grey; /* grey may be NULL */
    int32_t n[3];
    int tolerance;
    struct dorg_truth sp;
    struct dorg_ids map;
    struct shape *shape; /* owned: one a superpixel */
    struct sums *slice;  /* owned: one a slice */
};

/* Does pixel (x, y) of the slice differ from a 4-neighbour in label (or truth)? */
static bool on_edge(const struct score *s, size_t base, int32_t x, int32_t y, bool of_truth)
{
    static const int dx[4] = {1, -1, 0, 0}, dy[4] = {0, 0, 1, -1};
    size_t i = base + dorg_pixel(s->n[0], x, y);
    for (int d = 0; d < 4; d++) {
        int32_t u = x + dx[d], v = y + dy[d];
        if (u < 0 || v < 0 || u >= s->n[0] || v >= s->n[1]) continue;
        size_t j = base + dorg_pixel(s->n[0], u, v);
        if (of_truth ? !s->truth[i] != !s->truth[j] : s->label[i] != s->label[j]) return true;
    }
    return false;
}

static bool edge_near(const struct score *s, size_t base, int32_t x, int32_t y)
{
    int r = s->tolerance;
    for (int32_t v = y - r; v <= y + r; v++)
        for (int32_t u = x - r; u <= x + r; u++)
            if (u >= 0 && v >= 0 && u < s->n[0] && v < s->n[1] &&
                on_edge(s, base, u, v, false))
                return true;
    return false;
}

/* Pixel sides of (x, y) to another superpixel or the end of the slice. */
static int sides(const struct score *s, size_t i, int32_t x, int32_t y)
{
    size_t nx = (size_t)s->n[0];
    const int32_t *l = s->label;
    return (x == 0 || l[i - 1] != l[i]) + (x + 1 == s->n[0] || l[i + 1] != l[i]) +
           (y == 0 || l[i - nx] != l[i]) + (y + 1 == s->n[1] || l[i + nx] != l[i]);
}

static int tally_slice(struct score *s, int32_t z, struct dorg_err *e)
{
    size_t base = dorg_at(s->n, 0, 0, z), i = base;
    struct sums *t = &s->slice[z];
    for (int32_t y = 0; y < s->n[1]; y++)
        for (int32_t x = 0; x < s->n[0]; x++, i++) {
            t->truth += s->truth[i] != 0;
            if (on_edge(s, base, x, y, true)) {
                t->edge++;
                t->found += edge_near(s, base, x, y);
            }
            if (s->label[i] == 0) continue;
            size_t k = dorg_ids_at(&s->map, s->label[i]);
            if (s->sp.sp[k].z != z)
                return dorg_fail(e, DORG_EDATA, "superpixel %d lies in slices %d and %d",
                                 s->label[i], s->sp.sp[k].z, z);
            s->shape[k].sides += sides(s, i, x, y);
            t->voxels++;
            if (!s->grey) continue;
            s->shape[k].grey += s->grey[i];
            t->grey += s->grey[i];
            t->grey2 += (double)s->grey[i] * s->grey[i];
        }
    return 0;
}

static void tally_superpixels(struct score *s)
{
    for (size_t k = 0; k < s->sp.n; k++) {
        const struct dorg_truth_overlap *o = &s->sp.sp[k];
        struct sums *t = &s->slice[o->z];
        double area = (double)o->area, g = (double)s->shape[k].grey;
        double p = (double)s->shape[k].sides;
        int64_t outside = o->area - o->inside;
        t->n++;
        t->mixed += o->inside < outside ? o->inside : outside;
        t->between += g * g / area;
        t->compact += area * 4 * M_PI * area / (p * p);
    }
}

static void add(struct sums *a, const struct sums *b)
{
    a->n += b->n;
    a->voxels += b->voxels;
    a->truth += b->truth;
    a->edge += b->edge;
    a->found += b->found;
    a->mixed += b->mixed;
    a->grey += b->grey;
    a->grey2 += b->grey2;
    a->between += b->between;
    a->compact += b->compact;
}

/* One row: id, z (or slices), then the measures. */
static int add_row(struct dorg_tab *t, double id, double z, const struct sums *m,
                   const struct dorg_truth *sp, bool grey, struct dorg_err *e)
{
    double opt, *row, n = (double)m->voxels;
    if (dorg_truth_optimum(&opt, sp, e) || dorg_tab_append(t, &row, e)) return e->code;
    const double v[] = {id,
                        z,
                        (double)m->n,
                        n,
                        (double)m->truth,
                        opt,
                        m->edge ? (double)m->found / (double)m->edge : 1,
                        2 * (double)m->mixed / n,
                        1 - (double)m->mixed / n,
                        m->compact / n};
    memcpy(row, v, sizeof v);
    double mean = m->grey * m->grey / n, all = m->grey2 - mean;
    if (grey) row[10] = all > 0 ? (m->between - mean) / all : 1;
    return 0;
}

static int by_z(const void *pa, const void *pb)
{
    const struct dorg_truth_overlap *a = pa, *b = pb;
    return a->z != b->z ? (a->z > b->z) - (a->z < b->z) : (a->id > b->id) - (a->id < b->id);
}

static int report(struct dorg_tab *t, struct score *s, bool by_slice, struct dorg_err *e)
{
    struct sums all = {0};
    int scored = 0;
    for (int32_t z = 0; z < s->n[2]; z++)
        add(&all, &s->slice[z]);
    if (all.truth == 0) return dorg_fail(e, DORG_EDATA, "the truth is empty");
    if (all.voxels == 0) return dorg_fail(e, DORG_EDATA, "no voxel has a superpixel");
    qsort(s->sp.sp, s->sp.n, sizeof *s->sp.sp, by_z);
    struct dorg_truth one = {.sp = s->sp.sp};
    for (int32_t z = 0; z < s->n[2]; z++) {
        const struct sums *m = &s->slice[z];
        one.n = (size_t)m->n;
        one.truth_voxels = m->truth;
        scored += m->truth > 0;
        if (by_slice && m->truth > 0 && m->voxels > 0 &&
            add_row(t, z + 1, z, m, &one, s->grey != NULL, e))
            return e->code;
        one.sp += one.n;
    }
    return by_slice ? 0 : add_row(t, 1, scored, &all, &s->sp, s->grey != NULL, e);
}

int dorg_quality(struct dorg_tab *t, const struct dorg_vol *labels,
                 const struct dorg_vol *truth, const struct dorg_vol *grey, int tolerance,
                 bool by_slice, struct dorg_err *e)
{
    const char *names[] = {"id",          by_slice ? "z" : "slices",
                           "superpixels", "voxels",
                           "truth",       "opt_dsc",
                           "recall",      "under",
                           "asa",         "compact",
                           "explained"};
    struct score s = {.label = labels->data, .truth = truth->data, .tolerance = tolerance};
    memcpy(s.n, labels->grid.n, sizeof s.n);
    if (grey) {
        s.grey = grey->data;
        if (dorg_grid_same(&labels->grid, &grey->grid, e)) return e->code;
    }
    if (dorg_truth_count(&s.sp, labels, truth, e)) goto done;
    if (dorg_ids_make(&s.map, labels->data, dorg_grid_count(&labels->grid), e)) goto done;
    s.shape = dorg_zeroed(s.sp.n, sizeof *s.shape, e);
    s.slice = dorg_zeroed((size_t)s.n[2], sizeof *s.slice, e);
    if (e->code || dorg_tab_new(t, names, grey ? 11 : 10, e)) goto done;
    for (int32_t z = 0; z < s.n[2]; z++)
        if (tally_slice(&s, z, e)) goto done;
    tally_superpixels(&s);
    report(t, &s, by_slice, e);
done:
    dorg_truth_free(&s.sp);
    dorg_ids_free(&s.map);
    free(s.shape);
    free(s.slice);
    return e->code;
}
