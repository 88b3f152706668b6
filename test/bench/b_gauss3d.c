/* gauss3d on one scan's volume, against copying it in the same run */
#include <time.h>

#include "../../kernels/kernels.h"
#include "../../libcommon/base/mem.h"
#include "../../libcommon/base/rng.h"

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(void)
{
    struct dorg_err e = DORG_ERR_INIT;
    const struct dorg_kernels *k = dorg_kernels_find("cpu", &e);
    const int32_t n[3] = {512, 512, 240};
    size_t count = 512 * 512 * 240;
    float *f = dorg_array(count, sizeof *f, &e), *g = dorg_zeroed(count, sizeof *g, &e);
    if (!k || !f || !g) return 1;
    for (size_t i = 0; i < count; i++)
        f[i] = (float)((i * 2654435761u >> 8) & 1023) / 1023.0f;
    struct dorg_gauss3d p = {.sigma = {3, 3, 3}};
    double gb = 2 * (double)count * sizeof *f * 1e-9, copy = 1e9, one = 1e9, two = 1e9;
    for (int rep = 0; rep < 3; rep++) {
        double t = now();
        memcpy(g, f, count * sizeof *f);
        copy = fmin(copy, now() - t);
        t = now();
        k->gauss3d(g, f, n, &p, 1, &e);
        one = fmin(one, now() - t);
        t = now();
        k->gauss3d(g, f, n, &p, 2, &e);
        two = fmin(two, now() - t);
    }
    printf("bench memcpy: %.2f GB/s (read + write, 512x512x240 float)\n", gb / copy);
    printf("bench gauss3d-j1: %.2f GB/s (ratio to memcpy %.3f; %.3f s)\n", gb / one,
           copy / one, one);
    printf("bench gauss3d-j2: %.2f GB/s (ratio to memcpy %.3f; %.3f s)\n", gb / two,
           copy / two, two);
    free(f);
    free(g);
    return e.code;
}
