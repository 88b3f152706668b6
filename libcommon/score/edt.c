/* edt.c - a search around each query; where many are far, a transform */
#include "edt.h"
#include "../base/mem.h"
#include "../base/par.h"

struct edt {
    const struct dorg_bits *b;
    const uint64_t *query, *site;
    bool *has_site;    /* [n2][n1]: rows that have one */
    size_t *first;     /* [n2 + 1]: index of slice z's first query in d */
    double *d;         /* NaN: not known yet */
    size_t budget;     /* rows a search may look at before it gives up */
    bool sheared;      /* axes that do not meet at right angles */
    size_t every, off; /* searches are for queries i with i % every == off only */
};

/* ---- the distance transform, for queries far from every site ------------------------- */

enum { GROUP = 16 }; /* slices side by side: a cache line of offsets */

struct offset { /* to the nearest site of a slice, in voxels */
    uint16_t x, y;
};

struct far {
    struct edt *t;
    int32_t lo[2], hi[2]; /* box of the queries in x and y, hi inclusive */
    int32_t *slice;       /* [n]: slices that have a site */
    size_t n;
    struct offset *near; /* [hi1 - lo1 + 1][hi0 - lo0 + 1][n] */
    char **scratch;      /* per worker: struct room and what it points to */
};

struct room {        /* of one worker */
    uint16_t *along; /* [GROUP][n1][n0]: to the nearest site of the row */
    int32_t *rows;   /* [GROUP][n1]: rows that have a site */
    int n_rows[GROUP];
    /* the envelope of one column, each [n1] */
    double *from; /* site k is the lowest from here on */
    double *f;    /* its height: squared distance along x */
    int32_t *at;  /* its row */
    uint16_t *x;
};

static size_t room_size(const struct dorg_bits *b)
{
    size_t nx = (size_t)b->n[0], ny = (size_t)b->n[1];
    return sizeof(struct room) + ny * (2 * sizeof(double) + (GROUP + 1) * sizeof(int32_t)) +
           ny * (GROUP * nx + 1) * sizeof(uint16_t);
}

static struct room *room_at(char *scratch, const struct dorg_bits *b)
{
    size_t ny = (size_t)b->n[1];
    struct room *r = (struct room *)(void *)scratch;
    r->from = (double *)(void *)(r + 1);
    r->f = r->from + ny;
    r->at = (int32_t *)(void *)(r->f + ny);
    r->rows = r->at + ny;
    r->x = (uint16_t *)(void *)(r->rows + GROUP * ny);
    r->along = r->x + ny;
    return r;
}

/* Where in f->near the offsets of a column of voxels begin. */
static size_t column_at(const struct far *f, int32_t x, int32_t y)
{
    return dorg_pixel(f->hi[0] - f->lo[0] + 1, x - f->lo[0], y - f->lo[1]) * f->n;
}

/* A row's voxels to its nearest site, along x. */
static void row_offsets(uint16_t *to, const uint64_t *row, size_t words, int32_t n)
{
    int32_t x = 0, last = -1;
    for (size_t k = 0; k < words; k++)
        for (uint64_t w = row[k]; w; w &= w - 1) {
            int32_t site = (int32_t)k * 64 + __builtin_ctzll(w);
            for (int32_t mid = last < 0 ? -1 : (last + site) / 2; x <= mid; x++)
                to[x] = (uint16_t)(x - last);
            for (; x <= site; x++)
                to[x] = (uint16_t)(site - x);
            last = site;
        }
    for (; x < n; x++)
        to[x] = (uint16_t)(x - last);
}

static int fill_rows(struct room *r, const struct far *f, size_t s, int32_t z)
{
    const struct dorg_bits *b = f->t->b;
    uint16_t *along = r->along + s * dorg_area(b->n);
    int32_t *rows = r->rows + s * (size_t)b->n[1];
    int n = 0;
    for (int32_t y = 0; y < b->n[1]; y++, along += b->n[0]) {
        size_t row = dorg_bits_row(b, y, z);
        if (!f->t->has_site[row]) continue;
        row_offsets(along, f->t->site + row * b->words, b->words, b->n[0]);
        rows[n++] = y;
    }
    return n;
}

/* Lower envelope of the parabolas f(row) + (mm (y - row))^2 down one column of a slice. */
static int build(struct room *v, const uint16_t *column, int32_t stride, const int32_t *rows,
                 int n_rows, const double mm[3])
{
    int m = 0;
    double w = 0.5 / (mm[1] * mm[1]);
    for (int r = 0; r < n_rows; r++) {
        int32_t y = rows[r];
        uint16_t dx = column[dorg_pixel(stride, 0, y)];
        double f = mm[0] * dx * (mm[0] * dx), from = -INFINITY;
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

/* Offsets of GROUP slices, column by column, in the box of the queries. */
static int group(void *ctx, size_t item, size_t worker, struct dorg_err *e)
{
    (void)e;
    const struct far *f = ctx;
    const struct dorg_bits *b = f->t->b;
    size_t slice = dorg_area(b->n), ny = (size_t)b->n[1], first = item * GROUP;
    size_t n = f->n - first < GROUP ? f->n - first : GROUP;
    size_t down = column_at(f, f->lo[0], f->lo[1] + 1); /* to the next y */
    struct room *r = room_at(f->scratch[worker], b);
    for (size_t s = 0; s < n; s++)
        r->n_rows[s] = fill_rows(r, f, s, f->slice[first + s]);
    for (int32_t x = f->lo[0]; x <= f->hi[0]; x++)
        for (size_t s = 0; s < n; s++) {
            int m = build(r, r->along + s * slice + x, b->n[0], r->rows + s * ny, r->n_rows[s],
                          b->mm),
                k = 0;
            struct offset *to = f->near + column_at(f, x, f->lo[1]) + first + s;
            for (int32_t y = f->lo[1]; y <= f->hi[1]; y++, to += down) {
                while (k + 1 < m && r->from[k + 1] <= y)
                    k++;
                *to = (struct offset){r->x[k], (uint16_t)abs(y - r->at[k])};
            }
        }
    return 0;
}

/* Squared distance to the nearest site; `up` is the first slice at or above z. */
static double nearest(const struct far *f, const struct offset *column, int32_t z, size_t up)
{
    const double *mm = f->t->b->mm;
    double best = INFINITY;
    size_t down = up;
    for (bool more = true; more;) {
        more = false;
        for (int side = 0; side < 2; side++) {
            if (side ? down == 0 : up == f->n) continue;
            size_t i = side ? down - 1 : up;
            double dz = mm[2] * (f->slice[i] - z), dx = mm[0] * column[i].x,
                   dy = mm[1] * column[i].y, d2 = dx * dx + dy * dy + dz * dz;
            if (dz * dz >= best) continue;
            if (d2 < best) best = d2;
            side ? down-- : up++;
            more = true;
        }
    }
    return best;
}

static int answer(void *ctx, size_t z, size_t worker, struct dorg_err *e)
{
    (void)worker, (void)e;
    const struct far *f = ctx;
    struct edt *t = f->t;
    size_t words = t->b->words, at = t->first[z], up = 0;
    const uint64_t *q = t->query + dorg_bits_row(t->b, 0, (int32_t)z) * words;
    if (t->first[z + 1] == at) return 0;
    while (up < f->n && f->slice[up] < (int32_t)z)
        up++;
    for (int32_t y = 0; y < t->b->n[1]; y++)
        for (size_t k = 0; k < words; k++, q++)
            for (uint64_t w = *q; w; w &= w - 1, at++) {
                if (!isnan(t->d[at])) continue;
                int32_t x = (int32_t)k * 64 + __builtin_ctzll(w);
                t->d[at] = sqrt(nearest(f, f->near + column_at(f, x, y), (int32_t)z, up));
            }
    return 0;
}

/* The slices that have sites, and the box of the queries. */
static void bound(struct far *f)
{
    const struct dorg_bits *b = f->t->b;
    size_t ny = (size_t)b->n[1], rows = dorg_area(b->n + 1);
    f->lo[0] = b->n[0] - 1;
    f->lo[1] = b->n[1] - 1;
    for (size_t r = 0; r < rows; r++) {
        int32_t y = (int32_t)(r % ny), z = (int32_t)(r / ny);
        if (f->t->has_site[r] && (f->n == 0 || f->slice[f->n - 1] != z)) f->slice[f->n++] = z;
        for (size_t k = 0; k < b->words; k++) {
            uint64_t w = f->t->query[r * b->words + k];
            if (!w) continue;
            int32_t x0 = (int32_t)k * 64 + __builtin_ctzll(w);
            int32_t x1 = (int32_t)k * 64 + 63 - __builtin_clzll(w);
            if (x0 < f->lo[0]) f->lo[0] = x0;
            if (x1 > f->hi[0]) f->hi[0] = x1;
            if (y < f->lo[1]) f->lo[1] = y;
            if (y > f->hi[1]) f->hi[1] = y;
        }
    }
}

/* Every distance that is not known yet. */
static int transform(struct edt *t, int jobs, struct dorg_err *e)
{
    struct far f = {.t = t};
    size_t nz = (size_t)t->b->n[2];
    int n_scratch = 0;
    if (!(f.slice = dorg_array(nz, sizeof *f.slice, e))) goto done;
    bound(&f);
    size_t all = column_at(&f, f.lo[0], f.hi[1] + 1);
    if (!(f.near = dorg_array(all, sizeof *f.near, e))) goto done;
    if (!(f.scratch = dorg_zeroed((size_t)jobs, sizeof *f.scratch, e))) goto done;
    for (; n_scratch < jobs; n_scratch++)
        if (!(f.scratch[n_scratch] = dorg_array(room_size(t->b), 1, e))) goto done;
    if (!dorg_par((f.n + GROUP - 1) / GROUP, jobs, group, &f, e))
        dorg_par(nz, jobs, answer, &f, e);
done:
    while (n_scratch > 0)
        free(f.scratch[--n_scratch]);
    free(f.scratch);
    free(f.near);
    free(f.slice);
    return e->code;
}

/* ---- the search around each query ---------------------------------------------------- */

/* Voxels from x to the nearest set bit of a row that has one. */
static int32_t nearest_bit(const uint64_t *row, size_t words, int32_t x)
{
    size_t k = (size_t)x / 64, far;
    int s = x % 64;
    uint64_t up = row[k] >> s, down = row[k] << (63 - s);
    int32_t best = INT32_MAX;
    if (up) best = __builtin_ctzll(up);
    if (down && __builtin_clzll(down) < best) best = __builtin_clzll(down);
    for (far = 1; best == INT32_MAX || (int32_t)far * 64 - 63 < best; far++) {
        if (k + far >= words && k < far) break;
        if (k + far < words && row[k + far]) {
            int32_t d = (int32_t)far * 64 - s + __builtin_ctzll(row[k + far]);
            if (d < best) best = d;
        }
        if (k >= far && row[k - far]) {
            int32_t d = (int32_t)(far - 1) * 64 + s + 1 + __builtin_clzll(row[k - far]);
            if (d < best) best = d;
        }
    }
    return best;
}

/* The lesser of `best` and the squared distance to the row's nearest site; far2: to the row.
 */
static double look(const struct edt *t, double best, int32_t x, size_t row, double far2)
{
    const struct dorg_bits *b = t->b;
    if (!t->has_site[row]) return best;
    double dx = b->mm[0] * nearest_bit(t->site + row * b->words, b->words, x);
    double d2 = dx * dx + far2;
    return d2 < best ? d2 : best;
}

/* Rows of slice z at growing distance from y, while they can still beat `best`. */
static double search_slice(const struct edt *t, double best, double dz2, int32_t x, int32_t y,
                           int32_t z, size_t *looked)
{
    const struct dorg_bits *b = t->b;
    for (int32_t k = 0; k < b->n[1]; k++) {
        double dy = b->mm[1] * k, far = dy * dy;
        if (far + dz2 >= best || (y - k < 0 && y + k >= b->n[1])) break;
        for (int side = 0; side < 2 - (k == 0); side++) {
            int32_t row_y = side ? y + k : y - k;
            if (row_y < 0 || row_y >= b->n[1]) continue;
            ++*looked;
            best = look(t, best, x, dorg_bits_row(b, row_y, z), far + dz2);
        }
    }
    return best;
}

/* NaN when the budget is used up.  Some rows straight above and below come first: a bound that
 * is near the truth keeps every slice's search short. */
static double search(const struct edt *t, int32_t x, int32_t y, int32_t z)
{
    enum { AHEAD = 8 };
    size_t looked = 0;
    int32_t nz = t->b->n[2];
    double best = INFINITY;
    for (int32_t k = -AHEAD; k <= AHEAD; k++) {
        double dz = t->b->mm[2] * k;
        if (z + k >= 0 && z + k < nz)
            best = look(t, best, x, dorg_bits_row(t->b, y, z + k), dz * dz);
    }
    best = search_slice(t, best, 0, x, y, z, &looked);
    for (int32_t k = 1; k < nz; k++) {
        double dz = t->b->mm[2] * k, dz2 = dz * dz;
        if (dz2 >= best || (z - k < 0 && z + k >= nz)) break;
        if (looked > t->budget) return NAN;
        if (z - k >= 0) best = search_slice(t, best, dz2, x, y, z - k, &looked);
        if (z + k < nz) best = search_slice(t, best, dz2, x, y, z + k, &looked);
    }
    return sqrt(best);
}

/* ---- axes that do not meet at right angles ------------------------------------------- */

/* The set bits of a row next to a place between voxels, below and above; -1 for none. */
static void next_bits(int32_t found[2], const uint64_t *row, size_t words, double x)
{
    double last = (double)words * 64 - 1;
    int32_t lo = (int32_t)fmax(-1, fmin(floor(x), last)), hi = lo + 1;
    found[0] = found[1] = -1;
    for (int32_t k = lo / 64; lo >= 0 && k >= 0 && found[0] < 0; k--) {
        uint64_t w = row[k] << (k == lo / 64 ? 63 - lo % 64 : 0);
        if (w) found[0] = (k == lo / 64 ? lo : k * 64 + 63) - __builtin_clzll(w);
    }
    for (int32_t k = hi / 64; (size_t)k < words && found[1] < 0; k++) {
        uint64_t w = row[k] >> (k == hi / 64 ? hi % 64 : 0);
        if (w) found[1] = (k == hi / 64 ? hi : k * 64) + __builtin_ctzll(w);
    }
}

static double look_sheared(const struct edt *t, double best, double x, size_t row, double far2)
{
    const struct dorg_bits *b = t->b;
    int32_t site[2];
    if (!t->has_site[row]) return best;
    next_bits(site, t->site + row * b->words, b->words, x);
    for (int side = 0; side < 2; side++) {
        double dx = b->mm[0] * (site[side] - x), d2 = dx * dx + far2;
        if (site[side] >= 0 && d2 < best) best = d2;
    }
    return best;
}

/* As search_slice, from the place (x, y) in slice z that lies straight above the query. */
static double search_sheared_slice(const struct edt *t, double best, double dz2, double x,
                                   double y, int32_t z)
{
    const struct dorg_bits *b = t->b;
    double top = b->n[1] - 1;
    for (int side = 0; side < 2; side++) {
        double from = side ? floor(y) + 1 : floor(y);
        int32_t row = (int32_t)(side ? fmax(from, 0) : fmin(from, top));
        for (; row >= 0 && row < b->n[1]; row += side ? 1 : -1) {
            double steps = row - y, dy = b->mm[1] * steps, far2 = dy * dy + dz2;
            if (far2 >= best) break;
            best =
                look_sheared(t, best, x - b->tilt[0] * steps, dorg_bits_row(b, row, z), far2);
        }
    }
    return best;
}

/* Slices at growing distance, each entered where the perpendicular from the query meets it. */
static double search_sheared(const struct edt *t, int32_t x, int32_t y, int32_t z)
{
    const struct dorg_bits *b = t->b;
    double best = INFINITY;
    for (int32_t k = 0; k < b->n[2]; k++) {
        double dz = b->mm[2] * k, dz2 = dz * dz;
        if (dz2 >= best || (z - k < 0 && z + k >= b->n[2])) break;
        for (int side = 0; side < 2 - (k == 0); side++) {
            int32_t up = side ? k : -k;
            if (z + up < 0 || z + up >= b->n[2]) continue;
            double at_y = y - b->tilt[2] * up;
            double at_x = x - b->tilt[1] * up + b->tilt[0] * b->tilt[2] * up;
            best = search_sheared_slice(t, best, dz2, at_x, at_y, z + up);
        }
    }
    return sqrt(best);
}

static int search_all(void *ctx, size_t z, size_t worker, struct dorg_err *e)
{
    (void)worker, (void)e;
    struct edt *t = ctx;
    size_t ny = (size_t)t->b->n[1], words = t->b->words, at = t->first[z];
    const uint64_t *q = t->query + z * ny * words;
    if (t->first[z + 1] == at) return 0;
    for (size_t y = 0; y < ny; y++)
        for (size_t k = 0; k < words; k++, q++)
            for (uint64_t w = *q; w; w &= w - 1, at++)
                if (at % t->every == t->off && isnan(t->d[at]))
                    t->d[at] = (t->sheared ? search_sheared : search)(
                        t, (int32_t)k * 64 + __builtin_ctzll(w), (int32_t)y, (int32_t)z);
    return 0;
}

static int find_rows(void *ctx, size_t z, size_t worker, struct dorg_err *e)
{
    (void)worker, (void)e;
    struct edt *t = ctx;
    size_t ny = (size_t)t->b->n[1], words = t->b->words;
    for (size_t r = z * ny; r < (z + 1) * ny; r++) {
        uint64_t any = 0;
        for (size_t k = 0; k < words; k++)
            any |= t->site[r * words + k];
        t->has_site[r] = any != 0;
    }
    return 0;
}

/* Queries searched for in vain. */
static size_t count_unknown(const struct edt *t)
{
    size_t n = 0;
    for (size_t i = t->off; i < t->first[t->b->n[2]]; i += t->every)
        n += isnan(t->d[i]) ? 1 : 0;
    return n;
}

/* A short search round some queries, and unless a quarter of these fails, round every one; a
 * longer one round those it failed for, where that looks at no more rows than the transform
 * has voxels; if few are left, a search without end, whose work is bounded likewise; else the
 * transform. */
static int solve(struct edt *t, int jobs, struct dorg_err *e)
{
    enum { SHORT = 256, LONG = 4096, FEW = 8, SAMPLE = 256 };
    size_t nz = (size_t)t->b->n[2], n = t->first[nz];
    for (size_t i = 0; i < n; i++)
        t->d[i] = NAN;
    if (dorg_par(nz, jobs, find_rows, t, e)) return e->code;
    if (t->sheared) {
        t->every = 1;
        return dorg_par(nz, jobs, search_all, t, e);
    }
    t->budget = SHORT;
    t->every = n / SAMPLE + 1;
    t->off = t->every / 2;
    if (dorg_par(nz, jobs, search_all, t, e)) return e->code;
    bool hopeless = 4 * count_unknown(t) > n / t->every;
    t->every = 1;
    t->off = 0;
    if (!hopeless && dorg_par(nz, jobs, search_all, t, e)) return e->code;
    size_t left = count_unknown(t);
    size_t voxels = dorg_voxels(t->b->n);
    t->budget = LONG;
    if (left && left < voxels / LONG) {
        if (dorg_par(nz, jobs, search_all, t, e)) return e->code;
        left = count_unknown(t);
    }
    if (left == 0) return 0;
    if (left > FEW * (size_t)t->b->n[0]) return transform(t, jobs, e);
    t->budget = SIZE_MAX;
    return dorg_par(nz, jobs, search_all, t, e);
}

int dorg_edt(double **d, size_t *n, const struct dorg_bits *b, const uint64_t *query,
             const uint64_t *site, int jobs, struct dorg_err *e)
{
    size_t nz = (size_t)b->n[2], sum = 0;
    struct edt t = {.b = b, .query = query, .site = site};
    for (int k = 0; k < 3; k++)
        t.sheared = t.sheared || b->tilt[k] != 0;
    if (jobs < 1) jobs = 1;
    *d = NULL;
    *n = 0;
    if (!(t.first = dorg_array(nz + 1, sizeof *t.first, e))) goto done;
    dorg_bits_count(t.first, b, query);
    for (size_t z = 0; z <= nz; z++) {
        size_t of_slice = z < nz ? t.first[z] : 0;
        t.first[z] = sum;
        sum += of_slice;
    }
    if (!(t.d = dorg_array(sum, sizeof *t.d, e))) goto done;
    if (!(t.has_site = dorg_array(dorg_area(b->n + 1), sizeof *t.has_site, e))) goto done;
    if (solve(&t, jobs, e)) goto done;
    *d = t.d;
    *n = sum;
    t.d = NULL;
done:
    free(t.has_site);
    free(t.first);
    free(t.d);
    return e->code;
}
