/* significance.c - moments, Wilcoxon, Student, bootstrap */
#include "significance.h"
#include "../base/mem.h"
#include "../base/order.h"
#include "../base/rng.h"

#include <stdbool.h>

struct dorg_moments dorg_moments(const double *x, size_t n)
{
    struct dorg_moments m = {n, NAN, NAN, NAN, NAN};
    if (n == 0) return m;
    double sum = 0, square = 0;
    m.min = m.max = x[0];
    for (size_t i = 0; i < n; i++) {
        sum += x[i];
        m.min = fmin(m.min, x[i]);
        m.max = fmax(m.max, x[i]);
    }
    m.mean = sum / (double)n;
    if (n < 2 || !isfinite(m.mean)) return m;
    for (size_t i = 0; i < n; i++)
        square += (x[i] - m.mean) * (x[i] - m.mean);
    m.sd = sqrt(square / (double)(n - 1));
    return m;
}

/* ---- Wilcoxon ----------------------------------------------------------------------- */

enum { EXACT_MOST = 50 };

static int by_size(const void *a, const void *b)
{
    double x = fabs(*(const double *)a), y = fabs(*(const double *)b);
    return (x > y) - (x < y);
}

/* d sorted by |d|: rank sums of either sign, and sum(t^3 - t) over groups of ties. */
static void rank_sums(double *plus, double *minus, double *ties, const double *d, size_t n)
{
    *plus = *minus = *ties = 0;
    for (size_t i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && fabs(d[j]) == fabs(d[i]);)
            j++;
        double rank = 0.5 * (double)(i + 1 + j), t = (double)(j - i);
        *ties += t * t * t - t;
        for (size_t k = i; k < j; k++) {
            if (d[k] > 0) *plus += rank;
            if (d[k] < 0) *minus += rank;
        }
    }
}

/* Two-sided p from the number of subsets of {1..n} that have each sum. */
static double exact_p(size_t n, double w_plus)
{
    double count[EXACT_MOST * (EXACT_MOST + 1) / 2 + 1] = {1};
    size_t most = n * (n + 1) / 2, w = (size_t)w_plus;
    for (size_t k = 1, top = 0; k <= n; k++) {
        top += k;
        for (size_t s = top; s >= k; s--)
            count[s] += count[s - k];
    }
    if (w == most / 2) return 1;
    double less = 0, more = 0, all = ldexp(1, (int)n);
    for (size_t s = 0; s <= most; s++) {
        if (s <= w) less += count[s];
        if (s >= w) more += count[s];
    }
    return fmin(1, 2 * fmin(less, more) / all);
}

int dorg_wilcoxon(struct dorg_wilcoxon *r, const double *d, size_t n, struct dorg_err *e)
{
    double *x = dorg_array(n, sizeof *x, e), plus, minus, ties;
    size_t k = 0;
    *r = (struct dorg_wilcoxon){DORG_TEST_NONE, 0, NAN, NAN};
    if (!x) return e->code;
    for (size_t i = 0; i < n; i++)
        if (d[i] != 0) x[k++] = d[i];
    r->n_zero = n - k;
    if (k) {
        qsort(x, k, sizeof *x, by_size);
        rank_sums(&plus, &minus, &ties, x, k);
        double m = (double)k, of_ranks = m * (m + 1) * (2 * m + 1);
        bool exact = n <= EXACT_MOST && r->n_zero == 0;
        r->method = exact ? DORG_TEST_EXACT : DORG_TEST_NORMAL;
        r->w = fmin(plus, minus);
        double z = (r->w - 0.25 * m * (m + 1)) / sqrt((of_ranks - 0.5 * ties) / 24);
        r->p = exact ? exact_p(k, plus) : erfc(fabs(z) / sqrt(2));
    }
    free(x);
    return 0;
}

/* ---- Student ------------------------------------------------------------------------ */

/* Continued fraction of I_x(a, b) by the modified Lentz method: Abramowitz and Stegun
 * 26.5.8; converges fast for x < (a + 1) / (a + b + 2). */
static double beta_fraction(double x, double a, double b)
{
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double f = d;
    for (int m = 1; m < 10000; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        double was = f;
        for (int half = 0; half < 2; half++) {
            double term = half ? odd : even;
            d = 1 + term * d;
            c = 1 + term / c;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            c = fabs(c) < tiny ? tiny : c;
            f *= c * d;
        }
        if (fabs(f - was) <= 1e-16 * fabs(f)) break;
    }
    return f;
}

/* Gamma(a + 1/2) / Gamma(a) for a = df / 2, by its recurrence from a = 1/2 or 1. */
static double gamma_ratio(double a)
{
    const double root_pi = 1.7724538509055160273;
    bool whole = a == floor(a);
    double k = whole ? 1 : 0.5, r = whole ? root_pi / 2 : 1 / root_pi;
    for (; k < a; k++)
        r *= (k + 0.5) / k;
    return r;
}

double dorg_student_two_sided(double t, double df)
{
    if (isnan(t) || !(df >= 1)) return NAN;
    if (isinf(t)) return 0;
    const double root_pi = 1.7724538509055160273;
    double a = df / 2, x = df / (df + t * t), y = t * t / (df + t * t);
    double front = exp(a * log(x)) * sqrt(y) * gamma_ratio(a) / root_pi; /* x^a y^b / B(a,b) */
    if (t == 0) return 1;
    if (x < (a + 1) / (a + 2.5)) return front * beta_fraction(x, a, 0.5) / a;
    return 1 - front * beta_fraction(y, 0.5, a) / 0.5;
}

struct dorg_t_test dorg_paired_t(const double *d, size_t n)
{
    struct dorg_moments m = dorg_moments(d, n);
    struct dorg_t_test r = {NAN, n ? (double)(n - 1) : 0, NAN};
    if (!(m.sd > 0)) return r;
    r.t = m.mean / (m.sd / sqrt((double)n));
    r.p = dorg_student_two_sided(r.t, r.df);
    return r;
}

/* ---- bootstrap ---------------------------------------------------------------------- */

int dorg_bootstrap_mean(double *lo, double *hi, const double *d, size_t n, double level,
                        size_t reps, uint64_t seed, struct dorg_err *e)
{
    *lo = *hi = NAN;
    if (n == 0) return 0;
    double *mean = dorg_array(reps, sizeof *mean, e);
    if (!mean) return e->code;
    for (size_t r = 0; r < reps; r++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += d[dorg_rng_below(n, seed, DORG_RNG_BOOTSTRAP, r, (uint32_t)i)];
        mean[r] = sum / (double)n;
    }
    bool sound = true;
    for (size_t r = 0; r < reps; r++)
        sound = sound && !isnan(mean[r]);
    if (sound) {
        *lo = dorg_order_quantile(mean, reps, 0.5 * (1 - level));
        *hi = dorg_order_quantile(mean, reps, 0.5 * (1 + level));
    }
    free(mean);
    return 0;
}
