/* learn.c - tables, trees, out-of-bag probabilities, cut */
#include "learn.h"
#include "../base/mem.h"
#include "../file/vol.h" /* dorg_history_add */

static int key_order(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* What the forest remembers of its training tables: names, cases. */
static int describe(struct dorg_forest *f, const struct dorg_rows *s, struct dorg_err *e)
{
    if (!(f->feature = dorg_zeroed(s->n_features, sizeof *f->feature, e))) return e->code;
    for (; f->n_features < s->n_features; f->n_features++)
        if (!(f->feature[f->n_features] = dorg_strdup(s->feature[f->n_features], e)))
            return e->code;
    if (!(f->case_key = dorg_array(s->n_tables, sizeof *f->case_key, e))) return e->code;
    memcpy(f->case_key, s->case_key, s->n_tables * sizeof *f->case_key);
    qsort(f->case_key, s->n_tables, sizeof *f->case_key, key_order);
    for (uint32_t i = 0; i < s->n_tables; i++)
        if (i == 0 || f->case_key[i] != f->case_key[i - 1])
            f->case_key[f->n_cases++] = f->case_key[i];
    f->level = s->prev ? 2 : 1;
    if (dorg_history_add(&f->history, s->history, e)) return e->code;
    return s->prev ? dorg_history_add(&f->history, s->prev->history, e) : 0;
}

/* What a tree, or a fold, leaves out. */
static int units(struct dorg_forest *f, const struct dorg_learn *o, struct dorg_err *e)
{
    f->bag = o->bag;
    if (f->bag.unit == DORG_BAG_AUTO)
        f->bag.unit = f->n_cases > 1 ? DORG_BAG_CASE : DORG_BAG_SLAB;
    f->kind = o->kind;
    if (f->kind != DORG_FOREST_BOOSTED) return 0;
    f->folds = o->folds;
    if (f->bag.unit == DORG_BAG_CASE && f->folds > f->n_cases) f->folds = f->n_cases;
    if (f->folds < 2)
        return dorg_fail(e, DORG_EDATA, "boosting wants two cases or more, or another --bag");
    return 0;
}

static int varies(const struct dorg_bins *d, struct dorg_err *e)
{
    for (uint32_t k = 0; k < d->n_features; k++)
        if (d->n_edges[k] > 0) return 0;
    return dorg_fail(e, DORG_EDATA, "every feature is constant");
}

static int operate(struct dorg_forest *f, struct dorg_learn_report *r,
                   const struct dorg_bins *d, const struct dorg_learn *o, struct dorg_err *e)
{
    const double recall = o->recall;
    float *p = dorg_array(d->n, sizeof *p, e);
    if (!p || dorg_forest_oob(p, f, d, o->jobs, e)) goto done;
    if (dorg_forest_auc(&r->auc, p, d, e)) goto done;
    if (dorg_forest_cut(&r->cut, p, d, recall, o->odd, e)) goto done;
    if (dorg_forest_cut(&r->pass, p, d, 1 - (1 - recall) / 3, o->odd, e)) goto done;
    f->cut = r->cut.cut;
    f->pass = r->pass.cut;
    f->recall = recall;
done:
    free(p);
    return e->code;
}

/* Insertion into the short list of the most important features; ties go to the earlier. */
static void rank_features(struct dorg_learn_report *r, const struct dorg_forest *f)
{
    for (uint32_t i = 0; i < f->n_features; i++) {
        uint32_t at = r->n_top;
        while (at > 0 && f->importance[r->top[at - 1]] < f->importance[i])
            at--;
        if (at == DORG_LEARN_TOP) continue;
        if (r->n_top < DORG_LEARN_TOP) r->n_top++;
        memmove(r->top + at + 1, r->top + at, (r->n_top - 1 - at) * sizeof *r->top);
        r->top[at] = i;
    }
}

int dorg_learn(struct dorg_forest *f, struct dorg_learn_report *r, const char *const *path,
               uint32_t n_tables, const struct dorg_learn *o, struct dorg_err *e)
{
    struct dorg_rows s;
    struct dorg_bins d = DORG_BINS_INIT;
    *f = DORG_FOREST_INIT;
    *r = (struct dorg_learn_report){0};
    if (o->prev && o->prev->level != 1)
        return dorg_fail(e, DORG_EUSAGE, "the previous forest is itself of level 2");
    if (dorg_rows_open(&s, path, n_tables, o->prev, o->without, o->jobs, e)) return e->code;
    if (describe(f, &s, e)) goto done;
    if (units(f, o, e)) goto done;
    if (dorg_bins_read(&d, &s, &o->data, f, e) || varies(&d, e)) goto done;
    if (f->kind == DORG_FOREST_BOOSTED ? dorg_boost_grow(f, &d, &o->boost, e)
                                       : dorg_forest_grow(f, &d, &o->grow, e))
        goto done;
    for (int c = 0; c < 2; c++)
        r->rows[c] = d.n_train[c];
    rank_features(r, f);
    r->ambiguous = d.n_ambiguous;
    r->left_out = d.n_left_out;
    r->dropped = d.n_dropped;
    operate(f, r, &d, o, e);
done:
    dorg_bins_free(&d);
    dorg_rows_close(&s);
    if (e->code) dorg_forest_free(f);
    return e->code;
}
