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

int dorg_scored_order(const struct dorg_scored *x, const struct dorg_scored *y)
{
    double a = x->s.threshold, b = y->s.threshold;
    int d = (x->s.label > y->s.label) - (x->s.label < y->s.label);
    if (d) return d;
    return isnan(a) || isnan(b) ? isnan(a) - isnan(b) : (a > b) - (a < b);
}

struct place {
    const struct dorg_scored *row;
    size_t at;
};

static int by_group(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int d = dorg_scored_order(x->row, y->row);
    return d ? d : (x->at > y->at) - (x->at < y->at);
}

static int by_first(const void *a, const void *b)
{
    size_t x = ((const struct dorg_group *)a)->first,
           y = ((const struct dorg_group *)b)->first;
    return (x > y) - (x < y);
}

int dorg_scores_group(struct dorg_groups *g, const struct dorg_scores *t, struct dorg_err *e)
{
    struct place *p = dorg_array(t->n, sizeof *p, e);
    *g = (struct dorg_groups){0};
    g->order = dorg_array(t->n, sizeof *g->order, e);
    g->of = dorg_array(t->n, sizeof *g->of, e);
    for (size_t i = 0; i < t->n && !e->code; i++)
        p[i] = (struct place){t->row + i, i};
    if (!e->code) qsort(p, t->n, sizeof *p, by_group);
    for (size_t i = 0; i < t->n && !e->code; i++) {
        if (i == 0 || dorg_scored_order(p[i - 1].row, p[i].row) != 0)
            g->of[g->n++] = (struct dorg_group){i, 0, p[i].at};
        g->of[g->n - 1].n++;
        g->order[i] = p[i].at;
    }
    if (!e->code) qsort(g->of, g->n, sizeof *g->of, by_first);
    free(p);
    if (e->code) dorg_groups_free(g);
    return e->code;
}

void dorg_groups_free(struct dorg_groups *g)
{
    free(g->order);
    free(g->of);
    *g = (struct dorg_groups){0};
}

static void one_measure(struct dorg_summary *g, int m, double *x, const struct dorg_scores *t,
                        const size_t *row, size_t n_rows)
{
    static const int share[] = {10, 30, 50, 70, 80, 90};
    size_t n = 0, excluded = 0, infinite = 0, failed = 0;
    for (size_t k = 0; k < n_rows; k++) {
        const struct dorg_scored *r = t->row + row[k];
        double v = dorg_scored_value(r, m);
        failed += dorg_scored_failed(r) ? 1 : 0;
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
    struct dorg_groups g = {0};
    double *x = dorg_array(t->n, sizeof *x, e);
    *s = NULL;
    *n = 0;
    if (!x || dorg_scores_group(&g, t, e)) goto done;
    if (!(*s = dorg_zeroed(g.n, sizeof **s, e))) goto done;
    for (; *n < g.n; ++*n) {
        struct dorg_summary *to = *s + *n;
        const size_t *row = g.order + g.of[*n].from;
        to->label = t->row[row[0]].s.label;
        to->threshold = t->row[row[0]].s.threshold;
        for (int m = 0; m < DORG_N_MEASURES; m++)
            one_measure(to, m, x, t, row, g.of[*n].n);
    }
done:
    dorg_groups_free(&g);
    free(x);
    return e->code;
}
