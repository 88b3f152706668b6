/* trainset.c - labelled records, those held out, and their mean image */
#include "trainset.h"
#include "../base/mem.h"
#include "../base/par.h"
#include "../base/rng.h"

enum { SLICES_PER_GROUP = 8 };

static int check_label(const struct dorg_rec *r, int classes, const char *name,
                       struct dorg_err *e)
{
    if (r->label < (uint32_t)classes || r->label == DORG_LABEL_UNKNOWN) return 0;
    return dorg_fail(e, DORG_EDATA, "%s: a record of class %u; expected 0 to %d, or 255", name,
                     r->label, classes - 1);
}

/* Groups are numbered file by file, then by runs of slices, as they first appear. */
static int number_groups(uint32_t *group, uint32_t *n_groups, const struct dorg_trainset *t,
                         const struct dorg_trainset_opts *o)
{
    bool by_file = t->recs.n_files * o->val_fraction >= 1;
    uint32_t n = 0, run = 0;
    int file = -1;
    for (uint64_t i = 0; i < t->recs.count; i++) {
        struct dorg_rec r;
        dorg_recset_get(&t->recs, i, &r);
        int f = dorg_recset_file(&t->recs, i);
        uint32_t now = by_file ? 0 : r.slice / SLICES_PER_GROUP;
        if (f != file || now != run) n++;
        file = f;
        run = now;
        group[i] = n - 1;
    }
    *n_groups = n;
    return 0;
}

/* A fresh random order of groups; whole groups until the fraction is reached. */
static int choose_held(uint8_t *held, const struct dorg_trainset *t,
                       const struct dorg_trainset_opts *o, struct dorg_err *e)
{
    uint64_t n = t->recs.count, n_held = 0;
    uint32_t n_groups = 0;
    uint32_t *group = dorg_array(n, sizeof *group, e), *order = NULL, *size = NULL;
    if (!group) return e->code;
    number_groups(group, &n_groups, t, o);
    order = dorg_array(n_groups, sizeof *order, e);
    size = dorg_zeroed(n_groups, sizeof *size, e);
    if (e->code) goto done;
    for (uint64_t i = 0; i < n; i++)
        size[group[i]]++;
    for (uint32_t g = 0; g < n_groups; g++)
        order[g] = g;
    dorg_rng_shuffle(order, n_groups, o->seed, DORG_RNG_SAMPLE, 1);
    uint32_t chosen = 0;
    while (chosen + 1 < n_groups && (double)n_held < o->val_fraction * (double)n) {
        n_held += size[order[chosen]];
        size[order[chosen++]] = UINT32_MAX; /* marks a group held out */
    }
    for (uint64_t i = 0; i < n; i++)
        held[i] = size[group[i]] == UINT32_MAX;
done:
    free(group);
    free(order);
    free(size);
    return e->code;
}

/* Validation records out of `from`: labelled, not deformed, and held (NULL: all). */
static int take_held(struct dorg_trainset *t, const struct dorg_recset *from,
                     const uint8_t *held, struct dorg_err *e)
{
    t->held = dorg_array(from->count, sizeof *t->held, e);
    t->held_label = dorg_array(from->count, 1, e);
    if (e->code) return e->code;
    for (uint64_t i = 0; i < from->count; i++) {
        struct dorg_rec r;
        if (held && !held[i]) continue;
        dorg_recset_get(from, i, &r);
        const char *name = from->file[dorg_recset_file(from, i)].name;
        if (check_label(&r, t->classes, name, e)) return e->code;
        if (r.deform || r.label == DORG_LABEL_UNKNOWN) continue;
        t->held[t->n_held] = (uint32_t)i;
        t->held_label[t->n_held++] = (uint8_t)r.label;
    }
    if (t->n_held == 0)
        return dorg_fail(e, DORG_EDATA, "no labelled record is left to validate on");
    return 0;
}

static int sort_by_class(struct dorg_trainset *t, const uint8_t *held, struct dorg_err *e)
{
    uint64_t n = t->recs.count;
    if (!(t->label = dorg_array(n, 1, e))) return e->code;
    for (uint64_t i = 0; i < n; i++) {
        struct dorg_rec r;
        dorg_recset_get(&t->recs, i, &r);
        const char *name = t->recs.file[dorg_recset_file(&t->recs, i)].name;
        if (check_label(&r, t->classes, name, e)) return e->code;
        bool out = held && held[i];
        t->label[i] = out ? DORG_LABEL_UNKNOWN : (uint8_t)r.label;
        if (out) continue;
        if (r.label == DORG_LABEL_UNKNOWN)
            t->n_unknown++;
        else
            t->n_of[r.label]++;
    }
    int present = 0, only = 0;
    for (int k = 0; k < t->classes; k++) {
        if (!(t->of_class[k] = dorg_array(t->n_of[k], sizeof **t->of_class, e)))
            return e->code;
        if (t->n_of[k]) present++, only = k;
        t->n_of[k] = 0;
    }
    if (present == 0) return dorg_fail(e, DORG_EDATA, "no labelled record to train on");
    if (present == 1)
        return dorg_fail(e, DORG_EDATA, "all records to train on are of class %d", only);
    for (uint64_t i = 0; i < n; i++)
        if (t->label[i] != DORG_LABEL_UNKNOWN)
            t->of_class[t->label[i]][t->n_of[t->label[i]]++] = (uint32_t)i;
    return 0;
}

/* ---- the mean image --------------------------------------------------------------------- */

struct averaging {
    const struct dorg_trainset *t;
    size_t pixels;
    uint64_t *total; /* jobs x pixels: whole numbers, so their order does not matter */
    uint32_t *sum;   /* jobs x pixels: of a chunk */
};

enum { CHUNK = 4096 };

static void add(uint32_t *restrict sum, const uint8_t *restrict p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum[i] += p[i];
}

static int average_chunk(void *ctx, size_t chunk, size_t worker, struct dorg_err *e)
{
    const struct averaging *a = ctx;
    uint64_t from = chunk * CHUNK, to = from + CHUNK;
    uint32_t *sum = a->sum + worker * a->pixels;
    uint64_t *total = a->total + worker * a->pixels;
    (void)e;
    if (to > a->t->recs.count) to = a->t->recs.count;
    memset(sum, 0, a->pixels * sizeof *sum);
    for (uint64_t i = from; i < to; i++)
        if (a->t->label[i] != DORG_LABEL_UNKNOWN)
            add(sum, dorg_recset_get(&a->t->recs, i, NULL), a->pixels);
    for (size_t j = 0; j < a->pixels; j++)
        total[j] += sum[j];
    return 0;
}

static int average(struct dorg_trainset *t, int jobs, struct dorg_err *e)
{
    struct averaging a = {.t = t, .pixels = dorg_rec_pixels(&t->recs.shape)};
    size_t team = dorg_par_team(jobs);
    double n = 0;
    t->mean = dorg_array(a.pixels, sizeof *t->mean, e);
    a.total = dorg_zeroed(team * a.pixels, sizeof *a.total, e);
    a.sum = dorg_array(team * a.pixels, sizeof *a.sum, e);
    if (e->code) goto done;
    if (dorg_par((t->recs.count + CHUNK - 1) / CHUNK, jobs, average_chunk, &a, e)) goto done;
    for (int k = 0; k < t->classes; k++)
        n += t->n_of[k];
    for (size_t j = 0; j < a.pixels; j++) {
        uint64_t total = 0;
        for (size_t w = 0; w < team; w++)
            total += a.total[w * a.pixels + j];
        t->mean[j] = (float)((double)total / n);
    }
done:
    free(a.total);
    free(a.sum);
    return e->code;
}

/* ---- opening -----------------------------------------------------------------------------
 */

static int open_vals(struct dorg_trainset *t, const char *const *val, int n_val,
                     const struct dorg_trainset_opts *o, struct dorg_err *e)
{
    const struct dorg_rec_shape *a = &t->recs.shape, *b = &t->vals.shape;
    if (dorg_recset_open(&t->vals, val, n_val, e)) return e->code;
    if (!o->no_check && dorg_recset_check(&t->vals, o->jobs, e)) return e->code;
    if (memcmp(a, b, sizeof *a) != 0)
        return dorg_fail(e, DORG_EDATA, "%s: kind, shape, window or pitch differ from %s's",
                         val[0], t->recs.file[0].name);
    return take_held(t, &t->vals, NULL, e);
}

int dorg_trainset_open(struct dorg_trainset *t, const char *const *train, int n_train,
                       const char *const *val, int n_val, const struct dorg_trainset_opts *o,
                       struct dorg_err *e)
{
    uint8_t *held = NULL;
    *t = DORG_TRAINSET_INIT;
    if (dorg_recset_open(&t->recs, train, n_train, e)) goto done;
    if (t->recs.count == 0 || t->recs.count > UINT32_MAX) {
        dorg_fail(e, DORG_EDATA, "%llu records to train on; expected 1 to 4294967295",
                  (unsigned long long)t->recs.count);
        goto done;
    }
    t->classes = t->recs.shape.kind == DORG_REC_PAIR ? 3 : 2;
    if (!o->no_check && dorg_recset_check(&t->recs, o->jobs, e)) goto done;
    if (n_val == 0 && o->val_fraction > 0) {
        if (!(held = dorg_zeroed(t->recs.count, 1, e))) goto done;
        if (choose_held(held, t, o, e) || take_held(t, &t->recs, held, e)) goto done;
    }
    if (n_val && open_vals(t, val, n_val, o, e)) goto done;
    if (sort_by_class(t, held, e)) goto done;
    if (average(t, o->jobs, e)) goto done;
    dorg_recset_random(&t->recs);
done:
    free(held);
    if (e->code) dorg_trainset_close(t);
    return e->code;
}

void dorg_trainset_close(struct dorg_trainset *t)
{
    for (int k = 0; k < DORG_MAX_CLASSES; k++)
        free(t->of_class[k]);
    free(t->label);
    free(t->held);
    free(t->held_label);
    free(t->mean);
    dorg_recset_close(&t->recs);
    dorg_recset_close(&t->vals);
    *t = DORG_TRAINSET_INIT;
}
