/* b_superpix.c - entropy rate superpixels: time per slice and per edge, growth with size
 *
 * All work but reading: windowing, scratch, superpixels, labels.  The generated slice has
 * constant air over two thirds, an elliptic body and organs with noise; the real ones are the
 * middle slices of the scans in $DORG_DATA. */
#include "../../libcommon/superpix/ers.h"
#include "../../libcommon/base/rng.h"
#include "../../libcommon/superpix/superpix.h"
#include "../../libcommon/file/pixels.h"

#include <time.h>

enum { REPEATS = 7 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* HU of a square slice of the given side. */
static void generate(float *hu, int side)
{
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++) {
            double u = 2.0 * x / side - 1, v = 2.0 * y / side - 1;
            size_t i = (size_t)y * (size_t)side + (size_t)x;
            double body = u * u / 0.55 + v * v / 0.3;
            double t = sin(9 * u + 3 * v) + cos(11 * v - 4 * u * v);
            double level = body > 1      ? -1000
                           : body > 0.85 ? -90
                           : t > 0.9     ? 120
                           : t > -0.6    ? 50
                                         : -60;
            double noise = body > 1 ? 5 : 18;
            hu[i] = (float)(level + noise * dorg_rng_normal(1, DORG_RNG_TEST, i, 0));
        }
}

/* Best seconds for one slice, and gains evaluated. */
static double once(const float *hu, int nx, int ny, uint32_t k, bool skip_air,
                   uint64_t *evaluated)
{
    const float lo_hi[2] = {DORG_WINDOW_LO, DORG_WINDOW_HI};
    size_t n = (size_t)nx * (size_t)ny;
    uint8_t *grey = malloc(n);
    int32_t *label = malloc(n * sizeof *label);
    double best = 1e9;
    for (int r = 0; r < REPEATS; r++) {
        struct dorg_err e = DORG_ERR_INIT;
        struct dorg_ers *s = NULL;
        struct dorg_ers_param p = {.k = k, .lambda = 0.5, .sigma = 5, .skip_air = skip_air};
        double t = now();
        dorg_pixels_ct(grey, hu, n, lo_hi, &e);
        if (dorg_ers_open(&s, nx, ny, &p, &e) || dorg_ers_run(s, label, grey, &e)) exit(4);
        if (evaluated) *evaluated = dorg_ers_evaluated(s);
        dorg_ers_close(s);
        t = now() - t;
        best = t < best ? t : best;
    }
    free(grey);
    free(label);
    return best;
}

static double edges(int nx, int ny)
{
    return 4.0 * nx * ny - 3.0 * (nx + ny) + 2;
}

static void report(const char *name, const float *hu, int nx, int ny, uint32_t k,
                   bool skip_air)
{
    uint64_t evaluated;
    double t = once(hu, nx, ny, k, skip_air, &evaluated);
    printf("bench superpix %s%s K=%u: %.4f s a slice (%.1f M edges/s, %.2f gains an edge)\n",
           name, skip_air ? "" : " air cut up", k, t, 1e-6 * edges(nx, ny) / t,
           (double)evaluated / edges(nx, ny));
}

static void generated(void)
{
    double per_edge[3];
    float *hu = malloc(sizeof *hu << 20);
    if (!hu) exit(4);
    for (int i = 0; i < 3; i++) {
        int side = 256 << i;
        generate(hu, side);
        uint32_t k = dorg_superpix_count(500, side, side);
        per_edge[i] = once(hu, side, side, k, true, NULL) / edges(side, side);
    }
    generate(hu, 512);
    report("generated 512x512", hu, 512, 512, 500, true);
    report("generated 512x512", hu, 512, 512, 2000, true);
    printf("bench superpix growth: %.1f, %.1f, %.1f ns an edge at 256, 512, 1024 "
           "(ratio %.2f of 1024 to 256)\n",
           1e9 * per_edge[0], 1e9 * per_edge[1], 1e9 * per_edge[2], per_edge[2] / per_edge[0]);
    free(hu);
}

static void real(const char *folder, const char *file)
{
    char path[1024];
    struct dorg_vol v = DORG_VOL_INIT;
    struct dorg_err e = DORG_ERR_INIT;
    snprintf(path, sizeof path, "%s/nih-pancreas-ct/%s", folder, file);
    if (dorg_vol_load(&v, path, DORG_F32, &e)) return;
    const int32_t *n = v.grid.n;
    const float *hu = (const float *)v.data + (size_t)(n[2] / 2) * (size_t)n[0] * (size_t)n[1];
    report("real", hu, n[0], n[1], 500, true);
    report("real", hu, n[0], n[1], 2000, true);
    report("real", hu, n[0], n[1], 500, false);
    dorg_vol_free(&v);
}

int main(void)
{
    const char *folder = getenv("DORG_DATA");
    generated();
    real(folder ? folder : "../shared/data", "PANCREAS_0003_slab89-93_ct.nii.gz");
    return 0;
}
