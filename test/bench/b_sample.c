/* patches and regions on one core: beside what a net takes for one of them, and beside plain
 * copying of as many bytes */
#include <time.h>

#include "../../kernels/kernels.h"
#include "../../libcommon/base/mem.h"
#include "../../libcommon/base/rng.h"

enum { NX = 512, NY = 512, NZ = 120, SIZE = 64, COUNT = 4096 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static const int32_t n[3] = {NX, NY, NZ};
static uint64_t at[COUNT];
static struct dorg_box box[COUNT];

/* Every third voxel of rows, as dorg-pconv takes them; boxes of 23 pixels at four scales. */
static void places(void)
{
    static const double scale[4] = {1, 1.5, 2.25, 3.375};
    for (uint64_t i = 0; i < COUNT; i++) {
        uint64_t row = i / 64;
        at[i] = 150 + 3 * (i % 64) + NX * (200 + 3 * (row % 32) + NY * (60 + row / 32));
        int32_t side = (int32_t)(23 * scale[i % 4] + 0.5);
        box[i] = (struct dorg_box){
            .x = 100 + (int32_t)dorg_rng_below(250, 1, DORG_RNG_TEST, i / 4, 0),
            .y = 100 + (int32_t)dorg_rng_below(250, 1, DORG_RNG_TEST, i / 4, 1),
            .z = (int32_t)(i * NZ / COUNT),
            .nx = side,
            .ny = side};
    }
}

static double best_of(double a, double b)
{
    return a < b ? a : b;
}

int main(void)
{
    struct dorg_err e = DORG_ERR_INIT;
    const struct dorg_kernels *k = dorg_kernels_find("cpu", &e);
    const size_t bytes = (size_t)COUNT * 3 * SIZE * SIZE;
    uint8_t *v = dorg_array((size_t)NX * NY * NZ, 1, &e), *out = dorg_zeroed(bytes, 1, &e);
    uint8_t *other = dorg_zeroed(bytes, 1, &e);
    if (!k || !v || !out || !other) return 1;
    for (size_t i = 0; i < (size_t)NX * NY * NZ; i++)
        v[i] = (uint8_t)(i * 2654435761u >> 24);
    places();
    struct dorg_patch25 whole = {SIZE, {1, 1, 0.859375}},
                        other_pitch = {SIZE, {1.1, 1.1, 0.9}};
    struct dorg_warp2d w = {SIZE, SIZE * SIZE};
    double copy = 1e9, own = 1e9, pitched = 1e9, warp = 1e9;
    for (int rep = 0; rep < 5; rep++) {
        double t = now();
        memcpy(other, out, bytes);
        copy = best_of(copy, now() - t);
        t = now();
        k->patch25(out, v, n, at, COUNT, &whole, 1, &e);
        own = best_of(own, now() - t);
        t = now();
        k->patch25(out, v, n, at, COUNT, &other_pitch, 1, &e);
        pitched = best_of(pitched, now() - t);
        t = now();
        k->warp2d(out, v, n, box, COUNT, &w, 1, &e);
        warp = best_of(warp, now() - t);
    }
    double us = 1e6 / COUNT;
    printf("bench patch25: %.2f us a patch of 64x64x3 (ratio to copying its bytes %.1f)\n",
           own * us, own / copy);
    printf("bench patch25-pitch: %.2f us a patch between voxels (ratio to copying %.1f)\n",
           pitched * us, pitched / copy);
    printf("bench warp2d: %.2f us a channel of 64x64 (ratio to copying %.1f)\n", warp * us,
           warp / (copy / 3));
    free(v);
    free(out);
    free(other);
    return e.code;
}
