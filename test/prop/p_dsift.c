/* dense SIFT against its definition; patches against sums over descriptors */
#include "../../libcommon/feature/dsift.h"
#include "../../libcommon/base/rng.h"
#include "../oracle/o_dsift.h"
#include "../tap.h"

#include <stdbool.h>

enum { MOST = 70 };
static uint64_t seed;
static struct dorg_err e;

static double unit(uint64_t item, uint32_t draw)
{
    return dorg_rng_unit(seed, DORG_RNG_TEST, item, draw);
}

/* Smooth shapes, or noise, or flat but for one pixel; some corners flat. */
static void picture(uint8_t *u, int32_t nx, int32_t ny, uint64_t item)
{
    double fx = 0.3 * unit(item, 5), fy = 0.3 * unit(item, 6);
    for (int32_t y = 0; y < ny; y++)
        for (int32_t x = 0; x < nx; x++) {
            double v = 128 + 90 * sin(fx * x + fy * y) + 30 * cos(0.2 * x);
            if (item % 3 == 1) v = 255 * unit(item, 100 + (uint32_t)(y * nx + x));
            if (item % 3 == 2) v = x == nx / 2 && y == ny / 2 ? 200 : 7;
            u[y * nx + x] = (uint8_t)(x + y < 20 ? 7 : v);
        }
}

static double worst, worst_edge, worst_length;

static void descriptors(const struct dorg_dsift *s, const uint8_t *u, int32_t nx, int32_t ny)
{
    for (int32_t j = 1; j <= s->n[1] - 3; j += 2)
        for (int32_t i = 1; i <= s->n[0] - 3; i += 3) {
            float d[DORG_DSIFT_LONG];
            double want[128], sum = 0;
            double edge = (double)dorg_dsift_one(d, s, i, j);
            double true_edge = o_dsift(want, u, nx, ny, 3 * i + 1.5, 3 * j + 1.5);
            for (int k = 0; k < 128; k++) {
                worst = fmax(worst, fabs((double)d[k] - want[k]));
                sum += (double)d[k] * (double)d[k];
            }
            worst_edge = fmax(worst_edge, fabs(edge - true_edge) / (1 + true_edge));
            if (edge > 0) worst_length = fmax(worst_length, fabs(sqrt(sum) - 1));
        }
}

/* The 18 numbers of a patch from the descriptors, one by one. */
static void by_hand(double f[DORG_DSIFT], const struct dorg_dsift *s, int32_t x, int32_t y)
{
    int n[2] = {0, 0};
    for (int k = 0; k < DORG_DSIFT; k++)
        f[k] = 0;
    for (int32_t j = 1; j <= s->n[1] - 3; j++)
        for (int32_t i = 1; i <= s->n[0] - 3; i++) {
            double far = fmax(fabs(3 * i + 1.5 - x), fabs(3 * j + 1.5 - y));
            float d[DORG_DSIFT_LONG];
            if (far > 12) continue;
            int out = far > 6;
            n[out]++;
            f[16 + out] += (double)dorg_dsift_one(d, s, i, j);
            for (int k = 0; k < 128; k++)
                f[8 * out + k % 8] += (double)d[k];
        }
    for (int k = 0; k < DORG_DSIFT; k++)
        f[k] /= fmax(1, n[k < 16 ? k / 8 : k - 16]);
}

int main(void)
{
    static uint8_t u[MOST * MOST];
    double patch = 0;
    bool again = true;
    seed = tap_seed(1);
    for (uint64_t item = 0; item < 24; item++) {
        struct dorg_dsift s = DORG_DSIFT_INIT;
        int32_t nx = 1 + (int32_t)(MOST * unit(item, 0)),
                ny = 1 + (int32_t)(MOST * unit(item, 1));
        nx = nx > MOST ? MOST : nx;
        int32_t whole[4] = {0, nx - 1, 0, ny - 1};
        picture(u, nx, ny, item);
        dorg_dsift_slice(&s, u, nx, ny, whole, &e);
        descriptors(&s, u, nx, ny);
        int32_t x = (int32_t)(nx * unit(item, 2)), y = (int32_t)(ny * unit(item, 3));
        int32_t spot[4] = {x, x, y, y};
        float f[DORG_DSIFT], g[DORG_DSIFT];
        double want[DORG_DSIFT];
        dorg_dsift_patch(f, &s, x, y);
        by_hand(want, &s, x, y);
        for (int k = 0; k < DORG_DSIFT; k++)
            patch = fmax(patch, fabs((double)f[k] - want[k]));
        dorg_dsift_slice(&s, u, nx, ny, spot, &e);
        dorg_dsift_patch(g, &s, x, y);
        again = again && memcmp(f, g, sizeof f) == 0;
        dorg_dsift_free(&s);
    }
    ok(!e.code, "slices of 1 to %d pixels a side", MOST);
    near(worst, 0, 2e-5, "descriptors are what their definition says");
    near(worst_edge, 0, 1e-5, "edges too");
    near(worst_length, 0, 1e-5, "descriptors have length 1, or are 0");
    near(patch, 0, 0.5 / 64 + 1e-4, "a patch is the mean of its descriptors, as rounded");
    ok(again, "what a box needs does not depend on the box");
    return tap_done();
}
