/* dorg-tab - rows and columns of tables: select, compute, reduce, join */
#include "../libcommon/file/relate.h" /* dorg_rel_* */
#include "front.h"

static const char *columns, *summary, *names, *by, *reduce, *best, *percent, *format, *join,
    *as;
static struct dorg_files set, where;
static bool no_names, drop_key;

static const struct dorg_opt opts[] = {
    {'c', "column", DORG_OPT_STR, &columns, 0, 0, "name,...",
     "these columns in this order, each perhaps renamed: new=old", false},
    {0, "summary", DORG_OPT_STR, &summary, 0, 0, "word,...",
     "of a table of dorg-dice: these lines of its summary instead of the rows", false},
    {0, "names", DORG_OPT_STR, &names, 0, 0, "name,...",
     "names of the columns, where the first line is a row", false},
    {0, "set", DORG_OPT_FILES, &set, 0, 0, "name=a op b",
     "a column computed from columns and numbers; may be repeated", false},
    {0, "where", DORG_OPT_FILES, &where, 0, 0, "column op x",
     "only rows for which this holds; may be repeated", false},
    {0, "by", DORG_OPT_STR, &by, 0, 0, "name,...", "with --reduce: a row for each value",
     false},
    {0, "reduce", DORG_OPT_STR, &reduce, 0, 0, "new=function:column,...",
     "one row of mean, sd, sum, min, max or n of the rows", false},
    {0, "best", DORG_OPT_STR, &best, 0, 0, "column", "the row that is highest there, alone",
     false},
    {0, "percent", DORG_OPT_STR, &percent, 0, 0, "name,...",
     "write the ratios of these columns as percentages with one decimal", false},
    {0, "format", DORG_OPT_STR, &format, 0, 0, "name=form,...",
     "write the numbers of these columns so: .2f, .3g, .1% of ratios, + before for a sign",
     false},
    {0, "join", DORG_OPT_STR, &join, 0, 0, "column",
     "put tables side by side where this column agrees, instead of one after another", false},
    {0, "as", DORG_OPT_STR, &as, 0, 0, "name,...", "new names of all columns but the first",
     false},
    {0, "no-names", DORG_OPT_FLAG, &no_names, 0, 0, NULL, "write no line of names", false},
    {0, "drop-key", DORG_OPT_FLAG, &drop_key, 0, 0, NULL,
     "of a superpixel table: it is another case's from now on", false},
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-tab",
    .usage = "[options] [table...]",
    .what = "rows and columns of tables: select, compute, reduce, join",
    .opts = opts,
    .max_args = -1,
};

/* A superpixel table keeps its head and its end. */
static int superpixels(struct dorg_in *in, struct dorg_err *e)
{
    struct dorg_tab t = DORG_TAB_INIT;
    if (columns || summary || names || by || reduce || best || percent || format || join || as)
        return dorg_fail(e, DORG_EUSAGE, "a superpixel table takes --set and --where only");
    if (dorg_tab_read(&t, in, e)) dorg_err_at(e, dorg_in_name(in));
    if (!e->code && !dorg_rel_tab(&t, set.path, set.n, where.path, where.n, e)) {
        if (drop_key) t.key = 0;
        dorg_save_tab(&t, e);
    }
    dorg_tab_free(&t);
    return e->code;
}

/* What is done to each table before it meets the others. */
static int alone(struct dorg_rel *t, struct dorg_err *e)
{
    for (int i = 0; i < set.n; i++)
        if (dorg_rel_set(t, set.path[i], e)) return e->code;
    for (int i = 0; i < where.n; i++)
        if (dorg_rel_where(t, where.path[i], e)) return e->code;
    return 0;
}

static int together(struct dorg_rel *t, struct dorg_err *e)
{
    if (reduce && dorg_rel_reduce(t, by, reduce, e)) return e->code;
    if (best && dorg_rel_best(t, best, e)) return e->code;
    if (percent && dorg_rel_format(t, percent, ".1%", e)) return e->code;
    if (format && dorg_rel_format(t, format, NULL, e)) return e->code;
    if (columns && dorg_rel_columns(t, columns, e)) return e->code;
    return 0;
}

static int add(struct dorg_rel *all, struct dorg_in *in, bool first, struct dorg_err *e)
{
    struct dorg_rel one;
    if (dorg_rel_read(&one, in, summary, names, e)) return e->code;
    if (!alone(&one, e) && join) together(&one, e);
    if (!e->code && !first)
        join ? dorg_rel_join(all, &one, join, e) : dorg_rel_stack(all, &one, e);
    if (e->code) dorg_err_at(e, dorg_in_name(in));
    if (!e->code && first)
        *all = one;
    else
        dorg_rel_free(&one);
    return e->code;
}

int main(int argc, char **argv)
{
    const char *const *arg = dorg_parse(&cmd, argc, argv);
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_rel all = DORG_REL_INIT;
    struct dorg_out o;
    bool done = false;

    for (int i = 0; !i || arg[i]; i++) {
        struct dorg_in *in = NULL;
        bool sp = false;
        if (!dorg_open_in(&in, arg[i], &e) && !dorg_tab_sniff(in, &sp, &e)) {
            if (sp && (i || arg[1]))
                dorg_fail(&e, DORG_EUSAGE, "superpixel tables are taken one at a time");
            else if (sp)
                done = !superpixels(in, &e);
            else
                add(&all, in, i == 0, &e);
        }
        dorg_in_close(in);
        if (e.code || !arg[i]) break;
    }
    if (e.code || done) goto done;
    if (!join && together(&all, &e)) goto done;
    if (as && dorg_rel_rename(&all, as, &e)) goto done;
    if (dorg_open_out(&o, &e)) goto done;
    dorg_rel_write(&o, &all, !no_names, &e);
    dorg_out_close(&o, &e);
done:
    dorg_rel_free(&all);
    return dorg_finish(&e);
}
