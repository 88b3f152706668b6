/* t_truth - overlaps, label rules and the optimal DSC against all 2^n labellings */
#include "../../libcommon/base/ids.h"
#include "../../libcommon/base/rng.h"
#include "../../libcommon/superpix/truth.h"
#include "../tap.h"

static struct dorg_err e;

/* A random volume of at most 15 superpixels, some with equal coverage, some voxels bare. */
static void draw(struct dorg_vol *lab, struct dorg_vol *tru, uint64_t seed, uint64_t item)
{
    const int32_t n[3] = {6, 5, 3};
    const float mm[3] = {1, 1, 1};
    dorg_vol_new(lab, n, mm, DORG_I32, &e);
    dorg_vol_new(tru, n, mm, DORG_U8, &e);
    int32_t *l = lab->data;
    uint8_t *t = tru->data;
    uint64_t kinds = 1 + dorg_rng_below(5, seed, DORG_RNG_TEST, item, 0);
    for (uint32_t i = 0; i < 90; i++) {
        uint64_t k = dorg_rng_below(kinds + 1, seed, DORG_RNG_TEST, item, 1 + i);
        l[i] = k == 0 ? 0 : (int32_t)(1000 * (i / 30) + k * 7);
        t[i] = dorg_rng_below(4, seed, DORG_RNG_TEST, item, 100 + i) < 1 + k % 3;
    }
}

/* Best DSC over all labellings, by counting; the best smallest one as a bit set. */
static double exhaust(const struct dorg_truth *s, unsigned *best_set)
{
    double best = -1;
    int best_bits = 99;
    for (unsigned set = 0; set < 1U << s->n; set++) {
        int64_t tp = 0, size = 0;
        for (size_t i = 0; i < s->n; i++)
            if (set >> i & 1) {
                tp += s->sp[i].inside;
                size += s->sp[i].area;
            }
        double d = 2 * (double)tp / (double)(size + s->truth_voxels);
        int bits = __builtin_popcount(set);
        if (d > best || (d >= best && bits < best_bits)) {
            best = d;
            best_bits = bits;
            *best_set = set;
        }
    }
    return best;
}

static void against_all(uint64_t seed)
{
    int same = 1, dice_same = 1, count_same = 1;
    for (uint64_t item = 0; item < 60; item++) {
        struct dorg_vol lab, tru;
        struct dorg_truth s;
        draw(&lab, &tru, seed, item);
        dorg_truth_count(&s, &lab, &tru, &e);
        unsigned set = 0;
        double want = exhaust(&s, &set), got;
        dorg_truth_optimum(&got, &s, &e);
        dice_same &= fabs(got - want) < 1e-15;
        uint8_t x[15];
        struct dorg_truth_rule r = {.kind = DORG_TRUTH_OPTIMAL};
        dorg_truth_apply(x, &s, &r, &e);
        for (size_t i = 0; i < s.n; i++)
            same &= x[i] == (set >> i & 1);
        for (size_t i = 0; i < s.n; i++) {
            int64_t area = 0, inside = 0;
            for (size_t v = 0; v < 90; v++)
                if (((int32_t *)lab.data)[v] == s.sp[i].id) {
                    area++;
                    inside += ((uint8_t *)tru.data)[v];
                }
            count_same &= area == s.sp[i].area && inside == s.sp[i].inside;
            count_same &= s.sp[i].z == s.sp[i].id / 1000;
        }
        dorg_truth_free(&s);
        dorg_vol_free(&lab);
        dorg_vol_free(&tru);
    }
    ok(!e.code, "no error (%s)", e.text);
    ok(count_same, "areas, overlaps and slices are those found by counting");
    ok(dice_same, "the optimal DSC is the best of all labellings");
    ok(same, "the optimal labels are the smallest best labelling");
}

static void rules(void)
{
    struct dorg_truth_overlap sp[4] = {{1, 0, 3, 1}, {2, 0, 2, 1}, {3, 0, 5, 4}, {9, 1, 7, 0}};
    struct dorg_truth s = {.n = 4, .sp = sp, .truth_voxels = 6};
    uint8_t x[4];
    struct dorg_truth_rule r;
    dorg_truth_rule_parse(&r, "coverage:0.5", &e);
    dorg_truth_apply(x, &s, &r, &e);
    ok(!x[0] && x[1] && x[2] && !x[3], "coverage:0.5 takes exactly half");
    dorg_truth_rule_parse(&r, "dice:0.5", &e);
    dorg_truth_apply(x, &s, &r, &e);
    ok(x[0] && x[1] && x[2] && !x[3], "dice:0.5 takes exactly a third");
    dorg_truth_rule_parse(&r, "coverage:0.8", &e);
    dorg_truth_apply(x, &s, &r, &e);
    ok(!x[0] && !x[1] && x[2] && !x[3], "coverage:0.8 takes exactly four fifths");
    dorg_truth_rule_parse(&r, "coverage", &e);
    ok(r.kind == DORG_TRUTH_COVERAGE && r.cut == 0.5, "the default cut is 0.5");
    const char *bad[] = {"",        "coverage:", "coverage:0", "coverage:1.1", "dice:x",
                         "dice:1y", "optimal:1", "best",       "coverage:nan", "cov:0.5"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        e = DORG_ERR_INIT;
        ok(dorg_truth_rule_parse(&r, bad[i], &e) == DORG_EUSAGE, "refuses '%s'", bad[i]);
    }
    e = DORG_ERR_INIT;
}

static void edges(void)
{
    const int32_t n[3] = {4, 1, 1}, other[3] = {2, 2, 1};
    const float mm[3] = {1, 1, 1};
    struct dorg_vol lab, tru, odd;
    struct dorg_truth s;
    double d;
    dorg_vol_new(&lab, n, mm, DORG_I32, &e);
    dorg_vol_new(&tru, n, mm, DORG_U8, &e);
    dorg_vol_new(&odd, other, mm, DORG_U8, &e);
    dorg_truth_count(&s, &lab, &tru, &e);
    dorg_truth_optimum(&d, &s, &e);
    ok(!e.code && s.n == 0 && isnan(d), "no superpixels, no truth: NaN");
    dorg_truth_free(&s);
    int32_t *l = lab.data;
    l[0] = INT32_MAX;
    l[1] = 64;
    ((uint8_t *)tru.data)[3] = 255;
    dorg_truth_count(&s, &lab, &tru, &e);
    dorg_truth_optimum(&d, &s, &e);
    ok(s.n == 2 && s.sp[1].id == INT32_MAX && s.sp[0].area == 1, "the largest id there is");
    ok(d == 0 && s.truth_voxels == 1, "truth under no superpixel: optimum 0");
    dorg_truth_free(&s);
    ok(dorg_truth_count(&s, &lab, &odd, &e) == DORG_EDATA, "grids disagree");
    e = DORG_ERR_INIT;
    l[2] = -1;
    ok(dorg_truth_count(&s, &lab, &tru, &e) == DORG_EDATA, "negative id");
    e = DORG_ERR_INIT;
    dorg_truth_free(&s);
    dorg_vol_free(&lab);
    dorg_vol_free(&tru);
    dorg_vol_free(&odd);
}

int main(void)
{
    against_all(tap_seed(11));
    rules();
    edges();
    return tap_done();
}
