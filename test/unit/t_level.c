/* t_level.c - levels: the mean is the one asked for, all odds move by one factor, bounds hold
 */
#include "../../libcommon/apply/level.h"
#include "../../libcommon/base/mem.h"
#include "../../libcommon/base/rng.h"
#include "../tap.h"

enum { N = 2000 };

static const char *const names[] = {"id", "area", "p"};
static double before[N];

static void fill(struct dorg_tab *t, double scale, struct dorg_err *e)
{
    *t = DORG_TAB_INIT;
    dorg_tab_new(t, names, 3, e);
    for (uint32_t i = 0; i < N; i++) {
        double *row;
        dorg_tab_append(t, &row, e);
        row[0] = i + 1;
        row[1] = 10 * dorg_rng_unit(1, DORG_RNG_TEST, 1, i);
        row[2] = scale * pow(dorg_rng_unit(1, DORG_RNG_TEST, 2, i), 4);
        if (i == 7) row[2] = 0;
        if (i == 8) row[2] = 1;
        before[i] = row[2];
    }
}

static double mean(const struct dorg_tab *t, int weighted)
{
    double s = 0, w = 0;
    for (size_t i = 0; i < t->n_rows; i++) {
        double x = weighted ? t->v[3 * i + 1] : 1;
        s += x * t->v[3 * i + 2];
        w += x;
    }
    return s / w;
}

/* Any shift that brings the mean to the share is the right one: the mean grows with it. */
static void to_share(double scale, double share, const char *weight)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_tab t;
    struct dorg_level l = {share, 30};
    struct dorg_level_sum s;
    fill(&t, scale, &e);
    double was = mean(&t, weight != NULL), worst = 0;
    dorg_level_tab(&t, "p", weight, &l, &s, &e);
    ok(!e.code && fabs(s.mean - was) < 1e-12, "it had %.4g %s", was, e.text);
    ok(fabs(mean(&t, weight != NULL) - share) < 1e-9, "it has %.4g", share);
    for (int i = 0; i < N; i++) {
        double p = t.v[3 * i + 2], q = before[i];
        if (q <= 0 || q >= 1) continue;
        worst = fmax(worst, fabs(log(p) - log1p(-p) - log(q) + log1p(-q) - s.shift));
    }
    ok(worst < 1e-6, "every log odds moved by %.4f (worst %.2g)", s.shift, worst);
    ok(t.v[3 * 7 + 2] == 0 && t.v[3 * 8 + 2] == 1, "what was sure stays sure");
    dorg_tab_free(&t);
}

static void bounds(void)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_tab t;
    struct dorg_level l = {0.9, 2}, low = {0, 2}, measure = {NAN, 2};
    struct dorg_level_sum s;
    fill(&t, 0.01, &e);
    dorg_level_tab(&t, "p", NULL, &l, &s, &e);
    ok(s.shift == 2 && mean(&t, 0) < 0.1, "no further up than the bound");
    dorg_level_tab(&t, "p", NULL, &low, &s, &e);
    ok(s.shift == -2, "nor down");
    double was = mean(&t, 1);
    dorg_level_tab(&t, "p", "area", &measure, &s, &e);
    ok(s.shift == 0 && fabs(s.mean - was) < 1e-12 && fabs(mean(&t, 1) - was) < 1e-15,
       "a measurement changes nothing");
    t.v[2] = 1.1;
    ok(dorg_level_tab(&t, "p", NULL, &l, &s, &e) == DORG_EDATA, "%s", e.text);
    e = DORG_ERR_INIT;
    t.v[2] = 0.1;
    t.v[1] = -1;
    ok(dorg_level_tab(&t, "p", "area", &l, &s, &e) == DORG_EDATA, "%s", e.text);
    e = DORG_ERR_INIT;
    ok(dorg_level_tab(&t, "q", NULL, &l, &s, &e) == DORG_EDATA, "%s", e.text);
    e = DORG_ERR_INIT;
    t.n_rows = 0;
    ok(!dorg_level_tab(&t, "p", "area", &l, &s, &e) && s.weight == 0 && s.shift == 0,
       "no rows, no level");
    dorg_tab_free(&t);
}

static void volumes(void)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_vol map, mask, other;
    const int32_t n[3] = {10, 10, 3}, fewer[3] = {10, 10, 2};
    const float mm[3] = {1, 1, 1};
    struct dorg_level l = {0.25, 8};
    struct dorg_level_sum s;
    dorg_vol_new(&map, n, mm, DORG_F32, &e);
    dorg_vol_new(&mask, n, mm, DORG_U8, &e);
    dorg_vol_new(&other, fewer, mm, DORG_U8, &e);
    float *p = map.data;
    uint8_t *m = mask.data;
    double inside = 0, outside = 1;
    for (uint32_t i = 0; i < 300; i++) {
        p[i] = 0.5f * (float)dorg_rng_unit(1, DORG_RNG_TEST, 3, i) / 10;
        m[i] = (uint8_t)(i % 3 == 0 ? i % 255 : 0);
        if (m[i] == 0) p[i] = 0.75f;
    }
    ok(!dorg_level_vol(&map, &mask, &l, &s, &e), "a map %s", e.text);
    for (int i = 0; i < 300; i++) {
        if (m[i]) inside += (double)p[i];
        if (!m[i] && p[i] != 0.75f) outside = 0;
    }
    ok(s.weight > 90 && fabs(inside / s.weight - 0.25) < 1e-6, "has its mean in the mask");
    ok(outside > 0, "and is left alone outside");
    ok(dorg_level_vol(&map, &other, &l, &s, &e) == DORG_EDATA, "%s", e.text);
    dorg_vol_free(&map);
    dorg_vol_free(&mask);
    dorg_vol_free(&other);
}

int main(void)
{
    to_share(1, 0.5, "area");
    to_share(1e-3, 0.1, "area");
    to_share(1, 0.01, NULL);
    bounds();
    volumes();
    return tap_done();
}
