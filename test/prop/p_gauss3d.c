/* laws of gauss3d on random small shapes */
#include "../../kernels/kernels.h"
#include "../../libcommon/base/rng.h"
#include "../oracle/o_gauss3d.h"
#include "../tap.h"

enum { MOST = 40 * 40 * 40 };
static float f[MOST], g[MOST], h[MOST];
static double want[MOST];
static uint64_t seed;

static void fill(float *to, size_t n, uint64_t item)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (float)dorg_rng_unit(seed, DORG_RNG_TEST, item, (uint32_t)i);
}

static int pick(int most, uint64_t item, uint32_t draw)
{
    return 1 + (int)dorg_rng_below((uint64_t)most, seed, DORG_RNG_TEST, item, draw);
}

static void shape(int32_t n[3], struct dorg_gauss3d *p, double sigma[3], uint64_t item)
{
    for (int a = 0; a < 3; a++) {
        uint32_t u = (uint32_t)a;
        n[a] = pick(13, 1000 + item, u);
        sigma[a] = pick(4, 1000 + item, u + 3) == 1
                       ? 0
                       : 0.2 + 2 * dorg_rng_unit(seed, DORG_RNG_TEST, 2000 + item, u);
        p->sigma[a] = (float)sigma[a];
        sigma[a] = (double)p->sigma[a];
    }
}

static void against_direct_sum(const struct dorg_kernels *k)
{
    double worst = 0;
    int same = 1;
    for (uint64_t item = 0; item < 40; item++) {
        struct dorg_err e = DORG_ERR_INIT;
        int32_t n[3];
        double sigma[3];
        struct dorg_gauss3d p = {.zero_outside = item % 2};
        shape(n, &p, sigma, item);
        size_t count = (size_t)n[0] * (size_t)n[1] * (size_t)n[2];
        fill(f, count, item);
        k->gauss3d(g, f, n, &p, 1, &e);
        k->gauss3d(h, f, n, &p, 3, &e);
        same &= memcmp(g, h, count * sizeof *g) == 0;
        o_gauss3d(want, f, n, sigma, p.zero_outside);
        for (size_t i = 0; i < count; i++)
            worst = fmax(worst, fabs((double)g[i] - want[i]));
    }
    printf("# worst difference from the direct sum %.3g\n", worst);
    ok(worst < 4e-7, "separable passes equal the direct 3-D sum");
    ok(same, "jobs 1 and 3 give the same bytes");
}

static void constants_and_bounds(const struct dorg_kernels *k)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_gauss3d p = {.sigma = {3, 1.5f, 0.7f}};
    int32_t n[3] = {39, 17, 23};
    size_t count = 39 * 17 * 23;
    int flat = 1, within = 1;
    for (size_t i = 0; i < count; i++)
        f[i] = 0.3f;
    k->gauss3d(g, f, n, &p, 1, &e);
    for (size_t i = 0; i < count; i++)
        flat &= g[i] == 0.3f;
    ok(flat, "a constant map is unchanged");
    fill(f, count, 77);
    k->gauss3d(g, f, n, &p, 1, &e);
    for (size_t i = 0; i < count; i++)
        within &= g[i] >= 0 && g[i] <= 1;
    ok(within, "values stay within the input's");
    p.sigma[0] = p.sigma[1] = p.sigma[2] = 0;
    k->gauss3d(g, f, n, &p, 1, &e);
    ok(memcmp(f, g, count * sizeof *f) == 0, "sigma 0 copies");
}

/* Turning the volume and then smoothing is smoothing and then turning. */
static void axes_commute(const struct dorg_kernels *k)
{
    enum { X = 21, Y = 34, Z = 11 };
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_gauss3d p = {.sigma = {2, 3, 1}}, q = {.sigma = {1, 2, 3}};
    double worst = 0;
    fill(f, X * Y * Z, 5);
    for (int z = 0; z < Z; z++)
        for (int y = 0; y < Y; y++)
            for (int x = 0; x < X; x++)
                h[z + Z * (x + X * y)] = f[x + X * (y + Y * z)];
    k->gauss3d(g, f, (int32_t[]){X, Y, Z}, &p, 1, &e);
    static float turned[MOST];
    k->gauss3d(turned, h, (int32_t[]){Z, X, Y}, &q, 2, &e);
    for (int z = 0; z < Z; z++)
        for (int y = 0; y < Y; y++)
            for (int x = 0; x < X; x++)
                worst = fmax(worst, fabs((double)turned[z + Z * (x + X * y)] -
                                         (double)g[x + X * (y + Y * z)]));
    ok(worst < 3e-7, "permuting the axes commutes with smoothing (worst %.2g)", worst);
}

static void impulse(const struct dorg_kernels *k)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_gauss3d p = {.sigma = {3, 3, 3}};
    int32_t n[3] = {39, 39, 39};
    double sum = 0;
    memset(f, 0, sizeof f);
    f[19 + 39 * (19 + 39 * 19)] = 1;
    k->gauss3d(g, f, n, &p, 2, &e);
    for (size_t i = 0; i < 39 * 39 * 39; i++)
        sum += (double)g[i];
    near(sum, 1, 1e-6, "an impulse far from the faces keeps its sum");
    ok(g[19 + 39 * (19 + 39 * 9)] == 0, "the kernel ends at ceil(3 sigma)");
    ok(g[19 + 39 * (19 + 39 * 10)] > 0, "and not before");
    ok(g[18 + 39 * (19 + 39 * 19)] == g[20 + 39 * (19 + 39 * 19)], "it is symmetric");
}

static void refusals(const struct dorg_kernels *k)
{
    const float bad[] = {-1, 65, NAN, INFINITY};
    for (int i = 0; i < 4; i++) {
        struct dorg_err e = DORG_ERR_INIT;
        struct dorg_gauss3d p = {.sigma = {1, bad[i], 1}};
        int code = k->gauss3d(g, f, (int32_t[]){3, 3, 3}, &p, 1, &e);
        ok(code == DORG_EUSAGE, "sigma %g is refused", (double)bad[i]);
    }
    struct dorg_err e = DORG_ERR_INIT;
    ok(!dorg_kernels_find("cpus", &e) && e.code == DORG_EUSAGE, "a device nobody knows");
}

int main(void)
{
    struct dorg_err e = DORG_ERR_INIT;
    const struct dorg_kernels *k = dorg_kernels_find("cpu", &e);
    seed = tap_seed(1);
    against_direct_sum(k);
    constants_and_bounds(k);
    axes_commute(k);
    impulse(k);
    refusals(k);
    return tap_done();
}
