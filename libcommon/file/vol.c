/* vol.c - volumes in memory: making, comparing, naming, dropping */
#include "vol.h"
#include "../base/mem.h"

bool dorg_grid_box(int32_t lo[3], int32_t hi[3], const struct dorg_grid *g,
                   const uint8_t *mask)
{
    const int32_t nx = g->n[0];
    for (int a = 0; a < 3; a++) {
        lo[a] = g->n[a];
        hi[a] = -1;
    }
    for (int32_t z = 0; z < g->n[2]; z++)
        for (int32_t y = 0; y < g->n[1]; y++, mask += nx) {
            int32_t first = 0, last = nx - 1;
            while (first < nx && !mask[first])
                first++;
            if (first == nx) continue;
            while (!mask[last])
                last--;
            lo[0] = first < lo[0] ? first : lo[0];
            hi[0] = last > hi[0] ? last : hi[0];
            lo[1] = y < lo[1] ? y : lo[1];
            hi[1] = y > hi[1] ? y : hi[1];
            lo[2] = z < lo[2] ? z : lo[2];
            hi[2] = z;
        }
    return hi[2] >= 0;
}

size_t dorg_type_size(enum dorg_type t)
{
    return t == DORG_U8 ? 1 : t == DORG_I16 ? 2 : t == DORG_F64 ? 8 : 4;
}

size_t dorg_grid_count(const struct dorg_grid *g)
{
    return dorg_voxels(g->n);
}

int dorg_vol_like(struct dorg_vol *v, const struct dorg_vol *model, enum dorg_type type,
                  struct dorg_err *e)
{
    struct dorg_vol r = {.grid = model->grid, .type = type};
    if (type == DORG_U8 || type == DORG_I32)
        r.intent = DORG_INTENT_LABELS;
    else if (type == DORG_F32 && model->intent == DORG_INTENT_MAP)
        r.intent = DORG_INTENT_MAP;
    *v = DORG_VOL_INIT;
    if (!(r.data = dorg_zeroed(dorg_grid_count(&r.grid), dorg_type_size(type), e)))
        return e->code;
    if (model->history && !(r.history = dorg_strdup(model->history, e))) {
        free(r.data);
        return e->code;
    }
    *v = r;
    return 0;
}

int dorg_vol_new(struct dorg_vol *v, const int32_t n[3], const float mm[3],
                 enum dorg_type type, struct dorg_err *e)
{
    struct dorg_vol model = DORG_VOL_INIT;
    struct dorg_grid *g = &model.grid;
    struct dorg_stored *s = &g->stored;
    for (int a = 0; a < 3; a++) {
        g->n[a] = n[a];
        g->mm[a] = mm[a];
        g->to_mm[a][a] = mm[a];
        s->axis[a] = (int8_t)a;
        s->pixdim[a + 1] = mm[a];
        s->srow[a][a] = mm[a];
    }
    s->pixdim[0] = 1;
    s->sform_code = 1;
    s->qform_code = 1;
    s->units = 2;
    return dorg_vol_like(v, &model, type, e);
}

void dorg_vol_free(struct dorg_vol *v)
{
    if (!v) return;
    free(v->data);
    free(v->history);
    *v = DORG_VOL_INIT;
}

static void corner_mm(double mm[3], const struct dorg_grid *g, int corner)
{
    for (int r = 0; r < 3; r++) {
        mm[r] = g->to_mm[r][3];
        for (int a = 0; a < 3; a++)
            if (corner >> a & 1) mm[r] += (double)g->to_mm[r][a] * (g->n[a] - 1);
    }
}

int dorg_grid_same(const struct dorg_grid *a, const struct dorg_grid *b, struct dorg_err *e)
{
    return dorg_grid_within(a, b, 0.01, e);
}

int dorg_grid_within(const struct dorg_grid *a, const struct dorg_grid *b, double tolerance_mm,
                     struct dorg_err *e)
{
    if (memcmp(a->n, b->n, sizeof a->n) != 0)
        return dorg_fail(e, DORG_EDATA,
                         "the grids differ: %d x %d x %d and %d x %d x %d voxels", a->n[0],
                         a->n[1], a->n[2], b->n[0], b->n[1], b->n[2]);
    for (int c = 0; c < 8; c++) {
        double p[3], q[3];
        corner_mm(p, a, c);
        corner_mm(q, b, c);
        double d = sqrt((p[0] - q[0]) * (p[0] - q[0]) + (p[1] - q[1]) * (p[1] - q[1]) +
                        (p[2] - q[2]) * (p[2] - q[2]));
        if (!(d <= tolerance_mm))
            return dorg_fail(
                e, DORG_EDATA,
                "the grids differ: corner %d lies at (%.3f, %.3f, %.3f) mm and at "
                "(%.3f, %.3f, %.3f) mm",
                c, p[0], p[1], p[2], q[0], q[1], q[2]);
    }
    return 0;
}

int dorg_grid_square(const struct dorg_grid *g, struct dorg_err *e)
{
    for (int a = 0; a < 3; a++) {
        int b = (a + 1) % 3;
        double dot = 0;
        for (int r = 0; r < 3; r++)
            dot += (double)g->to_mm[r][a] * (double)g->to_mm[r][b];
        double c = dot / ((double)g->mm[a] * (double)g->mm[b]);
        if (!(fabs(c) <= 1e-3))
            return dorg_fail(e, DORG_EDATA,
                             "a sheared grid: its axes %c and %c meet at %.2f degrees, and "
                             "distances need right angles (resample it, as c3d -resample or "
                             "dcm2niix do with a tilted gantry)",
                             'x' + (a < b ? a : b), 'x' + (a < b ? b : a),
                             acos(fmin(1, fabs(c))) * 180 / M_PI);
    }
    return 0;
}

double dorg_grid_voxel_ml(const struct dorg_grid *g)
{
    struct dorg_err sheared = DORG_ERR_INIT;
    double mm3 = (double)g->mm[0] * (double)g->mm[1] * (double)g->mm[2];
    if (dorg_grid_square(g, &sheared)) {
        mm3 = 0;
        for (int r = 0; r < 3; r++) {
            int s = (r + 1) % 3, t = (r + 2) % 3;
            mm3 += (double)g->to_mm[r][0] * ((double)g->to_mm[s][1] * (double)g->to_mm[t][2] -
                                             (double)g->to_mm[t][1] * (double)g->to_mm[s][2]);
        }
    }
    return fabs(mm3) / 1000;
}

uint64_t dorg_vol_key(const struct dorg_vol *v)
{
    enum { BLOCK = 4096 };
    float block[BLOCK];
    size_t n = dorg_grid_count(&v->grid);
    uint32_t crc = 0;
    for (size_t i = 0; i < n; i += BLOCK) {
        size_t k = n - i < BLOCK ? n - i : BLOCK;
        for (size_t j = 0; j < k; j++)
            block[j] = (float)dorg_vol_at(v, i + j) + 0.0f; /* -0 becomes +0 */
        crc = dorg_crc32(crc, block, k * sizeof *block);
    }
    const uint32_t word[4] = {(uint32_t)v->grid.n[0], (uint32_t)v->grid.n[1],
                              (uint32_t)v->grid.n[2], crc};
    uint64_t h = dorg_fnv(DORG_FNV, word, sizeof word);
    return h ? h : 1;
}

int dorg_lines_add(struct dorg_lines *l, const char *line, size_t n, struct dorg_err *e)
{
    if (l->n + n + 1 > DORG_HISTORY_MAX)
        return dorg_fail(e, DORG_EDATA, "a history of more than %d bytes", DORG_HISTORY_MAX);
    if (l->n + n + 2 > l->cap) {
        size_t cap = 2 * l->cap + n + 256;
        if (dorg_resize(&l->text, cap, 1, e)) return e->code;
        l->cap = cap;
    }
    memcpy(l->text + l->n, line, n);
    memcpy(l->text + l->n + n, "\n", 2);
    l->n += n + 1;
    return 0;
}

/* One line of two histories: where it stands, and where it comes in the order of lines. */
struct line {
    const char *at;
    size_t n, order;
    bool drop;
};

static int by_text(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    int d = memcmp(x->at, y->at, x->n < y->n ? x->n : y->n);
    if (d) return d;
    if (x->n != y->n) return x->n < y->n ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static int by_order(const void *a, const void *b)
{
    size_t x = ((const struct line *)a)->order, y = ((const struct line *)b)->order;
    return (x > y) - (x < y);
}

static int split(struct line **l, size_t *n, size_t *cap, const char *text, struct dorg_err *e)
{
    while (text && *text) {
        size_t k = strcspn(text, "\n");
        if (dorg_grow(l, *n, cap, sizeof **l, e)) return e->code;
        (*l)[*n] = (struct line){text, k, *n, false};
        ++*n;
        text += k + (text[k] == '\n');
    }
    return 0;
}

int dorg_history_add(char **h, const char *more, struct dorg_err *e)
{
    struct line *l = NULL;
    struct dorg_lines all = {0};
    size_t n = 0, cap = 0, had;
    if (!more || !*more) return 0;
    if (split(&l, &n, &cap, *h, e)) goto done;
    had = n;
    if (split(&l, &n, &cap, more, e)) goto done;
    qsort(l, n, sizeof *l, by_text);
    for (size_t i = 0; i < n; i++)
        l[i].drop = l[i].order >= had &&
                    (l[i].n == 0 ||
                     (i && l[i - 1].n == l[i].n && memcmp(l[i - 1].at, l[i].at, l[i].n) == 0));
    qsort(l, n, sizeof *l, by_order);
    for (size_t i = 0; i < n && !e->code; i++)
        if (!l[i].drop) dorg_lines_add(&all, l[i].at, l[i].n, e);
done:
    free(l);
    if (e->code || !all.text) {
        free(all.text);
        return e->code;
    }
    free(*h);
    *h = all.text;
    return 0;
}

int dorg_history_stage(char **h, const char *stage, struct dorg_err *e)
{
    size_t had = *h ? strlen(*h) : 0;
    struct dorg_lines l = {*h, had, *h ? had + 1 : 0};
    if (!stage) return 0;
    dorg_lines_add(&l, stage, strlen(stage), e);
    *h = l.text;
    return e->code;
}
