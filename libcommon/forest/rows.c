/* rows.c - the rows of many tables, as often as asked for */
#include "rows.h"
#include "../base/mem.h"
#include "cascade.h"
#include "neighbours.h"

#include <sys/stat.h>

struct columns { /* of one table; -1: absent */
    int z, truth, coverage, area;
    int *feature; /* owned [n_features]; -1: given by the neighbours */
};

bool dorg_rows_reserved(const char *name)
{
    static const char *const fixed[] = {
        "id",   "z",    "coverage", "truth",      "label",
        "x_mm", "y_mm", "z_mm",     "volume_mm3", "below_lungs_mm"};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        if (strcmp(name, fixed[i]) == 0) return true;
    return name[0] == 'p' && strspn(name + 1, "0123456789") == strlen(name + 1) &&
           strlen(name) <= 2;
}

static bool from_neighbours(const struct dorg_rows *s, uint32_t i)
{
    return s->prev && i + DORG_NEIGHBOURS >= s->n_features;
}

static int add_feature(struct dorg_rows *s, const char *name, struct dorg_err *e)
{
    if (dorg_resize(&s->feature, s->n_features + 1, sizeof *s->feature, e)) return e->code;
    if (!(s->feature[s->n_features] = dorg_strdup(name, e))) return e->code;
    s->n_features++;
    return 0;
}

/* The next name of a list; its length, 0 at the end. */
static size_t next_name(const char **at)
{
    *at += strspn(*at, ",");
    return strcspn(*at, ",");
}

static bool left_out(const struct dorg_rows *s, const char *name)
{
    const char *at = s->without ? s->without : "";
    for (size_t n; (n = next_name(&at)) > 0; at += n)
        if (strlen(name) == n && strncmp(at, name, n) == 0) return true;
    return false;
}

static int check_left_out(const struct dorg_rows *s, const struct dorg_tab *head,
                          struct dorg_err *e)
{
    char name[256];
    const char *at = s->without ? s->without : "";
    for (size_t n; (n = next_name(&at)) > 0; at += n) {
        snprintf(name, sizeof name, "%.*s", (int)n, at);
        if (dorg_tab_need(head, name, e) < 0) return e->code;
    }
    return 0;
}

/* The features: columns of the first table, then what neighbours give. */
static int choose_features(struct dorg_rows *s, const struct dorg_tab *head,
                           struct dorg_err *e)
{
    if (check_left_out(s, head, e)) return e->code;
    for (int c = 0; c < head->n_cols; c++)
        if (!dorg_rows_reserved(head->col[c]) && !left_out(s, head->col[c]) &&
            add_feature(s, head->col[c], e))
            return e->code;
    if (s->n_features == 0) return dorg_fail(e, DORG_EDATA, "the table has no feature column");
    for (int k = 0; s->prev && k < DORG_NEIGHBOURS; k++)
        if (add_feature(s, dorg_neighbours_name[k], e)) return e->code;
    if (s->n_features > 4096) return dorg_fail(e, DORG_EDATA, "more than 4096 features");
    return 0;
}

static int match(struct columns *c, const struct dorg_rows *s, const struct dorg_tab *t,
                 struct dorg_err *e)
{
    c->z = dorg_tab_col(t, "z");
    c->coverage = dorg_tab_col(t, "coverage");
    c->area = dorg_tab_col(t, "area_mm2");
    if ((c->truth = dorg_tab_need(t, "truth", e)) < 0) return e->code;
    if (!(c->feature = dorg_array(s->n_features, sizeof *c->feature, e))) return e->code;
    for (uint32_t i = 0; i < s->n_features; i++) {
        c->feature[i] = -1;
        if (from_neighbours(s, i)) continue;
        if ((c->feature[i] = dorg_tab_need(t, s->feature[i], e)) < 0) return e->code;
    }
    return 0;
}

/* Fill the row's meta data and its features from a line of the table. */
static int fill(struct dorg_row *r, float *x, const struct columns *c,
                const struct dorg_rows *s, const double *v, const float *nb,
                struct dorg_err *e)
{
    r->id = v[0];
    r->z = c->z < 0 ? 0 : v[c->z];
    if (v[c->truth] != 0 && v[c->truth] != 1)
        return dorg_fail(e, DORG_EDATA, "row %.17g: truth is %g, not 0 or 1", v[0],
                         v[c->truth]);
    r->truth = v[c->truth] == 1;
    r->coverage = c->coverage < 0 ? r->truth : v[c->coverage];
    r->area = c->area < 0 ? 1 : v[c->area];
    if (!(r->coverage >= 0 && r->coverage <= 1) || !(r->area >= 0))
        return dorg_fail(e, DORG_EDATA, "row %.17g: coverage %g, area %g", v[0], r->coverage,
                         r->area);
    for (uint32_t i = 0; i < s->n_features; i++)
        x[i] = c->feature[i] < 0 ? nb[i + DORG_NEIGHBOURS - s->n_features]
                                 : dorg_rows_value(v[c->feature[i]]);
    return 0;
}

struct pass { /* one table's way through */
    const struct dorg_rows *s;
    struct columns col;
    struct dorg_row row;
    float *x;
    dorg_row_fn *fn;
    void *ctx;
};

static int stream_rows(struct pass *p, struct dorg_in *in, struct dorg_err *e)
{
    struct dorg_tab_reader r;
    double *v = NULL;
    if (dorg_tab_open(&r, in, e)) return e->code;
    if (match(&p->col, p->s, &r.head, e)) goto done;
    if (!(v = dorg_array((size_t)r.head.n_cols, sizeof *v, e))) goto done;
    for (int got; !dorg_tab_next(&r, v, &got, e) && got;)
        if (fill(&p->row, p->x, &p->col, p->s, v, NULL, e) || p->fn(p->ctx, &p->row, e)) break;
done:
    free(v);
    dorg_tab_close(&r);
    return e->code;
}

static int table_rows(struct pass *p, const struct dorg_tab *t, struct dorg_err *e)
{
    const struct dorg_forest *prev = p->s->prev;
    float *p1 = NULL, (*nb)[DORG_NEIGHBOURS] = NULL;
    if (match(&p->col, p->s, t, e)) return e->code;
    if (prev) {
        p1 = dorg_array(t->n_rows, sizeof *p1, e);
        nb = dorg_array(t->n_rows, sizeof *nb, e);
        if (e->code || dorg_cascade_level(p1, prev, t, NULL, true, p->s->jobs, e)) goto done;
        if (dorg_neighbours(nb, t, p1, p->s->jobs, e)) goto done;
    }
    for (size_t r = 0; r < t->n_rows && !e->code; r++) {
        p->row.passed = !prev || (double)p1[r] >= prev->pass;
        if (fill(&p->row, p->x, &p->col, p->s, dorg_tab_row(t, r), nb ? nb[r] : NULL, e))
            break;
        p->fn(p->ctx, &p->row, e);
    }
done:
    free(p1);
    free(nb);
    return e->code;
}

static int one_table(struct pass *p, const char *path, const struct dorg_tab *kept,
                     struct dorg_err *e)
{
    struct dorg_in *in = NULL;
    struct dorg_tab t = DORG_TAB_INIT;
    if (kept->n_cols) {
        table_rows(p, kept, e);
    } else if (p->s->prev) {
        if (!dorg_tab_load(&t, path, e)) table_rows(p, &t, e);
        dorg_tab_free(&t);
    } else if (!dorg_in_open(&in, path, e)) {
        stream_rows(p, in, e);
        dorg_in_close(in);
    }
    free(p->col.feature);
    p->col.feature = NULL;
    return e->code;
}

int dorg_rows_each(const struct dorg_rows *s, dorg_row_fn *fn, void *ctx, struct dorg_err *e)
{
    struct pass p = {.s = s, .fn = fn, .ctx = ctx};
    if (!(p.x = dorg_array(s->n_features, sizeof *p.x, e))) return e->code;
    for (uint32_t i = 0; i < s->n_tables && !e->code; i++) {
        p.row = (struct dorg_row){.x = p.x,
                                  .table_key = s->table_key[i],
                                  .case_key = s->case_key[i],
                                  .case_no = s->case_no[i],
                                  .passed = true};
        if (one_table(&p, s->path[i], &s->kept[i], e) &&
            strncmp(e->text, s->path[i], strlen(s->path[i])) != 0)
            dorg_err_at(e, s->path[i]);
    }
    free(p.x);
    return e->code;
}

static bool read_once(const char *path)
{
    struct stat st;
    return strcmp(path, "-") == 0 || (stat(path, &st) == 0 && !S_ISREG(st.st_mode));
}

/* A table without a group is a case of its own. */
static void note_case(struct dorg_rows *s, uint32_t i, const struct dorg_tab *head)
{
    s->table_key[i] = head->key;
    s->case_key[i] = dorg_tab_case(head);
    s->grouped[i] = head->group[0] != 0;
    s->case_no[i] = s->n_cases;
    for (uint32_t k = 0; k < i && s->grouped[i] && s->case_no[i] == s->n_cases; k++)
        if (s->grouped[k] && s->case_key[k] == s->case_key[i]) s->case_no[i] = s->case_no[k];
    s->n_cases += s->case_no[i] == s->n_cases;
}

/* It is complete when a row has been read. */
static int add_history(struct dorg_rows *s, struct dorg_tab_reader *r, struct dorg_err *e)
{
    double *row = dorg_array((size_t)r->head.n_cols, sizeof *row, e);
    int got;
    if (row && !dorg_tab_next(r, row, &got, e))
        dorg_history_add(&s->history, r->head.history, e);
    free(row);
    return e->code;
}

static int look(struct dorg_rows *s, uint32_t i, struct dorg_err *e)
{
    struct dorg_in *in;
    struct dorg_tab_reader r;
    if (read_once(s->path[i])) {
        if (dorg_tab_load(&s->kept[i], s->path[i], e)) return e->code;
        note_case(s, i, &s->kept[i]);
        if (dorg_history_add(&s->history, s->kept[i].history, e)) return e->code;
        return i == 0 ? choose_features(s, &s->kept[i], e) : 0;
    }
    if (dorg_in_open(&in, s->path[i], e)) return e->code;
    if (!dorg_tab_open(&r, in, e)) {
        note_case(s, i, &r.head);
        if (i == 0) choose_features(s, &r.head, e);
        add_history(s, &r, e);
        dorg_tab_close(&r);
    }
    if (e->code) dorg_err_at(e, s->path[i]);
    dorg_in_close(in);
    return e->code;
}

int dorg_rows_open(struct dorg_rows *s, const char *const *path, uint32_t n_tables,
                   const struct dorg_forest *prev, const char *without, int jobs,
                   struct dorg_err *e)
{
    *s = (struct dorg_rows){.path = path, .prev = prev, .without = without, .jobs = jobs};
    s->table_key = dorg_zeroed(n_tables, sizeof *s->table_key, e);
    s->case_key = dorg_zeroed(n_tables, sizeof *s->case_key, e);
    s->case_no = dorg_zeroed(n_tables, sizeof *s->case_no, e);
    s->grouped = dorg_zeroed(n_tables, sizeof *s->grouped, e);
    s->kept = dorg_zeroed(n_tables, sizeof *s->kept, e);
    if (!e->code) s->n_tables = n_tables;
    for (uint32_t i = 0; i < s->n_tables && !e->code; i++)
        look(s, i, e);
    if (e->code) dorg_rows_close(s);
    return e->code;
}

void dorg_rows_close(struct dorg_rows *s)
{
    for (uint32_t i = 0; i < s->n_features; i++)
        free(s->feature[i]);
    for (uint32_t i = 0; i < s->n_tables; i++)
        dorg_tab_free(&s->kept[i]);
    free(s->feature);
    free(s->table_key);
    free(s->case_key);
    free(s->case_no);
    free(s->grouped);
    free(s->kept);
    free(s->history);
    *s = (struct dorg_rows){0};
}
