/* p_tps.c - laws of the warp on random windows: constants stay, bounds hold, channels do not
 * mix, the border's landmarks stay */
#include "../../libcommon/base/rng.h"
#include "../../libcommon/sample/tps.h"
#include "../tap.h"

enum { MAX = 5 * 70 * 70 };

static void one_case(uint64_t seed, uint64_t k)
{
    static uint8_t src[MAX], dst[MAX], alone[MAX];
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_tps_opts o = DORG_TPS_OPTS_INIT;
    struct dorg_tps t;
    float d[2 * DORG_TPS_MAX_MOVE];
    int w = 4 + (int)dorg_rng_below(60, seed, DORG_RNG_TEST, k, 0);
    int h = 4 + (int)dorg_rng_below(60, seed, DORG_RNG_TEST, k, 1);
    int c = 1 + (int)dorg_rng_below(5, seed, DORG_RNG_TEST, k, 2), n = c * w * h, bad = 0;
    o.amplitude = 0.3 * dorg_rng_unit(seed, DORG_RNG_TEST, k, 3);
    o.points = 1 + (int)dorg_rng_below(40, seed, DORG_RNG_TEST, k, 4);
    o.r2logr = (int)(k % 2);
    if (!ok(!dorg_tps_new(&t, w, h, &o, &e), "%d x %d x %d, %d points", c, w, h, o.points))
        return;
    float *scratch = malloc(dorg_tps_scratch(&t) * sizeof *scratch);
    dorg_tps_draw(&t, d, k, 1);
    memset(src, (int)(k * 37 % 256), (size_t)n);
    dorg_tps_warp(dst, src, c, &t, d, scratch);
    ok(memcmp(src, dst, (size_t)n) == 0, "a constant image stays");
    for (int i = 0; i < n; i++)
        src[i] = (uint8_t)(40 + dorg_rng_u32(seed, DORG_RNG_TEST, k, 100 + (uint32_t)i) % 100);
    dorg_tps_warp(dst, src, c, &t, d, scratch);
    for (int i = 0; i < n; i++)
        bad += dst[i] < 40 || dst[i] >= 140;
    ok(bad == 0, "values stay between the smallest and the largest");
    for (int j = 0; j < c; j++)
        dorg_tps_warp(alone + j * w * h, src + j * w * h, 1, &t, d, scratch);
    ok(memcmp(dst, alone, (size_t)n) == 0, "a channel does not depend on the others");
    ok(dst[0] == src[0] && dst[n - 1] == src[n - 1], "corners stay");
    free(scratch);
    dorg_tps_free(&t);
}

int main(void)
{
    uint64_t seed = tap_seed(11);
    for (uint64_t k = 0; k < 24; k++)
        one_case(seed, k);
    return tap_done();
}
