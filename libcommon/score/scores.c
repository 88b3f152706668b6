/* scores.c - tables of scores in memory, and the loop over cases */
#include "scores.h"
#include "../base/mem.h"
#include "../base/par.h"

int dorg_scores_add(struct dorg_scores *t, const char *name, const struct dorg_score *s,
                    struct dorg_err *e)
{
    struct dorg_scored r = {.s = *s};
    if (dorg_grow(&t->row, t->n, &t->cap, sizeof *t->row, e)) return e->code;
    if (!(r.name = dorg_strdup(name, e))) return e->code;
    for (char *p = r.name; *p; p++) /* one field of one line, whatever a file is called */
        if ((unsigned char)*p < ' ') *p = ' ';
    t->row[t->n++] = r;
    return 0;
}

void dorg_scores_free(struct dorg_scores *t)
{
    if (!t) return;
    for (size_t i = 0; i < t->n; i++)
        free(t->row[i].name);
    free(t->row);
    *t = DORG_SCORES_INIT;
}

struct outcome { /* of one pair */
    struct dorg_score *s;
    size_t n;
    struct dorg_err err;
};

struct work {
    const struct dorg_matches *p;
    const struct dorg_scores_opt *opt;
    struct dorg_score_opt score;
    struct outcome *out;
    int32_t *label; /* that rows are for */
    size_t n_labels;
};

struct loading {
    const struct work *w;
    const struct dorg_match *pair;
    struct dorg_vol *pred, *ref;
};

static int load_one(void *ctx, size_t item, size_t worker, struct dorg_err *e)
{
    (void)worker;
    struct loading *l = ctx;
    dorg_loader *load = l->w->opt->load;
    if (item) return load(l->ref, l->pair->ref, DORG_LABELS, e);
    return l->w->opt->cuts.n ? load(l->pred, l->pair->pred, DORG_F32, e)
                             : load(l->pred, l->pair->pred, DORG_LABELS, e);
}

static int one_pair(void *ctx, size_t item, size_t worker, struct dorg_err *e)
{
    (void)worker, (void)e;
    struct work *w = ctx;
    struct outcome *o = w->out + item;
    struct dorg_vol pred = DORG_VOL_INIT, ref = DORG_VOL_INIT;
    struct loading l = {w, w->p->pair + item, &pred, &ref};
    if (!dorg_par(2, w->score.jobs, load_one, &l, &o->err)) {
        if (w->opt->cuts.n)
            dorg_sweep(&o->s, &o->n, &pred, &ref, &w->opt->cuts, &w->score, &o->err);
        else
            dorg_score(&o->s, &o->n, &pred, &ref, &w->score, &o->err);
    }
    dorg_vol_free(&pred);
    dorg_vol_free(&ref);
    return 0;
}

/* A failed case is one row for each label of the cohort, so that every label counts it. */
static int add_failed(struct dorg_scores *t, const char *name, const struct work *w,
                      const char *why, struct dorg_err *e)
{
    struct dorg_score s;
    dorg_score_failed(&s, why);
    for (size_t i = 0; i < w->n_labels && !e->code; i++) {
        s.label = w->label[i];
        size_t k = w->opt->cuts.n ? w->opt->cuts.n : 1;
        for (size_t c = 0; c < k && !e->code; c++) {
            if (w->opt->cuts.n) s.threshold = dorg_cut(&w->opt->cuts, c);
            dorg_scores_add(t, name, &s, e);
        }
    }
    return e->code;
}

/* Where labels are those found, a case has a row for each of the cohort's: one that neither of
 * its volumes holds is empty in both. */
static int add_scored(struct dorg_scores *t, const char *name, const struct work *w,
                      const struct outcome *o, struct dorg_err *e)
{
    size_t k = 0;
    if (w->score.n_labels)
        for (; k < o->n && !e->code; k++)
            dorg_scores_add(t, name, o->s + k, e);
    for (size_t i = 0; i < w->n_labels && !w->score.n_labels && !e->code; i++) {
        struct dorg_score none = {.label = w->label[i]};
        bool found = k < o->n && o->s[k].label == w->label[i];
        if (!found) dorg_score_absent(&none, &w->score);
        dorg_scores_add(t, name, found ? o->s + k++ : &none, e);
    }
    return e->code;
}

/* The labels that rows are for: those asked for, or all that any case holds, ascending, or
 * where no case holds one whatever is not 0. */
static int cohort_labels(struct work *w, struct dorg_err *e)
{
    bool *seen = dorg_zeroed(DORG_LABEL_MAX + 1, sizeof *seen, e);
    w->label = dorg_array(DORG_LABEL_MAX + w->score.n_labels + 1, sizeof *w->label, e);
    if (e->code) goto done;
    for (; w->n_labels < w->score.n_labels; w->n_labels++)
        w->label[w->n_labels] = w->score.label[w->n_labels];
    if (w->n_labels) goto done;
    for (size_t i = 0; i < w->p->n; i++)
        for (size_t k = 0; k < w->out[i].n && !w->out[i].err.code; k++)
            seen[w->out[i].s[k].label] = true;
    for (int32_t l = 1; l <= DORG_LABEL_MAX; l++)
        if (seen[l]) w->label[w->n_labels++] = l;
    if (!w->n_labels) w->label[w->n_labels++] = DORG_LABEL_ANY;
done:
    free(seen);
    return e->code;
}

static int collect(struct dorg_scores *t, struct work *w, struct dorg_err *e)
{
    size_t failed = 0;
    cohort_labels(w, e);
    for (size_t i = 0; i < w->p->n && !e->code; i++) {
        struct outcome *o = w->out + i;
        const char *name = w->p->pair[i].name;
        if (o->err.code && !w->p->listed) {
            *e = o->err;
        } else if (o->err.code) {
            failed++;
            add_failed(t, name, w, o->err.text, e);
            w->opt->failed(name, &o->err);
        } else {
            add_scored(t, name, w, o, e);
        }
    }
    free(w->label);
    if (!e->code && failed) e->code = DORG_ECASES;
    return e->code;
}

int dorg_scores_fill(struct dorg_scores *t, const struct dorg_matches *p,
                     const struct dorg_scores_opt *opt, struct dorg_err *e)
{
    struct work w = {.p = p, .opt = opt, .score = opt->score};
    int outer = p->n > 1 ? opt->jobs : 1;
    w.score.jobs = p->n > 1 ? 1 : opt->jobs;
    if (!(w.out = dorg_zeroed(p->n, sizeof *w.out, e))) return e->code;
    if (!dorg_par(p->n, outer, one_pair, &w, e)) collect(t, &w, e);
    for (size_t i = 0; i < p->n; i++)
        free(w.out[i].s);
    free(w.out);
    return e->code;
}
