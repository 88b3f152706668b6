/* cut.c - recall curves and the area under the ROC curve */
#include "cut.h"
#include "../base/mem.h"
#include "../base/order.h"

struct ranked {
    float p;
    uint32_t row;
};

static int highest_first(const void *a, const void *b)
{
    const struct ranked *s = a, *t = b;
    if (s->p != t->p) return s->p > t->p ? -1 : 1;
    return s->row < t->row ? -1 : s->row > t->row;
}

/* The highest cut that meets target and floor; 0 if none does. */
static double walk(const struct ranked *r, size_t n, const struct dorg_bins *d,
                   double *reached, double target, double least)
{
    double sum = 0;
    uint32_t below = 0, cases = 0;
    for (uint32_t c = 0; c < d->n_cases; c++)
        cases += d->case_total[c] > 0;
    if (least > 0) below = cases;
    for (size_t i = 0; i < n; i++) {
        uint32_t c = d->case_no[r[i].row];
        double add = (double)d->inside[r[i].row] / d->case_total[c];
        if (reached[c] < least && reached[c] + add >= least) below--;
        reached[c] += add;
        sum += add;
        bool tied = i + 1 < n && r[i + 1].p == r[i].p;
        if (!tied && below == 0 && sum >= target * cases) return (double)r[i].p;
    }
    return 0;
}

/* The cut that all but k = floor(odd * cases) cases stand: of each case's own, in ascending
 * order, number k from 0. */
static double spare_odd(const struct ranked *r, size_t n, const struct dorg_bins *d,
                        double *reached, double target, double odd, struct dorg_err *e)
{
    double *own = dorg_zeroed(d->n_cases, sizeof *own, e), cut = 0;
    uint32_t cases = 0;
    for (size_t i = 0; own && i < n; i++) {
        uint32_t c = d->case_no[r[i].row];
        bool short_of = reached[c] < target;
        reached[c] += (double)d->inside[r[i].row] / d->case_total[c];
        if (short_of && reached[c] >= target) own[c] = (double)r[i].p;
    }
    for (uint32_t c = 0; own && c < d->n_cases; c++)
        if (d->case_total[c] > 0) own[cases++] = own[c];
    if (cases) {
        uint32_t k = (uint32_t)(odd * cases + 1e-9);
        qsort(own, cases, sizeof *own, dorg_order_ascending);
        cut = own[k < cases ? k : cases - 1];
    }
    free(own);
    return cut;
}

int dorg_forest_cut(struct dorg_forest_point *at, const float *p, const struct dorg_bins *d,
                    double recall, double odd, struct dorg_err *e)
{
    struct ranked *r = dorg_array(d->n, sizeof *r, e);
    double *reached = dorg_zeroed(d->n_cases, sizeof *reached, e);
    double cut = 0;
    size_t n = 0;
    for (size_t i = 0; !e->code && i < d->n; i++)
        if (d->inside[i] > 0) r[n++] = (struct ranked){p[i], (uint32_t)i};
    if (!e->code) {
        qsort(r, n, sizeof *r, highest_first);
        cut = odd < 0 ? walk(r, n, d, reached, recall - 1e-9, dorg_forest_floor(recall) - 1e-9)
                      : spare_odd(r, n, d, reached, recall - 1e-9, odd, e);
        if (!e->code) dorg_forest_point_at(at, p, d, cut, e);
    }
    free(r);
    free(reached);
    return e->code;
}

int dorg_forest_point_at(struct dorg_forest_point *at, const float *p,
                         const struct dorg_bins *d, double cut, struct dorg_err *e)
{
    double *inside = dorg_zeroed(d->n_cases, sizeof *inside, e);
    double *area = dorg_zeroed(d->n_cases, sizeof *area, e);
    size_t kept = 0, cases = 0;
    *at = (struct dorg_forest_point){.cut = cut, .worst = 1};
    if (e->code) goto done;
    for (size_t i = 0; i < d->n; i++) {
        if ((double)p[i] < cut) continue;
        kept++;
        inside[d->case_no[i]] += (double)d->inside[i];
        area[d->case_no[i]] += (double)d->area[i];
    }
    for (uint32_t c = 0; c < d->n_cases; c++) {
        if (!(d->case_total[c] > 0)) continue;
        double recall = inside[c] / d->case_total[c];
        cases++;
        at->recall += recall;
        at->worst = recall < at->worst ? recall : at->worst;
        at->precision += area[c] > 0 ? inside[c] / area[c] : 0;
        at->dsc += 2 * inside[c] / (area[c] + d->case_total[c]);
    }
    double n = cases ? (double)cases : 1;
    at->recall /= n;
    at->precision /= n;
    at->dsc /= n;
    at->kept = d->n ? (double)kept / (double)d->n : 0;
done:
    free(inside);
    free(area);
    return e->code;
}

int dorg_forest_auc(double *auc, const float *p, const struct dorg_bins *d, struct dorg_err *e)
{
    float *score = dorg_array(d->n, sizeof *score, e);
    uint8_t *positive = dorg_array(d->n, 1, e);
    size_t n = 0;
    for (size_t i = 0; !e->code && i < d->n; i++)
        if (d->flag[i] & DORG_BINS_TRAIN) {
            score[n] = p[i];
            positive[n++] = (d->flag[i] & DORG_BINS_TRUTH) != 0;
        }
    *auc = e->code ? 0 : dorg_order_auc(score, positive, n, e);
    if (isnan(*auc)) *auc = 0; /* rows of one class only */
    free(score);
    free(positive);
    return e->code;
}
