/* b_tps.c - one warp of a 64 x 64 x 2 window in bulk, against copying it */
#include "../../libcommon/sample/tps.h"

#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

enum { SIDE = 64, C = 2, N = 512, PIXELS = C * SIDE * SIDE };

int main(void)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_tps t = DORG_TPS_INIT;
    struct dorg_tps_opts o = DORG_TPS_OPTS_INIT;
    uint8_t *src = malloc((size_t)N * PIXELS), *dst = malloc((size_t)N * PIXELS);
    double best = 1e9, best_copy = 1e9, t0 = now();
    float d[2 * DORG_TPS_MAX_MOVE];
    if (dorg_tps_new(&t, SIDE, SIDE, &o, &e)) return 4;
    double setup = now() - t0;
    float *scratch = malloc(dorg_tps_scratch(&t) * sizeof *scratch);
    if (!src || !dst || !scratch) return 4;
    for (int i = 0; i < N * PIXELS; i++)
        src[i] = (uint8_t)((uint32_t)i * 2654435761u >> 24);
    for (int rep = 0; rep < 20; rep++) {
        t0 = now();
        for (int i = 0; i < N; i++) {
            dorg_tps_draw(&t, d, (uint64_t)i, 1);
            dorg_tps_warp(dst + (size_t)i * PIXELS, src + (size_t)i * PIXELS, C, &t, d,
                          scratch);
        }
        double s = now() - t0;
        best = s < best ? s : best;
        t0 = now();
        for (int i = 0; i < N; i++)
            memcpy(dst + (size_t)i * PIXELS, src + (size_t)i * PIXELS, PIXELS);
        s = now() - t0;
        best_copy = s < best_copy ? s : best_copy;
    }
    printf("bench tps_setup: %.2f ms (64 x 64 basis fields, once)\n", 1e3 * setup);
    printf("bench tps_warp: %.2f us (64 x 64 x 2, draw and warp; ratio %.1f to memcpy)\n",
           1e6 * best / N, best / best_copy);
    dorg_tps_free(&t);
    free(src);
    free(dst);
    free(scratch);
    return 0;
}
