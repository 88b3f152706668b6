/* p_clean - components, the largest of them and holes are what flooding gives */
#include "../../libcommon/crf/clean.h"
#include "../../libcommon/base/components.h"
#include "../../libcommon/base/rng.h"
#include "../oracle/o_flood.h"
#include "../tap.h"

static uint64_t seed;
static uint32_t draws;
static struct dorg_err e;

static int draw(int below)
{
    return (int)dorg_rng_below((uint64_t)below, seed, DORG_RNG_TEST, 5, draws++);
}

/* Rows a little longer than a machine word, so that all ways of finding runs are taken. */
static void random_mask(struct dorg_vol *v)
{
    const int32_t n[3] = {1 + draw(draw(2) ? 8 : 30), 1 + draw(9), 1 + draw(6)};
    const float mm[3] = {10, 10, 10}; /* a voxel is 1 ml */
    if (dorg_vol_new(v, n, mm, DORG_U8, &e)) exit(4);
    uint8_t *m = v->data;
    int dense = 1 + draw(9);
    for (int i = 0; i < n[0] * n[1] * n[2]; i++)
        m[i] = (uint8_t)(draw(10) < dense ? 1 + draw(255) : 0);
}

static int components_differ(const struct dorg_vol *v, int connect, int zero)
{
    static int want[4096];
    struct dorg_components c;
    const int32_t *n = v->grid.n;
    int found = o_flood(want, v->data, n, connect, zero), bad = 0, covered = 0, members = 0;
    if (dorg_components(&c, v->data, n, connect, zero, &e)) return 1;
    for (size_t i = 0; i < c.n_runs; i++)
        for (int x = c.run[i].from; x < c.run[i].to; x++, covered++)
            bad += want[(c.run[i].z * n[1] + c.run[i].y) * n[0] + x] != (int)c.run[i].comp + 1;
    for (int i = 0; i < n[0] * n[1] * n[2]; i++)
        members += want[i] > 0;
    bad += c.n != (size_t)found || covered != members;
    for (size_t k = 0; k < c.n; k++) {
        int size = 0;
        for (int i = 0; i < n[0] * n[1] * n[2]; i++)
            size += want[i] == (int)k + 1;
        bad += c.size[k] != (size_t)size;
    }
    dorg_components_free(&c);
    return bad;
}

static int clean_differs(struct dorg_vol *v, int connect)
{
    static uint8_t want[4096];
    const int32_t *n = v->grid.n;
    size_t count = dorg_grid_count(&v->grid), set = 0, was = 0;
    struct dorg_clean p = {draw(4), draw(2) ? draw(6) : 0, draw(2), draw(2), connect};
    struct dorg_clean_sum s;
    memcpy(want, v->data, count);
    for (size_t i = 0; i < count; i++)
        was += want[i] != 0;
    o_keep(want, n, connect, p.keep, (int)p.min_ml);
    if (p.fill) o_fill(want, n, connect, 1);
    for (int z = 0; p.fill_slices && z < n[2]; z++)
        o_fill(want + z * n[0] * n[1], (const int32_t[]){n[0], n[1], 1}, connect, 0);
    for (size_t i = 0; i < count; i++)
        set += want[i];
    if (dorg_clean(v, &p, &s, &e)) return 1;
    return memcmp(want, v->data, count) != 0 || was - s.n_dropped + s.n_filled != set;
}

int main(void)
{
    static const int connects[] = {6, 18, 26};
    int parts = 0, holes = 0, cleaned = 0;
    seed = tap_seed(11);
    for (int r = 0; r < 900; r++) {
        struct dorg_vol v;
        int connect = connects[r % 3];
        random_mask(&v);
        parts += components_differ(&v, connect, 0);
        holes += components_differ(&v, connect, 1);
        cleaned += clean_differs(&v, connect);
        dorg_vol_free(&v);
    }
    ok(!parts, "components of the mask, in order, with their sizes (%d differ)", parts);
    ok(!holes, "components of the background (%d differ)", holes);
    ok(!cleaned, "keep, drop and fill (%d of 900 differ)", cleaned);
    return tap_done();
}
