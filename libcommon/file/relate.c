/* relate.c - rows and columns of tables */
#include "relate.h"
#include "../base/mem.h"
#include "../base/num.h"
#include "formula.h"

/* ---- words ------------------------------------------------------------------------ */

/* The next of some comma-separated words; NULL after the last. */
static const char *next_word(char to[256], const char *p)
{
    size_t n = strcspn(p, ",");
    snprintf(to, 256, "%.*s", (int)(n < 255 ? n : 255), p);
    return p[n] ? p + n + 1 : NULL;
}

/* "NEW=old" cut in two; without = both are the word. */
static void cut_rename(const char **was, const char **now, char *word)
{
    char *eq = strchr(word, '=');
    *now = *was = word;
    if (!eq) return;
    *eq = 0;
    *was = eq + 1;
}

static int find(const struct dorg_rel *t, const char *name)
{
    for (int c = 0; c < t->n_cols; c++)
        if (strcmp(t->name[c], name) == 0) return c;
    return -1;
}

static int need(const struct dorg_rel *t, const char *name, struct dorg_err *e)
{
    int c = find(t, name);
    if (c < 0) dorg_fail(e, DORG_EDATA, "the table has no column %s", name);
    return c;
}

/* ---- the table -------------------------------------------------------------------- */

/* A copy that lives as long as the table. */
static const char *keep(struct dorg_rel *t, const char *s, struct dorg_err *e)
{
    if (dorg_grow(&t->word, t->n_words, &t->cap_words, sizeof *t->word, e)) return NULL;
    if (!(t->word[t->n_words] = dorg_strdup(s, e))) return NULL;
    return t->word[t->n_words++];
}

static const char *keep_number(struct dorg_rel *t, double x, struct dorg_err *e)
{
    char to[DORG_NUM_ROOM];
    return keep(t, dorg_num_text(to, x), e);
}

static const char **row_of(const struct dorg_rel *t, size_t r)
{
    return t->cell + r * (size_t)t->n_cols;
}

static int add_row(struct dorg_rel *t, bool count, struct dorg_err *e)
{
    size_t width = (size_t)t->n_cols, cap = t->cap;
    if (dorg_grow(&t->count, t->n_rows, &t->cap, sizeof *t->count, e)) return e->code;
    if (t->cap != cap && dorg_resize(&t->cell, t->cap, width * sizeof *t->cell, e))
        return e->code;
    t->count[t->n_rows++] = count;
    return 0;
}

/* Rows that stay close ranks: row r becomes row (*kept)++. */
static void stay(struct dorg_rel *t, size_t r, size_t *kept)
{
    memmove(row_of(t, *kept), row_of(t, r), (size_t)t->n_cols * sizeof *t->cell);
    t->count[(*kept)++] = t->count[r];
}

/* A table without rows, whose columns' names are to be set. */
static int start(struct dorg_rel *t, int n_cols, struct dorg_err *e)
{
    *t = DORG_REL_INIT;
    t->name = dorg_array((size_t)n_cols, sizeof *t->name, e);
    t->n_cols = n_cols;
    return e->code;
}

void dorg_rel_free(struct dorg_rel *t)
{
    if (!t) return;
    for (size_t i = 0; i < t->n_words; i++)
        free(t->word[i]);
    free(t->word);
    free(t->name);
    free(t->cell);
    free(t->count);
    *t = DORG_REL_INIT;
}

/* The names and rows of `made`, whose words are t's, become t's; or t stays as it is. */
static int replace(struct dorg_rel *t, struct dorg_rel *made, struct dorg_err *e)
{
    struct dorg_rel drop = *made;
    if (!e->code) {
        drop = *t;
        *t = *made;
        t->word = drop.word;
        t->n_words = drop.n_words;
        t->cap_words = drop.cap_words;
    }
    drop.word = NULL;
    drop.n_words = 0;
    dorg_rel_free(&drop);
    return e->code;
}

/* ---- in and out ------------------------------------------------------------------- */

static int take_names(struct dorg_rel *t, const struct dorg_tsv *list, const char *names,
                      struct dorg_err *e)
{
    char word[256];
    const char *p = names;
    if (start(t, list->n_cols, e)) return e->code;
    for (int c = 0; c < list->n_cols; c++) {
        if (names && !p)
            return dorg_fail(e, DORG_EDATA, "%d names for %d columns", c, list->n_cols);
        if (names) p = next_word(word, p);
        if (!(t->name[c] = keep(t, names ? word : list->name[c], e))) return e->code;
    }
    if (!names || !p) return 0;
    return dorg_fail(e, DORG_EDATA, "more names than the %d columns", list->n_cols);
}

static int take_row(struct dorg_rel *t, const struct dorg_tsv *list, size_t r, bool count,
                    struct dorg_err *e)
{
    if (add_row(t, count, e)) return e->code;
    for (int c = 0; c < t->n_cols && !e->code; c++)
        row_of(t, t->n_rows - 1)[c] = keep(t, dorg_tsv_at(list, r, c), e);
    return e->code;
}

/* The rows of one statistic, "Std=sd": one, or one a threshold or label. */
static int take_statistic(struct dorg_rel *t, const struct dorg_tsv *list, char *word,
                          struct dorg_err *e)
{
    const char *was, *now;
    size_t before = t->n_rows;
    cut_rename(&was, &now, word);
    bool count = strcmp(was, "n") == 0 || strncmp(was, "n_", 2) == 0;
    for (size_t r = 0; r < list->n_rows; r++) {
        if (strcmp(dorg_tsv_at(list, r, 0), was) != 0) continue;
        if (take_row(t, list, r, count, e)) return e->code;
        *row_of(t, t->n_rows - 1) = keep(t, now, e);
    }
    if (t->n_rows == before) return dorg_fail(e, DORG_EDATA, "the table has no #%s", was);
    return e->code;
}

int dorg_rel_read(struct dorg_rel *t, struct dorg_in *in, const char *summary,
                  const char *names, struct dorg_err *e)
{
    struct dorg_tsv list;
    char word[256];
    *t = DORG_REL_INIT;
    if (dorg_tsv_read_table(&list, in, names ? NULL : "", summary != NULL, e)) return e->code;
    if (take_names(t, &list, names, e)) goto done;
    for (size_t r = 0; !summary && r < list.n_rows; r++)
        if (take_row(t, &list, r, false, e)) goto done;
    for (const char *p = summary; p;) {
        p = next_word(word, p);
        if (take_statistic(t, &list, word, e)) goto done;
    }
done:
    if (e->code) {
        dorg_err_at(e, dorg_in_name(in));
        dorg_rel_free(t);
    }
    dorg_tsv_free(&list);
    return e->code;
}

int dorg_rel_write(struct dorg_out *o, const struct dorg_rel *t, bool with_names,
                   struct dorg_err *e)
{
    for (int c = 0; with_names && c < t->n_cols; c++)
        dorg_out_printf(o, e, "%s%c", t->name[c], c + 1 < t->n_cols ? '\t' : '\n');
    for (size_t r = 0; r < t->n_rows && !e->code; r++)
        for (int c = 0; c < t->n_cols; c++)
            dorg_out_printf(o, e, "%s%c", row_of(t, r)[c], c + 1 < t->n_cols ? '\t' : '\n');
    return e->code;
}

/* ---- columns and rows ------------------------------------------------------------- */

static int bind(struct dorg_term *x, const struct dorg_rel *t, struct dorg_err *e)
{
    if (x->name[0]) x->column = need(t, x->name, e);
    return e->code;
}

/* NaN for NA. */
static double number_at(const struct dorg_rel *t, size_t r, int c, struct dorg_err *e)
{
    double v;
    const char *s = row_of(t, r)[c];
    if (!dorg_num_read(&v, s))
        dorg_fail(e, DORG_EDATA, "row %zu, column %s: not a number: %.40s", r + 1, t->name[c],
                  s);
    return v;
}

static double value(const struct dorg_term *x, const struct dorg_rel *t, size_t r,
                    struct dorg_err *e)
{
    return x->column < 0 ? x->number : number_at(t, r, x->column, e);
}

static int add_column(struct dorg_rel *t, const char *name, struct dorg_err *e)
{
    int c = find(t, name);
    size_t n = (size_t)t->n_cols;
    if (c >= 0) return c;
    if (dorg_resize(&t->name, n + 1, sizeof *t->name, e)) return -1;
    if (dorg_resize(&t->cell, t->cap, (n + 1) * sizeof *t->cell, e)) return -1;
    if (!(t->name[n] = keep(t, name, e))) return -1;
    for (size_t r = t->n_rows; r-- > 0;) { /* widen in place, last row first */
        memmove(t->cell + r * (n + 1), t->cell + r * n, n * sizeof *t->cell);
        t->cell[r * (n + 1) + n] = "NA";
    }
    return t->n_cols++;
}

int dorg_rel_set(struct dorg_rel *t, const char *assignment, struct dorg_err *e)
{
    struct dorg_formula f;
    if (dorg_formula_assignment(&f, assignment, e)) return e->code;
    int c = add_column(t, f.name, e);
    if (c < 0 || bind(&f.a, t, e) || bind(&f.b, t, e)) return e->code;
    for (size_t r = 0; r < t->n_rows && !e->code; r++) {
        const char **to = row_of(t, r) + c;
        if (!f.op[0] && f.a.column >= 0) {
            *to = row_of(t, r)[f.a.column];
            continue;
        }
        double v = value(&f.a, t, r, e);
        if (f.op[0]) v = dorg_formula_apply(&f, v, value(&f.b, t, r, e));
        *to = keep_number(t, v, e);
    }
    return e->code;
}

static bool holds(const struct dorg_formula *f, const struct dorg_rel *t, size_t r,
                  struct dorg_err *e)
{
    const char *s = row_of(t, r)[f->a.column];
    if (f->op[0] == '=') return strcmp(s, f->word) == 0;
    if (f->op[0] == '!') return strcmp(s, f->word) != 0;
    return dorg_formula_apply(f, value(&f->a, t, r, e), f->b.number) == 1;
}

int dorg_rel_where(struct dorg_rel *t, const char *condition, struct dorg_err *e)
{
    struct dorg_formula f;
    size_t kept = 0;
    if (dorg_formula_condition(&f, condition, e) || bind(&f.a, t, e)) return e->code;
    for (size_t r = 0; r < t->n_rows && !e->code; r++)
        if (holds(&f, t, r, e)) stay(t, r, &kept);
    t->n_rows = kept;
    return e->code;
}

int dorg_rel_columns(struct dorg_rel *t, const char *columns, struct dorg_err *e)
{
    struct dorg_rel made = DORG_REL_INIT;
    char word[256];
    int n = 1, c = 0;
    for (const char *p = columns; *p; p++)
        n += *p == ',';
    if (start(&made, n, e)) goto done;
    for (size_t r = 0; r < t->n_rows; r++)
        if (add_row(&made, t->count[r], e)) goto done;
    for (const char *p = columns; p; c++) {
        const char *was, *now;
        p = next_word(word, p);
        cut_rename(&was, &now, word);
        int from = need(t, was, e);
        if (e->code || !(made.name[c] = keep(t, now, e))) goto done;
        for (size_t r = 0; r < t->n_rows; r++)
            row_of(&made, r)[c] = row_of(t, r)[from];
    }
done:
    return replace(t, &made, e);
}

int dorg_rel_best(struct dorg_rel *t, const char *column, struct dorg_err *e)
{
    const int c = need(t, column, e);
    size_t best = t->n_rows, kept = 0;
    double top = 0;
    for (size_t r = 0; r < t->n_rows && !e->code; r++) {
        double v = number_at(t, r, c, e);
        if (isnan(v) || (best < t->n_rows && !(v > top))) continue;
        best = r;
        top = v;
    }
    if (e->code) return e->code;
    if (best == t->n_rows)
        return dorg_fail(e, DORG_EDATA, "no row has a number in column %s", column);
    stay(t, best, &kept);
    t->n_rows = 1;
    return 0;
}

/* [+].Nf, .Ng or .N% */
static bool is_form(const char *s)
{
    s += *s == '+';
    return s[0] == '.' && s[1] >= '0' && s[1] <= '9' && s[2] && strchr("fg%", s[2]) && !s[3];
}

static int format(struct dorg_rel *t, const char *column, const char *form, struct dorg_err *e)
{
    const int c = need(t, column, e);
    char text[400];
    bool sign = *form == '+';
    int digits = form[sign + 1] - '0', kind = form[sign + 2];
    for (size_t r = 0; r < t->n_rows && !e->code; r++) {
        double v = number_at(t, r, c, e);
        if (t->count[r] || !isfinite(v)) continue;
        snprintf(text, sizeof text, kind == 'g' ? "%s%.*g" : "%s%.*f",
                 sign && !signbit(v) ? "+" : "", digits, kind == '%' ? 100 * v : v);
        row_of(t, r)[c] = keep(t, text, e);
    }
    return e->code;
}

int dorg_rel_format(struct dorg_rel *t, const char *columns, const char *all,
                    struct dorg_err *e)
{
    char word[256];
    for (const char *p = columns; p && !e->code;) {
        const char *form = all, *column = word;
        p = next_word(word, p);
        if (!all) cut_rename(&form, &column, word);
        if (!is_form(form))
            return dorg_fail(e, DORG_EUSAGE, "--format: not NAME=.2f, .3g, .1%% or +.1f: %s",
                             form);
        format(t, column, form, e);
    }
    return e->code;
}

int dorg_rel_rename(struct dorg_rel *t, const char *names, struct dorg_err *e)
{
    char word[256];
    const char *p = names;
    for (int c = 1; c < t->n_cols; c++) {
        if (!p)
            return dorg_fail(e, DORG_EUSAGE, "--as: %d names for %d columns", c - 1,
                             t->n_cols - 1);
        p = next_word(word, p);
        if (!(t->name[c] = keep(t, word, e))) return e->code;
    }
    if (!p) return 0;
    return dorg_fail(e, DORG_EUSAGE, "--as: more names than the %d columns", t->n_cols - 1);
}

/* ---- groups ----------------------------------------------------------------------- */

struct reduction {
    char name[64], func[8];
    int column, weight; /* weight -1: each row counts 1 */
};

static int parse_reduction(struct reduction *d, const struct dorg_rel *t, const char *word,
                           struct dorg_err *e)
{
    char col[64] = "", weight[64] = "", more;
    *d = (struct reduction){.column = -1, .weight = -1};
    int n = sscanf(word, "%63[^=]=%7[a-z]:%63[^:]:%63[^:]%c", d->name, d->func, col, weight,
                   &more);
    static const char *const known[] = {"mean", "sd", "sum", "min", "max", "n"};
    bool fine = false;
    for (int i = 0; i < 6; i++)
        fine |= strcmp(d->func, known[i]) == 0;
    if (!fine || n < (strcmp(d->func, "n") == 0 ? 2 : 3) || n == 5 ||
        (n == 4 && strcmp(d->func, "mean") != 0))
        return dorg_fail(e, DORG_EUSAGE,
                         "--reduce: not NAME=mean:COLUMN[:WEIGHT], sd, sum, min, max or "
                         "NAME=n: %s",
                         word);
    if (n >= 3) d->column = need(t, col, e);
    if (n == 4) d->weight = need(t, weight, e);
    return e->code;
}

static bool same_group(const struct dorg_rel *t, const int *by, int n_by, size_t a, size_t b)
{
    for (int i = 0; i < n_by; i++)
        if (strcmp(row_of(t, a)[by[i]], row_of(t, b)[by[i]]) != 0) return false;
    return true;
}

/* The standard deviation of n values about their mean, with n - 1; NaN of one. */
static double spread(const struct reduction *d, const struct dorg_rel *t, const size_t *group,
                     size_t g, double mean, double n, struct dorg_err *e)
{
    double squares = 0;
    for (size_t r = 0; r < t->n_rows && !e->code; r++) {
        double v = group[r] == g ? number_at(t, r, d->column, e) : NAN;
        if (!isnan(v)) squares += (v - mean) * (v - mean);
    }
    return n > 1 ? sqrt(squares / (n - 1)) : NAN;
}

static double reduce_one(const struct reduction *d, const struct dorg_rel *t,
                         const size_t *group, size_t g, struct dorg_err *e)
{
    double sum = 0, weight = 0, n = 0, lo = INFINITY, hi = -INFINITY;
    for (size_t r = 0; r < t->n_rows && !e->code; r++) {
        if (group[r] != g) continue;
        double v = d->column < 0 ? 0 : number_at(t, r, d->column, e);
        double k = d->weight < 0 ? 1 : number_at(t, r, d->weight, e);
        if (isnan(v) || isnan(k)) continue;
        sum += v * k;
        weight += k;
        n++;
        if (v < lo) lo = v;
        if (v > hi) hi = v;
    }
    if (d->func[0] == 'n') return n;
    if (strcmp(d->func, "sd") == 0) return spread(d, t, group, g, sum / n, n, e);
    if (d->func[0] == 's') return sum;
    if (n == 0 || (d->func[2] == 'a' && !(weight > 0))) return NAN;
    return d->func[1] == 'e' ? sum / weight : d->func[1] == 'i' ? lo : hi;
}

/* group[r] is the number of r's group, in order of first appearance; gives how many. */
static size_t number_groups(size_t *group, const struct dorg_rel *t, const int *by, int n_by)
{
    size_t n = 0;
    for (size_t r = 0; r < t->n_rows; r++) {
        size_t s = 0;
        while (s < r && !same_group(t, by, n_by, s, r))
            s++;
        group[r] = s < r ? group[s] : n++;
    }
    return n;
}

int dorg_rel_reduce(struct dorg_rel *t, const char *by, const char *reductions,
                    struct dorg_err *e)
{
    enum { MOST = 64 };
    struct reduction red[MOST];
    struct dorg_rel made = DORG_REL_INIT;
    char word[256];
    int at[MOST], n_by = 0, n_red = 0;
    for (const char *p = by; p && n_by < MOST; n_by++) {
        p = next_word(word, p);
        if ((at[n_by] = need(t, word, e)) < 0) return e->code;
    }
    for (const char *p = reductions; p && n_red < MOST; n_red++) {
        p = next_word(word, p);
        if (parse_reduction(&red[n_red], t, word, e)) return e->code;
    }
    size_t *group = dorg_array(t->n_rows, sizeof *group, e);
    if (!group || start(&made, n_by + n_red, e)) goto done;
    for (int c = 0; c < made.n_cols && !e->code; c++)
        made.name[c] = c < n_by ? t->name[at[c]] : keep(t, red[c - n_by].name, e);
    size_t n = number_groups(group, t, at, n_by);
    for (size_t g = 0, r = 0; g < n && !e->code; g++) {
        while (group[r] != g)
            r++;
        if (add_row(&made, false, e)) break;
        for (int c = 0; c < made.n_cols && !e->code; c++)
            row_of(&made, g)[c] =
                c < n_by ? row_of(t, r)[at[c]]
                         : keep_number(t, reduce_one(&red[c - n_by], t, group, g, e), e);
    }
done:
    free(group);
    return replace(t, &made, e);
}

/* ---- several tables ---------------------------------------------------------------- */

int dorg_rel_stack(struct dorg_rel *a, const struct dorg_rel *b, struct dorg_err *e)
{
    if (a->n_cols != b->n_cols)
        return dorg_fail(e, DORG_EDATA, "%d columns; the tables before have %d", b->n_cols,
                         a->n_cols);
    for (int c = 0; c < a->n_cols; c++)
        if (strcmp(a->name[c], b->name[c]) != 0)
            return dorg_fail(e, DORG_EDATA, "column %d is %s; in the tables before %s", c + 1,
                             b->name[c], a->name[c]);
    for (size_t r = 0; r < b->n_rows && !add_row(a, b->count[r], e); r++)
        for (int c = 0; c < a->n_cols && !e->code; c++)
            row_of(a, a->n_rows - 1)[c] = keep(a, row_of(b, r)[c], e);
    return e->code;
}

static size_t find_row(const struct dorg_rel *t, int key, const char *word, size_t near)
{
    if (near < t->n_rows && strcmp(row_of(t, near)[key], word) == 0) return near;
    for (size_t r = 0; r < t->n_rows; r++)
        if (strcmp(row_of(t, r)[key], word) == 0) return r;
    return t->n_rows;
}

static int check_keys(const struct dorg_rel *a, int ka, const struct dorg_rel *b, int kb,
                      struct dorg_err *e)
{
    for (size_t r = 0; r < b->n_rows; r++) {
        const char *word = row_of(b, r)[kb];
        size_t twin = find_row(b, kb, word, r == 0 ? 0 : b->n_rows);
        if (twin != r)
            return dorg_fail(e, DORG_EDATA, "%s %s is there twice", b->name[kb], word);
        if (find_row(a, ka, word, r) == a->n_rows)
            return dorg_fail(e, DORG_EDATA, "%s %s is in this table only", b->name[kb], word);
    }
    for (size_t r = 0; r < a->n_rows; r++)
        if (find_row(b, kb, row_of(a, r)[ka], r) == b->n_rows)
            return dorg_fail(e, DORG_EDATA, "%s %s is not in this table", a->name[ka],
                             row_of(a, r)[ka]);
    return 0;
}

int dorg_rel_join(struct dorg_rel *a, const struct dorg_rel *b, const char *key,
                  struct dorg_err *e)
{
    struct dorg_rel made = DORG_REL_INIT;
    int ka = need(a, key, e), kb = need(b, key, e), n = a->n_cols;
    if (e->code || check_keys(a, ka, b, kb, e)) return e->code;
    if (start(&made, n + b->n_cols - 1, e)) goto done;
    for (int c = 0; c < made.n_cols && !e->code; c++)
        made.name[c] = c < n ? a->name[c] : keep(a, b->name[c - n + (c - n >= kb)], e);
    for (size_t r = 0; r < a->n_rows && !e->code; r++) {
        size_t s = find_row(b, kb, row_of(a, r)[ka], r);
        if (add_row(&made, false, e)) break;
        for (int c = 0; c < made.n_cols && !e->code; c++)
            row_of(&made, r)[c] =
                c < n ? row_of(a, r)[c] : keep(a, row_of(b, s)[c - n + (c - n >= kb)], e);
    }
done:
    return replace(a, &made, e);
}

/* ---- on superpixel tables ----------------------------------------------------------- */

static double tab_value(const struct dorg_term *x, const double *row)
{
    return x->column < 0 ? x->number : row[x->column];
}

static int tab_bind(struct dorg_term *x, const struct dorg_tab *t, struct dorg_err *e)
{
    if (x->name[0]) x->column = dorg_tab_need(t, x->name, e);
    return e->code;
}

static int tab_set(struct dorg_tab *t, const char *assignment, struct dorg_err *e)
{
    struct dorg_formula f;
    if (dorg_formula_assignment(&f, assignment, e)) return e->code;
    int c = dorg_tab_add_col(t, f.name, e);
    if (c < 0 || tab_bind(&f.a, t, e) || tab_bind(&f.b, t, e)) return e->code;
    if (c == 0) return dorg_fail(e, DORG_EDATA, "ids stay as they are");
    for (size_t r = 0; r < t->n_rows; r++) {
        double *row = dorg_tab_row(t, r), a = tab_value(&f.a, row);
        double v = f.op[0] ? dorg_formula_apply(&f, a, tab_value(&f.b, row)) : a;
        if (!isfinite(v))
            return dorg_fail(e, DORG_EDATA, "id %.17g: %s is not finite", row[0], f.name);
        row[c] = v;
    }
    return 0;
}

static int tab_where(struct dorg_tab *t, const char *condition, struct dorg_err *e)
{
    struct dorg_formula f;
    size_t kept = 0;
    if (dorg_formula_condition(&f, condition, e) || tab_bind(&f.a, t, e)) return e->code;
    if (!dorg_num_read(&f.b.number, f.word) || isnan(f.b.number))
        return dorg_fail(e, DORG_EUSAGE, "--where: not a number: %s", f.word);
    for (size_t r = 0; r < t->n_rows; r++)
        if (dorg_formula_apply(&f, dorg_tab_row(t, r)[f.a.column], f.b.number) == 1)
            dorg_tab_keep(t, r, &kept);
    t->n_rows = kept;
    return 0;
}

int dorg_rel_tab(struct dorg_tab *t, const char *const *set, int n_set,
                 const char *const *where, int n_where, struct dorg_err *e)
{
    for (int i = 0; i < n_set; i++)
        if (tab_set(t, set[i], e)) return e->code;
    for (int i = 0; i < n_where; i++)
        if (tab_where(t, where[i], e)) return e->code;
    return 0;
}
