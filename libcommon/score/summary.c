/* summary.c - statistics of a table of scores */
#include "summary.h"
#include "../base/mem.h"
#include "../base/order.h"
#include "significance.h"

const char *const dorg_stat_name[DORG_N_STATS] = {
    "mean",     "sd",         "median",     "min",      "max",
    "n",        "n_excluded", "n_infinite", "n_failed", "above_10",
    "above_30", "above_50",   "above_70",   "above_80", "above_90"};

bool dorg_scored_failed(const struct dorg_scored *r)
{
    return strncmp(r->s.status, "failed", 6) == 0;
}

double dorg_scored_value(const struct dorg_scored *r, int measure)
{
    return dorg_scored_failed(r) ? dorg_measure_worst(measure) : r->s.value[measure];
}

static bool same_threshold(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static bool belongs(const struct dorg_summary *g, const struct dorg_scored *r)
{
    return r->s.label == g->label && same_threshold(r->s.threshold, g->threshold);
}

static void one_measure(struct dorg_summary *g, int m, double *x, const struct dorg_scores *t)
{
    static const int share[] = {10, 30, 50, 70, 80, 90};
    size_t n = 0, excluded = 0, infinite = 0, failed = 0;
    for (size_t i = 0; i < t->n; i++) {
        if (!belongs(g, t->row + i)) continue;
        double v = dorg_scored_value(t->row + i, m);
        failed += dorg_scored_failed(t->row + i) ? 1 : 0;
        excluded += isnan(v) ? 1 : 0;
        infinite += isinf(v) ? 1 : 0;
        if (!isnan(v)) x[n++] = v;
    }
    struct dorg_moments k = dorg_moments(x, n);
    const double first[] = {k.mean,
                            k.sd,
                            dorg_order_quantile(x, n, 0.5),
                            k.min,
                            k.max,
                            (double)n,
                            (double)excluded,
                            (double)infinite,
                            (double)failed};
    for (int s = 0; s < DORG_ABOVE_10; s++)
        g->stat[s][m] = first[s];
    for (int s = DORG_ABOVE_10; s < DORG_N_STATS; s++)
        g->stat[s][m] = dorg_order_quantile(x, n, 1 - share[s - DORG_ABOVE_10] / 100.0);
}

int dorg_summarize(struct dorg_summary **s, size_t *n, const struct dorg_scores *t,
                   struct dorg_err *e)
{
    size_t cap = 0;
    double *x = dorg_array(t->n, sizeof *x, e);
    *s = NULL;
    *n = 0;
    if (!x) return e->code;
    for (size_t i = 0; i < t->n; i++) {
        size_t g = 0;
        while (g < *n && !belongs(*s + g, t->row + i))
            g++;
        if (g < *n) continue;
        if (dorg_grow(s, *n, &cap, sizeof **s, e)) break;
        (*s)[g].label = t->row[i].s.label;
        (*s)[g].threshold = t->row[i].s.threshold;
        ++*n;
    }
    for (size_t g = 0; g < *n && !e->code; g++)
        for (int m = 0; m < DORG_N_MEASURES; m++)
            one_measure(*s + g, m, x, t);
    free(x);
    if (e->code) {
        free(*s);
        *s = NULL;
    }
    return e->code;
}
