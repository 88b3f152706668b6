/* summary.h - statistics of a table of scores, label by label.
 *
 * A value that is NaN is left out and counted in n_excluded.  A case that failed is not left
 * out: it counts with the worst value its measure can have (score.h), so that no mean gets
 * better by failing.  above_Q is the value Q percent of the cases lie above, the quantile at
 * 1 - Q/100 (order.h).
 *
 * Source   Roth et al. 2015, Table 1 (mean, std, min, max) and sec. 3 ("10, 30, 50, 70, 80,
 *          90 % of the cases above ..."). */
#ifndef DORG_SUMMARY_H
#define DORG_SUMMARY_H

#include "scores.h"

enum dorg_stat {
    DORG_MEAN,
    DORG_SD,
    DORG_MEDIAN,
    DORG_MIN,
    DORG_MAX,
    DORG_N,
    DORG_N_EXCLUDED,
    DORG_N_INFINITE,
    DORG_N_FAILED,
    DORG_ABOVE_10,
    DORG_ABOVE_30,
    DORG_ABOVE_50,
    DORG_ABOVE_70,
    DORG_ABOVE_80,
    DORG_ABOVE_90,
    DORG_N_STATS
};
extern const char *const dorg_stat_name[DORG_N_STATS];

struct dorg_summary { /* of the rows of one label and threshold */
    int32_t label;
    double threshold;
    double stat[DORG_N_STATS][DORG_N_MEASURES];
};

struct dorg_group {        /* rows of one label and threshold */
    size_t from, n, first; /* within `order`; the first row's place in the table */
};
struct dorg_groups {
    size_t n;
    struct dorg_group *of; /* owned: in the order in which they first appear */
    size_t *order;         /* owned: the rows, group by group, each in the table's order */
};
int dorg_scores_group(struct dorg_groups *g, const struct dorg_scores *t, struct dorg_err *e);
void dorg_groups_free(struct dorg_groups *g);
/* By label, then threshold (NaN last); 0 where both are equal. */
int dorg_scored_order(const struct dorg_scored *x, const struct dorg_scored *y);

/* *s becomes an array of *n, in the order in which labels and thresholds first appear. */
int dorg_summarize(struct dorg_summary **s, size_t *n, const struct dorg_scores *t,
                   struct dorg_err *e);

/* True if this row is of a case that failed; a row's value as a summary counts it. */
bool dorg_scored_failed(const struct dorg_scored *r);
double dorg_scored_value(const struct dorg_scored *r, int measure);

#endif
