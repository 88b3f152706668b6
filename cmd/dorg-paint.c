/* dorg-paint - superpixel values onto voxels (Roth et al. 2015, sec. 2.4) */
#include "../libcommon/superpix/paint.h" /* dorg_paint */
#include "front.h" /* dorg_parse, dorg_load_vol, dorg_load_tab, dorg_save_vol */

static const char *column;
static double value = 1;

static const struct dorg_opt opts[] = {
    {'c', "column", DORG_OPT_STR, &column, 0, 0, "name",
     "paint this column of the table; the result is a float32 map", false},
    {0, "value", DORG_OPT_F64, &value, -1e9, 1e9, "value",
     "paint this number; the result is a uint8 mask when it is whole and within 0..255",
     false},
    DORG_LIST_OPT,
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-paint",
    .usage = "[-c column | --value value] labels [table] | [options] -L list",
    .list = "labels,table,out",
    .what = "write superpixel values to every voxel",
    .opts = opts,
    .min_args = 1,
    .max_args = 2,
    .binary = true,
};

static int one(const char *const *arg, struct dorg_err *e)
{
    struct dorg_vol labels = DORG_VOL_INIT, out = DORG_VOL_INIT;
    struct dorg_tab t = DORG_TAB_INIT;
    bool mask = !column && value >= 0 && value <= 255 && value == floor(value);
    int col = -1;

    if (dorg_load_vol(&labels, arg[0], DORG_I32, e)) goto done;
    if (dorg_load_tab(&t, arg[1], e)) goto done;
    if (column && (col = dorg_tab_need(&t, column, e)) < 0) goto done;
    if (dorg_paint(&out, &labels, &t, col, value, mask ? DORG_U8 : DORG_F32, dorg_std.kernels,
                   dorg_std.jobs, e))
        goto done;
    dorg_save_vol(&out, e);
done:
    dorg_vol_free(&labels);
    dorg_vol_free(&out);
    dorg_tab_free(&t);
    return e->code;
}

int main(int argc, char **argv)
{
    const char *const *arg = dorg_parse(&cmd, argc, argv);
    struct dorg_err e = DORG_ERR_INIT;

    if (column && dorg_given("value"))
        dorg_fail(&e, DORG_EUSAGE, "--column and --value exclude each other");
    dorg_each(arg, one, &e);
    return dorg_finish(&e);
}
