/* folds.c - a random hard split */
#include "folds.h"
#include "../base/mem.h"
#include "../base/rng.h"

struct member {
    const char *patient, *name;
    size_t i; /* place in the list */
};

static int by_patient(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    int c = strcmp(x->patient, y->patient);
    return c ? c : strcmp(x->name, y->name);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct member *)a)->name, ((const struct member *)b)->name);
}

struct group { /* scans of one patient: a run of sorted members */
    size_t first, n;
    uint32_t rank; /* in the shuffle */
};

static int larger_first(const void *a, const void *b)
{
    const struct group *x = a, *y = b;
    if (x->n != y->n) return x->n > y->n ? -1 : 1;
    return x->rank < y->rank ? -1 : x->rank > y->rank;
}

static int check_names(struct member *m, size_t n, struct dorg_err *e)
{
    qsort(m, n, sizeof *m, by_name);
    for (size_t i = 1; i < n; i++)
        if (strcmp(m[i].name, m[i - 1].name) == 0)
            return dorg_fail(e, DORG_EDATA, "case %s is in the list twice", m[i].name);
    return 0;
}

static size_t group_up(struct group *g, const struct member *m, size_t n)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || strcmp(m[i].patient, m[i - 1].patient) != 0)
            g[k++] = (struct group){.first = i};
        g[k - 1].n++;
    }
    return k;
}

static int shuffle(struct group *g, size_t k, uint64_t seed, struct dorg_err *e)
{
    uint32_t *order = dorg_array(k, sizeof *order, e);
    if (!order) return e->code;
    for (size_t i = 0; i < k; i++)
        order[i] = (uint32_t)i;
    dorg_rng_shuffle(order, (uint32_t)k, seed, DORG_RNG_FOLDS, 0);
    for (size_t i = 0; i < k; i++)
        g[i].rank = order[i];
    qsort(g, k, sizeof *g, larger_first);
    free(order);
    return 0;
}

int dorg_folds(int *fold, const char *const *name, const char *const *patient, size_t n,
               int folds, uint64_t seed, struct dorg_err *e)
{
    struct member *m = dorg_array(n, sizeof *m, e);
    struct group *g = dorg_array(n, sizeof *g, e);
    size_t *size = dorg_zeroed((size_t)folds, sizeof *size, e), k;
    if (!m || !g || !size) goto done;
    for (size_t i = 0; i < n; i++)
        m[i] = (struct member){patient ? patient[i] : name[i], name[i], i};
    if (check_names(m, n, e)) goto done;
    qsort(m, n, sizeof *m, by_patient);
    k = group_up(g, m, n);
    if (k < (size_t)folds) {
        dorg_fail(e, DORG_EDATA, "%zu patients do not fill %d folds", k, folds);
        goto done;
    }
    if (shuffle(g, k, seed, e)) goto done;
    for (size_t p = 0; p < k; p++) {
        int least = 0;
        for (int f = 1; f < folds; f++)
            if (size[f] < size[least]) least = f;
        size[least] += g[p].n;
        for (size_t i = 0; i < g[p].n; i++)
            fold[m[g[p].first + i].i] = least + 1;
    }
done:
    free(m);
    free(g);
    free(size);
    return e->code;
}

/* ---- lists ------------------------------------------------------------------------ */

struct entry { /* a case of a list and where it belongs; name first, as in struct member */
    const char *name, *patient;
    int fold;        /* 0: none yet */
    size_t i, group; /* place in its list; number of its patient */
};

static int by_entry_name(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static int by_entry_patient(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->patient, ((const struct entry *)b)->patient);
}

static int by_place(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    return (x->i > y->i) - (x->i < y->i);
}

static struct entry *take_list(const struct dorg_tsv *t, struct dorg_err *e)
{
    int c = dorg_tsv_col(t, "case"), p = dorg_tsv_col(t, "patient");
    struct entry *m = dorg_array(t->n_rows, sizeof *m, e);
    if (c < 0) c = 0;
    if (p < 0) p = c;
    for (size_t r = 0; m && r < t->n_rows; r++) {
        m[r] = (struct entry){
            .name = dorg_tsv_at(t, r, c), .patient = dorg_tsv_at(t, r, p), .i = r};
        if (!*m[r].name || !*m[r].patient)
            dorg_tsv_fail(t, r, *m[r].name ? p : c, e, "an empty field");
    }
    return m;
}

/* The fold that each case of `old` has, by name. */
static struct entry *take_old(const struct dorg_tsv *old, int folds, struct dorg_err *e)
{
    struct entry *m = take_list(old, e);
    int f = dorg_tsv_need(old, "fold", e);
    for (size_t r = 0; !e->code && r < old->n_rows; r++) {
        char *end;
        const char *s = dorg_tsv_at(old, r, f);
        long k = *s >= '0' && *s <= '9' ? strtol(s, &end, 10) : 0;
        if (k < 1 || k > folds || *end) dorg_tsv_fail(old, r, f, e, "fold %s of %d", s, folds);
        m[r].fold = (int)k;
    }
    if (!e->code) qsort(m, old->n_rows, sizeof *m, by_entry_name);
    for (size_t r = 1; !e->code && r < old->n_rows; r++)
        if (strcmp(m[r].name, m[r - 1].name) == 0)
            dorg_fail(e, DORG_EDATA, "case %s is in the list of folds twice", m[r].name);
    return m;
}

/* Number the patients; scans of one that have a fold must agree, and others follow them. */
static int join_patients(struct entry *m, size_t n, struct dorg_err *e)
{
    qsort(m, n, sizeof *m, by_entry_patient);
    for (size_t a = 0, b, group = 0; a < n; a = b, group++) {
        size_t had = a;
        for (b = a; b < n && strcmp(m[b].patient, m[a].patient) == 0; b++) {
            if (!m[b].fold) continue;
            if (m[had].fold && m[had].fold != m[b].fold)
                return dorg_fail(e, DORG_EDATA,
                                 "patient %s is in two folds: %s in %d, %s in %d",
                                 m[a].patient, m[had].name, m[had].fold, m[b].name, m[b].fold);
            had = b;
        }
        for (size_t i = a; i < b; i++) {
            m[i].fold = m[had].fold;
            m[i].group = group;
        }
    }
    return 0;
}

/* Patients without a fold, in the list's order, to the smallest. */
static int fill_up(struct entry *m, size_t n, const struct entry *old, size_t n_old, int folds,
                   struct dorg_err *e)
{
    size_t *size = dorg_zeroed((size_t)folds, sizeof *size, e);
    int *home = dorg_zeroed(n, sizeof *home, e); /* of each patient */
    if (e->code) goto done;
    for (size_t i = 0; i < n_old; i++)
        size[old[i].fold - 1]++;
    qsort(m, n, sizeof *m, by_place);
    for (size_t i = 0; i < n; i++) {
        int least = 0;
        for (int f = 1; f < folds; f++)
            if (size[f] < size[least]) least = f;
        if (!m[i].fold) m[i].fold = home[m[i].group] ? home[m[i].group] : least + 1;
        home[m[i].group] = m[i].fold;
        if (!bsearch(&m[i], old, n_old, sizeof *old, by_entry_name)) size[m[i].fold - 1]++;
    }
done:
    free(size);
    free(home);
    return e->code;
}

static int extend(struct dorg_out *o, const struct dorg_tsv *list, const struct dorg_tsv *old,
                  int folds, struct dorg_err *e)
{
    struct entry *was = take_old(old, folds, e), *m = e->code ? NULL : take_list(list, e);
    size_t n = list->n_rows;
    if (e->code) goto done;
    for (size_t i = 0; i < n; i++) {
        const struct entry *had = bsearch(&m[i], was, old->n_rows, sizeof *was, by_entry_name);
        m[i].fold = had ? had->fold : 0;
    }
    if (join_patients(m, n, e) || fill_up(m, n, was, old->n_rows, folds, e)) goto done;
    for (size_t r = 0; r < old->n_rows; r++)
        dorg_out_printf(o, e, "%s\t%s\n", dorg_tsv_at(old, r, dorg_tsv_col(old, "case")),
                        dorg_tsv_at(old, r, dorg_tsv_col(old, "fold")));
    for (size_t i = 0; i < n; i++)
        if (!bsearch(&m[i], was, old->n_rows, sizeof *was, by_entry_name))
            dorg_out_printf(o, e, "%s\t%d\n", m[i].name, m[i].fold);
done:
    free(was);
    free(m);
    return e->code;
}

static int split(struct dorg_out *o, const struct dorg_tsv *list, int folds, uint64_t seed,
                 struct dorg_err *e)
{
    size_t n = list->n_rows;
    const char **name = dorg_array(n, sizeof *name, e);
    const char **patient = dorg_array(n, sizeof *patient, e);
    int *fold = dorg_array(n, sizeof *fold, e);
    struct entry *m = take_list(list, e);
    if (e->code) goto done;
    for (size_t i = 0; i < n; i++) {
        name[i] = m[i].name;
        patient[i] = m[i].patient;
    }
    if (dorg_folds(fold, name, patient, n, folds, seed, e)) goto done;
    for (size_t i = 0; i < n; i++)
        dorg_out_printf(o, e, "%s\t%d\n", name[i], fold[i]);
done:
    free(name);
    free(patient);
    free(fold);
    free(m);
    return e->code;
}

int dorg_folds_write(struct dorg_out *o, const struct dorg_tsv *list,
                     const struct dorg_tsv *old, int folds, uint64_t seed, const char *stage,
                     struct dorg_err *e)
{
    dorg_out_printf(o, e, "#dorg-folds 1\n#@ %s\ncase\tfold\n", stage);
    return old ? extend(o, list, old, folds, e) : split(o, list, folds, seed, e);
}
