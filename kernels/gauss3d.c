/* gauss3d.c - 3-D Gaussian smoothing, three passes of a 1-D filter
 *
 * Slices go through x and y while they are in the cache, then columns through z in place, so
 * the volume crosses memory twice.  A tile of columns is widened to double with r zero rows
 * on either side, and every output is w[0] c[i] + sum_k w[k] (c[i-k] + c[i+k]) in the order
 * of k, whatever the vector width: the same bytes on every processor. */
#include "gauss3d.h"

#include "../libcommon/base/mem.h"
#include "../libcommon/base/par.h"

enum { LANES = 8, BLOCK = 4 * LANES, TILE = 64 }; /* TILE is a multiple of BLOCK */
typedef double vec __attribute__((vector_size(LANES * sizeof(double))));
typedef float vecf __attribute__((vector_size(LANES * sizeof(float))));
#define CLONES __attribute__((target_clones("avx512f", "avx2", "default")))

struct axis {                              /* one of the three filters */
    int r;                                 /* radius; 0: nothing to do */
    double w[DORG_GAUSS3D_MAX_RADIUS + 1]; /* w[k] = w[-k] */
    double *inv; /* owned: per position, 1 / sum of the weights that count */
};

struct job {
    float *dst;
    const float *src;
    size_t n[3];
    struct axis axis[3];
    float *slice;   /* per worker: a slice after the x pass */
    double *padded; /* per worker: a tile or a row with its zero borders */
    size_t room;    /* of one worker's padded */
};

/* BLOCK sums around c, neighbours s apart, times their factors (or all times inv[0]). */
static inline __attribute__((always_inline)) void fir(float out[BLOCK], const double *c,
                                                      ptrdiff_t s, const struct axis *a,
                                                      const double *inv, bool one_inv)
{
    vec acc[4], lo, hi, f = (vec){0} + inv[0];
#pragma GCC unroll 4
    for (int b = 0; b < 4; b++) {
        memcpy(&lo, c + b * LANES, sizeof lo);
        acc[b] = a->w[0] * lo;
    }
    for (int k = 1; k <= a->r; k++) {
        const double *down = c - k * s, *up = c + k * s;
#pragma GCC unroll 4
        for (int b = 0; b < 4; b++) {
            memcpy(&lo, down + b * LANES, sizeof lo);
            memcpy(&hi, up + b * LANES, sizeof hi);
            acc[b] += a->w[k] * (lo + hi);
        }
    }
#pragma GCC unroll 4
    for (int b = 0; b < 4; b++) {
        if (!one_inv) memcpy(&f, inv + b * LANES, sizeof f);
        vecf u = __builtin_convertvector(acc[b] * f, vecf);
        memcpy(out + b * LANES, &u, sizeof u);
    }
}

/* A whole block is copied by a few wide moves, which a length known only here would forbid. */
static inline __attribute__((always_inline)) void put(float *dst, const float *out, size_t k)
{
    if (k >= BLOCK)
        memcpy(dst, out, BLOCK * sizeof *dst);
    else
        memcpy(dst, out, k * sizeof *dst);
}

/* A row: p points at its first element in the padded buffer; n rounded up to BLOCK there. */
CLONES static void filter_row(float *dst, const double *p, size_t n, const struct axis *a)
{
    float out[BLOCK];
    for (size_t i = 0; i < n; i += BLOCK) {
        fir(out, p + i, 1, a, a->inv + i, false);
        put(dst + i, out, n - i);
    }
}

/* A tile of `cols` columns, rows of TILE doubles; output rows `step` floats apart. */
CLONES static void filter_cols(float *dst, size_t step, const double *p, size_t n, size_t cols,
                               const struct axis *a)
{
    float out[BLOCK];
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < cols; i += BLOCK) {
            fir(out, p + j * TILE + i, TILE, a, a->inv + j, true);
            put(dst + j * step + i, out, cols - i);
        }
}

/* Widen k floats into room for `room`, zeros after; true if any is not 0 (all bits but the
 * sign are looked at together). */
CLONES static bool widen(double *to, const float *from, size_t k, size_t room)
{
    uint32_t any = 0;
    for (size_t i = 0; i < k; i++) {
        uint32_t bits;
        memcpy(&bits, from + i, sizeof bits);
        any |= bits << 1;
        to[i] = (double)from[i];
    }
    memset(to + k, 0, (room - k) * sizeof *to);
    return any;
}

/* Filter the columns of n rows of `width` floats, `step` apart; dst may be src. */
static void pass_cols(float *dst, const float *src, size_t step, size_t n, size_t width,
                      const struct axis *a, double *pad)
{
    size_t r = (size_t)a->r;
    for (size_t x = 0; x < width; x += TILE) {
        size_t cols = width - x < TILE ? width - x : TILE;
        bool any = false;
        memset(pad, 0, r * TILE * sizeof *pad);
        for (size_t j = 0; j < n; j++)
            any |= widen(pad + (r + j) * TILE, src + j * step + x, cols, TILE);
        memset(pad + (r + n) * TILE, 0, r * TILE * sizeof *pad);
        if (any) {
            filter_cols(dst + x, step, pad + r * TILE, n, cols, a);
            continue;
        }
        for (size_t j = 0; j < n; j++)
            memset(dst + j * step + x, 0, cols * sizeof *dst);
    }
}

static void pass_row(float *dst, const float *src, size_t n, const struct axis *a, double *pad)
{
    size_t r = (size_t)a->r, room = (n + BLOCK - 1) / BLOCK * BLOCK;
    memset(pad, 0, r * sizeof *pad);
    memset(pad + r + room, 0, r * sizeof *pad);
    if (widen(pad + r, src, n, room))
        filter_row(dst, pad + r, n, a);
    else
        memset(dst, 0, n * sizeof *dst);
}

static int do_slice(void *ctx, size_t z, size_t worker, struct dorg_err *e)
{
    const struct job *t = ctx;
    size_t nx = t->n[0], ny = t->n[1];
    const float *from = t->src + z * nx * ny;
    float *to = t->dst + z * nx * ny, *mid = t->axis[1].r ? t->slice + worker * nx * ny : to;
    double *padded = t->padded + worker * t->room;
    for (size_t y = 0; y < ny; y++) {
        if (t->axis[0].r)
            pass_row(mid + y * nx, from + y * nx, nx, &t->axis[0], padded);
        else
            memcpy(mid + y * nx, from + y * nx, nx * sizeof *mid);
    }
    if (t->axis[1].r) pass_cols(to, mid, nx, ny, nx, &t->axis[1], padded);
    return e->code;
}

static int do_columns(void *ctx, size_t y, size_t worker, struct dorg_err *e)
{
    const struct job *t = ctx;
    float *row = t->dst + y * t->n[0];
    pass_cols(row, row, t->n[0] * t->n[1], t->n[2], t->n[0], &t->axis[2],
              t->padded + worker * t->room);
    return e->code;
}

/* inv has BLOCK - 1 zeros after its end, so that whole blocks can be read. */
static int make_axis(struct axis *a, float sigma, size_t n, bool zero_outside,
                     struct dorg_err *e)
{
    a->r = 0;
    if (!(sigma >= 0 && sigma <= 64))
        return dorg_fail(e, DORG_EUSAGE, "sigma is %g voxels; expected 0 to 64",
                         (double)sigma);
    if (sigma == 0) return 0;
    int r = (int)ceil(3 * (double)sigma);
    for (int k = 0; k <= r; k++)
        a->w[k] = exp(-0.5 * ((double)k / (double)sigma) * ((double)k / (double)sigma));
    if (!(a->inv = dorg_zeroed(n + BLOCK, sizeof *a->inv, e))) return e->code;
    a->r = r;
    for (size_t i = 0; i < n; i++) {
        double sum = a->w[0];
        for (int k = 1; k <= r; k++) {
            bool before = zero_outside || (size_t)k <= i;
            bool after = zero_outside || i + (size_t)k < n;
            sum += a->w[k] * (before + after);
        }
        a->inv[i] = 1 / sum;
    }
    return 0;
}

/* Room for the largest tile or row any pass needs. */
static size_t padded_size(const struct job *t)
{
    size_t most = t->n[0] + BLOCK + 2 * (size_t)t->axis[0].r;
    for (int a = 1; a < 3; a++) {
        size_t tile = (t->n[a] + 2 * (size_t)t->axis[a].r) * TILE;
        most = tile > most ? tile : most;
    }
    return most;
}

int dorg_gauss3d_cpu(float *dst, const float *src, const int32_t n[3],
                     const struct dorg_gauss3d *p, int jobs, struct dorg_err *e)
{
    struct job t = {.dst = dst, .src = src};
    for (int a = 0; a < 3; a++)
        t.n[a] = (size_t)n[a];
    for (int a = 0; a < 3; a++)
        if (make_axis(&t.axis[a], p->sigma[a], t.n[a], p->zero_outside, e)) goto done;
    t.room = padded_size(&t);
    t.padded = dorg_array(dorg_par_team(jobs), t.room * sizeof *t.padded, e);
    if (t.axis[1].r)
        t.slice = dorg_array(dorg_par_team(jobs), t.n[0] * t.n[1] * sizeof *t.slice, e);
    if (!e->code) dorg_par(t.n[2], jobs, do_slice, &t, e);
    if (!e->code && t.axis[2].r) dorg_par(t.n[1], jobs, do_columns, &t, e);
done:
    free(t.slice);
    free(t.padded);
    for (int a = 0; a < 3; a++)
        free(t.axis[a].inv);
    return e->code;
}
