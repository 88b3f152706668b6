/* edt_far.c - the distance transform, for queries far from every site */
#include "edt_in.h"
#include "../base/mem.h"
#include "../base/par.h"

enum { GROUP = 16 }; /* slices side by side: a cache line of offsets */

struct offset { /* to the nearest site of a slice, in voxels */
    uint16_t x, y;
};

struct far {
    struct dorg_edt *t;
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

static size_t room_size(const struct dorg_box *b)
{
    size_t nx = (size_t)b->n[0], ny = (size_t)b->n[1];
    return sizeof(struct room) + ny * (2 * sizeof(double) + (GROUP + 1) * sizeof(int32_t)) +
           ny * (GROUP * nx + 1) * sizeof(uint16_t);
}

static struct room *room_at(char *scratch, const struct dorg_box *b)
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
    const struct dorg_box *b = f->t->b;
    size_t nx = (size_t)b->n[0], ny = (size_t)b->n[1];
    int n = 0;
    for (size_t y = 0; y < ny; y++) {
        size_t row = (size_t)z * ny + y;
        if (!f->t->has_site[row]) continue;
        row_offsets(r->along + (s * ny + y) * nx, f->t->site + row * b->words, b->words,
                    b->n[0]);
        r->rows[s * ny + (size_t)n++] = (int32_t)y;
    }
    return n;
}

/* Lower envelope of the parabolas f(row) + (mm (y - row))^2 down one column of a slice. */
static int build(struct room *v, const uint16_t *column, size_t stride, const int32_t *rows,
                 int n_rows, const double mm[3])
{
    int m = 0;
    double w = 0.5 / (mm[1] * mm[1]);
    for (int r = 0; r < n_rows; r++) {
        int32_t y = rows[r];
        uint16_t dx = column[(size_t)y * stride];
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
static int group(void *ctx, size_t item, int worker, struct dorg_err *e)
{
    (void)e;
    const struct far *f = ctx;
    const struct dorg_box *b = f->t->b;
    size_t nx = (size_t)b->n[0], ny = (size_t)b->n[1], first = item * GROUP;
    size_t n = f->n - first < GROUP ? f->n - first : GROUP;
    size_t wide = (size_t)(f->hi[0] - f->lo[0]) + 1;
    struct room *r = room_at(f->scratch[worker], b);
    for (size_t s = 0; s < n; s++)
        r->n_rows[s] = fill_rows(r, f, s, f->slice[first + s]);
    for (int32_t x = f->lo[0]; x <= f->hi[0]; x++)
        for (size_t s = 0; s < n; s++) {
            int m = build(r, r->along + s * ny * nx + x, nx, r->rows + s * ny, r->n_rows[s],
                          b->mm),
                k = 0;
            struct offset *to = f->near + (size_t)(x - f->lo[0]) * f->n + first + s;
            for (int32_t y = f->lo[1]; y <= f->hi[1]; y++, to += wide * f->n) {
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

static int answer(void *ctx, size_t z, int worker, struct dorg_err *e)
{
    (void)worker, (void)e;
    const struct far *f = ctx;
    struct dorg_edt *t = f->t;
    size_t ny = (size_t)t->b->n[1], words = t->b->words, at = t->first[z], up = 0;
    size_t wide = (size_t)(f->hi[0] - f->lo[0]) + 1;
    const uint64_t *q = t->query + z * ny * words;
    if (t->first[z + 1] == at) return 0;
    while (up < f->n && f->slice[up] < (int32_t)z)
        up++;
    for (size_t y = 0; y < ny; y++)
        for (size_t k = 0; k < words; k++, q++)
            for (uint64_t w = *q; w; w &= w - 1, at++) {
                if (!isnan(t->d[at])) continue;
                size_t x = k * 64 + (size_t)__builtin_ctzll(w) - (size_t)f->lo[0];
                size_t column = (y - (size_t)f->lo[1]) * wide + x;
                t->d[at] = sqrt(nearest(f, f->near + column * f->n, (int32_t)z, up));
            }
    return 0;
}

/* The slices that have sites, and the box of the queries. */
static void bound(struct far *f)
{
    const struct dorg_box *b = f->t->b;
    size_t ny = (size_t)b->n[1], rows = ny * (size_t)b->n[2];
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

int dorg_edt_far(struct dorg_edt *t, int jobs, struct dorg_err *e)
{
    struct far f = {.t = t};
    size_t nz = (size_t)t->b->n[2];
    int n_scratch = 0;
    if (!(f.slice = dorg_array(nz, sizeof *f.slice, e))) goto done;
    bound(&f);
    size_t columns = (size_t)(f.hi[0] - f.lo[0] + 1) * (size_t)(f.hi[1] - f.lo[1] + 1);
    if (!(f.near = dorg_array(columns * f.n, sizeof *f.near, e))) goto done;
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
