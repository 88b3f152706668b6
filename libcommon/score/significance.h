/* significance.h - what is said about a column of numbers, and about pairs of them.
 *
 * Wilcoxon signed-rank (1945), two-sided, on differences d.  W = min(W+, W-), ranks of |d|
 * averaged over ties.  As scipy.stats.wilcoxon (1.10) decides: up to 50 differences and none
 * of them 0, the exact distribution of W+ for untied ranks (W+ rounded down to a whole
 * number); else zeros are dropped and
 *
 *   z = (W - n(n+1)/4) / sqrt((n(n+1)(2n+1) - sum(t^3 - t)/2) / 24),   p = erfc(|z| / sqrt 2)
 *
 * over groups of t tied ranks, with no correction for continuity.
 *
 * Paired t: t = mean(d) / (sd(d) / sqrt n), p two-sided from Student's distribution with
 * n - 1 degrees of freedom, through the continued fraction of the incomplete beta function.
 *
 * Bootstrap: percentile interval of mean(d) over `reps` resamples (Efron 1979); resample r
 * takes d[Philox(seed, DORG_RNG_BOOTSTRAP, r, i)] for its i-th place.
 *
 * Source   Roth et al. 2015, sec. 3 quotes p < 0.01.
 * Silent   which test: dorg-choices(7).
 * Bounds   within 1e-12 of scipy. */
#ifndef DORG_SIGNIFICANCE_H
#define DORG_SIGNIFICANCE_H

#include <stddef.h>
#include <stdint.h>

#include "../base/err.h"

struct dorg_moments {
    size_t n;
    double mean, sd, min, max; /* sd with n - 1; NaN below two values or with infinities */
};
struct dorg_moments dorg_moments(const double *x, size_t n);

enum dorg_method { DORG_TEST_NONE, DORG_TEST_EXACT, DORG_TEST_NORMAL };
struct dorg_wilcoxon {
    enum dorg_method method; /* NONE: no difference other than 0; w and p are NaN */
    size_t n_zero;
    double w, p;
};
/* d: n differences, no NaN; infinities rank above all else. */
int dorg_wilcoxon(struct dorg_wilcoxon *r, const double *d, size_t n, struct dorg_err *e);

struct dorg_t_test {
    double t, df, p; /* t, p NaN when sd is 0 or undefined */
};
struct dorg_t_test dorg_paired_t(const double *d, size_t n);

/* P(|T| > |t|) for df >= 1 whole degrees of freedom. */
double dorg_student_two_sided(double t, double df);

/* [lo, hi] holds the middle `level` of the resampled means. */
int dorg_bootstrap_mean(double *lo, double *hi, const double *d, size_t n, double level,
                        size_t reps, uint64_t seed, struct dorg_err *e);

#endif
