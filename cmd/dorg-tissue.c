/* dorg-tissue - where an abdominal organ can be at all: neither air nor fat, nor bone */
#include "../libcommon/feature/tissue.h" /* dorg_tissue */
#include "../libcommon/file/pixels.h"    /* dorg_pixels_window */
#include "front.h"                       /* dorg_main, dorg_load_vol, dorg_save_vol */

static struct dorg_list hu = {2, {10, 230}};
static const char *within_path;
static bool mean_only;

static const struct dorg_opt opts[] = {
    {0, "hu", DORG_OPT_LIST, &hu, 0, 255, "lo,hi",
     "in is what lies in this range, after the mean of 3 x 3 pixels", false},
    {'m', "mask", DORG_OPT_FILE, &within_path, 0, 0, "volume", "and not 0 in this mask",
     false},
    {0, "mean", DORG_OPT_FLAG, &mean_only, 0, 0, NULL,
     "write the mean of its HU, clamped to 0 to 255, and its voxels instead", false},
    DORG_LIST_OPT,
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-tissue",
    .usage = "[options] [--hu lo,hi] [-m mask] [ct] | [options] -L list",
    .list = "ct,out|mask",
    .what = "mask of a scan's soft tissue",
    .opts = opts,
    .max_args = 1,
    .binary = true,
};

static int write_mean(const struct dorg_vol *mask, const struct dorg_vol *ct,
                      struct dorg_err *e)
{
    struct dorg_out o;
    double mean;
    size_t n;
    dorg_tissue_mean(&mean, &n, mask, ct);
    if (dorg_open_out(&o, e)) return e->code;
    dorg_out_printf(&o, e, "%.6g\t%zu\n", mean, n);
    return dorg_out_close(&o, e);
}

static int one(const char *const *arg, struct dorg_err *e)
{
    struct dorg_vol ct = DORG_VOL_INIT, mask = DORG_VOL_INIT, within = DORG_VOL_INIT;
    float range[2];

    if (dorg_pixels_window(range, hu.v, hu.n, e)) goto done;
    if (dorg_load_ct(&ct, arg[0], e)) goto done;
    if (dorg_tissue(&mask, &ct, range, dorg_std.jobs, e)) goto done;
    if (within_path && dorg_load_vol(&within, within_path, DORG_U8, e)) goto done;
    if (within_path && dorg_tissue_within(&mask, &within, e)) goto done;
    if (mean_only)
        write_mean(&mask, &ct, e);
    else
        dorg_save_vol(&mask, e);
done:
    dorg_vol_free(&ct);
    dorg_vol_free(&mask);
    dorg_vol_free(&within);
    return e->code;
}

int main(int argc, char **argv)
{
    return dorg_main(&cmd, argc, argv, one);
}
