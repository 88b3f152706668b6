/* overlap.c - counting, bounding and cropping labels */
#include "overlap.h"
#include "../base/mem.h"
#include "../base/par.h"

struct count {
    const struct dorg_vol *pred, *ref;
    struct dorg_shared *part; /* [nz][n]: one set of counts a slice */
    size_t n;
    uint16_t *slot; /* label -> 1 + index, 0 if not asked for; NULL: any */
};

static int32_t value(const struct dorg_vol *v, size_t i)
{
    return v->type == DORG_U8 ? ((const uint8_t *)v->data)[i] : ((const int32_t *)v->data)[i];
}

static void stretch(struct dorg_shared *o, int32_t x, int32_t y, int32_t z)
{
    const int32_t at[3] = {x, y, z};
    for (int a = 0; a < 3; a++) {
        if (at[a] < o->lo[a]) o->lo[a] = at[a];
        if (at[a] > o->hi[a]) o->hi[a] = at[a];
    }
}

static struct dorg_shared *find(const struct count *c, struct dorg_shared *part, int32_t v)
{
    if (v == 0) return NULL;
    if (!c->slot) return part;
    if (v < 0 || v > DORG_LABEL_MAX || c->slot[v] == 0) return NULL;
    return part + c->slot[v] - 1;
}

/* True when the eight voxels from i on are 0 in both. */
static bool eight_zeros(const struct count *c, size_t i)
{
    uint64_t w = 0;
    for (int s = 0; s < 2; s++) {
        const struct dorg_vol *v = s ? c->pred : c->ref;
        uint64_t q[4] = {0};
        if (v->type == DORG_U8)
            memcpy(q, (const uint8_t *)v->data + i, 8);
        else
            memcpy(q, (const int32_t *)v->data + i, 32);
        w |= q[0] | q[1] | q[2] | q[3];
    }
    return w == 0;
}

static void count_voxel(const struct count *c, struct dorg_shared *part, size_t i, int32_t x,
                        int32_t y, int32_t z)
{
    int32_t r = value(c->ref, i), p = value(c->pred, i);
    struct dorg_shared *of_r = find(c, part, r), *of_p = find(c, part, p);
    if (of_r) {
        of_r->n_ref++;
        stretch(of_r, x, y, z);
    }
    if (of_p) {
        of_p->n_pred++;
        stretch(of_p, x, y, z);
    }
    if (of_r && of_r == of_p) of_r->tp++;
}

/* One label: 64 voxels at a time. */
static void count_words(const struct count *c, struct dorg_shared *o, int32_t z)
{
    const int32_t *n = c->ref->grid.n;
    size_t i = dorg_at(n, 0, 0, z);
    for (int32_t y = 0; y < n[1]; y++)
        for (int32_t x = 0; x < n[0]; x += 64) {
            int32_t k = n[0] - x < 64 ? n[0] - x : 64;
            uint64_t r = dorg_bits_of(c->ref, i, k, o->label);
            uint64_t p = dorg_bits_of(c->pred, i, k, o->label);
            i += (size_t)k;
            if (!(r | p)) continue;
            o->n_ref += (uint64_t)__builtin_popcountll(r);
            o->n_pred += (uint64_t)__builtin_popcountll(p);
            o->tp += (uint64_t)__builtin_popcountll(r & p);
            stretch(o, x + __builtin_ctzll(r | p), y, z);
            stretch(o, x + 63 - __builtin_clzll(r | p), y, z);
        }
}

static int count_slice(void *ctx, size_t z, size_t worker, struct dorg_err *e)
{
    (void)worker, (void)e;
    const struct count *c = ctx;
    const int32_t *n = c->ref->grid.n;
    struct dorg_shared *part = c->part + z * c->n;
    size_t i = z * dorg_area(n);
    if (c->n == 1) {
        count_words(c, part, (int32_t)z);
        return 0;
    }
    for (int32_t y = 0; y < n[1]; y++)
        for (int32_t x = 0; x < n[0];) {
            if (x + 8 <= n[0] && eight_zeros(c, i)) {
                x += 8;
                i += 8;
                continue;
            }
            int32_t stop = x + 8 <= n[0] ? x + 8 : n[0];
            for (; x < stop; x++, i++)
                count_voxel(c, part, i, x, y, (int32_t)z);
        }
    return 0;
}

static void empty(struct dorg_shared *o, int32_t label)
{
    *o = (struct dorg_shared){.label = label};
    for (int a = 0; a < 3; a++) {
        o->lo[a] = INT32_MAX;
        o->hi[a] = -1;
    }
}

static void merge(struct dorg_shared *o, const struct dorg_shared *p)
{
    o->n_ref += p->n_ref;
    o->n_pred += p->n_pred;
    o->tp += p->tp;
    if (p->hi[0] < 0) return;
    stretch(o, p->lo[0], p->lo[1], p->lo[2]);
    stretch(o, p->hi[0], p->hi[1], p->hi[2]);
}

static uint16_t *slots(const int32_t *label, size_t n, struct dorg_err *e)
{
    uint16_t *slot = dorg_zeroed(DORG_LABEL_MAX + 1, sizeof *slot, e);
    for (size_t i = 0; slot && i < n; i++) {
        if (label[i] >= 1 && label[i] <= DORG_LABEL_MAX && i < DORG_LABEL_MAX) {
            slot[label[i]] = (uint16_t)(i + 1);
            continue;
        }
        dorg_fail(e, DORG_EDATA, "label %d is not within 1 to %d", label[i], DORG_LABEL_MAX);
        free(slot);
        return NULL;
    }
    return slot;
}

int dorg_overlap(struct dorg_shared *o, const int32_t *label, size_t n,
                 const struct dorg_vol *pred, const struct dorg_vol *ref, int jobs,
                 struct dorg_err *e)
{
    size_t nz = (size_t)ref->grid.n[2];
    struct count c = {.pred = pred, .ref = ref, .n = n};
    bool any = n == 1 && label[0] == DORG_LABEL_ANY;
    if (!any && !(c.slot = slots(label, n, e))) return e->code;
    if (!(c.part = dorg_array(nz, n * sizeof *c.part, e))) goto done;
    for (size_t i = 0; i < nz * n; i++)
        empty(c.part + i, label[i % n]);
    if (dorg_par(nz, jobs, count_slice, &c, e)) goto done;
    for (size_t i = 0; i < n; i++) {
        empty(o + i, label[i]);
        for (size_t z = 0; z < nz; z++)
            merge(o + i, c.part + z * n + i);
    }
done:
    free(c.part);
    free(c.slot);
    return e->code;
}

int dorg_overlap_labels(int32_t **label, size_t *n, const struct dorg_vol *pred,
                        const struct dorg_vol *ref, struct dorg_err *e)
{
    uint8_t *seen = dorg_zeroed(DORG_LABEL_MAX + 1, 1, e);
    *label = NULL;
    *n = 0;
    if (!seen) return e->code;
    for (size_t i = 0, all = dorg_grid_count(&ref->grid); i < all && !e->code; i++)
        for (int s = 0; s < 2; s++) {
            int32_t v = value(s ? pred : ref, i);
            if (v < 0 || v > DORG_LABEL_MAX)
                dorg_fail(e, DORG_EDATA, "label %d is not within 0 to %d", v, DORG_LABEL_MAX);
            else
                seen[v] = 1;
        }
    for (int v = 1; v <= DORG_LABEL_MAX; v++)
        *n += seen[v];
    if (!e->code && (*label = dorg_array(*n, sizeof **label, e)))
        for (int v = 1, k = 0; v <= DORG_LABEL_MAX; v++)
            if (seen[v]) (*label)[k++] = v;
    free(seen);
    return e->code;
}

struct cropping {
    struct dorg_bits *b;
    const struct dorg_shared *o;
    const struct dorg_vol *of[2];
};

static int crop_slice(void *ctx, size_t z, size_t worker, struct dorg_err *e)
{
    (void)worker, (void)e;
    const struct cropping *c = ctx;
    const int32_t *n = c->of[0]->grid.n, *lo = c->o->lo;
    size_t to = z * c->b->words * (size_t)c->b->n[1];
    for (int32_t y = 0; y < c->b->n[1]; y++) {
        size_t i = dorg_at(n, lo[0], lo[1] + y, lo[2] + (int32_t)z);
        for (int32_t rest = c->b->n[0]; rest > 0; rest -= 64, i += 64, to++)
            for (int m = 0; m < 2; m++)
                c->b->bit[m][to] =
                    dorg_bits_of(c->of[m], i, rest < 64 ? rest : 64, c->o->label);
    }
    return 0;
}

/* Of a sheared grid: its columns as a triangle, x along x, y in the xy plane (Gram-Schmidt).
 */
static void take_tilt(double mm[3], double tilt[3], const struct dorg_grid *g)
{
    struct dorg_err none = DORG_ERR_INIT;
    double u[3][3], along[3][3] = {{0}};
    tilt[0] = tilt[1] = tilt[2] = 0;
    if (!dorg_grid_square(g, &none)) return;
    for (int c = 0; c < 3; c++) {
        for (int r = 0; r < 3; r++)
            u[c][r] = (double)g->to_mm[r][c];
        for (int b = 0; b < c; b++) {
            for (int r = 0; r < 3; r++)
                along[c][b] += u[b][r] * (double)g->to_mm[r][c] / (mm[b] * mm[b]);
            for (int r = 0; r < 3; r++)
                u[c][r] -= along[c][b] * u[b][r];
        }
        mm[c] = sqrt(u[c][0] * u[c][0] + u[c][1] * u[c][1] + u[c][2] * u[c][2]);
    }
    tilt[0] = along[1][0];
    tilt[1] = along[2][0];
    tilt[2] = along[2][1];
}

int dorg_overlap_box(struct dorg_bits *b, const struct dorg_shared *o,
                     const struct dorg_vol *pred, const struct dorg_vol *ref, int jobs,
                     struct dorg_err *e)
{
    struct cropping c = {b, o, {pred, ref}};
    int32_t n[3];
    double mm[3], tilt[3];
    for (int a = 0; a < 3; a++) {
        n[a] = o->hi[a] - o->lo[a] + 1;
        mm[a] = (double)ref->grid.mm[a];
    }
    take_tilt(mm, tilt, &ref->grid);
    if (dorg_bits_make(b, n, mm, e)) return e->code;
    memcpy(b->tilt, tilt, sizeof tilt);
    return dorg_par((size_t)n[2], jobs, crop_slice, &c, e);
}
