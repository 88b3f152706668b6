/* dorg-orient - correct the orientation that a volume's header states; no voxel moves */
#include "../libcommon/file/grid.h" /* dorg_grid_restate */
#include "front.h"

static const char *axes;

static const struct dorg_opt opts[] = {
    {'a', "axes", DORG_OPT_STR, &axes, 0, 0, "codes",
     "where the stored axes run: R or L, A or P, S or I for each", false},
    DORG_LIST_OPT,
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-orient",
    .usage = "-a codes [volume] | [options] -L list",
    .list = "volume,out",
    .what = "correct the orientation that a volume's header states",
    .opts = opts,
    .max_args = 1,
    .binary = true,
};

static int one(const char *const *arg, struct dorg_err *e)
{
    struct dorg_vol v = DORG_VOL_INIT, turned = DORG_VOL_INIT;

    if (dorg_load_vol(&v, arg[0], DORG_STORED, e)) goto done;
    if (dorg_grid_restate(&turned, &v, axes, e)) goto done;
    dorg_save_vol(&turned, e);
done:
    dorg_vol_free(&v);
    dorg_vol_free(&turned);
    return e->code;
}

int main(int argc, char **argv)
{
    const char *const *arg = dorg_parse(&cmd, argc, argv);
    struct dorg_err e = DORG_ERR_INIT;

    if (!axes)
        dorg_fail(&e, DORG_EUSAGE, "-a is needed: where the stored axes run, such as RAS");
    else
        dorg_grid_codes((int[3]){0}, (double[3]){0}, axes, &e);
    dorg_each(arg, one, &e);
    return dorg_finish(&e);
}
