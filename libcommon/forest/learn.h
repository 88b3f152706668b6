/* learn.h - from tables to a forest with an operating point.
 *
 * Source  Roth et al. 2015, sec. 2.1; paper.md 3.  Defaults: dorg-choices(7). */
#ifndef DORG_LEARN_H
#define DORG_LEARN_H

#include "boost.h"
#include "forest_grow.h"
#include "cut.h"

enum { DORG_LEARN_TOP = 12, DORG_BAG_AUTO = 3 }; /* case with two tables and more, else slab */

struct dorg_learn {
    uint32_t kind; /* enum dorg_forest_kind: which of the next two counts */
    struct dorg_grow_opt grow;
    struct dorg_boost_opt boost;
    uint32_t folds; /* of boosting, 2 to 255; fewer when there are fewer cases */
    int jobs;
    struct dorg_bins_opt data;
    struct dorg_bag bag;            /* unit may be DORG_BAG_AUTO */
    double recall, odd;             /* cut.h */
    const char *without;            /* columns that are no features (rows.h), or NULL */
    const struct dorg_forest *prev; /* first level, or NULL */
};

struct dorg_learn_report {
    size_t rows[2], ambiguous, left_out, dropped;
    double auc;
    struct dorg_forest_point cut, pass;
    uint32_t n_top, top[DORG_LEARN_TOP]; /* features of most importance, descending */
};

/* Train on the tables; r reports how it went.  DORG_EDATA for one class only, no feature that
 * varies, a missing column, a broken table. */
int dorg_learn(struct dorg_forest *f, struct dorg_learn_report *r, const char *const *path,
               uint32_t n_tables, const struct dorg_learn *o, struct dorg_err *e);

#endif
