/* p_refine - the band is the near voxels, and the border in it the best of all */
#include "../../libcommon/crf/band.h"
#include "../../libcommon/crf/refine.h"
#include "../../libcommon/base/rng.h"
#include "../oracle/o_refine.h"
#include "../tap.h"

static uint64_t seed;
static uint32_t draws;
static struct dorg_err e;

static double unit(void)
{
    return dorg_rng_unit(seed, DORG_RNG_TEST, 6, draws++);
}

static int draw(int below)
{
    return (int)(unit() * below);
}

struct scan {
    struct dorg_vol mask, ct, map;
    struct o_refine o;
};

static void random_scan(struct scan *s, int most)
{
    const int32_t n[3] = {1 + draw(most), 1 + draw(most), 1 + draw(most)};
    const float mm[3] = {0.5f + (float)unit(), 0.5f + (float)unit(),
                         0.5f + (float)(2 * unit())};
    if (dorg_vol_new(&s->mask, n, mm, DORG_U8, &e) ||
        dorg_vol_new(&s->ct, n, mm, DORG_F32, &e) ||
        dorg_vol_new(&s->map, n, mm, DORG_F32, &e))
        exit(4);
    int in = draw(3);
    for (int i = 0; i < n[0] * n[1] * n[2]; i++) {
        ((uint8_t *)s->mask.data)[i] = (uint8_t)(draw(3) <= in ? draw(3) : 0);
        ((float *)s->ct.data)[i] = (float)(draw(300) - 100);
        ((float *)s->map.data)[i] = draw(6) ? (float)unit() : (float)(draw(2) > 0);
    }
    s->o = (struct o_refine){.n = {n[0], n[1], n[2]},
                             .mm = {(double)mm[0], (double)mm[1], (double)mm[2]},
                             .mask = s->mask.data,
                             .hu = s->ct.data,
                             .map = s->map.data,
                             .width = 2.5 * unit(),
                             .lambda = draw(5) ? 4 * unit() : 0,
                             .sigma = 20 + 100 * unit(),
                             .cut = draw(2) ? 0.5 : 0.1 + 0.8 * unit(),
                             .clamp = draw(2) ? 4 : 1};
}

static void free_scan(struct scan *s)
{
    dorg_vol_free(&s->mask);
    dorg_vol_free(&s->ct);
    dorg_vol_free(&s->map);
}

static void bands(void)
{
    static uint8_t want[1000], got[1000];
    int bad = 0, jobs = 0;
    for (int r = 0; r < 300; r++) {
        struct scan s;
        random_scan(&s, 8);
        size_t n = dorg_grid_count(&s.mask.grid);
        o_band(want, &s.o);
        if (dorg_band(got, s.mask.data, &s.mask.grid, s.o.width, 1, &e)) exit(4);
        bad += memcmp(want, got, n) != 0;
        if (dorg_band(got, s.mask.data, &s.mask.grid, s.o.width, 3, &e)) exit(4);
        jobs += memcmp(want, got, n) != 0;
        free_scan(&s);
    }
    ok(!bad, "the band is the voxels near the other side (%d of 300 differ)", bad);
    ok(!jobs, "-j cannot be seen (%d differ)", jobs);
}

static void intensities(void)
{
    float want[256], got[256];
    uint8_t band[256];
    double worst = 0;
    for (int r = 0; r < 200; r++) {
        struct scan s;
        random_scan(&s, 6);
        const int32_t n[3] = {s.o.n[0], s.o.n[1], s.o.n[2]};
        o_band(band, &s.o);
        o_llr(want, &s.o, band);
        if (dorg_intensity(got, s.ct.data, s.mask.data, band, n, 2, &e)) exit(4);
        for (size_t i = 0; i < dorg_grid_count(&s.mask.grid); i++)
            worst = fmax(worst, fabs((double)(want[i] - got[i])));
        free_scan(&s);
    }
    near(worst, 0, 1e-5, "ratios of the HU distributions");
}

static void least(void)
{
    uint8_t band[256], got[256];
    float llr[256];
    int worse = 0, moved = 0, tried = 0, reported = 0;
    for (int r = 0; r < 3000 && tried < 400; r++) {
        struct scan s;
        struct dorg_refine_sum sum;
        random_scan(&s, 4);
        size_t n = dorg_grid_count(&s.mask.grid), in_band = 0;
        o_band(band, &s.o);
        for (size_t i = 0; i < n; i++)
            in_band += band[i];
        if (in_band && in_band <= 12) {
            tried++;
            s.o.intensity = draw(2) ? unit() : 0;
            o_llr(llr, &s.o, band);
            s.o.llr = llr;
            double want = o_refine_least(&s.o, band), tol = 1e-5 * (1 + want);
            struct dorg_refine p = {s.o.width, s.o.lambda,    s.o.sigma, s.o.cut,
                                    s.o.clamp, s.o.intensity, 1};
            memcpy(got, s.mask.data, n);
            if (dorg_refine(&s.mask, &s.ct, &s.map, &p, &sum, &e)) exit(4);
            const uint8_t *x = s.mask.data;
            for (size_t i = 0; i < n; i++)
                moved += !band[i] && x[i] != (got[i] != 0);
            s.o.mask = got;
            worse += o_refine_energy(&s.o, band, x) > want + tol;
            /* pairs of a band voxel and a fixed one are in the cut; so are no others */
            reported += fabs(sum.energy - want) > tol || sum.n_band != in_band;
        }
        free_scan(&s);
    }
    ok(tried == 400 && !worse, "the energy is the least of all (%d of %d are not)", worse,
       tried);
    ok(!reported, "and is the one reported (%d are not)", reported);
    ok(!moved, "nothing moves outside the band");
}

int main(void)
{
    seed = tap_seed(13);
    bands();
    intensities();
    least();
    return tap_done();
}
