/* t_measure.c - measures counted by hand, empty masks, order statistics, tests, indices */
#include "../../libcommon/file/grid.h"
#include "../../libcommon/base/mem.h"
#include "../../libcommon/score/significance.h"
#include "../../libcommon/base/order.h"
#include "../../libcommon/score/measure.h"
#include "../../libcommon/score/summary.h"
#include "../oracle/o_dist.h"
#include "../tap.h"

static struct dorg_err e;

static struct dorg_vol volume(int nx, int ny, int nz, float mx, float my, float mz)
{
    struct dorg_vol v;
    const int32_t n[3] = {nx, ny, nz};
    const float mm[3] = {mx, my, mz};
    dorg_vol_new(&v, n, mm, DORG_U8, &e);
    return v;
}

static struct dorg_score scored(const struct dorg_vol *p, const struct dorg_vol *r,
                                enum dorg_empty rule, const int32_t *label, size_t n)
{
    static const int32_t any[] = {DORG_LABEL_ANY};
    struct dorg_score_opt o = {.empty = rule,
                               .tolerance_mm = 1,
                               .grid_mm = 0.01,
                               .label = label ? label : any,
                               .n_labels = n,
                               .jobs = 1};
    struct dorg_score *s, first = {0};
    size_t got;
    if (dorg_score(&s, &got, p, r, &o, &e)) return first;
    if (got) first = s[0];
    free(s);
    return first;
}

/* pred: x = 1, 2; truth: x = 2, 3, 4 of one row, 2 mm apart. */
static void by_hand(void)
{
    struct dorg_vol p = volume(6, 1, 1, 2, 1, 1), r = volume(6, 1, 1, 2, 1, 1);
    memcpy(p.data, (const uint8_t[]){0, 1, 1, 0, 0, 0}, 6);
    memcpy(r.data, (const uint8_t[]){0, 0, 1, 1, 1, 0}, 6);
    struct dorg_score s = scored(&p, &r, DORG_EMPTY_NAN, NULL, 1);
    near(s.value[DORG_TP], 1, 0, "tp");
    near(s.value[DORG_FP], 1, 0, "fp");
    near(s.value[DORG_FN], 2, 0, "fn");
    near(s.value[DORG_DSC], 0.4, 1e-15, "dsc");
    near(s.value[DORG_JACCARD], 0.25, 0, "jaccard");
    near(s.value[DORG_PRECISION], 0.5, 0, "precision");
    near(s.value[DORG_RECALL], 1.0 / 3, 1e-15, "recall");
    near(s.value[DORG_VOLUME_ERROR], -1.0 / 3, 1e-15, "volume error");
    /* p to r: 2, 0; r to p: 0, 2, 4 */
    near(s.value[DORG_ASSD], 8.0 / 5, 1e-15, "assd");
    near(s.value[DORG_HD], 4, 0, "hd");
    near(s.value[DORG_HD95], 2 + 0.9 * 2, 1e-12, "hd95: position 0.95 * 2 of 0, 2, 4");
    near(s.value[DORG_NSD], 2.0 / 5, 0, "nsd at 1 mm");
    ok(strcmp(s.status, "ok") == 0, "status ok");
    dorg_vol_free(&p);
    dorg_vol_free(&r);
}

static void one_rule(enum dorg_empty rule, double ratio, double mm, const char *what)
{
    struct dorg_vol p = volume(3, 3, 3, 1, 1, 1), r = volume(3, 3, 3, 1, 1, 1);
    struct dorg_score s = scored(&p, &r, rule, NULL, 1);
    ok(strcmp(s.status, "both_empty") == 0, "%s: both empty", what);
    ok(isnan(ratio) ? isnan(s.value[DORG_DSC]) : s.value[DORG_DSC] == ratio, "%s: dsc", what);
    ok(isnan(mm) ? isnan(s.value[DORG_HD95]) : s.value[DORG_HD95] == mm, "%s: hd95", what);
    ((uint8_t *)r.data)[13] = 1;
    s = scored(&p, &r, rule, NULL, 1);
    ok(strcmp(s.status, "pred_empty") == 0 && s.value[DORG_DSC] == 0 &&
           s.value[DORG_RECALL] == 0 && isinf(s.value[DORG_ASSD]) && s.value[DORG_NSD] == 0,
       "%s: a missed organ is the worst there is", what);
    s = scored(&r, &p, rule, NULL, 1);
    ok(strcmp(s.status, "ref_empty") == 0 && s.value[DORG_DSC] == 0 &&
           isinf(s.value[DORG_HD]) && isinf(s.value[DORG_VOLUME_ERROR]),
       "%s: so is an invented one", what);
    dorg_vol_free(&p);
    dorg_vol_free(&r);
}

static void labels(void)
{
    struct dorg_vol p = volume(4, 1, 1, 1, 1, 1), r = volume(4, 1, 1, 1, 1, 1);
    const int32_t two[] = {7, 2}, bad[] = {70000};
    memcpy(p.data, (const uint8_t[]){7, 7, 2, 0}, 4);
    memcpy(r.data, (const uint8_t[]){7, 2, 2, 9}, 4);
    near(scored(&p, &r, DORG_EMPTY_NAN, two, 2).value[DORG_DSC], 2.0 / 3, 1e-15, "label 7");
    struct dorg_score_opt o = {.grid_mm = 0.01, .jobs = 1, .label = NULL};
    struct dorg_score *s;
    size_t n;
    dorg_score(&s, &n, &p, &r, &o, &e);
    ok(n == 3 && s[0].label == 2 && s[1].label == 7 && s[2].label == 9, "all labels found");
    near(s[0].value[DORG_DSC], 2.0 / 3, 1e-15, "label 2");
    ok(s[2].value[DORG_N_PRED] == 0 && s[2].value[DORG_DSC] == 0, "label 9 is missed");
    free(s);
    o.label = bad, o.n_labels = 1;
    ok(dorg_score(&s, &n, &p, &r, &o, &e) == DORG_EDATA, "a label past 65535 is refused");
    e = DORG_ERR_INIT;
    dorg_vol_free(&p);
    dorg_vol_free(&r);
}

static void geometry(void)
{
    struct dorg_vol p = volume(3, 2, 1, 1, 1, 1), r = volume(3, 2, 1, 1, 1, 1.5f);
    struct dorg_score_opt o = {.grid_mm = 0.01, .jobs = 1};
    struct dorg_score *s;
    size_t n;
    r.grid.to_mm[0][3] = 0.02f;
    ok(dorg_score(&s, &n, &p, &r, &o, &e) == DORG_EDATA, "0.02 mm apart is refused");
    e = DORG_ERR_INIT;
    o.grid_mm = 0.03;
    ok(dorg_score(&s, &n, &p, &r, &o, &e) == 0, "unless 0.03 mm are allowed");
    free(s);
    struct dorg_vol turned;
    memcpy(p.data, (const uint8_t[]){1, 2, 3, 4, 5, 6}, 6);
    dorg_grid_by_index(&turned, &p, &r.grid, (const bool[3]){true, false, false}, &e);
    ok(memcmp(turned.data, (const uint8_t[]){3, 2, 1, 6, 5, 4}, 6) == 0, "flipped by index");
    ok(turned.grid.mm[2] == 1.5f, "on the other grid");
    dorg_vol_free(&turned);
    dorg_vol_free(&p);
    p = volume(3, 3, 1, 1, 1, 1);
    ok(dorg_grid_by_index(&turned, &p, &r.grid, (const bool[3]){false}, &e) == DORG_EDATA,
       "another size is refused");
    e = DORG_ERR_INIT;
    dorg_vol_free(&p);
    dorg_vol_free(&r);
}

static void tests(void)
{
    double x[] = {5, 1, 4, 2, 3}, lo, hi;
    near(dorg_order_quantile(x, 5, 0.5), 3, 0, "median");
    near(dorg_order_quantile(x, 5, 0.9), 4.6, 1e-15, "quantile by interpolation");
    ok(isnan(dorg_order_quantile(x, 0, 0.5)), "of nothing: NaN");
    struct dorg_wilcoxon w;
    dorg_wilcoxon(&w, x, 5, &e);
    ok(w.method == DORG_TEST_EXACT && w.w == 0 && w.p == 0.0625, "five up: p = 2/32");
    for (int n = 2; n <= 12; n++) {
        double d[12], plus = 0;
        for (int i = 0; i < n; i++) {
            d[i] = (i * 7 % n > n / 3 ? 1 : -1) * (i + 1);
            if (d[i] > 0) plus += i + 1;
        }
        dorg_wilcoxon(&w, d, (size_t)n, &e);
        near(w.p, o_wilcoxon_exact(n, plus), 1e-14, "exact p of all signs");
    }
    /* ranks 2, 2, 4, -2, 5: W = 2, mean 7.5, variance (330 - 24/2) / 24 */
    dorg_wilcoxon(&w, (const double[]){1, 1, 2, -1, 0, 3}, 6, &e);
    ok(w.method == DORG_TEST_NORMAL && w.w == 2 && w.n_zero == 1, "a zero: normal");
    near(w.p, erfc(5.5 / sqrt(13.25) / sqrt(2)), 1e-15, "with the correction for ties");
    dorg_wilcoxon(&w, (const double[]){0, 0}, 2, &e);
    ok(w.method == DORG_TEST_NONE && isnan(w.p) && w.n_zero == 2, "no difference at all");
    for (int df = 1; df < 90; df += 11)
        for (double t = 0.1; t < 6; t *= 2)
            near(dorg_student_two_sided(t, df), o_student(t, df), 1e-10, "Student");
    near(dorg_student_two_sided(1, 1), 0.5, 1e-15, "Cauchy's quartile");
    ok(isnan(dorg_paired_t((const double[]){2, 2}, 2).p), "no spread: no t");
    dorg_bootstrap_mean(&lo, &hi, x, 5, 0.95, 1000, 1, &e);
    ok(lo > 1 && lo < 3 && hi > 3 && hi < 5, "bootstrap interval holds the mean");
    dorg_bootstrap_mean(&lo, &hi, (const double[]){2, 2}, 2, 0.95, 100, 1, &e);
    ok(lo == 2 && hi == 2, "of a constant: the constant");
}

/* Nothing gets better by failing: drop a case from bad to failed and see. */
static void failing(void)
{
    struct dorg_scores t = DORG_SCORES_INIT;
    struct dorg_summary *s;
    size_t n;
    struct dorg_score a = {.threshold = NAN, .status = "ok"}, f = {.label = 0};
    a.value[DORG_DSC] = 0.8;
    a.value[DORG_ASSD] = 1;
    dorg_score_failed(&f, "no\tsuch file");
    ok(strcmp(f.status, "failed: no such file") == 0, "status holds no tab");
    dorg_scores_add(&t, "a", &a, &e);
    dorg_scores_add(&t, "f", &f, &e);
    dorg_summarize(&s, &n, &t, &e);
    ok(n == 1, "one group");
    near(s[0].stat[DORG_MEAN][DORG_DSC], 0.4, 1e-15, "a failed case counts 0");
    ok(isinf(s[0].stat[DORG_MEAN][DORG_ASSD]), "and has no surface near");
    near(s[0].stat[DORG_N_FAILED][DORG_DSC], 1, 0, "and is counted");
    for (int m = DORG_DSC; m <= DORG_NSD; m++) {
        bool mm = m == DORG_ASSD || m == DORG_HD || m == DORG_HD95;
        if (m != DORG_VOLUME_ERROR)
            ok(dorg_measure_worst(m) == (mm ? INFINITY : 0), "%s at its worst",
               dorg_measure_name[m]);
    }
    near(s[0].stat[DORG_N_EXCLUDED][DORG_N_REF], 1, 0, "what it has no worst for is excluded");
    free(s);
    dorg_scores_free(&t);
}

/* Twenty cases of DSC 0.01, 0.04, 0.09 ... shuffled: what a summary says of them. */
static void summary(void)
{
    enum { N = 20 };
    struct dorg_scores t = DORG_SCORES_INIT;
    struct dorg_summary *s;
    size_t n;
    double mean = 0, var = 0, v[N];
    static const int share[] = {10, 30, 50, 70, 80, 90};
    for (int i = 0; i < N; i++) {
        struct dorg_score one = {.status = "ok", .threshold = (double)NAN};
        char name[16];
        int k = i * 7 % N;
        snprintf(name, sizeof name, "c%d", i);
        v[i] = (i + 1) * (i + 1) / 400.0;
        mean += v[i] / N;
        one.value[DORG_DSC] = (k + 1) * (k + 1) / 400.0;
        one.value[DORG_NSD] = i % 4 ? 0.5 : (double)NAN;
        dorg_scores_add(&t, name, &one, &e);
    }
    for (int i = 0; i < N; i++)
        var += (v[i] - mean) * (v[i] - mean) / (N - 1);
    dorg_summarize(&s, &n, &t, &e);
    near(s->stat[DORG_MEAN][DORG_DSC], mean, 1e-12, "the mean");
    near(s->stat[DORG_SD][DORG_DSC], sqrt(var), 1e-12, "the standard deviation");
    near(s->stat[DORG_MEDIAN][DORG_DSC], (v[9] + v[10]) / 2, 1e-12, "the median");
    near(s->stat[DORG_MIN][DORG_DSC], v[0], 0, "the least");
    near(s->stat[DORG_MAX][DORG_DSC], v[N - 1], 0, "the most");
    near(s->stat[DORG_N][DORG_DSC], N, 0, "how many");
    near(s->stat[DORG_MEAN][DORG_NSD], 0.5, 1e-12, "what is undefined is left out");
    near(s->stat[DORG_N_EXCLUDED][DORG_NSD], 5, 0, "and counted");
    for (int k = 0; k < 6; k++) { /* this share of the cases lies above */
        double at = (N - 1) * (1 - share[k] / 100.0);
        int low = (int)floor(at + 1e-9);
        double want = v[low] + (at - low) * (v[low + (low < N - 1)] - v[low]);
        near(s->stat[DORG_ABOVE_10 + k][DORG_DSC], want, 1e-9,
             dorg_stat_name[DORG_ABOVE_10 + k]);
    }
    free(s);
    dorg_scores_free(&t);
}

int main(void)
{
    by_hand();
    summary();
    one_rule(DORG_EMPTY_NAN, NAN, NAN, "nan");
    one_rule(DORG_EMPTY_ONE, 1, 0, "one");
    one_rule(DORG_EMPTY_ZERO, 0, INFINITY, "zero");
    labels();
    geometry();
    tests();
    failing();
    ok(e.code == 0, "no error left over");
    return tap_done();
}
