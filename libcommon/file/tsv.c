/* tsv.c - tab-separated lists of words */
#include "tsv.h"
#include "../base/mem.h"
#include "../base/twin.h"

#include <stdarg.h>

struct reading { /* how a list is read */
    const char *names_hold;
    bool open;    /* people write it: the last line may lack its newline */
    bool summary; /* rows are the lines of a summary */
    size_t number;
};

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

/* What a field must not be, in words; NULL if it is sound. */
static const char *fault_of(const char *f, size_t n)
{
    if (n == 0) return NULL;
    if (f[0] == '"') return "a field in quotes; write it without";
    if (f[0] == ' ' || f[n - 1] == ' ') return "blanks around a field; write it without";
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)f[i] < ' ' || f[i] == 127) return "a control character";
    return NULL;
}

static int check_fields(const struct dorg_tsv *t, const char *line, size_t number,
                        struct dorg_err *e)
{
    for (int c = 0;; c++) {
        size_t n = strcspn(line, "\t");
        const char *fault = fault_of(line, n);
        if (fault)
            return dorg_fail(e, DORG_EDATA, "line %zu, column %d%s%s%s: %s", number, c + 1,
                             t->name && c < t->n_cols ? " (" : "",
                             t->name && c < t->n_cols ? t->name[c] : "",
                             t->name && c < t->n_cols ? ")" : "", fault);
        if (!line[n]) return 0;
        line += n + 1;
    }
}

static void cut_at_tabs(char **cell, char *line)
{
    for (int c = 0;; c++) {
        cell[c] = line;
        line += strcspn(line, "\t");
        if (!*line) return;
        *line++ = 0;
    }
}

static int take_names(struct dorg_tsv *t, struct dorg_err *e)
{
    if (!(t->name = dorg_array((size_t)t->n_cols, sizeof *t->name, e))) return e->code;
    cut_at_tabs(t->name, t->head);
    size_t first, again;
    if (dorg_twin(&first, &again, (const char *const *)t->name, (size_t)t->n_cols, e))
        return e->code;
    if (again < (size_t)t->n_cols)
        return dorg_fail(e, DORG_EDATA, "two columns are named %s", t->name[again]);
    return 0;
}

static int add_row(struct dorg_tsv *t, const char *line, size_t number, struct dorg_err *e)
{
    size_t width = (size_t)t->n_cols, cap = t->cap;
    if (dorg_grow(&t->text, t->n_rows, &t->cap, sizeof *t->text, e)) return e->code;
    if (t->cap != cap && (dorg_resize(&t->line, t->cap, sizeof *t->line, e) ||
                          dorg_resize(&t->cell, t->cap, width * sizeof *t->cell, e)))
        return e->code;
    if (!(t->text[t->n_rows] = dorg_strdup(line, e))) return e->code;
    t->line[t->n_rows] = number;
    cut_at_tabs(t->cell + t->n_rows * width, t->text[t->n_rows]);
    t->n_rows++;
    return 0;
}

static int take_line(struct dorg_tsv *t, const char *line, const struct reading *how,
                     struct dorg_err *e)
{
    int n = count_fields(line);
    bool first = t->n_cols == 0;
    if (check_fields(t, line, how->number, e)) return e->code;
    if (first) t->n_cols = n;
    if (n != t->n_cols)
        return dorg_fail(e, DORG_EDATA, "line %zu has %d fields, the first one %d",
                         how->number, n, t->n_cols);
    const char *hold = how->names_hold;
    if (first && hold && (!*hold || holds_field(line, hold))) {
        if (!(t->head = dorg_strdup(line, e))) return e->code;
        return take_names(t, e);
    }
    return add_row(t, line, how->number, e);
}

/* Refuse UTF-16 by its mark, and step over that of UTF-8. */
static int pass_mark(struct dorg_in *in, struct dorg_err *e)
{
    const uint8_t *mark;
    uint8_t drop[3];
    size_t got;
    if (dorg_in_peek(in, &mark, 3, &got, e)) return e->code;
    if (got >= 2 && (memcmp(mark, "\xff\xfe", 2) == 0 || memcmp(mark, "\xfe\xff", 2) == 0))
        return dorg_fail(e, DORG_EDATA, "the list is in UTF-16; save it as UTF-8");
    if (got == 3 && memcmp(mark, "\xef\xbb\xbf", 3) == 0) dorg_in_read(in, drop, 3, &got, e);
    return e->code;
}

static int read_lines(struct dorg_tsv *t, struct dorg_in *in, struct reading *how,
                      struct dorg_err *e)
{
    if (pass_mark(in, e)) return e->code;
    int hash_fields = 0;
    for (;;) {
        char *line;
        size_t len;
        if (how->open ? dorg_in_line_open(in, &line, &len, e)
                      : dorg_in_line(in, &line, &len, e))
            return e->code;
        if (!line) break;
        how->number++;
        if (len && line[len - 1] == '\r') line[--len] = 0;
        if (line[0] == '#' && (t->hash_line == 0 || hash_fields != t->n_cols)) {
            hash_fields = count_fields(line);
            t->hash_line = hash_fields > 1 ? how->number : 0;
        }
        bool row = len && line[0] != '#';
        if (how->summary && t->name) {
            row = line[0] == '#' && count_fields(line) == t->n_cols;
            line++;
        }
        if (row && take_line(t, line, how, e)) return e->code;
    }
    if (hash_fields != t->n_cols) t->hash_line = 0;
    return t->n_cols ? 0 : dorg_fail(e, DORG_EDATA, "the list is empty");
}

static int read_all(struct dorg_tsv *t, struct dorg_in *in, struct reading how,
                    struct dorg_err *e)
{
    *t = DORG_TSV_INIT;
    if (!read_lines(t, in, &how, e)) return 0;
    dorg_err_at(e, dorg_in_name(in));
    dorg_tsv_free(t);
    return e->code;
}

int dorg_tsv_read(struct dorg_tsv *t, struct dorg_in *in, const char *names_hold,
                  struct dorg_err *e)
{
    return read_all(t, in, (struct reading){.names_hold = names_hold, .open = true}, e);
}

int dorg_tsv_read_table(struct dorg_tsv *t, struct dorg_in *in, const char *names_hold,
                        bool summary, struct dorg_err *e)
{
    return read_all(t, in, (struct reading){.names_hold = names_hold, .summary = summary}, e);
}

const char *dorg_tsv_at(const struct dorg_tsv *t, size_t r, int c)
{
    return t->cell[r * (size_t)t->n_cols + (size_t)c];
}

int dorg_tsv_no_hash(const struct dorg_tsv *t, struct dorg_err *e)
{
    if (!t->hash_line) return 0;
    return dorg_fail(e, DORG_EDATA,
                     "line %zu begins with # and has the fields of a row: no case is called "
                     "that, and a comment has other fields",
                     t->hash_line);
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

int dorg_tsv_fail(const struct dorg_tsv *t, size_t r, int c, struct dorg_err *e,
                  const char *fmt, ...)
{
    char why[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    if (t->name)
        return dorg_fail(e, DORG_EDATA, "line %zu, column %s: %s", t->line[r], t->name[c],
                         why);
    return dorg_fail(e, DORG_EDATA, "line %zu, column %d: %s", t->line[r], c + 1, why);
}

void dorg_tsv_free(struct dorg_tsv *t)
{
    if (!t) return;
    for (size_t r = 0; r < t->n_rows; r++)
        free(t->text[r]);
    free(t->text);
    free(t->cell);
    free(t->line);
    free(t->name);
    free(t->head);
    *t = DORG_TSV_INIT;
}

/* ---- work through a list of cases ---------------------------------------------------- */

static int find_columns(int *at, const struct dorg_tsv *t, const char *const *columns, int n,
                        int n_all, struct dorg_err *e)
{
    if (!t->name && t->n_cols != n)
        return dorg_fail(e, DORG_EDATA, "the list has %d columns; expected %d, from %s to %s",
                         t->n_cols, n, columns[0], columns[n - 1]);
    for (int c = 0; c < n; c++)
        if ((at[c] = t->name ? dorg_tsv_need(t, columns[c], e) : c) < 0) return e->code;
    for (int c = n; c < n_all; c++)
        at[c] = t->name ? dorg_tsv_col(t, columns[c]) : -1;
    return 0;
}

/* No line is lost as a comment, no field is empty, no two cases write one output. */
static int check_cases(const int *at, const struct dorg_tsv *t, const char *const *columns,
                       int n, struct dorg_err *e)
{
    if (dorg_tsv_no_hash(t, e)) return e->code;
    const char **out = dorg_array(t->n_rows, sizeof *out, e);
    if (!out) return e->code;
    for (int c = 0; c < n && !e->code; c++) {
        size_t first, again;
        if (at[c] < 0) continue;
        for (size_t r = 0; r < t->n_rows && !e->code; r++) {
            out[r] = dorg_tsv_at(t, r, at[c]);
            if (!*out[r]) dorg_tsv_fail(t, r, at[c], e, "empty");
        }
        if (e->code || strcmp(columns[c], "out") != 0) continue;
        if (dorg_twin(&first, &again, out, t->n_rows, e) || again == t->n_rows) continue;
        dorg_tsv_fail(t, again, at[c], e, "%.200s is the output of line %zu", out[again],
                      t->line[first]);
    }
    free(out);
    return e->code;
}

int dorg_tsv_cases(struct dorg_in *in, const char *const *columns, int n, int n_all,
                   dorg_tsv_case_fn *one, dorg_tsv_failed_fn *failed, struct dorg_err *e)
{
    struct dorg_tsv t;
    const char *field[DORG_TSV_COLUMNS];
    int at[DORG_TSV_COLUMNS];
    size_t bad = 0;
    if (dorg_tsv_read(&t, in, columns[0], e)) return e->code;
    if (find_columns(at, &t, columns, n, n_all, e) || check_cases(at, &t, columns, n_all, e)) {
        dorg_err_at(e, dorg_in_name(in));
        goto done;
    }
    for (size_t r = 0; r < t.n_rows; r++) {
        for (int c = 0; c < n_all; c++)
            field[c] = at[c] < 0 ? NULL : dorg_tsv_at(&t, r, at[c]);
        if (!one(field, e)) continue;
        failed(field[0], e);
        bad++;
    }
    if (bad) dorg_fail(e, DORG_ECASES, "%zu of %zu cases failed", bad, t.n_rows);
done:
    dorg_tsv_free(&t);
    return e->code;
}
