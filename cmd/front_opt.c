/* front_opt.c - the option table: parsing, ranges, --help, --help=mdoc, the history line */
#include "front.h"
#include "front_in.h"

#include <assert.h>

#include "../libcommon/base/mem.h"
#include "../libcommon/file/tsv.h" /* DORG_TSV_COLUMNS */

static const struct dorg_cmd *cmd;
static const char **operands;
static int n_operands;
static char *history;      /* one line, as long as it must be */
static size_t options_end; /* of it: what follows are a case's own files */
static uint64_t given;     /* bit i: option i of the table was given */

static void misuse(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
static void misuse(const char *fmt, ...)
{
    char text[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    fprintf(stderr, "%s: error: %s; see %s --help\n", cmd->name, text, cmd->name);
    exit(DORG_EUSAGE);
}

static bool is_number(enum dorg_opt_type t)
{
    return t == DORG_OPT_INT || t == DORG_OPT_U64 || t == DORG_OPT_F32 || t == DORG_OPT_F64;
}

static bool is_list(enum dorg_opt_type t)
{
    return t == DORG_OPT_LIST || t == DORG_OPT_INTS || t == DORG_OPT_PAIR ||
           t == DORG_OPT_SPAN;
}

static const char *arg_name(const struct dorg_opt *o)
{
    return o->arg ? o->arg : "arg";
}

/* ---- help ------------------------------------------------------------------------- */

/* The default as text; empty when there is none worth printing. */
static void default_text(char *to, size_t n, const struct dorg_opt *o)
{
    *to = 0;
    switch (o->type) {
    case DORG_OPT_INT:
        snprintf(to, n, "%d", *(int *)o->value);
        break;
    case DORG_OPT_U64:
        snprintf(to, n, "%llu", (unsigned long long)*(uint64_t *)o->value);
        break;
    case DORG_OPT_F32:
        snprintf(to, n, "%.7g", (double)*(float *)o->value);
        break;
    case DORG_OPT_F64:
        snprintf(to, n, "%.10g", *(double *)o->value);
        break;
    case DORG_OPT_STR:
    case DORG_OPT_NAME:
    case DORG_OPT_FILE: {
        const char *s = *(const char **)o->value;
        if (s) snprintf(to, n, "%s", s);
        break;
    }
    case DORG_OPT_WORD: {
        const char *s = o->arg;
        for (int k = *(int *)o->value; k > 0; k--)
            s += strcspn(s, "|") + 1;
        snprintf(to, n, "%.*s", (int)strcspn(s, "|"), s);
        break;
    }
    case DORG_OPT_LIST:
    case DORG_OPT_INTS:
    case DORG_OPT_PAIR:
    case DORG_OPT_SPAN: {
        const struct dorg_list *l = o->value;
        size_t at = 0;
        for (int i = 0; i < l->n && at < n; i++)
            at += (size_t)snprintf(to + at, n - at, "%s%.7g", i ? "," : "", l->v[i]);
        break;
    }
    default:
        break;
    }
}

static void range_text(char *to, size_t n, const struct dorg_opt *o)
{
    *to = 0;
    bool list = is_list(o->type);
    if ((!is_number(o->type) && !list) || o->min >= o->max) return;
    if (o->type == DORG_OPT_U64 && o->max > 1e18) return;
    snprintf(to, n, "%s%.10g to %.10g", list ? "each " : "", o->min, o->max);
}

static bool is_case_list(const struct dorg_opt *o)
{
    return o->value == &dorg_std.list;
}

/* "columns ct, mask, out; perhaps map" */
static void columns_text(char *to, size_t n)
{
    size_t at = (size_t)snprintf(to, n, " (columns ");
    for (const char *p = cmd->list; *p && at + 12 < n; p++)
        at += (size_t)snprintf(to + at, n - at,
                               *p == ','   ? ", "
                               : *p == '|' ? "; perhaps "
                                           : "%c",
                               *p);
    snprintf(to + at, n - at, ")");
}

static void notes(char *to, size_t n, const struct dorg_opt *o)
{
    char d[200], r[100];
    if (is_case_list(o)) {
        columns_text(to, n);
        return;
    }
    default_text(d, sizeof d, o);
    range_text(r, sizeof r, o);
    *to = 0;
    if (*d || *r)
        snprintf(to, n, " (%s%s%s%s)", *d ? "default " : "", d, *d && *r ? "; " : "", r);
}

static void print_help(void)
{
    printf("%s - %s\n\nusage: %s %s\n\n", cmd->name, cmd->what, cmd->name, cmd->usage);
    for (const struct dorg_opt *o = cmd->opts; o->name; o++) {
        char left[100], more[400];
        int n = o->letter ? snprintf(left, sizeof left, "  -%c, --%s", o->letter, o->name)
                          : snprintf(left, sizeof left, "      --%s", o->name);
        if (o->type != DORG_OPT_FLAG)
            snprintf(left + n, sizeof left - (size_t)n, " %s", arg_name(o));
        notes(more, sizeof more, o);
        printf("%-32s %s%s\n", left, o->help, more);
    }
    printf("%-32s %s\n", "      --help[=mdoc]", "this text, or the OPTIONS of the man page");
    printf("%-32s %s\n\nExit status: 0 done; 2 misuse; 3 bad data; 4 input, output, memory or "
           "device; 5 some cases failed. See %s(1), dorg(7).\n",
           "      --version", "name and version", cmd->name);
}

static void print_mdoc(void)
{
    printf(".Bl -tag -width Ds\n");
    for (const struct dorg_opt *o = cmd->opts; o->name; o++) {
        char more[400];
        printf(".It ");
        if (o->letter) printf("Fl %c , ", o->letter);
        printf("Fl Fl %s", o->name);
        if (o->type != DORG_OPT_FLAG) printf(" Ar %s", arg_name(o));
        notes(more, sizeof more, o);
        printf("\n%c%s%s.\n",
               o->help[0] >= 'a' && o->help[0] <= 'z' ? o->help[0] - 32 : o->help[0],
               o->help + 1, more);
    }
    printf(".It Fl Fl help Ns Op = Ns Cm mdoc\nPrint the options, or this list, and exit.\n"
           ".It Fl Fl version\nPrint name and version and exit.\n.El\n");
}

/* ---- values ----------------------------------------------------------------------- */

static double number(const struct dorg_opt *o, const char *s, const char *end_at)
{
    char *end = NULL; /* strtod would also take blanks, hexadecimal and words */
    bool decimal = s + strspn(s, "0123456789+-.eE") == end_at;
    double x = decimal ? strtod(s, &end) : NAN;
    if (end == s || end != end_at || !isfinite(x))
        misuse("--%s: not a number: %.*s", o->name, (int)(end_at - s), s);
    if (o->min < o->max && !(x >= o->min && x <= o->max))
        misuse("--%s: %g is not within %g to %g", o->name, x, o->min, o->max);
    bool whole =
        o->type == DORG_OPT_INT || o->type == DORG_OPT_INTS || o->type == DORG_OPT_SPAN;
    if (whole && x != floor(x)) misuse("--%s: not a whole number: %s", o->name, s);
    return x;
}

static void set_list(const struct dorg_opt *o, const char *s)
{
    struct dorg_list *l = o->value;
    l->n = 0;
    for (;;) {
        const char *end = s + strcspn(s, ",");
        if (l->n == DORG_LIST_MAX)
            misuse("--%s: more than %d numbers", o->name, DORG_LIST_MAX);
        l->v[l->n++] = number(o, s, end);
        if (!*end) break;
        s = end + 1;
    }
}

static void set_pair(const struct dorg_opt *o, const char *s)
{
    const struct dorg_list *l = o->value;
    set_list(o, s);
    if (l->n != 2 || l->v[0] > l->v[1])
        misuse("--%s: expected two numbers, lo,hi, with lo below hi: %s", o->name, s);
}

/* The number of a word in o->arg. */
static int word_of(const struct dorg_opt *o, const char *s)
{
    size_t n = strlen(s), m;
    int k = 0;
    for (const char *w = o->arg;; w += m + 1, k++) {
        m = strcspn(w, "|");
        if (m == n && memcmp(w, s, n) == 0) return k;
        if (!w[m]) break;
    }
    misuse("--%s: expected %s: %s", o->name, o->arg, s);
}

static void set_u64(const struct dorg_opt *o, const char *s)
{
    char *end;
    errno = 0;
    unsigned long long x = strtoull(s, &end, 10);
    if (*s < '0' || *s > '9' || *end || errno)
        misuse("--%s: not a whole number: %s", o->name, s);
    if (o->min < o->max && !((double)x >= o->min && (double)x <= o->max))
        misuse("--%s: %llu is not within %g to %g", o->name, x, o->min, o->max);
    *(uint64_t *)o->value = x;
}

static void set_value(const struct dorg_opt *o, const char *s)
{
    const char *end = s + strlen(s);
    switch (o->type) {
    case DORG_OPT_FLAG:
        break;
    case DORG_OPT_INT:
        *(int *)o->value = (int)number(o, s, end);
        break;
    case DORG_OPT_U64:
        set_u64(o, s);
        break;
    case DORG_OPT_F32:
        *(float *)o->value = (float)number(o, s, end);
        break;
    case DORG_OPT_F64:
        *(double *)o->value = number(o, s, end);
        break;
    case DORG_OPT_STR:
    case DORG_OPT_FILE:
        *(const char **)o->value = s;
        break;
    case DORG_OPT_NAME:
        word_of(o, s);
        *(const char **)o->value = s;
        break;
    case DORG_OPT_WORD:
        *(int *)o->value = word_of(o, s);
        break;
    case DORG_OPT_LIST:
    case DORG_OPT_INTS:
        set_list(o, s);
        break;
    case DORG_OPT_PAIR:
    case DORG_OPT_SPAN:
        set_pair(o, s);
        break;
    case DORG_OPT_FILES: {
        struct dorg_files *f = o->value;
        if (f->n == DORG_LIST_MAX)
            misuse("--%s: given more than %d times", o->name, DORG_LIST_MAX);
        f->path[f->n++] = s;
        break;
    }
    }
}

static void set_flag(const struct dorg_opt *o)
{
    bool *b = o->value;
    if (*b && b == &dorg_std.v1) dorg_std.v2 = true; /* -vv */
    *b = true;
}

/* ---- the history line ------------------------------------------------------------- */

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void history_add(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void history_add(const char *fmt, ...)
{
    struct dorg_err e = DORG_ERR_INIT;
    size_t at = history ? strlen(history) : 0;
    void *more = history;
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (dorg_resize(&more, at + (size_t)n + 1, 1, &e)) exit(dorg_finish(&e));
    history = more;
    va_start(ap, fmt);
    vsnprintf(history + at, (size_t)n + 1, fmt, ap);
    va_end(ap);
    for (char *p = history + at; *p; p++) /* one line, whatever a file is called */
        if (*p == '\n' || *p == '\t') *p = ' ';
}

static void history_option(const struct dorg_opt *o, const char *value)
{
    if (o->quiet) return;
    bool file = o->type == DORG_OPT_FILE || o->type == DORG_OPT_FILES;
    history_add(" --%s", o->name);
    if (value) history_add("=%s", file ? last_part(value) : value);
}

/* ---- parsing ---------------------------------------------------------------------- */

static void take(const struct dorg_opt *o, const char *value)
{
    given |= (uint64_t)1 << (o - cmd->opts);
    if (o->type == DORG_OPT_FLAG)
        set_flag(o);
    else
        set_value(o, value);
    history_option(o, value);
}

/* Letters to change, leave out or put in between the two words. */
static size_t distance(const char *a, size_t n, const char *b)
{
    enum { MOST = 32 };
    size_t row[MOST + 1], m = strlen(b);
    if (m > MOST) return m;
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            if (row[j] + 1 < best) best = row[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[m];
}

/* The option that was perhaps meant, or NULL. */
static const char *nearest_name(const char *word, size_t n)
{
    const char *name = NULL;
    size_t least = n / 3 + 1;
    for (const struct dorg_opt *o = cmd->opts; o->name; o++) {
        size_t d = distance(word, n, o->name);
        if (d <= least && (d < least || !name)) {
            least = d;
            name = o->name;
        }
    }
    return name;
}

static void take_long(const char *word, char **argv, int *i)
{
    const char *eq = strchr(word, '=');
    size_t n = eq ? (size_t)(eq - word) : strlen(word);
    if (n == 4 && memcmp(word, "help", 4) == 0) {
        if (eq && strcmp(eq + 1, "mdoc") != 0) misuse("--help=%s: only mdoc", eq + 1);
        eq ? print_mdoc() : print_help();
        exit(fflush(stdout) ? DORG_EIO : 0);
    }
    if (strcmp(word, "version") == 0) {
        printf("%s %s\n", cmd->name, DORG_VERSION);
        exit(fflush(stdout) ? DORG_EIO : 0);
    }
    for (const struct dorg_opt *o = cmd->opts; o->name; o++) {
        if (strlen(o->name) != n || memcmp(o->name, word, n) != 0) continue;
        if (o->type == DORG_OPT_FLAG && eq) misuse("--%s takes no value", o->name);
        const char *value = eq ? eq + 1 : NULL;
        if (o->type != DORG_OPT_FLAG && !eq && !(value = argv[++*i]))
            misuse("--%s needs a value", o->name);
        take(o, value);
        return;
    }
    const char *near = nearest_name(word, n);
    if (near) misuse("unknown option --%.*s; did you mean --%s?", (int)n, word, near);
    misuse("unknown option --%.*s", (int)n, word);
}

/* The option of this letter, the one without a name if there is none. */
static const struct dorg_opt *by_letter(char letter)
{
    const struct dorg_letter *l = cmd->unlisted;
    const struct dorg_opt *o = cmd->opts;
    while (o->name && o->letter != letter)
        o++;
    if (o->name || !l) return o;
    while (l->letter && l->letter != letter)
        l++;
    for (o = cmd->opts; o->name && (!l->letter || strcmp(o->name, l->name) != 0);)
        o++;
    return o;
}

static void take_short(const char *word, char **argv, int *i)
{
    for (; *word; word++) {
        const struct dorg_opt *o = by_letter(*word);
        if (!o->name) misuse("unknown option -%c", *word);
        if (o->type == DORG_OPT_FLAG) {
            take(o, NULL);
            continue;
        }
        const char *value = word[1] ? word + 1 : argv[++*i];
        if (!value) misuse("-%c needs a value", *word);
        take(o, value);
        return;
    }
}

/* What a list gives is not given beside it. */
static void check_list(void)
{
    if (n_operands || dorg_std.out) misuse("-L takes operands and outputs from its list");
    for (const char *p = cmd->list; *p; p += strcspn(p, ",|"), p += *p != 0) {
        size_t n = strcspn(p, ",|");
        for (const struct dorg_opt *o = cmd->opts; o->name; o++)
            if (strlen(o->name) == n && memcmp(o->name, p, n) == 0 && dorg_given(o->name))
                misuse("--%s is a column of the list of -L", o->name);
    }
}

static void check_end(void)
{
    if (dorg_std.list)
        check_list();
    else if (n_operands < cmd->min_args)
        misuse("%d operand%s needed, %d given: %s", cmd->min_args,
               cmd->min_args > 1 ? "s" : "", n_operands, cmd->usage);
    if (cmd->max_args >= 0 && n_operands > cmd->max_args)
        misuse("unexpected operand %s", operands[cmd->max_args]);
    if (dorg_std.jobs == 0) dorg_std.jobs = dorg_par_cpus();
    if (cmd->binary && !dorg_std.out && !dorg_std.list && isatty(1))
        misuse("a binary stream is not written to a terminal: use -o or a pipe");
    struct dorg_err e = DORG_ERR_INIT;
    if (dorg_out_check(dorg_std.out, &e)) exit(dorg_finish(&e));
    if ((dorg_std.kernels = dorg_kernels_find(dorg_std.device, &e))) return;
    if (e.code == DORG_EUSAGE) misuse("%s", e.text);
    exit(dorg_finish(&e)); /* a device that was named and cannot run */
}

const char *const *dorg_parse(const struct dorg_cmd *c, int argc, char **argv)
{
    struct dorg_err e = DORG_ERR_INIT;
    int most = (c->max_args > argc ? c->max_args : argc) + 2;
    bool only_operands = false;
    cmd = c;
    dorg_front_start(c);
    if (!(operands = dorg_zeroed((size_t)most, sizeof *operands, &e))) exit(dorg_finish(&e));
    history_add("%s %s", c->name, DORG_VERSION);
    for (int i = 1; i < argc; i++) {
        const char *w = argv[i];
        if (only_operands || w[0] != '-' || !w[1])
            operands[n_operands++] = w;
        else if (strcmp(w, "--") == 0)
            only_operands = true;
        else if (w[1] == '-')
            take_long(w + 2, argv, &i);
        else
            take_short(w + 1, argv, &i);
    }
    options_end = strlen(history);
    for (int i = 0; i < n_operands; i++)
        history_add(" %s", last_part(operands[i]));
    check_end();
    dorg_front_watch();
    return operands;
}

const char *dorg_cmdline(void)
{
    return history;
}

static const struct dorg_opt *by_name(const char *name)
{
    for (const struct dorg_opt *o = cmd->opts; o->name; o++)
        if (strcmp(o->name, name) == 0) return o;
    return NULL;
}

void dorg_cmdline_case(const char *const *name, const char *const *value, int n)
{
    history[options_end] = 0;
    for (int i = 0; i < n; i++)
        if (value[i] && by_name(name[i])) history_option(by_name(name[i]), value[i]);
    for (int i = 0; i < n; i++)
        if (value[i] && !by_name(name[i]) && strcmp(name[i], "out") != 0)
            history_add(" %s", last_part(value[i]));
}

const char *const *dorg_front_case(const char *const *name, const char *const *value, int n)
{
    static const char *of_case[DORG_TSV_COLUMNS + 1];
    n_operands = 0;
    for (int i = 0; i < n; i++) {
        const struct dorg_opt *o = by_name(name[i]);
        if (strcmp(name[i], "out") == 0)
            dorg_std.out = value[i];
        else if (!o && value[i])
            of_case[n_operands++] = value[i];
        else if (o && value[i]) {
            if (o->type == DORG_OPT_FILES) ((struct dorg_files *)o->value)->n = 0;
            given |= (uint64_t)1 << (o - cmd->opts);
            set_value(o, value[i]);
        }
    }
    of_case[n_operands] = NULL;
    dorg_cmdline_case(name, value, n);
    return of_case;
}

const struct dorg_cmd *dorg_front_cmd(void)
{
    return cmd;
}

size_t dorg_operands(void)
{
    return (size_t)n_operands;
}

bool dorg_given(const char *name)
{
    const struct dorg_opt *o = by_name(name);
    assert(o); /* an option of this command */
    return given >> (o - cmd->opts) & 1;
}

void dorg_front_stop(void)
{
    free(operands);
    free(history);
    operands = NULL;
    history = NULL;
}
