/* context.c - boxes by integral images */
#include "context.h"
#include "../base/mem.h"

#include <stdbool.h>

enum { RINGS = 5, FAR = 4, TURNS = 8, SPINE = 4, FAT = 0, SOFT = 1, HU = 2 };
enum { FAT_LO = -150, FAT_HI = -30, SOFT_LO = -20, SOFT_HI = 240, NO_SOFT = -50 };
static const int ring_mm[RINGS] = {3, 6, 12, 24, 48}, far_mm[FAR] = {12, 24, 45, 70};
static const double diagonal = 0.70710678118654752;

void dorg_context_name(char name[32], int k)
{
    static const char *const spine[SPINE] = {"spine_x_mm", "spine_y_mm", "spine_mm",
                                             "spine_turn"};
    const char *what = k % 2 ? "soft" : "fat";
    int box = k / 2;
    if (box < RINGS)
        snprintf(name, 32, "%s_r%d", what, ring_mm[box]);
    else if (box < RINGS + FAR * TURNS)
        snprintf(name, 32, "%s_%d_%d", what, far_mm[(box - RINGS) / TURNS],
                 (box - RINGS) % TURNS);
    else
        snprintf(name, 32, "%s", spine[k - 2 * (RINGS + FAR * TURNS)]);
}

static size_t row_at(const struct dorg_context *c, int32_t y)
{
    return dorg_pixel(c->n[0] + 1, 0, y);
}

static void integrate(struct dorg_context *c, const float *hu)
{
    memset(c->sum, 0, row_at(c, 1) * sizeof *c->sum);
    for (int32_t y = 0; y < c->n[1]; y++, hu += c->n[0]) {
        int64_t(*above)[3] = c->sum + row_at(c, y), (*to)[3] = c->sum + row_at(c, y + 1);
        int64_t run[3] = {0};
        memset(to, 0, sizeof *to);
        for (int32_t x = 0; x < c->n[0]; x++) {
            float u = hu[x];
            bool soft = u >= SOFT_LO && u < SOFT_HI;
            run[FAT] += u >= FAT_LO && u <= FAT_HI;
            run[SOFT] += soft;
            run[HU] += soft ? (int64_t)(u - SOFT_LO + 0.5f) : 0;
            for (int k = 0; k < 3; k++)
                to[x + 1][k] = above[x + 1][k] + run[k];
        }
    }
}

static void find_spine(struct dorg_context *c, const float *hu, const int32_t box[4])
{
    const double width = box[1] - box[0], height = box[3] - box[2];
    const double mid = (box[0] + box[1]) / 2.0, top = box[2] + 0.6 * height;
    uint64_t n = 0, sum = 0, seen = 0;
    int32_t y = box[2];
    for (; y <= box[3] && y < top; y++) {
        const float *row = hu + y * c->n[0];
        c->rows[y] = 0;
        for (int32_t x = box[0]; x <= box[1]; x++)
            if (row[x] > 180.0f && fabs(x - mid) < 0.15 * width) {
                c->rows[y]++;
                sum += (uint64_t)x;
            }
        n += c->rows[y];
    }
    if ((double)n * c->mm[0] * c->mm[1] < 40) {
        c->spine[0] = mid;
        c->spine[1] = box[2] + 0.3 * height;
        return;
    }
    for (y = box[2]; 100 * (seen += c->rows[y]) < 85 * n;)
        y++;
    c->spine[0] = (double)sum / (double)n;
    c->spine[1] = y;
}

int dorg_context_slice(struct dorg_context *c, const struct dorg_vol *ct, size_t z,
                       const int32_t box[4], struct dorg_err *e)
{
    for (int a = 0; a < 2; a++) {
        c->n[a] = ct->grid.n[a];
        c->mm[a] = (double)ct->grid.mm[a];
    }
    if (!c->sum) {
        c->sum = dorg_array(row_at(c, c->n[1] + 1), sizeof *c->sum, e);
        c->rows = dorg_array((size_t)c->n[1], sizeof *c->rows, e);
        if (e->code) return e->code;
    }
    integrate(c, dorg_vol_slice(ct, z));
    find_spine(c, dorg_vol_slice(ct, z), box);
    return 0;
}

/* First pixel of the interval, or one above its last, cut at the border. */
static int32_t bound(double x, int32_t n)
{
    x = floor(x + 0.5);
    return x < 0 ? 0 : x > n ? n : (int32_t)x;
}

void dorg_context_box(int32_t box[4], double x, double y, double half, const double mm[2],
                      const int32_t n[2])
{
    const double hx = half / mm[0], hy = half / mm[1];
    box[0] = bound(x - hx, n[0]);
    box[1] = bound(x + hx + 1, n[0]);
    box[2] = bound(y - hy, n[1]);
    box[3] = bound(y + hy + 1, n[1]);
}

static void look(double v[2], const struct dorg_context *c, double x, double y, double half)
{
    int32_t at[4];
    dorg_context_box(at, x, y, half, c->mm, c->n);
    const int64_t(*a)[3] = (const int64_t(*)[3])c->sum + row_at(c, at[2]);
    const int64_t(*b)[3] = (const int64_t(*)[3])c->sum + row_at(c, at[3]);
    int64_t s[3], n = (int64_t)(at[1] - at[0]) * (at[3] - at[2]);
    for (int k = 0; k < 3; k++)
        s[k] = b[at[1]][k] - b[at[0]][k] - a[at[1]][k] + a[at[0]][k];
    v[0] = n ? round(1000.0 * (double)s[FAT] / (double)n) / 1000 : 0;
    v[1] = s[SOFT] > 0 && 50 * s[SOFT] >= n
               ? round(10.0 * (double)s[HU] / (double)s[SOFT]) / 10 + SOFT_LO
               : NO_SOFT;
}

void dorg_context_at(double v[DORG_CONTEXT], const struct dorg_context *c, double x, double y)
{
    static const int dx[TURNS] = {1, 1, 0, -1, -1, -1, 0, 1};
    static const int dy[TURNS] = {0, 1, 1, 1, 0, -1, -1, -1};
    double *to = v;
    for (int r = 0; r < RINGS; r++, to += 2)
        look(to, c, x, y, ring_mm[r]);
    for (int f = 0; f < FAR; f++)
        for (int k = 0; k < TURNS; k++, to += 2) {
            double d = far_mm[f] * (k % 2 ? diagonal : 1);
            look(to, c, x + d * dx[k] / c->mm[0], y + d * dy[k] / c->mm[1], 0.35 * far_mm[f]);
        }
    to[0] = (x - c->spine[0]) * c->mm[0];
    to[1] = (y - c->spine[1]) * c->mm[1];
    to[2] = hypot(to[0], to[1]);
    to[3] = atan2(to[0], to[1]);
}

void dorg_context_free(struct dorg_context *c)
{
    free(c->sum);
    free(c->rows);
    *c = DORG_CONTEXT_INIT;
}
