/* tps.c - landmarks, the spline's system, its basis images and random displacements */
#include "tps.h"
#include "../../kernels/tpswarp.h"
#include "../base/mem.h"
#include "../base/rng.h"
#include "../../kernels/kernels.h"
#include "../base/par.h"
#include "../file/rec.h"

enum { MIN_SIDE = 4, MAX_SIDE = 1024, MAX_BORDER = 6 };

/* Places of border landmarks along a side: 0, step, 2 step, ..., and the last pixel; with
 * `ring`, one step further out at either end.  Gives their number. */
static int places(double *at, int side, int ring)
{
    int step = (side + 2) / 3, n = 0;
    if (ring) at[n++] = -step;
    for (int p = 0; p < side - 1; p += step)
        at[n++] = p;
    at[n++] = side - 1;
    if (ring) at[n++] = side - 1 + step;
    return n;
}

/* The outline of the grid ax x ay, appended to land. */
static void outline(double *land, int *n, int w, int h, int ring)
{
    double ax[MAX_BORDER], ay[MAX_BORDER];
    int nx = places(ax, w, ring), ny = places(ay, h, ring);
    for (int j = 0; j < ny; j++)
        for (int i = 0; i < nx; i++)
            if (i == 0 || i == nx - 1 || j == 0 || j == ny - 1) {
                land[2 * *n] = ax[i];
                land[2 * (*n)++ + 1] = ay[j];
            }
}

static int set_landmarks(struct dorg_tps *t, struct dorg_err *e)
{
    double root = sqrt(t->opts.points);
    int reach = (int)(root / 2), n = 0;
    t->n_move = (2 * reach + 1) * (2 * reach + 1);
    t->land = dorg_array((size_t)(8 * MAX_BORDER + t->n_move), 2 * sizeof(double), e);
    if (!t->land) return e->code;
    outline(t->land, &n, t->w, t->h, 0);
    outline(t->land, &n, t->w, t->h, 1);
    for (int j = -reach; j <= reach; j++)
        for (int i = -reach; i <= reach; i++) {
            t->land[2 * n] = (t->w - 1) * (0.5 + i / root);
            t->land[2 * n++ + 1] = (t->h - 1) * (0.5 + j / root);
        }
    t->n_land = n;
    return 0;
}

static double phi(const struct dorg_tps *t, double dx, double dy)
{
    double rr = dx * dx + dy * dy;
    if (!t->opts.r2logr) return sqrt(rr);
    return rr > 0 ? 0.5 * rr * log(rr) : 0;
}

/* Rows of [phi P; P' 0] with the right-hand sides beside it: m x (m + n_move). */
static void set_system(double *a, const struct dorg_tps *t)
{
    int n = t->n_land, m = n + 3, wide = m + t->n_move, fixed = n - t->n_move;
    for (int i = 0; i < m; i++)
        for (int j = 0; j < wide; j++)
            a[i * wide + j] = 0;
    for (int i = 0; i < n; i++) {
        const double *p = t->land + 2 * i;
        for (int j = 0; j < n; j++)
            a[i * wide + j] = phi(t, p[0] - t->land[2 * j], p[1] - t->land[2 * j + 1]);
        const double affine[3] = {1, p[0], p[1]};
        for (int k = 0; k < 3; k++)
            a[i * wide + n + k] = a[(n + k) * wide + i] = affine[k];
    }
    for (int k = 0; k < t->n_move; k++)
        a[(fixed + k) * wide + m + k] = 1;
}

/* Gauss-Jordan elimination with row pivoting: the right-hand sides become the solutions. */
static int solve(double *a, int m, int wide, struct dorg_err *e)
{
    for (int c = 0; c < m; c++) {
        int best = c;
        for (int r = c + 1; r < m; r++)
            if (fabs(a[r * wide + c]) > fabs(a[best * wide + c])) best = r;
        if (!(fabs(a[best * wide + c]) > 1e-12))
            return dorg_fail(e, DORG_EDATA, "two landmarks of the spline coincide");
        for (int j = c; j < wide; j++) {
            double x = a[c * wide + j];
            a[c * wide + j] = a[best * wide + j];
            a[best * wide + j] = x;
        }
        for (int r = 0; r < m; r++) {
            double f = a[r * wide + c] / a[c * wide + c];
            if (r == c || f == 0) continue;
            for (int j = c; j < wide; j++)
                a[r * wide + j] -= f * a[c * wide + j];
        }
    }
    for (int r = 0; r < m; r++)
        for (int j = m; j < wide; j++)
            a[r * wide + j] /= a[r * wide + r];
    return 0;
}

static int set_basis(struct dorg_tps *t, struct dorg_err *e)
{
    int m = t->n_land + 3, wide = m + t->n_move;
    double *a = dorg_array(dorg_pixel(wide, 0, m), sizeof *a, e);
    t->coef = dorg_array(dorg_pixel(m, 0, t->n_move), sizeof *t->coef, e);
    t->basis = dorg_array(dorg_pixel(t->w, 0, t->h * t->n_move), sizeof *t->basis, e);
    if (e->code) goto done;
    set_system(a, t);
    if (solve(a, m, wide, e)) goto done;
    for (int k = 0; k < t->n_move; k++)
        for (int i = 0; i < m; i++)
            t->coef[k * m + i] = a[i * wide + m + k];
    float *to = t->basis;
    for (int y = 0; y < t->h; y++)
        for (int k = 0; k < t->n_move; k++)
            for (int x = 0; x < t->w; x++)
                *to++ = (float)dorg_tps_basis(t, k, x, y);
done:
    free(a);
    return e->code;
}

int dorg_tps_new(struct dorg_tps *t, int w, int h, const struct dorg_tps_opts *o,
                 struct dorg_err *e)
{
    *t = (struct dorg_tps){.opts = *o, .w = w, .h = h};
    if (w < MIN_SIDE || h < MIN_SIDE || w > MAX_SIDE || h > MAX_SIDE)
        return dorg_fail(e, DORG_EUSAGE,
                         "a spline needs sides of 4 to 1024 pixels, not %d x %d", w, h);
    if (o->points < 1 || o->points > 99 || !(o->amplitude >= 0 && o->amplitude <= 0.5))
        return dorg_fail(e, DORG_EUSAGE,
                         "%d spline points of amplitude %g; expected 1..99, 0..0.5", o->points,
                         o->amplitude);
    if (set_landmarks(t, e) || set_basis(t, e)) dorg_tps_free(t);
    return e->code;
}

void dorg_tps_free(struct dorg_tps *t)
{
    free(t->land);
    free(t->coef);
    free(t->basis);
    *t = DORG_TPS_INIT;
}

double dorg_tps_basis(const struct dorg_tps *t, int k, double x, double y)
{
    int n = t->n_land;
    const double *c = t->coef + k * (n + 3);
    double u = c[n] + c[n + 1] * x + c[n + 2] * y;
    for (int i = 0; i < n; i++)
        u += c[i] * phi(t, x - t->land[2 * i], y - t->land[2 * i + 1]);
    return u;
}

static double reach_of(double amplitude, int side)
{
    double d = amplitude * side;
    return amplitude > 0 && d < 1 ? 1 : d;
}

void dorg_tps_reach(double reach[2], const struct dorg_tps *t)
{
    reach[0] = reach_of(t->opts.amplitude, t->w);
    reach[1] = reach_of(t->opts.amplitude, t->h);
}

void dorg_tps_draw(const struct dorg_tps *t, float *d, uint64_t item, uint32_t deform)
{
    double reach[2];
    dorg_tps_reach(reach, t);
    for (int k = 0; k < t->n_move; k++) {
        uint32_t u[4];
        dorg_rng4(u, t->opts.seed, DORG_RNG_TPS, item, (deform << 7) + (uint32_t)k);
        d[k] = (float)(reach[0] * (u[0] * 0x1p-31 - 1));
        d[t->n_move + k] = (float)(reach[1] * (u[1] * 0x1p-31 - 1));
    }
}

size_t dorg_tps_scratch(const struct dorg_tps *t)
{
    return dorg_tpswarp_scratch(t->h, t->w);
}

void dorg_tps_warp(uint8_t *dst, const uint8_t *src, int c, const struct dorg_tps *t,
                   const float *d, float *scratch)
{
    dorg_tpswarp(dst, src, c, t->h, t->w, t->basis, d, t->n_move, scratch);
}

/* ---- records in, their deformed copies out ------------------------------------------- */

enum { BLOCK_BYTES = 1 << 25, MAX_BLOCK = 1024 };

struct block {
    const struct dorg_tps *t;
    size_t pixels, n;
    int channels, copies;
    struct dorg_rec *rec;
    uint8_t *in, *out; /* n x pixels; n x copies x pixels */
    float *d;          /* n x copies x 2 x n_move */
};

/* One number out of what tells records apart (SplitMix64's finisher over each field). */
static uint64_t item_of(const struct dorg_rec *r)
{
    const uint64_t part[4] = {r->id, r->id2, r->slice, r->scale};
    uint64_t x = 0;
    for (int i = 0; i < 4; i++) {
        x = (x ^ part[i]) + 0x9E3779B97F4A7C15u;
        x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
        x = (x ^ x >> 27) * 0x94D049BB133111EBu;
        x ^= x >> 31;
    }
    return x;
}

static int draw_one(void *ctx, size_t i, size_t worker, struct dorg_err *e)
{
    struct block *b = ctx;
    size_t copies = (size_t)b->copies, moves = 2 * (size_t)b->t->n_move;
    (void)worker;
    for (size_t k = 0; k < copies; k++)
        dorg_tps_draw(b->t, b->d + (i * copies + k) * moves, item_of(&b->rec[i]),
                      (uint32_t)k + 1);
    return e->code;
}

static int deform(struct block *b, const struct dorg_kernels *k, int jobs, struct dorg_err *e)
{
    const struct dorg_tpswarps p = {.c = b->channels,
                                    .h = b->t->h,
                                    .w = b->t->w,
                                    .n = b->t->n_move,
                                    .copies = b->copies,
                                    .basis = b->t->basis};
    if (dorg_par(b->n, jobs, draw_one, b, e)) return e->code;
    return k->tpswarps(b->out, b->in, b->n, &p, b->d, jobs, e);
}

/* Read records until the block is full (cap) or the stream ends. */
static int fill(struct block *b, size_t cap, struct dorg_rec_reader *r, struct dorg_err *e)
{
    int got = 1;
    b->n = 0;
    while (b->n < cap && got) {
        struct dorg_rec *rec = &b->rec[b->n];
        if (dorg_rec_next(r, rec, b->in + b->n * b->pixels, &got, e)) return e->code;
        if (got && rec->deform)
            return dorg_fail(e, DORG_EDATA, "record %llu is deformed already; give originals",
                             (unsigned long long)r->count - 1);
        b->n += (size_t)got;
    }
    return 0;
}

static int drain(const struct block *b, int only, struct dorg_rec_writer *w,
                 struct dorg_err *e)
{
    const uint8_t *p = b->out;
    for (size_t i = 0; i < b->n; i++) {
        struct dorg_rec rec = b->rec[i];
        if (!only && dorg_rec_put(w, &rec, b->in + i * b->pixels, e)) return e->code;
        for (int k = 0; k < b->copies; k++, p += b->pixels) {
            rec.deform = (uint32_t)k + 1;
            if (dorg_rec_put(w, &rec, p, e)) return e->code;
        }
    }
    return 0;
}

static int make_block(struct block *b, size_t *cap, const struct dorg_rec_shape *s,
                      const struct dorg_tps *t, int count, struct dorg_err *e)
{
    size_t pixels = dorg_rec_pixels(s);
    *b = (struct block){.t = t, .pixels = pixels, .channels = (int)s->c, .copies = count};
    size_t copies = (size_t)count;
    *cap = BLOCK_BYTES / (pixels * (copies + 1));
    *cap = *cap < 1 ? 1 : *cap > MAX_BLOCK ? MAX_BLOCK : *cap;
    b->rec = dorg_array(*cap, sizeof *b->rec, e);
    b->in = dorg_array(*cap, pixels, e);
    b->out = dorg_array(*cap * copies, pixels, e);
    b->d = dorg_array(*cap * copies, 2 * (size_t)t->n_move * sizeof *b->d, e);
    return e->code;
}

int dorg_tps_stream(struct dorg_out *out, struct dorg_in *in, const struct dorg_tps_opts *o,
                    int count, int only, const char *stage, const struct dorg_kernels *k,
                    int jobs, struct dorg_err *e)
{
    struct dorg_rec_reader r = {0};
    struct dorg_rec_writer w;
    struct dorg_tps t = DORG_TPS_INIT;
    struct block b = {0};
    size_t cap = 0;
    if (dorg_rec_open(&r, in, e)) goto done;
    if (dorg_tps_new(&t, (int)r.shape.w, (int)r.shape.h, o, e)) goto done;
    if (make_block(&b, &cap, &r.shape, &t, count, e)) goto done;
    if (dorg_rec_begin(&w, out, &r.shape, r.history, stage, e)) goto done;
    do {
        if (fill(&b, cap, &r, e)) goto done;
        if (deform(&b, k, jobs, e)) goto done;
        if (drain(&b, only, &w, e)) goto done;
    } while (b.n == cap);
    dorg_rec_end(&w, e);
done:
    if (e->code == DORG_EDATA && in) dorg_err_at(e, dorg_in_name(in));
    free(b.rec);
    free(b.in);
    free(b.out);
    free(b.d);
    dorg_tps_free(&t);
    dorg_rec_close(&r);
    return e->code;
}
