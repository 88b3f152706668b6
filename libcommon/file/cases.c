/* cases.c - work through a list of cases */
#include "cases.h"
#include "tsv.h"

static int find_columns(int *at, const struct dorg_tsv *t, const char *const *columns, int n,
                        struct dorg_err *e)
{
    if (!t->name && t->n_cols != n)
        return dorg_fail(e, DORG_EDATA, "the list has %d columns; expected %d, from %s to %s",
                         t->n_cols, n, columns[0], columns[n - 1]);
    for (int c = 0; c < n; c++)
        if ((at[c] = t->name ? dorg_tsv_need(t, columns[c], e) : c) < 0) return e->code;
    return 0;
}

int dorg_cases_run(struct dorg_in *in, const char *const *columns, int n, dorg_case_fn *one,
                   dorg_case_failed_fn *failed, struct dorg_err *e)
{
    struct dorg_tsv t;
    const char *field[DORG_CASE_COLUMNS];
    int at[DORG_CASE_COLUMNS];
    size_t bad = 0;
    if (dorg_tsv_read(&t, in, columns[0], e)) return e->code;
    if (find_columns(at, &t, columns, n, e)) {
        dorg_err_at(e, dorg_in_name(in));
        goto done;
    }
    for (size_t r = 0; r < t.n_rows; r++) {
        for (int c = 0; c < n; c++)
            field[c] = dorg_tsv_at(&t, r, at[c]);
        if (!one(field, e)) continue;
        failed(field[0], e);
        bad++;
    }
    if (bad) dorg_fail(e, DORG_ECASES, "%zu of %zu cases failed", bad, t.n_rows);
done:
    dorg_tsv_free(&t);
    return e->code;
}
