/* edt.c - exact Euclidean distances, axis after axis */
#include "edt.h"
#include "mem.h"
#include "par.h"

#include <stdbool.h>

static const uint16_t NONE = 0xffff;

struct offset { /* to the nearest site of the same slice, in voxels; x == NONE: no site */
    uint16_t x, y;
};

struct edt {
    const struct dorg_cells *b;
    uint8_t query, site;
    uint16_t *along_x;   /* [n2][n1][n0]: to the nearest site of the row */
    bool *has_site;      /* [n2][n1]: rows that have one */
    size_t budget;       /* rows a search may look at before it gives up */
    struct offset *near; /* [n2][n1][n0]; made only where searches gave up */
    char **scratch;      /* per worker: see struct envelope */
    size_t *first;       /* [n1 + 1]: index of row y's first query in d */
    double *d;
};

/* A row's voxels to its nearest site, |offset| along x; false if it has none. */
static bool row_offsets(uint16_t *to, const uint8_t *cell, int32_t n, uint8_t site)
{
    uint16_t run = NONE;
    bool any = false;
    for (int32_t x = 0; x < n; x++) {
        if (cell[x] & site) {
            run = 0;
            any = true;
        } else if (run != NONE) {
            run++;
        }
        to[x] = run;
    }
    if (!any) return false;
    run = NONE;
    for (int32_t x = n; x-- > 0;) {
        if (to[x] == 0)
            run = 0;
        else if (run != NONE)
            run++;
        if (run < to[x]) to[x] = run;
    }
    return true;
}

static int rows_of_slice(void *ctx, size_t z, int worker, struct dorg_err *e)
{
    (void)worker, (void)e;
    struct edt *t = ctx;
    size_t nx = (size_t)t->b->n[0], ny = (size_t)t->b->n[1];
    for (size_t r = z * ny; r < (z + 1) * ny; r++)
        t->has_site[r] =
            row_offsets(t->along_x + r * nx, t->b->cell + r * nx, t->b->n[0], t->site);
    return 0;
}

struct envelope {  /* scratch of one worker, each array n[1] long */
    double *from;  /* site k is the lowest from here on */
    double *f;     /* its height: squared distance along x */
    int32_t *at;   /* its row */
    int32_t *rows; /* rows that have a site */
    uint16_t *x;
};

static void envelope_at(struct envelope *v, char *scratch, int32_t n)
{
    size_t k = (size_t)n;
    v->from = (double *)(void *)scratch;
    v->f = v->from + k;
    v->at = (int32_t *)(void *)(v->f + k);
    v->rows = v->at + k;
    v->x = (uint16_t *)(void *)(v->rows + k);
}

static size_t envelope_size(int32_t n)
{
    return (size_t)n * (2 * sizeof(double) + 2 * sizeof(int32_t) + sizeof(uint16_t)) + 64;
}

/* Lower envelope of the parabolas f(row) + (mm (y - row))^2 down one column of a slice. */
static int build(struct envelope *v, const uint16_t *column, size_t stride, int n_rows,
                 double mm_x, double mm_y)
{
    int m = 0;
    double w = 0.5 / (mm_y * mm_y);
    for (int r = 0; r < n_rows; r++) {
        int32_t y = v->rows[r];
        uint16_t dx = column[(size_t)y * stride];
        double f = mm_x * dx * (mm_x * dx), from = -INFINITY;
        while (m > 0) {
            int32_t a = v->at[m - 1];
            from = (f - v->f[m - 1]) * w / (y - a) + 0.5 * (y + a);
            if (from > v->from[m - 1]) break;
            m--;
            from = -INFINITY;
        }
        v->from[m] = from;
        v->f[m] = f;
        v->at[m] = y;
        v->x[m] = dx;
        m++;
    }
    return m;
}

static int slice(void *ctx, size_t item, int worker, struct dorg_err *e)
{
    (void)e;
    struct edt *t = ctx;
    const struct dorg_cells *b = t->b;
    size_t nx = (size_t)b->n[0], plane = nx * (size_t)b->n[1];
    struct offset *near = t->near + item * plane;
    struct envelope v;
    envelope_at(&v, t->scratch[worker], b->n[1]);
    int n_rows = 0;
    for (int32_t y = 0; y < b->n[1]; y++)
        if (t->has_site[item * (size_t)b->n[1] + (size_t)y]) v.rows[n_rows++] = y;
    if (n_rows == 0) {
        memset(near, 0xff, plane * sizeof *near);
        return 0;
    }
    for (size_t x = 0; x < nx; x++) {
        int m = build(&v, t->along_x + item * plane + x, nx, n_rows, b->mm[0], b->mm[1]),
            k = 0;
        for (int32_t y = 0; y < b->n[1]; y++) {
            while (k + 1 < m && v.from[k + 1] <= y)
                k++;
            int32_t dy = y < v.at[k] ? v.at[k] - y : y - v.at[k];
            near[(size_t)y * nx + x] = (struct offset){v.x[k], (uint16_t)dy};
        }
    }
    return 0;
}

/* Squared distance to the nearest site of slice z seen from (x, y). */
static double in_slice(const struct edt *t, const struct offset *column, size_t plane,
                       int32_t z)
{
    struct offset o = column[(size_t)z * plane];
    if (o.x == NONE) return INFINITY;
    double dx = t->b->mm[0] * o.x, dy = t->b->mm[1] * o.y;
    return dx * dx + dy * dy;
}

static double nearest(const struct edt *t, const struct offset *column, size_t plane,
                      int32_t z)
{
    int32_t nz = t->b->n[2];
    double best = in_slice(t, column, plane, z);
    for (int32_t k = 1; k < nz; k++) {
        double dz = t->b->mm[2] * k, dz2 = dz * dz;
        if (dz2 >= best || (z - k < 0 && z + k >= nz)) break;
        if (z - k >= 0) best = fmin(best, in_slice(t, column, plane, z - k) + dz2);
        if (z + k < nz) best = fmin(best, in_slice(t, column, plane, z + k) + dz2);
    }
    return best;
}

static int row(void *ctx, size_t y, int worker, struct dorg_err *e)
{
    (void)worker, (void)e;
    struct edt *t = ctx;
    const struct dorg_cells *b = t->b;
    size_t nx = (size_t)b->n[0], plane = nx * (size_t)b->n[1], at = t->first[y];
    if (t->first[y + 1] == at) return 0;
    for (size_t x = 0; x < nx; x++)
        for (int32_t z = 0; z < b->n[2]; z++)
            if (b->cell[(size_t)z * plane + y * nx + x] & t->query) {
                if (isnan(t->d[at]))
                    t->d[at] = sqrt(nearest(t, t->near + y * nx + x, plane, z));
                at++;
            }
    return 0;
}

/* ---- the search around one voxel, for surfaces that lie close ------------------------- */

/* Rows of slice z at growing distance from y, while they can still beat `best`. */
static double search_slice(const struct edt *t, double best, double dz2, int32_t x, int32_t y,
                           int32_t z, size_t *looked)
{
    const struct dorg_cells *b = t->b;
    const uint16_t *slice_at = t->along_x + (size_t)z * (size_t)b->n[1] * (size_t)b->n[0];
    const bool *has = t->has_site + (size_t)z * (size_t)b->n[1];
    for (int32_t k = 0; k < b->n[1]; k++) {
        double dy = b->mm[1] * k, far = dy * dy;
        if (far + dz2 >= best || (y - k < 0 && y + k >= b->n[1])) break;
        for (int side = 0; side < 2 - (k == 0); side++) {
            int32_t row_y = side ? y + k : y - k;
            if (row_y < 0 || row_y >= b->n[1]) continue;
            ++*looked;
            if (!has[row_y]) continue;
            double dx = b->mm[0] * slice_at[(size_t)row_y * (size_t)b->n[0] + (size_t)x];
            best = fmin(best, dx * dx + far + dz2);
        }
    }
    return best;
}

/* NaN when the budget is used up. */
static double search(const struct edt *t, int32_t x, int32_t y, int32_t z)
{
    size_t looked = 0;
    int32_t nz = t->b->n[2];
    double best = search_slice(t, INFINITY, 0, x, y, z, &looked);
    for (int32_t k = 1; k < nz; k++) {
        double dz = t->b->mm[2] * k, dz2 = dz * dz;
        if (dz2 >= best || (z - k < 0 && z + k >= nz)) break;
        if (looked > t->budget) return NAN;
        if (z - k >= 0) best = search_slice(t, best, dz2, x, y, z - k, &looked);
        if (z + k < nz) best = search_slice(t, best, dz2, x, y, z + k, &looked);
    }
    return sqrt(best);
}

static int search_row(void *ctx, size_t y, int worker, struct dorg_err *e)
{
    (void)worker, (void)e;
    struct edt *t = ctx;
    const struct dorg_cells *b = t->b;
    size_t nx = (size_t)b->n[0], plane = nx * (size_t)b->n[1], at = t->first[y];
    if (t->first[y + 1] == at) return 0;
    for (size_t x = 0; x < nx; x++)
        for (int32_t z = 0; z < b->n[2]; z++)
            if (b->cell[(size_t)z * plane + y * nx + x] & t->query) {
                if (isnan(t->d[at])) t->d[at] = search(t, (int32_t)x, (int32_t)y, z);
                at++;
            }
    return 0;
}

static void count_rows(struct edt *t)
{
    const struct dorg_cells *b = t->b;
    size_t nx = (size_t)b->n[0], ny = (size_t)b->n[1], nz = (size_t)b->n[2];
    const uint8_t *cell = b->cell;
    for (size_t z = 0; z < nz; z++)
        for (size_t y = 0; y < ny; y++, cell += nx)
            for (size_t x = 0; x < nx; x++)
                t->first[y + 1] += (cell[x] & t->query) != 0;
    for (size_t y = 0; y < ny; y++)
        t->first[y + 1] += t->first[y];
}

static size_t count_unknown(const struct edt *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->first[t->b->n[1]]; i++)
        n += isnan(t->d[i]) ? 1 : 0;
    return n;
}

/* The whole transform, for what the searches left. */
static int transform(struct edt *t, int jobs, struct dorg_err *e)
{
    size_t ny = (size_t)t->b->n[1], nz = (size_t)t->b->n[2];
    int n_scratch = 0;
    if (!(t->near = dorg_array((size_t)t->b->n[0] * ny * nz, sizeof *t->near, e))) goto done;
    if (!(t->scratch = dorg_zeroed((size_t)jobs, sizeof *t->scratch, e))) goto done;
    for (; n_scratch < jobs; n_scratch++)
        if (!(t->scratch[n_scratch] = dorg_array(envelope_size(t->b->n[1]), 1, e))) goto done;
    if (!dorg_par(nz, jobs, slice, t, e)) dorg_par(ny, jobs, row, t, e);
done:
    while (n_scratch > 0)
        free(t->scratch[--n_scratch]);
    free(t->scratch);
    free(t->near);
    return e->code;
}

/* First a short search round every query; if few are left, a search without end, whose work
 * is bounded by that of the transform; else the transform. */
static int solve(struct edt *t, int jobs, struct dorg_err *e)
{
    enum { SHORT = 1024, FEW = 8 };
    size_t ny = (size_t)t->b->n[1], nz = (size_t)t->b->n[2];
    for (size_t i = 0; i < t->first[ny]; i++)
        t->d[i] = NAN;
    if (dorg_par(nz, jobs, rows_of_slice, t, e)) return e->code;
    t->budget = SHORT;
    if (dorg_par(ny, jobs, search_row, t, e)) return e->code;
    size_t left = count_unknown(t);
    if (left == 0) return 0;
    if (left > FEW * (size_t)t->b->n[0]) return transform(t, jobs, e);
    t->budget = SIZE_MAX;
    return dorg_par(ny, jobs, search_row, t, e);
}

int dorg_edt(double **d, size_t *n, const struct dorg_cells *b, uint8_t query, uint8_t site,
             int jobs, struct dorg_err *e)
{
    size_t ny = (size_t)b->n[1], rows = ny * (size_t)b->n[2];
    struct edt t = {.b = b, .query = query, .site = site};
    if (jobs < 1) jobs = 1;
    *d = NULL;
    *n = 0;
    if (!(t.first = dorg_zeroed(ny + 1, sizeof *t.first, e))) goto done;
    count_rows(&t);
    if (!(t.d = dorg_array(t.first[ny], sizeof *t.d, e))) goto done;
    if (!(t.has_site = dorg_array(rows, sizeof *t.has_site, e))) goto done;
    if (!(t.along_x = dorg_array(rows * (size_t)b->n[0], sizeof *t.along_x, e))) goto done;
    if (solve(&t, jobs, e)) goto done;
    *d = t.d;
    *n = t.first[ny];
    t.d = NULL;
done:
    free(t.along_x);
    free(t.has_site);
    free(t.first);
    free(t.d);
    return e->code;
}
