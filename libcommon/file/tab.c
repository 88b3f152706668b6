/* tab.c - superpixel tables in memory, and as text */
#include "tab.h"
#include <stdbool.h>
#include "../base/mem.h"
#include "../base/num.h"
#include "../base/twin.h"

int dorg_tab_new(struct dorg_tab *t, const char *const *names, int n, struct dorg_err *e)
{
    *t = DORG_TAB_INIT;
    if (!(t->col = dorg_zeroed((size_t)n, sizeof *t->col, e))) return e->code;
    for (int c = 0; c < n; c++, t->n_cols++)
        if (!(t->col[c] = dorg_strdup(names[c], e))) goto fail;
    if (n < 1 || strcmp(names[0], "id") != 0) {
        dorg_fail(e, DORG_EDATA, "the first column is not id");
        goto fail;
    }
    size_t first, again;
    if (dorg_twin(&first, &again, names, (size_t)n, e)) goto fail;
    if (again < (size_t)n) {
        dorg_fail(e, DORG_EDATA, "two columns are named %s", names[again]);
        goto fail;
    }
    return 0;
fail:
    dorg_tab_free(t);
    return e->code;
}

void dorg_tab_free(struct dorg_tab *t)
{
    if (!t) return;
    for (int c = 0; c < t->n_cols; c++)
        free(t->col[c]);
    free(t->col);
    free(t->history);
    free(t->v);
    *t = DORG_TAB_INIT;
}

static bool set_group(struct dorg_tab *t, const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; i < n; i++)
        if (name[i] < ' ' || name[i] > '~') return false;
    if (n < 1 || n >= DORG_TAB_GROUP) return false;
    memcpy(t->group, name, n + 1);
    return true;
}

int dorg_tab_set_group(struct dorg_tab *t, const char *name, struct dorg_err *e)
{
    if (set_group(t, name)) return 0;
    return dorg_fail(e, DORG_EUSAGE, "a group's name is 1 to %d printable characters",
                     DORG_TAB_GROUP - 1);
}

uint64_t dorg_tab_case(const struct dorg_tab *t)
{
    return t->group[0] ? dorg_fnv(DORG_FNV, t->group, strlen(t->group)) : t->key;
}

int dorg_tab_append(struct dorg_tab *t, double **row, struct dorg_err *e)
{
    size_t width = (size_t)t->n_cols;
    if (dorg_grow(&t->v, t->n_rows, &t->cap, width * sizeof *t->v, e)) return e->code;
    *row = dorg_tab_row(t, t->n_rows++);
    memset(*row, 0, width * sizeof **row);
    return 0;
}

void dorg_tab_keep(struct dorg_tab *t, size_t r, size_t *kept)
{
    memmove(dorg_tab_row(t, (*kept)++), dorg_tab_row(t, r), (size_t)t->n_cols * sizeof *t->v);
}

int dorg_tab_add_col(struct dorg_tab *t, const char *name, struct dorg_err *e)
{
    int had = dorg_tab_col(t, name);
    if (had >= 0) return had;
    size_t n = (size_t)t->n_cols, rows = t->n_rows ? t->n_rows : 1;
    if (dorg_resize(&t->col, n + 1, sizeof *t->col, e)) return -1;
    if (dorg_resize(&t->v, rows, (n + 1) * sizeof *t->v, e)) return -1;
    if (!(t->col[n] = dorg_strdup(name, e))) return -1;
    for (size_t r = t->n_rows; r-- > 0;) { /* widen in place, last row first */
        memmove(t->v + r * (n + 1), t->v + r * n, n * sizeof *t->v);
        t->v[r * (n + 1) + n] = 0;
    }
    t->cap = rows;
    return t->n_cols++;
}

int dorg_tab_col(const struct dorg_tab *t, const char *name)
{
    for (int c = 0; c < t->n_cols; c++)
        if (strcmp(t->col[c], name) == 0) return c;
    return -1;
}

int dorg_tab_need(const struct dorg_tab *t, const char *name, struct dorg_err *e)
{
    int c = dorg_tab_col(t, name);
    if (c < 0) dorg_fail(e, DORG_EDATA, "the table has no column %s", name);
    return c;
}

size_t dorg_tab_find(const struct dorg_tab *t, double id)
{
    size_t lo = 0, hi = t->n_rows;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (*dorg_tab_row(t, mid) < id)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < t->n_rows && *dorg_tab_row(t, lo) == id ? lo : t->n_rows;
}

/* The next line as *line, or DORG_EDATA if there is none. */
static int need_line(struct dorg_tab_reader *r, char **line, size_t *len, struct dorg_err *e)
{
    if (dorg_in_line(r->in, line, len, e)) return e->code;
    if (!*line)
        return dorg_fail(e, DORG_EDATA, "the table stops after line %zu without #end",
                         r->line);
    r->line++;
    return 0;
}

static int comment(struct dorg_tab_reader *r, const char *line, struct dorg_err *e)
{
    if (strncmp(line, "#@ ", 3) == 0) {
        dorg_lines_add(&r->history, line + 3, strlen(line + 3), e);
        r->head.history = r->history.text;
        return e->code;
    }
    if (strncmp(line, "#key ", 5) == 0) {
        char *end;
        r->head.key = strtoull(line + 5, &end, 16);
        if (*end || end == line + 5)
            return dorg_fail(e, DORG_EDATA, "line %zu: not a key: %s", r->line, line);
    }
    if (strncmp(line, "#group ", 7) == 0 && !set_group(&r->head, line + 7))
        return dorg_fail(e, DORG_EDATA, "line %zu: not a group: %.80s", r->line, line);
    return 0;
}

static int names(struct dorg_tab_reader *r, char *line, struct dorg_err *e)
{
    struct dorg_tab got = DORG_TAB_INIT;
    size_t n = 1, i = 0;
    for (char *p = line; *p; p++)
        n += *p == '\t';
    const char **name = dorg_array(n, sizeof *name, e);
    if (!name) return e->code;
    for (char *p = line; i < n; i++) {
        name[i] = p;
        p += strcspn(p, "\t");
        *p++ = 0;
    }
    if (n > 100000)
        dorg_fail(e, DORG_EDATA, "%zu columns", n);
    else
        dorg_tab_new(&got, name, (int)n, e);
    free(name);
    if (e->code) return e->code;
    got.history = r->head.history;
    got.key = r->head.key;
    memcpy(got.group, r->head.group, sizeof got.group);
    r->head = got;
    return 0;
}

int dorg_tab_open(struct dorg_tab_reader *r, struct dorg_in *in, struct dorg_err *e)
{
    char *line;
    size_t len;
    *r = (struct dorg_tab_reader){.in = in, .last_id = -INFINITY};
    if (need_line(r, &line, &len, e)) {
        if (e->code == DORG_EDATA && r->line == 0)
            snprintf(e->text, sizeof e->text,
                     "not a dorg table: the first line is not #dorg-tab 1");
        return e->code;
    }
    if (strcmp(line, "#dorg-tab 1") != 0)
        return dorg_fail(e, DORG_EDATA, "not a dorg table: the first line is not #dorg-tab 1");
    for (;;) {
        if (need_line(r, &line, &len, e)) goto fail;
        if (line[0] != '#') break;
        if (strcmp(line, "#end") == 0) {
            dorg_fail(e, DORG_EDATA, "the table has no line of column names");
            goto fail;
        }
        if (comment(r, line, e)) goto fail;
    }
    if (!names(r, line, e)) return 0;
fail:
    dorg_tab_close(r);
    return e->code;
}

static int fields(struct dorg_tab_reader *r, char *line, double *row, struct dorg_err *e)
{
    char *p = line;
    for (int c = 0; c < r->head.n_cols; c++) {
        char *end;
        row[c] = dorg_num_parse(p, &end);
        if (end == p || (*end && *end != '\t') || !isfinite(row[c]))
            return dorg_fail(e, DORG_EDATA, "line %zu, column %s: not a finite number: %.40s",
                             r->line, r->head.col[c], p);
        bool last = c + 1 == r->head.n_cols;
        if (last != (*end == 0))
            return dorg_fail(e, DORG_EDATA, "line %zu has %s than %d fields", r->line,
                             last ? "more" : "fewer", r->head.n_cols);
        p = end + 1;
    }
    if (!(row[0] > r->last_id))
        return dorg_fail(e, DORG_EDATA, "line %zu: id %.17g is not above the one before",
                         r->line, row[0]);
    r->last_id = row[0];
    return 0;
}

int dorg_tab_next(struct dorg_tab_reader *r, double *row, int *got, struct dorg_err *e)
{
    char *line;
    size_t len;
    *got = 0;
    while (!r->done) {
        if (need_line(r, &line, &len, e)) return e->code;
        if (strcmp(line, "#end") == 0) {
            r->done = 1;
            if (dorg_in_line(r->in, &line, &len, e)) return e->code;
            if (line) return dorg_fail(e, DORG_EDATA, "text after #end");
            return 0;
        }
        if (line[0] == '#') {
            if (comment(r, line, e)) return e->code;
            continue;
        }
        if (fields(r, line, row, e)) return e->code;
        *got = 1;
        return 0;
    }
    return 0;
}

void dorg_tab_close(struct dorg_tab_reader *r)
{
    dorg_tab_free(&r->head);
}

int dorg_tab_read(struct dorg_tab *t, struct dorg_in *in, struct dorg_err *e)
{
    struct dorg_tab_reader r;
    *t = DORG_TAB_INIT;
    if (dorg_tab_open(&r, in, e)) return e->code;
    for (int got = 1; got;) {
        double *row;
        if (dorg_tab_append(&r.head, &row, e)) break;
        if (dorg_tab_next(&r, row, &got, e)) break;
        if (!got) r.head.n_rows--;
    }
    if (e->code)
        dorg_tab_free(&r.head);
    else
        *t = r.head;
    return e->code;
}

int dorg_tab_sniff(struct dorg_in *in, bool *is_one, struct dorg_err *e)
{
    static const char magic[] = "#dorg-tab 1\n";
    const uint8_t *bytes;
    size_t got;
    *is_one = false;
    if (dorg_in_peek(in, &bytes, sizeof magic - 1, &got, e)) return e->code;
    *is_one = got == sizeof magic - 1 && memcmp(bytes, magic, got) == 0;
    return 0;
}

int dorg_tab_load(struct dorg_tab *t, const char *path, struct dorg_err *e)
{
    struct dorg_in *in;
    *t = DORG_TAB_INIT;
    if (dorg_in_open(&in, path, e)) return e->code;
    if (dorg_tab_read(t, in, e)) dorg_err_at(e, dorg_in_name(in));
    dorg_in_close(in);
    return e->code;
}

static int write_head(struct dorg_out *o, const struct dorg_tab *t, const char *stage,
                      struct dorg_err *e)
{
    dorg_out_printf(o, e, "#dorg-tab 1\n");
    for (const char *p = t->history; p && *p; p += strcspn(p, "\n") + 1)
        dorg_out_printf(o, e, "#@ %.*s\n", (int)strcspn(p, "\n"), p);
    if (stage) dorg_out_printf(o, e, "#@ %s\n", stage);
    if (t->key) dorg_out_printf(o, e, "#key %016llx\n", (unsigned long long)t->key);
    if (t->group[0]) dorg_out_printf(o, e, "#group %s\n", t->group);
    for (int c = 0; c < t->n_cols; c++)
        dorg_out_printf(o, e, "%s%c", t->col[c], c + 1 < t->n_cols ? '\t' : '\n');
    return e->code;
}

static int write_row(struct dorg_out *o, const double *row, int n, struct dorg_err *e)
{
    char text[64 * DORG_NUM_ROOM];
    size_t k = 0;
    for (int c = 0; c < n && !e->code; c++) {
        if (k + DORG_NUM_ROOM > sizeof text) {
            dorg_out_write(o, text, k, e);
            k = 0;
        }
        k += (size_t)dorg_num_print(text + k, row[c]);
        text[k++] = c + 1 < n ? '\t' : '\n';
    }
    return e->code ? e->code : dorg_out_write(o, text, k, e);
}

int dorg_tab_write(struct dorg_out *o, const struct dorg_tab *t, const char *stage,
                   struct dorg_err *e)
{
    write_head(o, t, stage, e);
    for (size_t r = 0; r < t->n_rows && !e->code; r++)
        write_row(o, dorg_tab_row(t, r), t->n_cols, e);
    return e->code ? e->code : dorg_out_printf(o, e, "#end\n");
}
