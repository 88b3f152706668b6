/* dorg-gauss3d - smooth a volume with a 3-D Gaussian (Roth et al. 2015, sec. 2.6) */
#include "../kernels/kernels.h" /* dorg_kernels_find, gauss3d */
#include "front.h"              /* dorg_parse, dorg_load_vol, dorg_save_vol, dorg_finish */

static float sigma = 3.0f; /* dorg-choices(7) */
static bool in_mm = false, zero = false;
static struct dorg_std std_ = DORG_STD_INIT;

static const struct dorg_opt opts[] = {
    {'s', "sigma", DORG_OPT_F32, &sigma, 0, 64, "voxels", "standard deviation of the kernel",
     false},
    {0, "mm", DORG_OPT_FLAG, &in_mm, 0, 0, NULL, "take --sigma in millimetres", false},
    {0, "zero", DORG_OPT_FLAG, &zero, 0, 0, NULL,
     "count what lies outside the volume as 0, instead of leaving it out of the mean", false},
    DORG_LIST_OPT(&std_),
    DORG_STD_OPTS(&std_),
    DORG_OPT_END,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-gauss3d",
    .usage = "[--mm] [-s sigma] [map] | -L list",
    .list = "map,out",
    .what = "smooth a volume with a 3-D Gaussian",
    .opts = opts,
    .std = &std_,
    .max_args = 1,
    .binary = true,
};

static int one(const char *const *arg, struct dorg_err *e)
{
    struct dorg_vol in = DORG_VOL_INIT, out = DORG_VOL_INIT;
    struct dorg_gauss3d p = {.zero_outside = zero};
    const struct dorg_kernels *k;

    if (!(k = dorg_kernels_find(std_.device, e))) goto done;
    if (dorg_load_vol(&in, arg[0], DORG_F32, e)) goto done;
    if (in_mm && dorg_grid_square(&in.grid, e)) {
        dorg_err_at(e, arg[0] ? arg[0] : "<stdin>");
        goto done;
    }
    if (dorg_vol_like(&out, &in, DORG_F32, e)) goto done;

    for (int a = 0; a < 3; a++)
        p.sigma[a] = in_mm ? sigma / in.grid.mm[a] : sigma;

    if (k->gauss3d(out.data, in.data, in.grid.n, &p, std_.jobs, e)) goto done;
    dorg_save_vol(&out, e);
done:
    dorg_vol_free(&in);
    dorg_vol_free(&out);
    return e->code;
}

int main(int argc, char **argv)
{
    const char *const *arg = dorg_parse(&cmd, argc, argv);
    struct dorg_err e = DORG_ERR_INIT;

    dorg_each(arg, one, &e);
    return dorg_finish(&e);
}
