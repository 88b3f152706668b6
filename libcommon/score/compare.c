/* compare.c - paired statistics of two tables of scores */
#include "compare.h"
#include "../base/mem.h"
#include "../base/order.h"
#include "../base/num.h"
#include "summary.h"
#include "significance.h"

static const int measures[] = {DORG_DSC,  DORG_JACCARD, DORG_PRECISION, DORG_RECALL,
                               DORG_ASSD, DORG_HD,      DORG_HD95,      DORG_NSD};

/* Rows in the order of label, threshold and name: equal ones come side by side. */
struct place {
    const struct dorg_scored *row;
    size_t at;
};

static int by_key(const struct dorg_scored *x, const struct dorg_scored *y)
{
    int d = dorg_scored_order(x, y);
    return d ? d : strcmp(x->name, y->name);
}

static int by_place(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int d = by_key(x->row, y->row);
    return d ? d : (x->at > y->at) - (x->at < y->at);
}

static int sort(struct place **p, const struct dorg_scores *t, const char *which,
                struct dorg_err *e)
{
    if (!(*p = dorg_array(t->n, sizeof **p, e))) return e->code;
    for (size_t i = 0; i < t->n; i++)
        (*p)[i] = (struct place){t->row + i, i};
    qsort(*p, t->n, sizeof **p, by_place);
    for (size_t i = 1; i < t->n; i++)
        if (by_key((*p)[i - 1].row, (*p)[i].row) == 0)
            return dorg_fail(e, DORG_EDATA, "case %s comes twice in the %s table",
                             (*p)[i].row->name, which);
    return 0;
}

/* twin[i]: the row of b that matches row i of a, or b->n. */
static int find_twins(size_t **twin, const struct dorg_scores *a, const struct place *in_b,
                      size_t n_b, struct dorg_err *e)
{
    if (!(*twin = dorg_array(a->n, sizeof **twin, e))) return e->code;
    for (size_t i = 0; i < a->n; i++) {
        size_t lo = 0, hi = n_b;
        while (lo < hi) {
            size_t mid = lo + (hi - lo) / 2;
            if (by_key(in_b[mid].row, a->row + i) < 0)
                lo = mid + 1;
            else
                hi = mid;
        }
        bool found = lo < n_b && by_key(in_b[lo].row, a->row + i) == 0;
        (*twin)[i] = found ? in_b[lo].at : n_b;
    }
    return 0;
}

static size_t name_missing(struct dorg_out *o, const struct dorg_scores *a, const size_t *twin,
                           size_t none, const char *which, struct dorg_err *e)
{
    size_t n = 0;
    for (size_t i = 0; i < a->n; i++)
        if (twin[i] == none) {
            dorg_out_printf(o, e, "#only_in_%s\t%s\n", which, a->row[i].name);
            n++;
        }
    return n;
}

struct columns { /* paired values of one label and measure */
    double *a, *b, *d;
    size_t n, excluded;
};

static void pair_up(struct columns *c, const struct dorg_scores *a,
                    const struct dorg_scores *b, const size_t *twin, const size_t *row,
                    size_t n, int m)
{
    c->n = c->excluded = 0;
    for (size_t k = 0; k < n; k++) {
        size_t i = row[k];
        const struct dorg_scored *r = a->row + i;
        if (twin[i] == b->n) continue;
        double x = dorg_scored_value(r, m), y = dorg_scored_value(b->row + twin[i], m);
        double d = x == y ? 0 : y - x; /* inf against inf is no difference */
        if (isnan(d)) {
            c->excluded++;
            continue;
        }
        c->a[c->n] = x;
        c->b[c->n] = y;
        c->d[c->n++] = d;
    }
}

static int one_row(struct dorg_out *o, struct columns *c, const struct dorg_scored *like,
                   int m, const struct dorg_compare_opt *opt, struct dorg_err *e)
{
    static const char *const method[] = {"none", "exact", "normal"};
    struct dorg_wilcoxon w;
    double lo, hi;
    char text[40];
    if (dorg_wilcoxon(&w, c->d, c->n, e)) return e->code;
    if (dorg_bootstrap_mean(&lo, &hi, c->d, c->n, opt->level, (size_t)opt->reps, opt->seed, e))
        return e->code;
    struct dorg_t_test t = dorg_paired_t(c->d, c->n);
    struct dorg_moments a = dorg_moments(c->a, c->n), b = dorg_moments(c->b, c->n),
                        d = dorg_moments(c->d, c->n);
    const double v[] = {(double)c->n,
                        (double)c->excluded,
                        a.mean,
                        b.mean,
                        d.mean,
                        d.sd,
                        dorg_order_quantile(c->d, c->n, 0.5),
                        lo,
                        hi,
                        w.w,
                        w.p,
                        t.t,
                        t.df,
                        t.p};
    dorg_scores_label(text, like->s.label);
    dorg_out_printf(o, e, "%s\t%s\t", dorg_measure_name[m], text);
    dorg_num_text(text, like->s.threshold);
    dorg_out_printf(o, e, "%s", text);
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        bool p = i >= 9; /* statistics and p keep every digit */
        dorg_num_text(text, v[i]);
        if (p && isfinite(v[i])) snprintf(text, sizeof text, "%.17g", v[i]);
        dorg_out_printf(o, e, "\t%s", text);
        if (i == 10) dorg_out_printf(o, e, "\t%s", method[w.method]);
    }
    return dorg_out_printf(o, e, "\n");
}

static int table(struct dorg_out *o, const struct dorg_scores *a, const struct dorg_scores *b,
                 const size_t *twin, const struct dorg_compare_opt *opt, struct dorg_err *e)
{
    struct columns c = {dorg_array(a->n, sizeof(double), e),
                        dorg_array(a->n, sizeof(double), e),
                        dorg_array(a->n, sizeof(double), e), 0, 0};
    struct dorg_groups g = {0};
    if (!e->code) dorg_scores_group(&g, a, e);
    for (size_t i = 0; i < g.n && !e->code; i++) {
        const size_t *row = g.order + g.of[i].from;
        for (size_t m = 0; m < sizeof measures / sizeof *measures && !e->code; m++) {
            pair_up(&c, a, b, twin, row, g.of[i].n, measures[m]);
            one_row(o, &c, a->row + row[0], measures[m], opt, e);
        }
    }
    dorg_groups_free(&g);
    free(c.a);
    free(c.b);
    free(c.d);
    return e->code;
}

static int write_all(struct dorg_out *o, const struct dorg_scores *a,
                     const struct dorg_scores *b, const size_t *to_b, const size_t *to_a,
                     const struct dorg_compare_opt *opt, struct dorg_err *e)
{
    dorg_out_printf(o, e, "#dorg-compare 1\n#@ %s\n", opt->stage);
    dorg_out_printf(o, e,
                    "# differences b - a of the same cases; ci: %g%% bootstrap interval of "
                    "the mean, %d resamples, seed %llu; a failed case counts as 0 (ratios) "
                    "or inf (mm)\n",
                    100 * opt->level, opt->reps, (unsigned long long)opt->seed);
    size_t missing = name_missing(o, a, to_b, b->n, "a", e);
    name_missing(o, b, to_a, a->n, "b", e);
    if (missing == a->n)
        return dorg_fail(e, DORG_EDATA, "the two tables have no case in common");
    dorg_out_printf(o, e,
                    "measure\tlabel\tthreshold\tn\tn_excluded\tmean_a\tmean_b\tmean_diff\t"
                    "sd_diff\tmedian_diff\tci_low\tci_high\twilcoxon_w\twilcoxon_p\t"
                    "wilcoxon_method\tt\tdf\tt_p\n");
    return table(o, a, b, to_b, opt, e);
}

int dorg_compare(struct dorg_out *o, const struct dorg_scores *a, const struct dorg_scores *b,
                 const struct dorg_compare_opt *opt, struct dorg_err *e)
{
    size_t *to_b = NULL, *to_a = NULL;
    struct place *in_a = NULL, *in_b = NULL;
    if (!sort(&in_a, a, "first", e) && !sort(&in_b, b, "second", e) &&
        !find_twins(&to_b, a, in_b, b->n, e) && !find_twins(&to_a, b, in_a, a->n, e))
        write_all(o, a, b, to_b, to_a, opt, e);
    free(in_a);
    free(in_b);
    free(to_b);
    free(to_a);
    return e->code;
}

int dorg_compare_files(struct dorg_out *o, const char *a, const char *b,
                       const struct dorg_compare_opt *opt, struct dorg_err *e)
{
    struct dorg_scores x = DORG_SCORES_INIT, y = DORG_SCORES_INIT;
    if (!dorg_scores_load(&x, a, e) && !dorg_scores_load(&y, b, e))
        dorg_compare(o, &x, &y, opt, e);
    dorg_scores_free(&x);
    dorg_scores_free(&y);
    return e->code;
}
