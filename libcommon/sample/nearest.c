/* nearest.c - fill a mask from its known voxels: a nearest-feature transform in three passes
 *
 * fx(x,y,z) is the known voxel nearest to x within its row; fy(x,y,z) the row y' whose fx is
 * nearest to (x,y) within its slice; the last pass finds the slice.  In each pass a line asks,
 * for every position i, for the lowest j that minimises a_j + q^2 (i - j)^2.  That j never
 * falls as i grows, so the middle of the line bounds both halves. */
#include "nearest.h"
#include "../base/mem.h"
#include "../base/par.h"

enum { NONE = -1 };

struct job {
    int32_t lo[3], n[3]; /* the common bounding box */
    int64_t q[3];        /* pitches in whole units */
    const int32_t *dim;
    const uint8_t *mask;
    float *out;
    int16_t *fx, *fy; /* owned: n[0]*n[1]*n[2], indices within the box, or NONE */
    size_t side;      /* of the longest line along y or z; per worker, owned: */
    int64_t *a;       /* candidates' own parts */
    int32_t *j, *to;  /* candidates; the answers of a line */
};

struct line {
    const int64_t *a;
    const int32_t *j;
    int64_t qq;
    int32_t *to; /* answers: index into a and j */
};

/* Answers for positions i0..i1 among candidates c0..c1. */
static void search(const struct line *l, int32_t i0, int32_t i1, int32_t c0, int32_t c1)
{
    if (i0 > i1) return;
    int32_t i = i0 + (i1 - i0) / 2, best = c0;
    int64_t least = INT64_MAX;
    for (int32_t c = c0; c <= c1; c++) {
        int64_t d = i - l->j[c], value = l->a[c] + l->qq * d * d;
        if (value < least) {
            least = value;
            best = c;
        }
    }
    l->to[i] = best;
    search(l, i0, i - 1, c0, best);
    search(l, i + 1, i1, best, c1);
}

static size_t index_in(const struct job *t, int32_t x, int32_t y, int32_t z)
{
    return dorg_at(t->n, x, y, z);
}

static size_t index_out(const struct job *t, int32_t x, int32_t y, int32_t z)
{
    return dorg_at(t->dim, x + t->lo[0], y + t->lo[1], z + t->lo[2]);
}

/* Known voxels are marked by fx = own x; the rest of a row takes the nearer neighbour. */
static void pass_x(int16_t *row, int32_t n)
{
    int32_t before = NONE;
    for (int32_t x = 0; x < n;) {
        int32_t next = x;
        while (next < n && row[next] == NONE)
            next++;
        for (int32_t i = x; i < next; i++) {
            bool left = before != NONE && (next == n || i - before <= next - i);
            if (left || next < n) row[i] = (int16_t)(left ? before : next);
        }
        before = next;
        x = next + 1;
    }
}

/* Rows, then columns, of one slice. */
static int pass_xy(void *ctx, size_t slice, size_t worker, struct dorg_err *e)
{
    const struct job *t = ctx;
    int32_t z = (int32_t)slice, *j = t->j + worker * t->side, *to = t->to + worker * t->side;
    int64_t *a = t->a + worker * t->side;
    for (int32_t y = 0; y < t->n[1]; y++)
        pass_x(t->fx + index_in(t, 0, y, z), t->n[0]);
    for (int32_t x = 0; x < t->n[0]; x++) {
        int32_t m = 0;
        for (int32_t y = 0; y < t->n[1]; y++) {
            int64_t f = t->fx[index_in(t, x, y, z)], d = t->q[0] * (f - x);
            if (f == NONE) continue;
            a[m] = d * d;
            j[m++] = y;
        }
        struct line l = {a, j, t->q[1] * t->q[1], to};
        if (m) search(&l, 0, t->n[1] - 1, 0, m - 1);
        for (int32_t y = 0; y < t->n[1]; y++)
            t->fy[index_in(t, x, y, z)] = (int16_t)(m ? j[to[y]] : NONE);
    }
    return e->code;
}

/* Through the slices, for one y; the answer is copied at once. */
static int pass_z(void *ctx, size_t row, size_t worker, struct dorg_err *e)
{
    const struct job *t = ctx;
    int32_t y = (int32_t)row, *j = t->j + worker * t->side, *to = t->to + worker * t->side;
    int64_t *a = t->a + worker * t->side;
    for (int32_t x = 0; x < t->n[0]; x++) {
        int32_t m = 0;
        for (int32_t z = 0; z < t->n[2]; z++) {
            int32_t fy = t->fy[index_in(t, x, y, z)];
            if (fy == NONE) continue;
            int64_t dx = t->q[0] * (t->fx[index_in(t, x, fy, z)] - x), dy = t->q[1] * (fy - y);
            a[m] = dx * dx + dy * dy;
            j[m++] = z;
        }
        struct line l = {a, j, t->q[2] * t->q[2], to};
        if (m) search(&l, 0, t->n[2] - 1, 0, m - 1);
        for (int32_t z = 0; m && z < t->n[2]; z++) {
            size_t v = index_out(t, x, y, z);
            int32_t sz = j[to[z]], sy = t->fy[index_in(t, x, y, sz)],
                    sx = t->fx[index_in(t, x, sy, sz)];
            size_t s = index_out(t, sx, sy, sz);
            if (t->mask[v] && s != v) t->out[v] = t->out[s]; /* a known voxel is only read */
        }
    }
    return e->code;
}

/* Bounding box of the mask; whole pitches. */
static void survey(struct job *t, const struct dorg_grid *g)
{
    int32_t hi[3];
    double across = 0;
    dorg_grid_box(t->lo, hi, g, t->mask);
    for (int a = 0; a < 3; a++)
        across += pow((double)g->n[a] * (double)g->mm[a], 2);
    double unit = fmin(1e6, 2e9 / sqrt(across)); /* units in a mm; (2e9)^2 < 2^62 */
    for (int a = 0; a < 3; a++) {
        t->n[a] = hi[a] - t->lo[a] + 1;
        t->q[a] = llround((double)g->mm[a] * unit);
        if (t->q[a] < 1) t->q[a] = 1;
    }
}

static int prepare(struct job *t, const uint64_t *at, size_t n, int jobs, struct dorg_err *e)
{
    size_t count = dorg_voxels(t->n), team = dorg_par_team(jobs);
    t->side = (size_t)(t->n[1] > t->n[2] ? t->n[1] : t->n[2]);
    t->fx = dorg_array(count, sizeof *t->fx, e);
    t->fy = dorg_array(count, sizeof *t->fy, e);
    t->a = dorg_array(team, t->side * sizeof *t->a, e);
    t->j = dorg_array(team, t->side * sizeof *t->j, e);
    t->to = dorg_array(team, t->side * sizeof *t->to, e);
    if (e->code) return e->code;
    memset(t->fx, 0xff, count * sizeof *t->fx);
    for (size_t i = 0; i < n; i++) {
        int32_t p[3];
        dorg_voxel(p, t->dim, at[i]);
        for (int a = 0; a < 3; a++)
            p[a] -= t->lo[a];
        t->fx[index_in(t, p[0], p[1], p[2])] = (int16_t)p[0];
    }
    return 0;
}

static size_t count(const struct dorg_vol *mask)
{
    const uint8_t *m = mask->data;
    size_t n = 0;
    for (size_t i = 0, all = dorg_grid_count(&mask->grid); i < all; i++)
        n += m[i] != 0;
    return n;
}

int dorg_nearest_fill(struct dorg_vol *out, const struct dorg_vol *mask, const uint64_t *at,
                      size_t n, int jobs, struct dorg_err *e)
{
    struct job t = {.dim = out->grid.n, .mask = mask->data, .out = out->data};
    if (n == 0) return 0;
    if (n < count(mask) && dorg_grid_square(&out->grid, e)) return e->code;
    survey(&t, &out->grid);
    if (prepare(&t, at, n, jobs, e)) goto done;
    if (dorg_par((size_t)t.n[2], jobs, pass_xy, &t, e)) goto done;
    dorg_par((size_t)t.n[1], jobs, pass_z, &t, e);
done:
    free(t.a);
    free(t.j);
    free(t.to);
    free(t.fx);
    free(t.fy);
    return e->code;
}
