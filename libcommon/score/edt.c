/* edt.c - exact Euclidean distances: the search around each query */
#include "edt_in.h"
#include "../base/mem.h"
#include "../base/par.h"

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
static double look(const struct dorg_edt *t, double best, int32_t x, size_t row, double far2)
{
    const struct dorg_box *b = t->b;
    if (!t->has_site[row]) return best;
    double dx = b->mm[0] * nearest_bit(t->site + row * b->words, b->words, x);
    double d2 = dx * dx + far2;
    return d2 < best ? d2 : best;
}

/* Rows of slice z at growing distance from y, while they can still beat `best`. */
static double search_slice(const struct dorg_edt *t, double best, double dz2, int32_t x,
                           int32_t y, int32_t z, size_t *looked)
{
    const struct dorg_box *b = t->b;
    size_t first = (size_t)z * (size_t)b->n[1];
    for (int32_t k = 0; k < b->n[1]; k++) {
        double dy = b->mm[1] * k, far = dy * dy;
        if (far + dz2 >= best || (y - k < 0 && y + k >= b->n[1])) break;
        for (int side = 0; side < 2 - (k == 0); side++) {
            int32_t row_y = side ? y + k : y - k;
            if (row_y < 0 || row_y >= b->n[1]) continue;
            ++*looked;
            best = look(t, best, x, first + (size_t)row_y, far + dz2);
        }
    }
    return best;
}

/* NaN when the budget is used up.  Some rows straight above and below come first: a bound that
 * is near the truth keeps every slice's search short. */
static double search(const struct dorg_edt *t, int32_t x, int32_t y, int32_t z)
{
    enum { AHEAD = 8 };
    size_t looked = 0, ny = (size_t)t->b->n[1];
    int32_t nz = t->b->n[2];
    double best = INFINITY;
    for (int32_t k = -AHEAD; k <= AHEAD; k++) {
        double dz = t->b->mm[2] * k;
        if (z + k >= 0 && z + k < nz)
            best = look(t, best, x, (size_t)(z + k) * ny + (size_t)y, dz * dz);
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

static int search_all(void *ctx, size_t z, int worker, struct dorg_err *e)
{
    (void)worker, (void)e;
    struct dorg_edt *t = ctx;
    size_t ny = (size_t)t->b->n[1], words = t->b->words, at = t->first[z];
    const uint64_t *q = t->query + z * ny * words;
    if (t->first[z + 1] == at) return 0;
    for (size_t y = 0; y < ny; y++)
        for (size_t k = 0; k < words; k++, q++)
            for (uint64_t w = *q; w; w &= w - 1, at++)
                if (at % t->every == t->off && isnan(t->d[at]))
                    t->d[at] = search(t, (int32_t)k * 64 + __builtin_ctzll(w), (int32_t)y,
                                      (int32_t)z);
    return 0;
}

static int find_rows(void *ctx, size_t z, int worker, struct dorg_err *e)
{
    (void)worker, (void)e;
    struct dorg_edt *t = ctx;
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
static size_t count_unknown(const struct dorg_edt *t)
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
static int solve(struct dorg_edt *t, int jobs, struct dorg_err *e)
{
    enum { SHORT = 256, LONG = 4096, FEW = 8, SAMPLE = 256 };
    size_t nz = (size_t)t->b->n[2], n = t->first[nz];
    for (size_t i = 0; i < n; i++)
        t->d[i] = NAN;
    if (dorg_par(nz, jobs, find_rows, t, e)) return e->code;
    t->budget = SHORT;
    t->every = n / SAMPLE + 1;
    t->off = t->every / 2;
    if (dorg_par(nz, jobs, search_all, t, e)) return e->code;
    bool hopeless = 4 * count_unknown(t) > n / t->every;
    t->every = 1;
    t->off = 0;
    if (!hopeless && dorg_par(nz, jobs, search_all, t, e)) return e->code;
    size_t left = count_unknown(t);
    size_t voxels = (size_t)t->b->n[0] * (size_t)t->b->n[1] * nz;
    t->budget = LONG;
    if (left && left < voxels / LONG) {
        if (dorg_par(nz, jobs, search_all, t, e)) return e->code;
        left = count_unknown(t);
    }
    if (left == 0) return 0;
    if (left > FEW * (size_t)t->b->n[0]) return dorg_edt_far(t, jobs, e);
    t->budget = SIZE_MAX;
    return dorg_par(nz, jobs, search_all, t, e);
}

int dorg_edt(double **d, size_t *n, const struct dorg_box *b, const uint64_t *query,
             const uint64_t *site, int jobs, struct dorg_err *e)
{
    size_t nz = (size_t)b->n[2], sum = 0;
    struct dorg_edt t = {.b = b, .query = query, .site = site};
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
    if (!(t.has_site = dorg_array((size_t)b->n[1] * nz, sizeof *t.has_site, e))) goto done;
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
