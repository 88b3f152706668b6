/* filling a mask from known voxels, against looking at all of them */
#include "../../libcommon/sample/nearest.h"
#include "../../libcommon/base/rng.h"
#include "../oracle/o_nearest.h"
#include "../tap.h"

static uint64_t seed;

static double unit(uint64_t item, uint32_t draw)
{
    return dorg_rng_unit(seed, DORG_RNG_TEST, item, draw);
}

/* A mask of random density, of which some voxels are known: their value is their number. */
static size_t setting(struct dorg_vol *out, struct dorg_vol *mask, uint64_t *at, uint64_t item)
{
    static const float pitches[4] = {1, 0.859375f, 2.5f, 0.3f};
    struct dorg_err e = DORG_ERR_INIT;
    int32_t n[3];
    float mm[3];
    for (uint32_t a = 0; a < 3; a++) {
        n[a] = 1 + (int32_t)(14 * unit(item, a));
        mm[a] = pitches[(int)(4 * unit(item, 10 + a))];
    }
    dorg_vol_new(out, n, mm, DORG_F32, &e);
    dorg_vol_new(mask, n, mm, DORG_U8, &e);
    double dense = unit(item, 20), known = unit(item, 21) * unit(item, 22);
    size_t m = 0, count = dorg_grid_count(&out->grid);
    for (size_t i = 0; i < count; i++) {
        ((uint8_t *)mask->data)[i] = unit(item, 100 + (uint32_t)i) < dense;
        ((float *)out->data)[i] = -1;
        if (!((uint8_t *)mask->data)[i] || unit(item, 10000 + (uint32_t)i) > known) continue;
        ((float *)out->data)[i] = (float)m;
        at[m++] = i;
    }
    return m;
}

int main(void)
{
    static uint64_t at[14 * 14 * 14];
    int right = 1, same = 1, untouched = 1, filled = 0;
    seed = tap_seed(1);
    for (uint64_t item = 0; item < 300; item++) {
        struct dorg_err e = DORG_ERR_INIT;
        struct dorg_vol one, two, mask;
        size_t m = setting(&one, &mask, at, item);
        dorg_vol_free(&mask);
        setting(&two, &mask, at, item);
        dorg_nearest_fill(&one, &mask, at, m, 1, &e);
        dorg_nearest_fill(&two, &mask, at, m, 3, &e);
        const struct dorg_grid *g = &one.grid;
        size_t count = dorg_grid_count(g);
        int64_t pitch[3];
        for (int a = 0; a < 3; a++)
            pitch[a] = llround((double)g->mm[a] * 1e6);
        same &= memcmp(one.data, two.data, count * sizeof(float)) == 0;
        for (size_t i = 0; i < count; i++) {
            float got = ((float *)one.data)[i];
            int x = (int)i % g->n[0], y = (int)i / g->n[0] % g->n[1],
                z = (int)i / g->n[0] / g->n[1];
            if (!((uint8_t *)mask.data)[i] || m == 0) {
                untouched &= got == -1;
                continue;
            }
            filled++;
            right &= got == (float)o_nearest(g->n, pitch, at, m, x, y, z);
        }
        dorg_vol_free(&one);
        dorg_vol_free(&two);
        dorg_vol_free(&mask);
    }
    ok(right && filled > 10000, "%d voxels took the nearest known one, ties the lowest",
       filled);
    ok(untouched, "nothing outside the mask, and nothing from nothing");
    ok(same, "jobs 1 and 3 give the same bytes");
    return tap_done();
}
