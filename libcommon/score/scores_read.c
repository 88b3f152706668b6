/* scores_read.c - a table of scores back into memory */
#include "scores.h"

static int number(double *x, const char *s, const char *column, size_t row, struct dorg_err *e)
{
    char *end;
    *x = NAN;
    if (strcmp(s, "NA") == 0) return 0;
    *x = strtod(s, &end);
    if (end == s || *end || isnan(*x))
        return dorg_fail(e, DORG_EDATA, "row %zu, column %s: not a number or NA: %.40s",
                         row + 1, column, s);
    return 0;
}

static int label(int32_t *l, const char *s, size_t row, struct dorg_err *e)
{
    double x;
    *l = DORG_LABEL_ANY;
    if (strcmp(s, "any") == 0) return 0;
    if (number(&x, s, "label", row, e)) return e->code;
    if (!(x >= 1 && x <= DORG_LABEL_MAX) || x != floor(x))
        return dorg_fail(e, DORG_EDATA, "row %zu: not a label: %.40s", row + 1, s);
    *l = (int32_t)x;
    return 0;
}

static int one_row(struct dorg_scores *t, const struct dorg_tsv *list, size_t r,
                   const int at[DORG_N_MEASURES + 4], struct dorg_err *e)
{
    struct dorg_score s = {.threshold = NAN};
    const int *rest = at + DORG_N_MEASURES;
    for (int m = 0; m < DORG_N_MEASURES; m++)
        if (at[m] < 0)
            s.value[m] = NAN;
        else if (number(&s.value[m], dorg_tsv_at(list, r, at[m]), dorg_measure_name[m], r, e))
            return e->code;
    if (label(&s.label, dorg_tsv_at(list, r, rest[1]), r, e)) return e->code;
    if (number(&s.threshold, dorg_tsv_at(list, r, rest[2]), "threshold", r, e)) return e->code;
    snprintf(s.status, sizeof s.status, "%s", dorg_tsv_at(list, r, rest[3]));
    return dorg_scores_add(t, dorg_tsv_at(list, r, rest[0]), &s, e);
}

static int read_from(struct dorg_scores *t, struct dorg_in *in, struct dorg_err *e)
{
    static const char *const rest[] = {"case", "label", "threshold", "status"};
    struct dorg_tsv list;
    int at[DORG_N_MEASURES + 4];
    if (dorg_tsv_read_table(&list, in, "dsc", false, e)) return e->code;
    for (int m = 0; m < DORG_N_MEASURES; m++) { /* a table may have no mL */
        at[m] = dorg_tsv_col(&list, dorg_measure_name[m]);
        if (at[m] < 0 && m < DORG_REF_ML && dorg_tsv_need(&list, dorg_measure_name[m], e) < 0)
            goto done;
    }
    for (int i = 0; i < 4; i++)
        if ((at[DORG_N_MEASURES + i] = dorg_tsv_need(&list, rest[i], e)) < 0) goto done;
    for (size_t r = 0; r < list.n_rows && !e->code; r++)
        one_row(t, &list, r, at, e);
done:
    if (e->code) {
        dorg_err_at(e, dorg_in_name(in));
        dorg_scores_free(t);
    }
    dorg_tsv_free(&list);
    return e->code;
}

int dorg_scores_load(struct dorg_scores *t, const char *path, struct dorg_err *e)
{
    struct dorg_in *in;
    *t = DORG_SCORES_INIT;
    if (dorg_in_open(&in, path, e)) return e->code;
    read_from(t, in, e);
    dorg_in_close(in);
    return e->code;
}
