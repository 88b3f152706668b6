/* patches and warped boxes against their equations, on random shapes */
#include "../../kernels/axial.h"
#include "../../kernels/kernels.h"
#include "../../libcommon/base/rng.h"
#include "../oracle/o_sample.h"
#include "../tap.h"

enum { SIDE = 20, MOST = SIDE * SIDE * SIDE };
static uint8_t v[MOST];
static uint64_t seed;

static int pick(int lo, int hi, uint64_t item, uint32_t draw)
{
    return lo + (int)dorg_rng_below((uint64_t)(hi - lo + 1), seed, DORG_RNG_TEST, item, draw);
}

static void shape(int32_t n[3], uint64_t item)
{
    for (uint32_t a = 0; a < 3; a++)
        n[a] = pick(1, SIDE, 100 + item, a);
    for (uint32_t i = 0; i < MOST; i++)
        v[i] = (uint8_t)dorg_rng_u32(seed, DORG_RNG_TEST, 200 + item, i);
}

/* How far a byte is from being the sample's nearest: at most 0.5 and a float's rounding. */
static double miss(uint8_t got, double want)
{
    return fabs((double)got - want);
}

static void patches(const struct dorg_kernels *k)
{
    enum { COUNT = 6, LARGEST = 17 };
    static uint8_t one[COUNT * 3 * LARGEST * LARGEST], two[sizeof one];
    double worst = 0;
    int same = 1;
    for (uint64_t item = 0; item < 60; item++) {
        struct dorg_err e = DORG_ERR_INIT;
        int32_t n[3];
        uint64_t at[COUNT];
        shape(n, item);
        struct dorg_patch25 p = {.size = pick(1, LARGEST, item, 0), .step = {1, 1, 1}};
        if (item % 3 > 0) p.step[2] = 0.3 + dorg_rng_unit(seed, DORG_RNG_TEST, item, 1);
        if (item % 3 > 1)
            p.step[0] = p.step[1] = 0.5 + dorg_rng_unit(seed, DORG_RNG_TEST, item, 2);
        for (uint32_t i = 0; i < COUNT; i++)
            at[i] = dorg_rng_below((uint64_t)(n[0] * n[1] * n[2]), seed, DORG_RNG_TEST, item,
                                   10 + i);
        k->patch25(one, v, n, at, COUNT, &p, 1, &e);
        k->patch25(two, v, n, at, COUNT, &p, 3, &e);
        size_t bytes = (size_t)(COUNT * 3 * p.size * p.size), b = 0;
        same &= memcmp(one, two, bytes) == 0;
        for (int i = 0; i < COUNT; i++) {
            int j = (int)at[i], c[3] = {j % n[0], j / n[0] % n[1], j / n[0] / n[1]};
            for (int plane = 0; plane < 3; plane++)
                for (int r = 0; r < p.size; r++)
                    for (int q = 0; q < p.size; q++, b++)
                        worst = fmax(worst, miss(one[b], o_patch25(v, n, c, plane, r, q,
                                                                   p.size, p.step)));
        }
    }
    ok(worst < 0.5001, "patches: every byte is the equation's nearest (worst %.5f)", worst);
    ok(same, "patches: jobs 1 and 3 give the same bytes");
}

static void surroundings(void)
{
    enum { COUNT = 7, LARGEST = 9 };
    static uint8_t one[COUNT * DORG_AXIAL_MAX * LARGEST * LARGEST], two[sizeof one];
    double worst = 0;
    int same = 1;
    for (uint64_t item = 900; item < 940; item++) {
        struct dorg_err e = DORG_ERR_INIT;
        int32_t n[3];
        uint64_t at[COUNT];
        shape(n, item);
        struct dorg_axial p = {.size = pick(1, LARGEST, item, 0),
                               .channels = pick(1, DORG_AXIAL_MAX, item, 1)};
        for (int32_t k = 0; k < p.channels; k++)
            for (int a = 0; a < 2; a++)
                p.side[k][a] = 0.3 + (k + 1) * 1.5 *
                                         dorg_rng_unit(seed, DORG_RNG_TEST, item,
                                                       (uint32_t)(2 + 2 * k + a));
        for (uint32_t i = 0; i < COUNT; i++)
            at[i] = dorg_rng_below((uint64_t)(n[0] * n[1] * n[2]), seed, DORG_RNG_TEST, item,
                                   20 + i);
        dorg_axial(one, v, n, at, COUNT, &p, 1, &e);
        dorg_axial(two, v, n, at, COUNT, &p, 3, &e);
        size_t bytes = (size_t)(COUNT * p.channels * p.size * p.size), b = 0;
        same &= memcmp(one, two, bytes) == 0;
        for (int i = 0; i < COUNT; i++) {
            int j = (int)at[i], c[3] = {j % n[0], j / n[0] % n[1], j / n[0] / n[1]};
            for (int k = 0; k < p.channels; k++)
                for (int r = 0; r < p.size; r++)
                    for (int q = 0; q < p.size; q++, b++)
                        worst = fmax(worst,
                                     miss(one[b], o_axial(v, n, c, r, q, p.size, p.side[k])));
        }
    }
    ok(worst < 0.5001, "axial: every byte is the mean's nearest (worst %.5f)", worst);
    ok(same, "axial: jobs 1 and 3 give the same bytes");
}

static void boxes(const struct dorg_kernels *k)
{
    enum { COUNT = 9, LARGEST = 16 };
    static uint8_t one[COUNT * 300], two[sizeof one];
    double worst = 0;
    int same = 1, untouched = 1;
    for (uint64_t item = 0; item < 60; item++) {
        struct dorg_err e = DORG_ERR_INIT;
        int32_t n[3];
        struct dorg_box box[COUNT];
        shape(n, 500 + item);
        struct dorg_warp2d p = {.size = pick(1, LARGEST, 600 + item, 0), .stride = 300};
        for (uint32_t i = 0; i < COUNT; i++)
            box[i] = (struct dorg_box){
                .x = pick(-30, n[0] + 5, 700 + item, 5 * i),
                .y = pick(-30, n[1] + 5, 700 + item, 5 * i + 1),
                .z = pick(0, n[2] - 1, 700 + item, 5 * i + 2),
                .nx = pick(1, 50, 700 + item, 5 * i + 3),
                .ny = pick(1, 50, 700 + item, 5 * i + 4),
            };
        memset(one, 7, sizeof one);
        memset(two, 7, sizeof two);
        k->warp2d(one, v, n, box, COUNT, &p, 1, &e);
        k->warp2d(two, v, n, box, COUNT, &p, 3, &e);
        same &= memcmp(one, two, sizeof one) == 0;
        for (int i = 0; i < COUNT; i++) {
            const struct dorg_box *b = &box[i];
            uint8_t *got = one + i * 300;
            for (int r = 0; r < p.size; r++)
                for (int c = 0; c < p.size; c++)
                    worst = fmax(worst, miss(got[r * p.size + c],
                                             o_warp2d(v, n, b->x, b->y, b->z, b->nx, b->ny, r,
                                                      c, p.size)));
            for (int j = p.size * p.size; j < 300; j++)
                untouched &= got[j] == 7;
        }
    }
    ok(worst < 0.5001, "boxes: every byte is the equation's nearest (worst %.5f)", worst);
    ok(same, "boxes: jobs 1 and 3 give the same bytes");
    ok(untouched, "boxes: nothing is written between two squares");
}

static void constants(const struct dorg_kernels *k)
{
    struct dorg_err e = DORG_ERR_INIT;
    int32_t n[3] = {SIDE, SIDE, SIDE};
    static uint8_t out[3 * 64];
    struct dorg_patch25 p = {.size = 8, .step = {0.37, 0.37, 0.61}};
    struct dorg_warp2d w = {.size = 8, .stride = 64};
    struct dorg_box box = {3, 4, 5, 11, 13};
    uint64_t at = 10 + SIDE * (10 + SIDE * 10);
    int flat = 1;
    memset(v, 255, sizeof v);
    k->patch25(out, v, n, &at, 1, &p, 1, &e);
    for (int i = 0; i < 192; i++)
        flat &= out[i] == 255;
    k->warp2d(out, v, n, &box, 1, &w, 1, &e);
    for (int i = 0; i < 64; i++)
        flat &= out[i] == 255;
    ok(flat, "a constant volume gives constant samples");
}

int main(void)
{
    struct dorg_err e = DORG_ERR_INIT;
    const struct dorg_kernels *k = dorg_kernels_find("cpu", &e);
    seed = tap_seed(1);
    patches(k);
    surroundings();
    boxes(k);
    constants(k);
    return tap_done();
}
