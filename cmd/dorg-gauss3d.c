/* dorg-gauss3d - smooth a volume with a 3-D Gaussian (Roth et al. 2015, sec. 2.6) */
#include "../libcommon/apply/smooth.h" /* dorg_smooth */
#include "front.h"                     /* dorg_main, dorg_load_vol, dorg_save_vol */

static struct dorg_smooth p = {.sigma = 3}; /* dorg-choices(7) */

static const struct dorg_opt opts[] = {
    {'s', "sigma", DORG_OPT_F32, &p.sigma, 0, 64, "voxels", "standard deviation of the kernel",
     false},
    {0, "mm", DORG_OPT_FLAG, &p.in_mm, 0, 0, NULL, "take --sigma in millimetres", false},
    {0, "zero", DORG_OPT_FLAG, &p.zero_outside, 0, 0, NULL,
     "count what lies outside the volume as 0, instead of leaving it out of the mean", false},
    DORG_LIST_OPT,
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-gauss3d",
    .usage = "[options] [--mm] [-s sigma] [map] | [options] -L list",
    .list = "map,out",
    .what = "smooth a volume with a 3-D Gaussian",
    .opts = opts,
    .max_args = 1,
    .binary = true,
};

static int one(const char *const *arg, struct dorg_err *e)
{
    struct dorg_vol in = DORG_VOL_INIT, out = DORG_VOL_INIT;

    if (dorg_load_vol(&in, arg[0], DORG_F32, e)) goto done;
    if (dorg_smooth(&out, &in, &p, dorg_std.kernels, dorg_std.jobs, e)) {
        dorg_err_at(e, arg[0] ? arg[0] : "<stdin>");
        goto done;
    }
    dorg_save_vol(&out, e);
done:
    dorg_vol_free(&in);
    dorg_vol_free(&out);
    return e->code;
}

int main(int argc, char **argv)
{
    return dorg_main(&cmd, argc, argv, one);
}
