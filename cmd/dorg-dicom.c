/* dorg-dicom - one CT series of DICOM files as a volume (paper.md 11: slices by number) */
#include "../libcommon/file/dicom.h" /* dorg_dicom_load */
#include "../libcommon/file/grid.h"  /* dorg_grid_restate */
#include "front.h"

static const char *axes;

static const struct dorg_opt opts[] = {
    {'a', "axes", DORG_OPT_STR, &axes, 0, 0, "codes",
     "where columns, rows and slices run, such as RAS, whatever the files say", false},
    DORG_LIST_OPT,
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-dicom",
    .usage = "[-a codes] file|folder... | [options] -L list",
    .list = "folder,out",
    .what = "one CT series of DICOM files as a volume",
    .opts = opts,
    .min_args = 1,
    .max_args = -1,
    .binary = true,
};

static int one(const char *const *arg, struct dorg_err *e)
{
    struct dorg_vol v = DORG_VOL_INIT, turned = DORG_VOL_INIT;
    size_t n_files = 0;

    if (dorg_dicom_load(&v, arg, dorg_operands(), &n_files, e)) goto done;
    dorg_say("%zu slices", n_files);
    if (axes && dorg_grid_restate(&turned, &v, axes, e)) goto done;
    dorg_save_vol(axes ? &turned : &v, e);
done:
    dorg_vol_free(&v);
    dorg_vol_free(&turned);
    return e->code;
}

int main(int argc, char **argv)
{
    const char *const *arg = dorg_parse(&cmd, argc, argv);
    struct dorg_err e = DORG_ERR_INIT;

    if (axes) dorg_grid_codes((int[3]){0}, (double[3]){0}, axes, &e);
    dorg_each(arg, one, &e);
    return dorg_finish(&e);
}
