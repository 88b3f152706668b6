/* dsift.c - pixels scattered into cells, cells gathered into descriptors, their integrals */
#include "dsift.h"
#include "../base/mem.h"

enum {
    B = DORG_DSIFT_CELL,
    WAYS = 8,
    SIDE = 4,
    IN = 6,
    OUT = 12,
    UNIT = 4096,
    EDGE_UNIT = 64
};
#define CLIP 0.2f

/* exp(-((p - 1.5)^2 + (q - 1.5)^2) / 8) from its two factors. */
static const float weight[2] = {0.75483960f, 0.96923323f}; /* outer, inner */
/* 1 / |d| of a field of one direction: cells of 9 each, squares of the weights summed. */
#define EDGE_SCALE (1.0f / (9.0f * 3.01839178f))

/* Add one pixel's gradient to four cells and two orientations. */
static void scatter(struct dorg_dsift *s, int32_t x, int32_t y, int dx, int dy)
{
    static const float share[B] = {1.0f, 2.0f / 3, 1.0f / 3};
    float m = sqrtf((float)(dx * dx + dy * dy));
    float t = atan2f((float)dy, (float)dx) * (WAYS / 6.28318531f);
    t = t < 0 ? t + WAYS : t;
    int k = (int)t, k0 = k & (WAYS - 1), k1 = (k + 1) & (WAYS - 1);
    float f = t - (float)k, m1 = m * f, m0 = m - m1;
    float(*c)[WAYS] = s->cell + dorg_pixel(s->n[0], x / B, y / B);
    for (int q = 0; q < 2; q++, c += s->n[0]) {
        float wy = q ? 1 - share[y % B] : share[y % B];
        for (int p = 0; p < 2; p++) {
            float w = wy * (p ? 1 - share[x % B] : share[x % B]);
            c[p][k0] += w * m0;
            c[p][k1] += w * m1;
        }
    }
}

static void cells(struct dorg_dsift *s, const uint8_t *u, int32_t nx, int32_t ny)
{
    memset(s->cell, 0, dorg_area(s->n) * sizeof *s->cell);
    for (int32_t y = 0; y < ny; y++) {
        const uint8_t *at = u + y * nx;
        const uint8_t *up = y ? at - nx : at, *down = y < ny - 1 ? at + nx : at;
        for (int32_t x = 0; x < nx; x++) { /* a bin is 2 HU, the difference spans 2 pixels */
            int dx = at[x < nx - 1 ? x + 1 : x] - at[x ? x - 1 : x], dy = down[x] - up[x];
            if (dx | dy) scatter(s, x, y, dx, dy);
        }
    }
}

static float squares(const float d[DORG_DSIFT_LONG])
{
    float lane[WAYS] = {0};
    for (int c = 0; c < SIDE * SIDE; c++)
        for (int k = 0; k < WAYS; k++)
            lane[k] += d[c * WAYS + k] * d[c * WAYS + k];
    return ((lane[0] + lane[1]) + (lane[2] + lane[3])) +
           ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

float dorg_dsift_one(float d[DORG_DSIFT_LONG], const struct dorg_dsift *s, int32_t i,
                     int32_t j)
{
    for (int q = 0; q < SIDE; q++) {
        const float *from = s->cell[dorg_pixel(s->n[0], i - 1, j - 1 + q)];
        for (int p = 0; p < SIDE; p++) {
            float w = weight[q == 1 || q == 2] * weight[p == 1 || p == 2];
            for (int k = 0; k < WAYS; k++)
                d[(q * SIDE + p) * WAYS + k] = w * from[p * WAYS + k];
        }
    }
    float norm = sqrtf(squares(d));
    if (!(norm > 0)) return 0;
    for (int k = 0; k < DORG_DSIFT_LONG; k++) {
        float v = d[k] / norm;
        d[k] = v < CLIP ? v : CLIP;
    }
    float again = 1 / sqrtf(squares(d));
    for (int k = 0; k < DORG_DSIFT_LONG; k++)
        d[k] *= again;
    return norm * EDGE_SCALE;
}

/* The descriptor's part of the integral images. */
static void summarise(uint32_t part[WAYS + 1], const struct dorg_dsift *s, int32_t i,
                      int32_t j)
{
    float d[DORG_DSIFT_LONG], all[WAYS] = {0};
    float edge = dorg_dsift_one(d, s, i, j);
    for (int c = 0; c < SIDE * SIDE; c++)
        for (int k = 0; k < WAYS; k++)
            all[k] += d[c * WAYS + k];
    for (int k = 0; k < WAYS; k++)
        part[k] = (uint32_t)(all[k] * UNIT + 0.5f);
    part[WAYS] = (uint32_t)(edge * EDGE_UNIT + 0.5f);
}

/* First and one above the last descriptor, of 1..n-3, with 2 (3i + 1.5) in [2 lo, 2 hi]. */
static void span(int32_t out[2], int32_t lo, int32_t hi, int32_t n)
{
    int32_t first = (2 * lo - 3 + 5 + 6 * 8) / 6 - 8, last = (2 * hi - 3 + 6 * 8) / 6 - 8;
    last = last > n - 3 ? n - 3 : last;
    out[0] = first < 1 ? 1 : first > n ? n : first;
    out[1] = last + 1 < out[0] ? out[0] : last + 1;
}

static void integrals(struct dorg_dsift *s, const int32_t box[4])
{
    const int32_t row = s->n[0] + 1;
    int32_t x[2], y[2];
    span(x, box[0] - OUT, box[1] + OUT, s->n[0]);
    span(y, box[2] - OUT, box[3] + OUT, s->n[1]);
    memset(s->sum, 0, (size_t)row * sizeof *s->sum);
    for (int32_t j = 0; j < s->n[1]; j++) {
        uint32_t(*above)[WAYS + 1] = s->sum + j * row, (*to)[WAYS + 1] = above + row;
        uint32_t run[WAYS + 1] = {0}, part[WAYS + 1];
        memset(to, 0, sizeof *to);
        for (int32_t i = 0; i < s->n[0]; i++) {
            if (i >= x[0] && i < x[1] && j >= y[0] && j < y[1]) {
                summarise(part, s, i, j);
                for (int k = 0; k <= WAYS; k++)
                    run[k] += part[k]; /* modulo 2^32: differences are right */
            }
            for (int k = 0; k <= WAYS; k++)
                to[i + 1][k] = above[i + 1][k] + run[k];
        }
    }
}

int dorg_dsift_slice(struct dorg_dsift *s, const uint8_t *u, int32_t nx, int32_t ny,
                     const int32_t box[4], struct dorg_err *e)
{
    if (!s->cell) {
        s->n[0] = (nx - 1) / B + 2;
        s->n[1] = (ny - 1) / B + 2;
        s->cell = dorg_array(dorg_area(s->n), sizeof *s->cell, e);
        s->sum = dorg_array(dorg_pixel(s->n[0] + 1, 0, s->n[1] + 1), sizeof *s->sum, e);
        if (e->code) return e->code;
    }
    cells(s, u, nx, ny);
    integrals(s, box);
    return 0;
}

/* Sums over the descriptors centred within `reach` of (x, y); gives their number. */
static int64_t total(uint32_t out[WAYS + 1], const struct dorg_dsift *s, int32_t x, int32_t y,
                     int32_t reach)
{
    const int32_t row = s->n[0] + 1;
    int32_t i[2], j[2];
    span(i, x - reach, x + reach, s->n[0]);
    span(j, y - reach, y + reach, s->n[1]);
    uint32_t(*a)[WAYS + 1] = s->sum + j[0] * row;
    uint32_t(*b)[WAYS + 1] = s->sum + j[1] * row;
    for (int k = 0; k <= WAYS; k++)
        out[k] = b[i[1]][k] - b[i[0]][k] - a[i[1]][k] + a[i[0]][k];
    return (int64_t)(i[1] - i[0]) * (j[1] - j[0]);
}

void dorg_dsift_patch(float f[DORG_DSIFT], const struct dorg_dsift *s, int32_t x, int32_t y)
{
    uint32_t in[WAYS + 1], all[WAYS + 1];
    int64_t n_in = total(in, s, x, y, IN), n_out = total(all, s, x, y, OUT) - n_in;
    float a = n_in > 0 ? 1 / (float)n_in : 0, b = n_out > 0 ? 1 / (float)n_out : 0;
    for (int k = 0; k < WAYS; k++) {
        f[k] = a * (float)in[k] / UNIT;
        f[WAYS + k] = b * (float)(all[k] - in[k]) / UNIT;
    }
    f[2 * WAYS] = a * (float)in[WAYS] / EDGE_UNIT;
    f[2 * WAYS + 1] = b * (float)(all[WAYS] - in[WAYS]) / EDGE_UNIT;
}

void dorg_dsift_free(struct dorg_dsift *s)
{
    free(s->cell);
    free(s->sum);
    *s = DORG_DSIFT_INIT;
}
