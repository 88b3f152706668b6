/* compare.c - paired statistics of two tables of scores */
#include "compare.h"
#include "../base/mem.h"
#include "../base/order.h"
#include "scores_fmt.h"
#include "significance.h"

static const int measures[] = {DORG_DSC,  DORG_JACCARD, DORG_PRECISION, DORG_RECALL,
                               DORG_ASSD, DORG_HD,      DORG_HD95,      DORG_NSD};

static bool match(const struct dorg_scored *x, const struct dorg_scored *y)
{
    return x->s.label == y->s.label && strcmp(x->name, y->name) == 0 &&
           (x->s.threshold == y->s.threshold ||
            (isnan(x->s.threshold) && isnan(y->s.threshold)));
}

/* Index of the row of t that matches r, from `from` on; t->n if there is none. */
static size_t find(const struct dorg_scores *t, const struct dorg_scored *r, size_t from)
{
    while (from < t->n && !match(t->row + from, r))
        from++;
    return from;
}

static int check_twice(const struct dorg_scores *t, const char *which, struct dorg_err *e)
{
    for (size_t i = 0; i < t->n; i++)
        if (find(t, t->row + i, i + 1) < t->n)
            return dorg_fail(e, DORG_EDATA, "case %s comes twice in the %s table",
                             t->row[i].name, which);
    return 0;
}

/* twin[i]: the row of b that matches row i of a, or b->n. */
static int find_twins(size_t **twin, const struct dorg_scores *a, const struct dorg_scores *b,
                      struct dorg_err *e)
{
    if (!(*twin = dorg_array(a->n, sizeof **twin, e))) return e->code;
    for (size_t i = 0; i < a->n; i++) { /* most tables are in the same order */
        bool here = i < b->n && match(b->row + i, a->row + i);
        (*twin)[i] = here ? i : find(b, a->row + i, 0);
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
                    const struct dorg_scores *b, const size_t *twin,
                    const struct dorg_scored *like, int m)
{
    c->n = c->excluded = 0;
    for (size_t i = 0; i < a->n; i++) {
        const struct dorg_scored *r = a->row + i;
        if (r->s.label != like->s.label) continue;
        if (!(r->s.threshold == like->s.threshold || isnan(like->s.threshold))) continue;
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
    dorg_scores_number(text, like->s.threshold);
    dorg_out_printf(o, e, "%s", text);
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        bool p = i >= 9; /* statistics and p keep every digit */
        dorg_scores_number(text, v[i]);
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
    for (size_t i = 0; i < a->n && !e->code; i++) {
        size_t k = 0; /* the first row of its label and threshold stands for them */
        while (a->row[k].s.label != a->row[i].s.label ||
               !(a->row[k].s.threshold == a->row[i].s.threshold ||
                 (isnan(a->row[k].s.threshold) && isnan(a->row[i].s.threshold))))
            k++;
        if (k < i) continue;
        for (size_t m = 0; m < sizeof measures / sizeof *measures && !e->code; m++) {
            pair_up(&c, a, b, twin, a->row + i, measures[m]);
            one_row(o, &c, a->row + i, measures[m], opt, e);
        }
    }
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
    if (check_twice(a, "first", e) || check_twice(b, "second", e)) return e->code;
    if (!find_twins(&to_b, a, b, e) && !find_twins(&to_a, b, a, e))
        write_all(o, a, b, to_b, to_a, opt, e);
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
