/* b_refine - moving a border: a voxel-level cut in a band of a 512 x 512 x 64 volume
 *
 * The ratio is to the distances that make the band, the one pass over the volume that cannot
 * be left out. */
#include <time.h>

#include "../../libcommon/crf/band.h"
#include "../../libcommon/crf/clean.h"
#include "../../libcommon/crf/refine.h"
#include "../../libcommon/base/rng.h"

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(void)
{
    const int32_t n[3] = {512, 512, 64};
    const float mm[3] = {0.8f, 0.8f, 1};
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_vol mask, ct, map;
    struct dorg_refine p = {6, 2, 15, 0.5, 4, 0.5, 1};
    struct dorg_refine_sum s;
    struct dorg_clean c = {1, 0, true, false, 26};
    struct dorg_clean_sum cs;
    if (dorg_vol_new(&mask, n, mm, DORG_U8, &e) || dorg_vol_new(&ct, n, mm, DORG_F32, &e) ||
        dorg_vol_new(&map, n, mm, DORG_F32, &e))
        return 4;
    uint8_t *m = mask.data, *band = malloc(dorg_grid_count(&mask.grid));
    float *hu = ct.data, *q = map.data;
    for (int z = 0, i = 0; z < n[2]; z++)
        for (int y = 0; y < n[1]; y++)
            for (int x = 0; x < n[0]; x++, i++) {
                double r = sqrt(pow((x - 256) / 140.0, 2) + pow((y - 256) / 50.0, 2) +
                                pow((z - 32) / 24.0, 2));
                double noise = dorg_rng_unit(3, DORG_RNG_TEST, 0, (uint32_t)i) - 0.5;
                hu[i] = (float)((r < 1 ? 100 : 40) + 60 * noise);
                q[i] = (float)fmin(1, fmax(0, 1.5 - r + 0.4 * noise));
                m[i] = r + 0.3 * noise < 1;
            }
    double from = now();
    if (!band || dorg_band(band, m, &mask.grid, p.width_mm, 1, &e)) return 4;
    double t_band = now() - from;
    from = now();
    if (dorg_refine(&mask, &ct, &map, &p, &s, &e)) return 4;
    double t_refine = now() - from;
    from = now();
    if (dorg_clean(&mask, &c, &cs, &e)) return 4;
    double t_clean = now() - from;
    printf("bench refine.512x512x64: %.3f s (%zu voxels, %zu edges in the band; ratio to its "
           "distances alone %.2f)\n",
           t_refine, s.n_band, s.n_edges, t_refine / t_band);
    printf("bench clean.512x512x64: %.3f s (%.2f ns a voxel)\n", t_clean,
           t_clean * 1e9 / (double)dorg_grid_count(&mask.grid));
    free(band);
    dorg_vol_free(&mask);
    dorg_vol_free(&ct);
    dorg_vol_free(&map);
    return 0;
}
