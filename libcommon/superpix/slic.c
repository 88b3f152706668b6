/* slic.c - simple linear iterative clustering of one grey slice */
#include "slic.h"
#include "../base/mem.h"

enum { ROUNDS = 10 };

struct centre {
    double grey, x, y;
};

struct slic {
    int32_t nx, ny, n; /* n clusters */
    const uint8_t *grey;
    double side;      /* s */
    double per_pixel; /* (m / s)^2 */
    struct centre *c; /* owned */
    double *sum;      /* owned: pixels, sum of grey, x, y; 4 of each cluster */
    double *best;     /* owned: distance to the nearest centre so far, per pixel */
    uint32_t *stack;  /* owned: pixels of the piece being filled */
};

static int gradient(const struct slic *s, int32_t x, int32_t y)
{
    const uint8_t *g = s->grey;
    int32_t nx = s->nx, l = x > 0 ? x - 1 : x, r = x + 1 < nx ? x + 1 : x;
    int32_t u = y > 0 ? y - 1 : y, d = y + 1 < s->ny ? y + 1 : y;
    int dx = g[dorg_pixel(nx, r, y)] - g[dorg_pixel(nx, l, y)];
    int dy = g[dorg_pixel(nx, x, d)] - g[dorg_pixel(nx, x, u)];
    return dx * dx + dy * dy;
}

/* One centre a cell, moved to the flattest pixel of 3 x 3 (the middle of equals, then the
 * first); label starts as the grid. */
static void start(struct slic *s, int32_t *label, uint32_t k)
{
    int32_t g[2];
    dorg_slic_cells(g, s->nx, s->ny, k);
    dorg_slic_grid(label, s->nx, s->ny, k);
    for (int32_t i = 0; i < s->n; i++) {
        int32_t cx = (int32_t)((i % g[0] + 0.5) * s->nx / g[0]);
        int32_t cy = (int32_t)((i / g[0] + 0.5) * s->ny / g[1]);
        int32_t bx = cx, by = cy;
        int least = gradient(s, cx, cy);
        for (int32_t y = cy - 1; y <= cy + 1; y++)
            for (int32_t x = cx - 1; x <= cx + 1; x++) {
                if (x < 0 || y < 0 || x >= s->nx || y >= s->ny) continue;
                int h = gradient(s, x, y);
                if (h >= least) continue;
                least = h;
                bx = x;
                by = y;
            }
        s->c[i] = (struct centre){s->grey[dorg_pixel(s->nx, bx, by)], bx, by};
    }
}

static int32_t at_least(double v)
{
    return v > 0 ? (int32_t)ceil(v) : 0;
}

static int32_t at_most(double v, int32_t n)
{
    return v < n - 1 ? (int32_t)floor(v) : n - 1;
}

static void assign(struct slic *s, int32_t *label)
{
    size_t pixels = dorg_pixel(s->nx, 0, s->ny);
    for (size_t i = 0; i < pixels; i++)
        s->best[i] = INFINITY;
    for (int32_t k = 0; k < s->n; k++) {
        struct centre c = s->c[k];
        int32_t x0 = at_least(c.x - s->side), x1 = at_most(c.x + s->side, s->nx);
        int32_t y0 = at_least(c.y - s->side), y1 = at_most(c.y + s->side, s->ny);
        for (int32_t y = y0; y <= y1; y++) {
            size_t i = dorg_pixel(s->nx, x0, y);
            double dy2 = (y - c.y) * (y - c.y);
            for (int32_t x = x0; x <= x1; x++, i++) {
                double dx = x - c.x, dg = s->grey[i] - c.grey;
                double d = dg * dg + s->per_pixel * (dx * dx + dy2);
                if (d >= s->best[i]) continue;
                s->best[i] = d;
                label[i] = k + 1;
            }
        }
    }
}

static void move_centres(struct slic *s, const int32_t *label)
{
    memset(s->sum, 0, (size_t)s->n * 4 * sizeof *s->sum);
    for (int32_t y = 0; y < s->ny; y++)
        for (int32_t x = 0; x < s->nx; x++) {
            size_t i = dorg_pixel(s->nx, x, y);
            double *t = s->sum + 4 * (label[i] - 1);
            t[0] += 1;
            t[1] += s->grey[i];
            t[2] += x;
            t[3] += y;
        }
    for (int32_t k = 0; k < s->n; k++) {
        const double *t = s->sum + 4 * k;
        if (t[0] > 0) s->c[k] = (struct centre){t[1] / t[0], t[2] / t[0], t[3] / t[0]};
    }
}

/* Give the 4-connected piece of equal label around `first` the label `to`; its size.
 * Negative labels are final, so `to` is below 0. */
static size_t fill(struct slic *s, int32_t *label, size_t first, int32_t to)
{
    int32_t from = label[first];
    size_t n = 0, done = 0, nx = (size_t)s->nx, end = dorg_pixel(s->nx, 0, s->ny);
    s->stack[n++] = (uint32_t)first;
    label[first] = to;
    while (done < n) {
        size_t i = s->stack[done++], x = i % nx;
        const size_t to_[4] = {x > 0 ? i - 1 : end, x + 1 < nx ? i + 1 : end,
                               i >= nx ? i - nx : end, i + nx < end ? i + nx : end};
        for (int d = 0; d < 4; d++) {
            if (to_[d] >= end || label[to_[d]] != from) continue;
            label[to_[d]] = to;
            s->stack[n++] = (uint32_t)to_[d];
        }
    }
    return n;
}

static int32_t connect(struct slic *s, int32_t *label)
{
    size_t pixels = dorg_pixel(s->nx, 0, s->ny), nx = (size_t)s->nx;
    double least = s->side * s->side / 4;
    int32_t n = 0;
    for (size_t i = 0; i < pixels; i++) {
        if (label[i] < 0) continue;
        size_t size = fill(s, label, i, -(n + 1));
        if (i == 0 || (double)size >= least) {
            n++;
            continue;
        }
        int32_t to = i % nx ? label[i - 1] : label[i - nx];
        for (size_t j = 0; j < size; j++)
            label[s->stack[j]] = to;
    }
    for (size_t i = 0; i < pixels; i++)
        label[i] = -label[i];
    return n;
}

int dorg_slic(int32_t *label, int32_t *n, const uint8_t *grey, int32_t nx, int32_t ny,
              uint32_t k, double m, struct dorg_err *e)
{
    int32_t g[2];
    dorg_slic_cells(g, nx, ny, k);
    size_t pixels = dorg_pixel(nx, 0, ny);
    struct slic s = {.nx = nx, .ny = ny, .n = g[0] * g[1], .grey = grey};
    s.side = sqrt((double)pixels / s.n);
    s.per_pixel = (m / s.side) * (m / s.side);
    s.c = dorg_array((size_t)s.n, sizeof *s.c, e);
    s.sum = dorg_array((size_t)s.n, 4 * sizeof *s.sum, e);
    s.best = dorg_array(pixels, sizeof *s.best, e);
    s.stack = dorg_array(pixels, sizeof *s.stack, e);
    if (!e->code) {
        start(&s, label, k);
        for (int i = 0; i < ROUNDS; i++) {
            assign(&s, label);
            move_centres(&s, label);
        }
        *n = connect(&s, label);
    }
    free(s.c);
    free(s.sum);
    free(s.best);
    free(s.stack);
    return e->code;
}

/* ---- a slice cut into near-square cells ---------------------------------------------- */

static int32_t clamp(double v, int32_t most)
{
    return v < 1 ? 1 : v > (double)most ? most : (int32_t)v;
}

void dorg_slic_cells(int32_t g[2], int32_t nx, int32_t ny, uint32_t k)
{
    g[0] = clamp(floor(sqrt((double)k * nx / ny) + 0.5), nx);
    g[1] = clamp(floor((double)k / g[0] + 0.5), ny);
}

int32_t dorg_slic_grid(int32_t *label, int32_t nx, int32_t ny, uint32_t k)
{
    int32_t g[2];
    dorg_slic_cells(g, nx, ny, k);
    for (int32_t y = 0; y < ny; y++) {
        int32_t row = (int32_t)((int64_t)y * g[1] / ny);
        for (int32_t x = 0; x < nx; x++)
            *label++ = 1 + row * g[0] + (int32_t)((int64_t)x * g[0] / nx);
    }
    return g[0] * g[1];
}
