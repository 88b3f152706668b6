/* body.c - the largest component, by runs and union-find */
#include "body.h"
#include "../base/mem.h"
#include "../base/par.h"

#define BODY_HU (-500.0f)

struct run {
    int32_t lo, hi;  /* inclusive, along x */
    uint32_t parent; /* run number in the whole volume; a root points at itself */
    uint32_t size;   /* roots: voxels of the component */
};

struct slice_runs {
    struct run *run; /* owned; parent unset until merged */
    size_t n, cap;
    uint32_t *row; /* owned: [ny + 1], first run of each row */
};

struct work {
    const struct dorg_vol *ct;
    struct slice_runs *slice;
    uint8_t **mask; /* per worker: [ny][nx] */
};

/* Runs of one row of the eroded mask. */
static int row_runs(struct slice_runs *s, const uint8_t *up, const uint8_t *at,
                    const uint8_t *down, int32_t nx, struct dorg_err *e)
{
    for (int32_t x = 0; x < nx;) {
        int32_t lo = x;
        while (x < nx && at[x] && up[x] && down[x] && (x == 0 || at[x - 1]) &&
               (x == nx - 1 || at[x + 1]))
            x++;
        if (x > lo) {
            if (dorg_grow(&s->run, s->n, &s->cap, sizeof *s->run, e)) return e->code;
            s->run[s->n++] = (struct run){.lo = lo, .hi = x - 1};
        } else {
            x++;
        }
    }
    return 0;
}

static int slice_runs(void *ctx, size_t z, int worker, struct dorg_err *e)
{
    struct work *w = ctx;
    const int32_t nx = w->ct->grid.n[0], ny = w->ct->grid.n[1];
    const size_t plane = (size_t)nx * (size_t)ny;
    const float *hu = (const float *)w->ct->data + z * plane;
    struct slice_runs *s = &w->slice[z];
    uint8_t *m = w->mask[worker];
    for (size_t i = 0; i < plane; i++)
        m[i] = hu[i] > BODY_HU;
    if (!(s->row = dorg_array((size_t)ny + 1, sizeof *s->row, e))) return e->code;
    for (int32_t y = 0; y < ny; y++) {
        const uint8_t *at = m + (size_t)y * (size_t)nx;
        s->row[y] = (uint32_t)s->n;
        if (row_runs(s, y ? at - nx : at, at, y < ny - 1 ? at + nx : at, nx, e))
            return e->code;
    }
    s->row[ny] = (uint32_t)s->n;
    return 0;
}

static uint32_t root(struct run *r, uint32_t i)
{
    while (r[i].parent != i)
        i = r[i].parent = r[r[i].parent].parent;
    return i;
}

static void join(struct run *r, uint32_t i, uint32_t j)
{
    i = root(r, i);
    j = root(r, j);
    if (i == j) return;
    if (i > j) { /* the lower number stays, so the result is one of a kind */
        uint32_t t = i;
        i = j;
        j = t;
    }
    r[j].parent = i;
    r[i].size += r[j].size;
}

/* Join the overlapping runs of two rows, given as ranges of run numbers. */
static void join_rows(struct run *r, uint32_t a, uint32_t a_end, uint32_t b, uint32_t b_end)
{
    while (a < a_end && b < b_end) {
        if (r[a].lo <= r[b].hi && r[b].lo <= r[a].hi) join(r, a, b);
        if (r[a].hi < r[b].hi)
            a++;
        else
            b++;
    }
}

static void link_all(struct run *r, const struct slice_runs *s, const uint32_t *first,
                     int32_t ny, int32_t nz)
{
    for (int32_t z = 0; z < nz; z++)
        for (int32_t y = 0; y < ny; y++) {
            uint32_t at = first[z] + s[z].row[y], end = first[z] + s[z].row[y + 1];
            if (y) join_rows(r, first[z] + s[z].row[y - 1], at, at, end);
            if (z)
                join_rows(r, first[z - 1] + s[z - 1].row[y],
                          first[z - 1] + s[z - 1].row[y + 1], at, end);
        }
}

static int32_t lower(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static int32_t upper(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

/* Boxes of component `best`, grown by the eroded voxel within the image. */
static void boxes(struct dorg_body *b, struct run *r, const struct slice_runs *s,
                  const uint32_t *first, const int32_t n[3], uint32_t best)
{
    int32_t *lo = b->lo, *hi = b->hi;
    for (int a = 0; a < 3; a++) {
        lo[a] = n[a];
        hi[a] = -1;
    }
    for (int32_t z = 0; z < n[2]; z++) {
        int32_t *q = b->slice[z];
        q[0] = n[0];
        q[2] = n[1];
        q[1] = q[3] = -1;
        for (int32_t y = 0; y < n[1]; y++)
            for (uint32_t i = first[z] + s[z].row[y]; i < first[z] + s[z].row[y + 1]; i++) {
                if (root(r, i) != best) continue;
                q[0] = lower(q[0], upper(r[i].lo - 1, 0));
                q[1] = upper(q[1], lower(r[i].hi + 1, n[0] - 1));
                q[2] = lower(q[2], upper(y - 1, 0));
                q[3] = upper(q[3], lower(y + 1, n[1] - 1));
            }
        if (q[1] < 0) continue;
        for (int a = 0; a < 2; a++) {
            lo[a] = lower(lo[a], q[2 * a]);
            hi[a] = upper(hi[a], q[2 * a + 1]);
        }
        lo[2] = lower(lo[2], z);
        hi[2] = z;
    }
}

/* Slices without body get the whole box; so does a scan without any. */
static void fill_empty(struct dorg_body *b, const int32_t n[3])
{
    for (int a = 0; a < 3 && b->hi[2] < 0; a++) {
        b->lo[a] = 0;
        if (a < 2) b->hi[a] = n[a] - 1;
    }
    if (b->hi[2] < 0) b->hi[2] = n[2] - 1;
    for (int32_t z = 0; z < n[2]; z++) {
        int32_t *q = b->slice[z];
        if (q[1] >= 0) continue;
        q[0] = b->lo[0];
        q[1] = b->hi[0];
        q[2] = b->lo[1];
        q[3] = b->hi[1];
    }
}

/* All slices' runs as one array numbered through; first[z] is slice z's first. */
static struct run *gather(uint32_t *first, const struct slice_runs *s, int32_t nz,
                          uint32_t *n_runs, struct dorg_err *e)
{
    size_t n = 0;
    for (int32_t z = 0; z < nz; z++)
        n += s[z].n;
    if (n >= UINT32_MAX) {
        dorg_fail(e, DORG_EDATA, "more than 2^32 runs of body voxels");
        return NULL;
    }
    struct run *r = dorg_array(n, sizeof *r, e);
    if (!r) return NULL;
    n = 0;
    for (int32_t z = 0; z < nz; z++) {
        first[z] = (uint32_t)n;
        for (size_t i = 0; i < s[z].n; i++, n++) {
            r[n] = s[z].run[i];
            r[n].parent = (uint32_t)n;
            r[n].size = (uint32_t)(r[n].hi - r[n].lo + 1);
        }
    }
    *n_runs = (uint32_t)n;
    return r;
}

static int largest(struct dorg_body *b, const struct slice_runs *s, const int32_t n[3],
                   struct dorg_err *e)
{
    uint32_t n_runs = 0, best = 0;
    uint32_t *first = dorg_array((size_t)n[2], sizeof *first, e);
    struct run *r = first ? gather(first, s, n[2], &n_runs, e) : NULL;
    if (r) {
        link_all(r, s, first, n[1], n[2]);
        for (uint32_t i = 0; i < n_runs; i++)
            if (r[i].parent == i && r[i].size > r[best].size) best = i;
        boxes(b, r, s, first, n, best);
        fill_empty(b, n);
    }
    free(r);
    free(first);
    return e->code;
}

int dorg_body_find(struct dorg_body *b, const struct dorg_vol *ct, int jobs,
                   struct dorg_err *e)
{
    const int32_t *n = ct->grid.n;
    size_t nz = (size_t)n[2], team = jobs < 1 ? 1 : (size_t)jobs;
    struct work w = {.ct = ct};
    *b = DORG_BODY_INIT;
    w.slice = dorg_zeroed(nz, sizeof *w.slice, e);
    w.mask = dorg_zeroed(team, sizeof *w.mask, e);
    b->slice = dorg_zeroed(nz, sizeof *b->slice, e);
    for (size_t i = 0; i < team && !e->code; i++)
        w.mask[i] = dorg_array((size_t)n[0], (size_t)n[1], e);
    if (!e->code && !dorg_par(nz, jobs, slice_runs, &w, e)) largest(b, w.slice, n, e);
    for (size_t z = 0; w.slice && z < nz; z++) {
        free(w.slice[z].run);
        free(w.slice[z].row);
    }
    for (size_t i = 0; w.mask && i < team; i++)
        free(w.mask[i]);
    free(w.slice);
    free(w.mask);
    if (e->code) dorg_body_free(b);
    return e->code;
}

void dorg_body_free(struct dorg_body *b)
{
    free(b->slice);
    *b = DORG_BODY_INIT;
}
