/* dorg-edges - list the neighbouring superpixels of a label volume (Roth et al. 2015,
 * sec. 2.6) */
#include "../libcommon/superpix/edges.h" /* dorg_edges */
#include "front.h" /* dorg_parse, dorg_load_*, dorg_save_tab, dorg_finish */

static const char *table;
static bool three_d, between;
static struct dorg_std std_ = DORG_STD_INIT;

static const struct dorg_opt opts[] = {
    {0, "table", DORG_OPT_FILE, &table, 0, 0, "table",
     "list only pairs whose ends are both rows of this table", false},
    {0, "3d", DORG_OPT_FLAG, &three_d, 0, 0, NULL,
     "also pair superpixels of adjacent slices that lie over each other", false},
    {0, "between", DORG_OPT_FLAG, &between, 0, 0, NULL,
     "pairs of adjacent slices alone, as of --3d", false},
    DORG_STD_OPTS(&std_),
    DORG_OPT_END,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-edges",
    .usage = "[--table table] [--3d | --between] [ct] labels [table]",
    .what = "list the neighbouring superpixels of a label volume",
    .opts = opts,
    .std = &std_,
    .min_args = 1,
    .max_args = 3,
};

/* Whether a file that can be looked into twice begins as a table does. */
static bool is_table(const char *path)
{
    static const char magic[] = "#dorg-tab";
    char head[sizeof magic - 1];
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_in *in;
    size_t got = 0;
    if (!strcmp(path, "-") || dorg_in_open(&in, path, &e)) return false;
    bool regular = dorg_in_file_size(in) >= 0;
    bool same = regular && !dorg_in_read(in, head, sizeof head, &got, &e) &&
                got == sizeof head && !memcmp(head, magic, sizeof head);
    dorg_in_close(in);
    return same;
}

/* [ct] labels [table]: of two operands the second is the table if it looks like one. */
static void operands(const char **ct, const char **labels, const char *const *arg)
{
    bool with_ct = arg[1] && (arg[2] || !is_table(arg[1]));
    const char *last = with_ct ? arg[2] : arg[1];
    *ct = with_ct ? arg[0] : NULL;
    *labels = with_ct ? arg[1] : arg[0];
    if (last) table = last;
}

int main(int argc, char **argv)
{
    const char *const *arg = dorg_parse(&cmd, argc, argv);
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_vol ct = DORG_VOL_INIT, labels = DORG_VOL_INIT;
    struct dorg_tab keep = DORG_TAB_INIT, out = DORG_TAB_INIT;
    const char *ct_path, *label_path;

    operands(&ct_path, &label_path, arg);
    if (ct_path && dorg_load_vol(&ct, ct_path, DORG_F32, &e)) goto done;
    if (dorg_load_vol(&labels, label_path, DORG_I32, &e)) goto done;
    if (table && dorg_load_tab(&keep, table, &e)) goto done;

    struct dorg_edges p = {three_d || between, std_.jobs, table ? &keep : NULL, between};
    if (dorg_edges(&out, ct_path ? &ct : NULL, &labels, &p, &e)) goto done;
    dorg_say("%zu pairs", out.n_rows);

    dorg_save_tab(&out, &e);
done:
    dorg_vol_free(&ct);
    dorg_vol_free(&labels);
    dorg_tab_free(&keep);
    dorg_tab_free(&out);
    return dorg_finish(&e);
}
