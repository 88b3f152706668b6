/* cohort.c - a list of named scans, checked and laid out */
#include "cohort.h"
#include "../base/mem.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const column_name[DORG_COHORT_COLUMNS] = {"case", "ct", "truth", "patient",
                                                             "fold"};

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Whether a word may name a case. */
static bool is_name(const char *s)
{
    if (!is_alnum(*s)) return false;
    while (is_alnum(*s) || *s == '.' || *s == '_' || *s == '-')
        s++;
    return *s == 0;
}

const char *dorg_cohort_name(const struct dorg_cohort *c, size_t r)
{
    return dorg_tsv_at(&c->list, r, c->at[DORG_COHORT_CASE]);
}

const char *dorg_cohort_ct(const struct dorg_cohort *c, size_t r)
{
    return c->path[2 * r];
}

const char *dorg_cohort_truth(const struct dorg_cohort *c, size_t r)
{
    return c->path[2 * r + 1];
}

/* ---- the words -------------------------------------------------------------------- */

static int find_columns(struct dorg_cohort *c, const char *need, struct dorg_err *e)
{
    char word[64];
    if (!c->list.name)
        return dorg_fail(e, DORG_EDATA,
                         "the first line names no column case; expected names such as case, "
                         "ct, truth, patient, with tabs between them");
    for (int i = 0; i < DORG_COHORT_COLUMNS; i++)
        c->at[i] = dorg_tsv_col(&c->list, column_name[i]);
    if (dorg_tsv_need(&c->list, "ct", e) < 0) return e->code;
    for (const char *p = need ? need : ""; *p;) {
        size_t n = strcspn(p, ",");
        snprintf(word, sizeof word, "%.*s", (int)n, p);
        if (dorg_tsv_need(&c->list, word, e) < 0) return e->code;
        p += n + (p[n] == ',');
    }
    if (c->list.n_rows == 0)
        return dorg_fail(e, DORG_EDATA, "the list names columns but no case");
    return 0;
}

static int check_row(const struct dorg_cohort *c, size_t r, struct dorg_err *e)
{
    for (int i = 0; i < DORG_COHORT_COLUMNS; i++)
        if (c->at[i] >= 0 && !*dorg_tsv_at(&c->list, r, c->at[i]))
            return dorg_tsv_fail(&c->list, r, c->at[i], e, "an empty field");
    if (!is_name(dorg_cohort_name(c, r)))
        return dorg_tsv_fail(
            &c->list, r, c->at[DORG_COHORT_CASE], e,
            "not a name: \"%.80s\"; expected a letter or digit, then letters, "
            "digits, dots, dashes, underscores",
            dorg_cohort_name(c, r));
    return 0;
}

struct named {
    const char *name;
    size_t row;
};

static int by_name(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    int d = strcmp(x->name, y->name);
    return d ? d : (x->row > y->row) - (x->row < y->row);
}

static int check_names(const struct dorg_cohort *c, struct dorg_err *e)
{
    size_t n = c->list.n_rows;
    struct named *m = dorg_array(n, sizeof *m, e);
    if (!m) return e->code;
    for (size_t r = 0; r < n; r++)
        m[r] = (struct named){dorg_cohort_name(c, r), r};
    qsort(m, n, sizeof *m, by_name);
    for (size_t i = 1; i < n && !e->code; i++)
        if (strcmp(m[i].name, m[i - 1].name) == 0)
            dorg_tsv_fail(&c->list, m[i].row, c->at[DORG_COHORT_CASE], e,
                          "case %s is on line %zu already", m[i].name,
                          c->list.line[m[i - 1].row]);
    free(m);
    return e->code;
}

/* ---- the files -------------------------------------------------------------------- */

struct file { /* a file that a row names, to see which are the same */
    dev_t dev;
    ino_t ino;
    size_t row;
    int what; /* DORG_COHORT_CT or _TRUTH */
};

static int by_file(const void *a, const void *b)
{
    const struct file *x = a, *y = b;
    if (x->dev != y->dev) return x->dev < y->dev ? -1 : 1;
    if (x->ino != y->ino) return x->ino < y->ino ? -1 : 1;
    if (x->row != y->row) return x->row < y->row ? -1 : 1;
    return x->what - y->what;
}

static char *absolute(const char *path, const char *base, struct dorg_err *e)
{
    size_t n = strlen(path) + strlen(base) + 2;
    char *to = dorg_array(n, 1, e);
    if (to) snprintf(to, n, "%s%s%s", *path == '/' ? "" : base, *path == '/' ? "" : "/", path);
    return to;
}

int dorg_cohort_leave(struct dorg_cohort *c, size_t r, const char *why, struct dorg_err *e)
{
    if (!c->why[r]) c->why[r] = dorg_strdup(why, e);
    return e->code;
}

/* A failure of one row: of the list, or of that case alone. */
static int row_fails(struct dorg_cohort *c, const struct dorg_cohort_rules *rules, size_t r,
                     int what, struct dorg_err *e, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));
static int row_fails(struct dorg_cohort *c, const struct dorg_cohort_rules *rules, size_t r,
                     int what, struct dorg_err *e, const char *fmt, ...)
{
    char why[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    if (rules->lenient) return dorg_cohort_leave(c, r, why, e);
    return dorg_tsv_fail(&c->list, r, c->at[what], e, "%s", why);
}

static int find_file(struct dorg_cohort *c, const struct dorg_cohort_rules *rules, size_t r,
                     int what, struct file *f, struct dorg_err *e)
{
    const char *said = dorg_tsv_at(&c->list, r, c->at[what]);
    char **path = &c->path[2 * r + (what == DORG_COHORT_TRUTH)];
    struct stat st;
    if (!(*path = absolute(said, rules->base, e))) return e->code;
    *f = (struct file){.row = r, .what = what};
    if (stat(*path, &st))
        return row_fails(c, rules, r, what, e, "%s: %s%s%s", said, strerror(errno),
                         *said == '/' ? "" : "; relative paths start at ",
                         *said == '/' ? "" : rules->base);
    if (!S_ISREG(st.st_mode)) return row_fails(c, rules, r, what, e, "%s: not a file", said);
    size_t n = strlen(said);
    if (n > 4 && strcmp(said + n - 4, ".hdr") == 0)
        return row_fails(c, rules, r, what, e,
                         "%s: a header of a pair; a cohort's scans are single files", said);
    f->dev = st.st_dev;
    f->ino = st.st_ino;
    return 0;
}

static const char *patient(const struct dorg_cohort *c, size_t r)
{
    int at = c->at[DORG_COHORT_PATIENT];
    return at < 0 ? dorg_cohort_name(c, r) : dorg_tsv_at(&c->list, r, at);
}

/* Two rows, or two columns, that name the same file. */
static int check_twins(const struct dorg_cohort *c, const struct file *a, const struct file *b,
                       const char *need, struct dorg_err *e)
{
    const struct dorg_tsv *t = &c->list;
    int at = c->at[b->what];
    if (a->what != b->what)
        return dorg_tsv_fail(
            t, b->row, at, e, "%s is a ct on line %zu and a truth on line %zu",
            dorg_tsv_at(t, b->row, at), t->line[a->what == DORG_COHORT_CT ? a->row : b->row],
            t->line[a->what == DORG_COHORT_CT ? b->row : a->row]);
    bool same_ct = strcmp(dorg_cohort_ct(c, a->row), dorg_cohort_ct(c, b->row)) == 0;
    if (a->what == DORG_COHORT_TRUTH && !same_ct)
        return dorg_tsv_fail(t, b->row, at, e, "the truth of case %s on line %zu, too",
                             dorg_cohort_name(c, a->row), t->line[a->row]);
    /* One scan as two patients would be learned from and judged. */
    if (a->what == DORG_COHORT_CT && need && strstr(need, "truth") &&
        strcmp(patient(c, a->row), patient(c, b->row)) != 0)
        return dorg_tsv_fail(
            t, b->row, at, e,
            "the scan of case %s on line %zu, too; give both the same patient",
            dorg_cohort_name(c, a->row), t->line[a->row]);
    return 0;
}

static int find_files(struct dorg_cohort *c, const struct dorg_cohort_rules *rules,
                      struct dorg_err *e)
{
    size_t n = 0;
    struct file *f = dorg_array(2 * c->list.n_rows, sizeof *f, e);
    c->path = dorg_zeroed(2 * c->list.n_rows, sizeof *c->path, e);
    c->why = dorg_zeroed(c->list.n_rows, sizeof *c->why, e);
    if (!f || !c->path || !c->why) goto done;
    for (size_t r = 0; r < c->list.n_rows; r++)
        for (int w = DORG_COHORT_CT; w <= DORG_COHORT_TRUTH; w++) {
            if (c->at[w] < 0) continue;
            if (find_file(c, rules, r, w, &f[n], e)) goto done;
            n += f[n].ino != 0;
        }
    qsort(f, n, sizeof *f, by_file);
    for (size_t i = 1; i < n; i++)
        if (f[i].dev == f[i - 1].dev && f[i].ino == f[i - 1].ino &&
            check_twins(c, &f[i - 1], &f[i], rules->need, e))
            goto done;
done:
    free(f);
    return e->code;
}

int dorg_cohort_read(struct dorg_cohort *c, struct dorg_in *in,
                     const struct dorg_cohort_rules *rules, struct dorg_err *e)
{
    struct dorg_cohort_rules r = *rules;
    char here[PATH_MAX];
    *c = DORG_COHORT_INIT;
    if (!r.base && !(r.base = getcwd(here, sizeof here)))
        return dorg_fail_sys(e, "the current folder");
    if (dorg_tsv_read(&c->list, in, "case", e)) return e->code;
    if (find_columns(c, r.need, e)) goto fail;
    for (size_t i = 0; i < c->list.n_rows; i++)
        if (check_row(c, i, e)) goto fail;
    if (check_names(c, e) || find_files(c, &r, e)) goto fail;
    return 0;
fail:
    dorg_err_at(e, dorg_in_name(in));
    dorg_cohort_free(c);
    return e->code;
}

static void drop_row(struct dorg_cohort *c, size_t r)
{
    free(c->list.text[r]);
    free(c->path[2 * r]);
    free(c->path[2 * r + 1]);
    free(c->why[r]);
}

static void move_row(struct dorg_cohort *c, size_t to, size_t from)
{
    size_t width = (size_t)c->list.n_cols;
    c->list.text[to] = c->list.text[from];
    c->list.line[to] = c->list.line[from];
    memmove(c->list.cell + to * width, c->list.cell + from * width,
            width * sizeof *c->list.cell);
    memmove(c->path + 2 * to, c->path + 2 * from, 2 * sizeof *c->path);
    c->why[to] = c->why[from];
}

int dorg_cohort_shard_parse(size_t part[2], const char *word, struct dorg_err *e)
{
    char more;
    if (strspn(word, "0123456789/") != strlen(word) ||
        sscanf(word, "%9zu/%9zu%c", &part[0], &part[1], &more) != 2 || part[0] < 1 ||
        part[0] > part[1])
        return dorg_fail(e, DORG_EUSAGE, "--shard: not i/n with 1 <= i <= n: %s", word);
    return 0;
}

void dorg_cohort_shard(struct dorg_cohort *c, size_t first, size_t count)
{
    size_t kept = 0;
    for (size_t r = 0; r < c->list.n_rows; r++)
        if (r % count == first - 1)
            move_row(c, kept++, r);
        else
            drop_row(c, r);
    c->list.n_rows = kept;
}

void dorg_cohort_free(struct dorg_cohort *c)
{
    if (!c) return;
    for (size_t r = 0; r < c->list.n_rows; r++) {
        if (c->path) free(c->path[2 * r]);
        if (c->path) free(c->path[2 * r + 1]);
        if (c->why) free(c->why[r]);
    }
    free(c->path);
    free(c->why);
    dorg_tsv_free(&c->list);
    *c = DORG_COHORT_INIT;
}

/* ---- folders and links ------------------------------------------------------------ */

/* mkdir -p */
static int make_folder(const char *path, struct dorg_err *e)
{
    char *p = dorg_strdup(path, e);
    if (!p) return e->code;
    for (char *s = p + 1;; s++) {
        char was = *s;
        if (was && was != '/') continue;
        *s = 0;
        if (mkdir(p, 0777) && errno != EEXIST) dorg_fail_sys(e, "%s", p);
        *s = was;
        if (!was || e->code) break;
    }
    free(p);
    return e->code;
}

/* path becomes a link to `to` (NULL: there is none), unless it is right already. */
static int make_link(const char *path, const char *to, struct dorg_err *e)
{
    char now[PATH_MAX], tmp[PATH_MAX];
    ssize_t n = readlink(path, now, sizeof now - 1);
    if (n < 0 && errno == EINVAL)
        return dorg_fail(e, DORG_EIO, "%s is there and is not a link", path);
    if (n < 0 && errno != ENOENT) return dorg_fail_sys(e, "%s", path);
    if (!to) return n >= 0 && unlink(path) ? dorg_fail_sys(e, "%s", path) : 0;
    if (n >= 0 && (size_t)n == strlen(to) && memcmp(now, to, (size_t)n) == 0) return 0;
    int k = snprintf(tmp, sizeof tmp, "%s.%ld", path, (long)getpid());
    if (k < 0 || (size_t)k >= sizeof tmp)
        return dorg_fail(e, DORG_EIO, "%s: the name is too long", path);
    if (symlink(to, tmp)) return dorg_fail_sys(e, "%s", tmp);
    if (rename(tmp, path)) {
        dorg_fail_sys(e, "%s", path);
        unlink(tmp);
    }
    return e->code;
}

static int lay_case(const struct dorg_cohort *c, size_t r, const char *dir, struct dorg_err *e)
{
    char folder[PATH_MAX], ct[PATH_MAX + 16], truth[PATH_MAX + 16];
    struct stat st;
    int k = snprintf(folder, sizeof folder, "%s/%s", dir, dorg_cohort_name(c, r));
    if (k < 0 || (size_t)k >= sizeof folder)
        return dorg_fail(e, DORG_EIO, "%s: the name is too long", dir);
    if (mkdir(folder, 0777) && errno != EEXIST) return dorg_fail_sys(e, "%s", folder);
    if (lstat(folder, &st)) return dorg_fail_sys(e, "%s", folder);
    if (!S_ISDIR(st.st_mode))
        return dorg_fail(e, DORG_EIO, "%s is there and is not a folder", folder);
    snprintf(ct, sizeof ct, "%s/ct.nii.gz", folder);
    snprintf(truth, sizeof truth, "%s/truth.nii.gz", folder);
    if (make_link(ct, dorg_cohort_ct(c, r), e)) return e->code;
    return make_link(truth, dorg_cohort_truth(c, r), e);
}

int dorg_cohort_lay(const struct dorg_cohort *c, const char *dir, struct dorg_err *e)
{
    if (make_folder(dir, e)) return e->code;
    for (size_t r = 0; r < c->list.n_rows; r++)
        if (!c->why[r] && lay_case(c, r, dir, e)) return e->code;
    return 0;
}

/* ---- out -------------------------------------------------------------------------- */

static const char *field(const struct dorg_cohort *c, size_t r, int col)
{
    if (col == c->at[DORG_COHORT_CT]) return dorg_cohort_ct(c, r);
    if (col == c->at[DORG_COHORT_TRUTH]) return dorg_cohort_truth(c, r);
    return dorg_tsv_at(&c->list, r, col);
}

int dorg_cohort_write(struct dorg_out *o, const struct dorg_cohort *c, const char *column,
                      struct dorg_err *e)
{
    int only = -1, n = c->list.n_cols;
    if (column && (only = dorg_tsv_need(&c->list, column, e)) < 0) return e->code;
    for (int i = 0; i < n && only < 0; i++)
        dorg_out_printf(o, e, "%s%c", c->list.name[i], i + 1 < n ? '\t' : '\n');
    for (size_t r = 0; r < c->list.n_rows; r++) {
        if (c->why[r]) continue;
        if (only >= 0) dorg_out_printf(o, e, "%s\n", field(c, r, only));
        for (int i = 0; i < n && only < 0; i++)
            dorg_out_printf(o, e, "%s%c", field(c, r, i), i + 1 < n ? '\t' : '\n');
    }
    return e->code;
}
