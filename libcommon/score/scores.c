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
};

struct loading {
    const struct work *w;
    const struct dorg_match *pair;
    struct dorg_vol *pred, *ref;
};

static int load_one(void *ctx, size_t item, int worker, struct dorg_err *e)
{
    (void)worker;
    struct loading *l = ctx;
    dorg_loader *load = l->w->opt->load;
    if (item) return load(l->ref, l->pair->ref, DORG_LABELS, e);
    return l->w->opt->cuts.n ? load(l->pred, l->pair->pred, DORG_F32, e)
                             : load(l->pred, l->pair->pred, DORG_LABELS, e);
}

static int one_pair(void *ctx, size_t item, int worker, struct dorg_err *e)
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

/* A failed case is one row for each label asked for, so that every label counts it. */
static int add_failed(struct dorg_scores *t, const char *name, const struct work *w,
                      const char *why, struct dorg_err *e)
{
    size_t n = w->score.n_labels ? w->score.n_labels : 1;
    struct dorg_score s;
    dorg_score_failed(&s, why);
    for (size_t i = 0; i < n && !e->code; i++) {
        s.label = w->score.n_labels ? w->score.label[i] : DORG_LABEL_ANY;
        size_t k = w->opt->cuts.n ? w->opt->cuts.n : 1;
        for (size_t c = 0; c < k && !e->code; c++) {
            if (w->opt->cuts.n) s.threshold = dorg_cut(&w->opt->cuts, c);
            dorg_scores_add(t, name, &s, e);
        }
    }
    return e->code;
}

static int collect(struct dorg_scores *t, struct work *w, struct dorg_err *e)
{
    size_t failed = 0;
    for (size_t i = 0; i < w->p->n && !e->code; i++) {
        struct outcome *o = w->out + i;
        const char *name = w->p->pair[i].name;
        if (o->err.code && !w->p->listed) {
            *e = o->err;
        } else if (o->err.code) {
            failed++;
            add_failed(t, name, w, o->err.text, e);
            w->opt->mourn(name, &o->err);
        }
        for (size_t k = 0; k < o->n && !e->code; k++)
            dorg_scores_add(t, name, o->s + k, e);
    }
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
