/* boxes, pairs and choices of superpixels; which voxels are sampled */
#include "../../libcommon/base/rng.h"
#include "../../libcommon/file/rec.h"
#include "../../libcommon/sample/region.h"
#include "../../libcommon/file/pixels.h"
#include "../tap.h"

/* Two slices of 8 x 6:  a 2 x 3 block of 1, a 5 x 1 bar of 2;  on slice 1 one pixel of 7. */
static struct dorg_vol labels(void)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_vol v;
    dorg_vol_new(&v, (int32_t[]){8, 6, 2}, (float[]){1, 1, 1}, DORG_I32, &e);
    int32_t *l = v.data;
    for (int y = 1; y < 4; y++)
        l[1 + 8 * y] = l[2 + 8 * y] = 1;
    for (int x = 3; x < 8; x++)
        l[x + 8 * 5] = 2;
    l[4 + 8 * (2 + 6)] = 7;
    return v;
}

static struct dorg_tab table(const char *third)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_tab t;
    static const double truth[3] = {1, 0, 0}, cover[3] = {0.9, 0.3, 0.5};
    const char *names[3] = {"id", third, "coverage"};
    const double id[3] = {1, 2, 7};
    dorg_tab_new(&t, names, 3, &e);
    for (int r = 0; r < 3; r++) {
        double *row;
        dorg_tab_append(&t, &row, &e);
        row[0] = id[r];
        row[1] = truth[r];
        row[2] = cover[r];
    }
    return t;
}

static bool is(const struct dorg_box *b, int x, int y, int z, int nx, int ny)
{
    return b->x == x && b->y == y && b->z == z && b->nx == nx && b->ny == ny;
}

static void zoom(void)
{
    struct dorg_region p = {.size = 64, .min_side = 1};
    struct dorg_box b = {10, 20, 3, 4, 7}, z = dorg_region_zoom(&b, 1, &p);
    ok(is(&z, 10, 20, 3, 4, 7), "scale 1 is the bounding box");
    z = dorg_region_zoom(&b, 1.5, &p);
    ok(is(&z, 9, 18, 3, 6, 11), "1.5: 4 -> 6 at 9; 7 -> 10.5 -> 11 at 18");
    z = dorg_region_zoom(&b, 0.5, &p);
    ok(is(&z, 11, 21, 3, 2, 4), "0.5: 4 -> 2 at 11; 7 -> 3.5 -> 4 at 20 + floor(1.5)");
    p.min_side = 9;
    z = dorg_region_zoom(&b, 1, &p);
    ok(is(&z, 7, 19, 3, 9, 9), "smallest side 9: 4 -> 9 at 10 + floor(-2.5)");
    p.min_side = 1;
    p.context = 16;
    z = dorg_region_zoom(&b, 1, &p);
    ok(is(&z, 8, 16, 3, 8, 14), "a margin of a quarter doubles the box");
}

static void rows(void)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_vol v = labels();
    struct dorg_tab t = table("truth");
    struct dorg_regions r;
    ok(!dorg_regions_rows(&r, &v, &t, &e) && r.n == 3, "three rows, three boxes");
    ok(is(&r.box[0], 1, 1, 0, 2, 3), "a block");
    ok(is(&r.box[1], 3, 5, 0, 5, 1), "a bar that touches two faces");
    ok(is(&r.box[2], 4, 2, 1, 1, 1), "a pixel of the second slice");
    ok(r.label[0] == 1 && r.label[1] == 0 && r.id[2] == 7 && r.id2[2] == 0, "labels and ids");
    struct dorg_region p = {.ambiguous = {0.2, 0.5}, .choice = {.classes = 2, .reference = 1}};
    ok(!dorg_regions_select(&r, &t, &p, &e) && r.n == 2 && r.id[1] == 7,
       "0.3 is ambiguous, 0.5 is not");
    dorg_regions_free(&r);

    ((int32_t *)v.data)[48] = 1;
    ok(dorg_regions_rows(&r, &v, &t, &e) == DORG_EDATA && strstr(e.text, "slices 0 and 1"),
       "a superpixel on two slices: %s", e.text);
    ((int32_t *)v.data)[48] = 0;
    t.v[3] = 3;
    e = DORG_ERR_INIT;
    ok(dorg_regions_rows(&r, &v, &t, &e) == DORG_EDATA, "a row without labels: %s", e.text);
    t.v[3] = 2.5;
    e = DORG_ERR_INIT;
    ok(dorg_regions_rows(&r, &v, &t, &e) == DORG_EDATA, "half an id: %s", e.text);
    t.v[3] = 2;
    t.v[4] = 0.5;
    e = DORG_ERR_INIT;
    ok(dorg_regions_rows(&r, &v, &t, &e) == DORG_EDATA, "half a truth: %s", e.text);
    dorg_tab_free(&t);

    e = DORG_ERR_INIT;
    t = table("area");
    ok(!dorg_regions_rows(&r, &v, &t, &e) && r.label[0] == DORG_LABEL_UNKNOWN,
       "no truth: unknown");
    p.choice.balance = true;
    ok(dorg_regions_select(&r, &t, &p, &e) == DORG_EDATA, "and not to be balanced: %s",
       e.text);
    dorg_regions_free(&r);
    dorg_tab_free(&t);
    dorg_vol_free(&v);
}

static void pairs(void)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_vol v = labels();
    struct dorg_tab t = table("truth"), edges;
    const char *names[3] = {"id", "a", "b"};
    struct dorg_regions r;
    double *row;
    dorg_tab_new(&edges, names, 3, &e);
    dorg_tab_append(&edges, &row, &e);
    row[0] = row[1] = 1;
    row[2] = 2;
    ok(!dorg_regions_pairs(&r, &v, &edges, &t, &e) && r.n == 1, "one pair");
    ok(is(&r.box[0], 1, 1, 0, 7, 5), "its box holds both");
    ok(r.label[0] == 2 && r.id[0] == 1 && r.id2[0] == 2, "one in, one out: border");
    dorg_regions_free(&r);
    t.v[4] = 1;
    dorg_regions_pairs(&r, &v, &edges, &t, &e);
    ok(r.label[0] == 0, "both in: 0");
    dorg_regions_free(&r);
    t.v[1] = t.v[4] = 0;
    dorg_regions_pairs(&r, &v, &edges, &t, &e);
    ok(r.label[0] == 1, "both out: 1");
    dorg_regions_free(&r);
    dorg_regions_pairs(&r, &v, &edges, NULL, &e);
    ok(r.label[0] == DORG_LABEL_UNKNOWN, "no table: unknown");
    dorg_regions_free(&r);
    edges.v[2] = 7;
    ok(dorg_regions_pairs(&r, &v, &edges, &t, &e) == DORG_EDATA, "two slices: %s", e.text);
    e = DORG_ERR_INIT;
    edges.v[2] = 2;
    t.v[3] = 6;
    ok(dorg_regions_pairs(&r, &v, &edges, &t, &e) == DORG_EDATA, "not in the table: %s",
       e.text);
    dorg_tab_free(&edges);
    dorg_tab_free(&t);
    dorg_vol_free(&v);
}

static void choice(void)
{
    enum { N = 1000 };
    static uint8_t label[N], keep[N], fewer[N];
    static uint64_t id[N];
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_choice c = {.balance = true, .classes = 2, .reference = 1, .seed = 3};
    size_t kept[2] = {0};
    int within = 1, moved = 0;
    for (size_t i = 0; i < N; i++) {
        label[i] = i % 10 == 0;
        id[i] = 7 * i;
    }
    dorg_sample_choose(keep, label, id, N, &c, &e);
    for (size_t i = 0; i < N; i++)
        kept[label[i]] += keep[i];
    ok(kept[1] == 100 && kept[0] == 100, "all positives, as many negatives");
    uint64_t most = 0, least = UINT64_MAX;
    for (size_t i = 0; i < N; i++) {
        uint32_t w[4];
        dorg_rng4(w, c.seed, DORG_RNG_SAMPLE, id[i], 0);
        uint64_t key = (uint64_t)w[0] << 32 | w[1];
        if (label[i] == 0 && keep[i] && key > most) most = key;
        if (label[i] == 0 && !keep[i] && key < least) least = key;
    }
    ok(most < least, "those with the smallest draws");
    c.max_n = 61;
    dorg_sample_choose(fewer, label, id, N, &c, &e);
    kept[0] = kept[1] = 0;
    for (size_t i = 0; i < N; i++) {
        kept[label[i]] += fewer[i];
        within &= keep[i] || !fewer[i];
    }
    ok(kept[1] == 30 && kept[0] == 30, "61 at most: 30 of each");
    ok(within, "a smaller choice lies within a larger one");
    c.seed = 4;
    dorg_sample_choose(keep, label, id, N, &c, &e);
    for (size_t i = 0; i < N; i++)
        moved += keep[i] != fewer[i];
    ok(moved > 40, "another seed, another choice");
    c.balance = false;
    c.max_n = 17;
    dorg_sample_choose(keep, label, id, N, &c, &e);
    kept[0] = 0;
    for (size_t i = 0; i < N; i++)
        kept[0] += keep[i];
    ok(kept[0] == 17, "without balance 17 is 17");
}

/* Of three classes each is drawn from by itself: 100, 300 and 600 examples. */
static void choice_of_three(void)
{
    enum { N = 1000 };
    static uint8_t label[N], keep[N];
    static uint64_t id[N];
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_choice c = {.balance = true, .classes = 3, .reference = 0, .seed = 3};
    for (size_t i = 0; i < N; i++) {
        label[i] = i % 10 == 0 ? 0 : i % 10 < 4 ? 1 : 2;
        id[i] = 7 * i;
    }
    for (int most = 0; most < 2; most++) {
        size_t kept[3] = {0}, want = most ? 30 : 100;
        c.max_n = most ? 92 : 0;
        dorg_sample_choose(keep, label, id, N, &c, &e);
        for (size_t i = 0; i < N; i++)
            kept[label[i]] += keep[i];
        ok(kept[0] == want && kept[1] == want && kept[2] == want, "three classes: %zu of each",
           want);
    }
}

static void grid(void)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_vol m;
    uint64_t *at;
    size_t n;
    dorg_vol_new(&m, (int32_t[]){7, 5, 3}, (float[]){1, 1, 1}, DORG_U8, &e);
    memset(m.data, 1, 105);
    dorg_sample_grid(&at, &n, &m, 3, 2, &e);
    ok(n == 3 * 2 * 2 && at[1] == 3 && at[3] == 21 && at[6] == 70,
       "every third, every second");
    free(at);
    memset(m.data, 0, 105);
    ((uint8_t *)m.data)[8] = ((uint8_t *)m.data)[9] = 200;
    dorg_sample_grid(&at, &n, &m, 3, 1, &e);
    ok(n == 2 && at[0] == 8, "a mask between the grid's voxels is taken whole");
    free(at);
    memset(m.data, 0, 105);
    ok(!dorg_sample_grid(&at, &n, &m, 3, 1, &e) && n == 0, "an empty mask gives none");
    free(at);
    dorg_vol_free(&m);
}

static void window(void)
{
    struct dorg_err e = DORG_ERR_INIT;
    const float hu[8] = {-1024, -100, 200, 3000, 50, -98.8235321f, 0, 199.4f};
    const uint8_t want[8] = {0, 0, 255, 255, 128, 1, 85, 254};
    const float lo_hi[2] = {-100, 200}, back[2] = {5, 5}, p[4] = {0, 1, 0.5f, 0.1f};
    uint8_t got[8];
    dorg_pixels_ct(got, hu, 8, lo_hi, &e);
    ok(memcmp(got, want, 8) == 0, "HU to bytes: clamped, nearest, halves up");
    dorg_pixels_map(got, p, 4, &e);
    ok(got[0] == 0 && got[1] == 255 && got[2] == 128 && got[3] == 26, "probabilities");
    ok(dorg_pixels_ct(got, hu, 8, back, &e) == DORG_EUSAGE, "an empty window");
    e = DORG_ERR_INIT;
    ok(dorg_pixels_map(got, hu, 8, &e) == DORG_EDATA, "a map that is none: %s", e.text);
}

int main(void)
{
    zoom();
    rows();
    pairs();
    choice();
    choice_of_three();
    grid();
    window();
    return tap_done();
}
