/* t_quality - superpixel scores against values worked out by hand */
#include "../../libcommon/superpix/quality.h"
#include "../tap.h"

static struct dorg_err e;
static struct dorg_vol lab, tru, grey;

/* Two slices of 4 x 2:   labels  1 1 2 2   truth  0 1 1 1   grey  10 10 30 30
 *                                1 1 2 2          0 0 0 0         10 10 30 50
 * and                            5 5 5 5          0 0 0 0          7  7  7  7
 *                                6 6 6 6          0 0 0 0          7  7  7  7  */
static void make(void)
{
    static const int32_t l[16] = {1, 1, 2, 2, 1, 1, 2, 2, 5, 5, 5, 5, 6, 6, 6, 6};
    static const uint8_t t[16] = {0, 1, 1, 1};
    static const uint8_t g[16] = {10, 10, 30, 30, 10, 10, 30, 50, 7, 7, 7, 7, 7, 7, 7, 7};
    const int32_t n[3] = {4, 2, 2};
    const float mm[3] = {1, 1, 1};
    dorg_vol_new(&lab, n, mm, DORG_I32, &e);
    dorg_vol_new(&tru, n, mm, DORG_U8, &e);
    dorg_vol_new(&grey, n, mm, DORG_U8, &e);
    memcpy(lab.data, l, sizeof l);
    memcpy(tru.data, t, sizeof t);
    memcpy(grey.data, g, sizeof g);
}

static double at(const struct dorg_tab *t, const char *name)
{
    int c = dorg_tab_col(t, name);
    return c < 0 || t->n_rows < 1 ? (double)NAN : t->v[c];
}

static void by_slice(void)
{
    struct dorg_tab t = DORG_TAB_INIT;
    dorg_quality(&t, &lab, &tru, &grey, 0, true, &e);
    ok(!e.code && t.n_rows == 1, "one row: the other slice holds no truth (%s)", e.text);
    near(at(&t, "id"), 1, 0, "id is the slice from 1");
    near(at(&t, "z"), 0, 0, "z from 0");
    near(at(&t, "superpixels"), 2, 0, "superpixels");
    near(at(&t, "truth"), 3, 0, "truth voxels");
    /* 2: 2 of 4 inside, 1: 1 of 4; {2} gives 2*2/(4+3), {1,2} 2*3/(8+3) */
    near(at(&t, "opt_dsc"), 4.0 / 7, 1e-15, "optimal DSC");
    near(at(&t, "under"), 2 * (1 + 2) / 8.0, 1e-15, "undersegmentation error");
    near(at(&t, "asa"), (3 + 2) / 8.0, 1e-15, "achievable segmentation accuracy");
    near(at(&t, "compact"), M_PI / 4, 1e-15, "squares have compactness pi/4");
    /* truth boundary pixels: row 0 all four, row 1 x = 1, 2, 3; superpixel boundary x = 1, 2
     */
    near(at(&t, "recall"), 4.0 / 7, 1e-15, "boundary recall, tolerance 0");
    double m = 180.0 / 8, all = 4 * 100 + 3 * 900 + 2500 - 8 * m * m;
    double between = 4 * (10 - m) * (10 - m) + 4 * (35 - m) * (35 - m);
    near(at(&t, "explained"), between / all, 1e-14, "explained variance");
    dorg_tab_free(&t);
    dorg_quality(&t, &lab, &tru, NULL, 1, true, &e);
    near(at(&t, "recall"), 1, 0, "boundary recall, tolerance 1");
    ok(dorg_tab_col(&t, "explained") < 0, "no CT, no explained variance");
    dorg_tab_free(&t);
}

static void whole(void)
{
    struct dorg_tab t = DORG_TAB_INIT;
    dorg_quality(&t, &lab, &tru, &grey, 0, false, &e);
    ok(!e.code && t.n_rows == 1, "one row for the volume");
    near(at(&t, "slices"), 1, 0, "slices that hold truth");
    near(at(&t, "superpixels"), 4, 0, "superpixels of all slices");
    near(at(&t, "opt_dsc"), 4.0 / 7, 1e-15, "optimal DSC");
    near(at(&t, "under"), 6 / 16.0, 1e-15, "undersegmentation error over all slices");
    near(at(&t, "compact"), (8 * M_PI / 4 + 8 * 16 * M_PI / 100) / 16, 1e-15, "compactness");
    dorg_tab_free(&t);
}

static void refusals(void)
{
    struct dorg_tab t = DORG_TAB_INIT;
    int32_t *l = lab.data;
    uint8_t *m = tru.data;
    l[8] = 1;
    ok(dorg_quality(&t, &lab, &tru, NULL, 2, true, &e) == DORG_EDATA, "%s", e.text);
    dorg_tab_free(&t);
    e = DORG_ERR_INIT;
    l[8] = -1;
    ok(dorg_quality(&t, &lab, &tru, NULL, 2, true, &e) == DORG_EDATA, "%s", e.text);
    dorg_tab_free(&t);
    e = DORG_ERR_INIT;
    l[8] = 5;
    m[1] = m[2] = m[3] = 0;
    ok(dorg_quality(&t, &lab, &tru, NULL, 2, false, &e) == DORG_EDATA, "%s", e.text);
    dorg_tab_free(&t);
    e = DORG_ERR_INIT;
    m[1] = 1;
    memset(l, 0, 16 * sizeof *l);
    ok(dorg_quality(&t, &lab, &tru, NULL, 2, false, &e) == DORG_EDATA, "%s", e.text);
    dorg_tab_free(&t);
    e = DORG_ERR_INIT;
}

int main(void)
{
    make();
    by_slice();
    whole();
    refusals();
    dorg_vol_free(&lab);
    dorg_vol_free(&tru);
    dorg_vol_free(&grey);
    return tap_done();
}
