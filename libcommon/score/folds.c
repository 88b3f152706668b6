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

int dorg_folds_write(struct dorg_out *o, const struct dorg_tsv *list, int folds, uint64_t seed,
                     const char *stage, struct dorg_err *e)
{
    size_t n = list->n_rows;
    const char **name = dorg_array(n, sizeof *name, e);
    const char **patient = dorg_array(n, sizeof *patient, e);
    int *fold = dorg_array(n, sizeof *fold, e);
    int c = dorg_tsv_col(list, "case"), p = dorg_tsv_col(list, "patient");
    if (!name || !patient || !fold) goto done;
    if (c < 0) c = 0;
    for (size_t i = 0; i < n; i++) {
        name[i] = dorg_tsv_at(list, i, c);
        patient[i] = dorg_tsv_at(list, i, p < 0 ? c : p);
        if (!*patient[i]) patient[i] = name[i];
    }
    if (dorg_folds(fold, name, patient, n, folds, seed, e)) goto done;
    dorg_out_printf(o, e, "#dorg-folds 1\n#@ %s\ncase\tfold\n", stage);
    for (size_t i = 0; i < n; i++)
        dorg_out_printf(o, e, "%s\t%d\n", name[i], fold[i]);
done:
    free(name);
    free(patient);
    free(fold);
    return e->code;
}
