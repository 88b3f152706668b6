/* tsv.c - tab-separated lists of words */
#include "tsv.h"
#include "../base/mem.h"
#include "../base/twin.h"

static int count_fields(const char *line)
{
    int n = 1;
    for (; *line; line++)
        n += *line == '\t';
    return n;
}

static bool holds_field(const char *line, const char *word)
{
    size_t n = strlen(word);
    for (;;) {
        size_t k = strcspn(line, "\t");
        if (k == n && memcmp(line, word, n) == 0) return true;
        if (!line[k]) return false;
        line += k + 1;
    }
}

static void cut_at_tabs(char *line)
{
    for (; *line; line++)
        if (*line == '\t') *line = 0;
}

static int take_names(struct dorg_tsv *t, struct dorg_err *e)
{
    if (!(t->name = dorg_array((size_t)t->n_cols, sizeof *t->name, e))) return e->code;
    cut_at_tabs(t->head);
    char *p = t->head;
    for (int c = 0; c < t->n_cols; c++, p += strlen(p) + 1)
        t->name[c] = p;
    size_t first, again;
    if (dorg_twin(&first, &again, (const char *const *)t->name, (size_t)t->n_cols, e))
        return e->code;
    if (again < (size_t)t->n_cols)
        return dorg_fail(e, DORG_EDATA, "two columns are named %s", t->name[again]);
    return 0;
}

static int take_line(struct dorg_tsv *t, const char *line, size_t number,
                     const char *names_hold, struct dorg_err *e)
{
    int n = count_fields(line);
    bool first = t->n_cols == 0;
    if (first) t->n_cols = n;
    if (n != t->n_cols)
        return dorg_fail(e, DORG_EDATA, "line %zu has %d fields, the first one %d", number, n,
                         t->n_cols);
    if (first && names_hold && holds_field(line, names_hold)) {
        if (!(t->head = dorg_strdup(line, e))) return e->code;
        return take_names(t, e);
    }
    if (dorg_grow(&t->row, t->n_rows, &t->cap, sizeof *t->row, e)) return e->code;
    if (!(t->row[t->n_rows] = dorg_strdup(line, e))) return e->code;
    cut_at_tabs(t->row[t->n_rows++]);
    return 0;
}

int dorg_tsv_read(struct dorg_tsv *t, struct dorg_in *in, const char *names_hold,
                  struct dorg_err *e)
{
    char *line;
    size_t len, number = 0;
    int hash_fields = 0;
    *t = DORG_TSV_INIT;
    for (;;) {
        if (dorg_in_line(in, &line, &len, e)) goto fail;
        if (!line) break;
        number++;
        if (len && line[len - 1] == '\r') line[--len] = 0;
        if (line[0] == '#' && (t->hash_line == 0 || hash_fields != t->n_cols)) {
            hash_fields = count_fields(line);
            t->hash_line = hash_fields > 1 ? number : 0;
        }
        if (!len || line[0] == '#') continue;
        if (take_line(t, line, number, names_hold, e)) goto fail;
    }
    if (hash_fields != t->n_cols) t->hash_line = 0;
    if (t->n_cols) return 0;
    dorg_fail(e, DORG_EDATA, "the list is empty");
fail:
    dorg_err_at(e, dorg_in_name(in));
    dorg_tsv_free(t);
    return e->code;
}

const char *dorg_tsv_at(const struct dorg_tsv *t, size_t r, int c)
{
    const char *p = t->row[r];
    while (c-- > 0)
        p += strlen(p) + 1;
    return p;
}

int dorg_tsv_col(const struct dorg_tsv *t, const char *name)
{
    for (int c = 0; t->name && c < t->n_cols; c++)
        if (strcmp(t->name[c], name) == 0) return c;
    return -1;
}

int dorg_tsv_need(const struct dorg_tsv *t, const char *name, struct dorg_err *e)
{
    int c = dorg_tsv_col(t, name);
    if (c < 0) dorg_fail(e, DORG_EDATA, "the list has no column %s", name);
    return c;
}

void dorg_tsv_free(struct dorg_tsv *t)
{
    if (!t) return;
    for (size_t r = 0; r < t->n_rows; r++)
        free(t->row[r]);
    free(t->row);
    free(t->name);
    free(t->head);
    *t = DORG_TSV_INIT;
}

/* ---- work through a list of cases ---------------------------------------------------- */

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

int dorg_tsv_cases(struct dorg_in *in, const char *const *columns, int n,
                   dorg_tsv_case_fn *one, dorg_tsv_failed_fn *failed, struct dorg_err *e)
{
    struct dorg_tsv t;
    const char *field[DORG_TSV_COLUMNS];
    int at[DORG_TSV_COLUMNS];
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
