/* dorg-edges - list the neighbouring superpixels of a label volume (Roth et al. 2015,
 * sec. 2.6) */
#include "../libcommon/file/sniff.h"     /* dorg_sniff, dorg_sniff_vol */
#include "../libcommon/superpix/edges.h" /* dorg_edges */
#include "front.h"                       /* dorg_main, dorg_load_*, dorg_save_tab */

static bool three_d, between;

static const struct dorg_opt opts[] = {
    {0, "3d", DORG_OPT_FLAG, &three_d, 0, 0, NULL,
     "also pair superpixels of adjacent slices that lie over each other", false},
    {0, "between", DORG_OPT_FLAG, &between, 0, 0, NULL,
     "pairs of adjacent slices alone, as of --3d", false},
    DORG_LIST_OPT,
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-edges",
    .usage = "[--3d | --between] [ct] labels [table] | [options] -L list",
    .list = "ct,labels,out|table",
    .what = "list the neighbouring superpixels of a label volume",
    .opts = opts,
    .min_args = 1,
    .max_args = 3,
};

/* Of two operands the second is the table, or the labels of the CT before it: read what it is.
 */
static int read_second(struct dorg_tab *keep, struct dorg_vol *labels, const char *path,
                       struct dorg_err *e)
{
    struct dorg_in *in = NULL;
    enum dorg_kind kind;
    if (dorg_open_in(&in, path, e)) return e->code;
    if (dorg_sniff(&kind, in, e) || (kind == DORG_KIND_TABLE && dorg_tab_read(keep, in, e)))
        dorg_err_at(e, dorg_in_name(in));
    else if (kind != DORG_KIND_TABLE)
        dorg_sniff_vol(labels, in, DORG_I32, e);
    dorg_in_close(in);
    return e->code;
}

/* [ct] labels [table] */
static int load(struct dorg_vol *ct, struct dorg_vol *labels, struct dorg_tab *keep,
                const char *const *arg, struct dorg_err *e)
{
    size_t n = dorg_operands();
    if (n == 2 && read_second(keep, labels, arg[1], e)) return e->code;
    bool with_ct = n == 3 || labels->data;
    if (with_ct && dorg_load_ct(ct, arg[0], e)) return e->code;
    if (!labels->data && dorg_load_vol(labels, arg[with_ct], DORG_I32, e)) return e->code;
    if (n == 3) return dorg_load_tab(keep, arg[2], e);
    return 0;
}

static int one(const char *const *arg, struct dorg_err *e)
{
    struct dorg_vol ct = DORG_VOL_INIT, labels = DORG_VOL_INIT;
    struct dorg_tab keep = DORG_TAB_INIT, out = DORG_TAB_INIT;

    if (load(&ct, &labels, &keep, arg, e)) goto done;
    struct dorg_edges p = {three_d || between, dorg_std.jobs, keep.n_cols ? &keep : NULL,
                           between};
    if (dorg_edges(&out, ct.data ? &ct : NULL, &labels, &p, e)) goto done;
    dorg_say("%zu pairs", out.n_rows);

    dorg_save_tab(&out, e);
done:
    dorg_vol_free(&ct);
    dorg_vol_free(&labels);
    dorg_tab_free(&keep);
    dorg_tab_free(&out);
    return e->code;
}

int main(int argc, char **argv)
{
    return dorg_main(&cmd, argc, argv, one);
}
