/* dorg-superpix - superpixels of every axial slice (Roth et al. 2015, sec. 2.1) */
#include "../libcommon/superpix/superpix.h" /* dorg_superpix_run */
#include "../libcommon/file/pixels.h"       /* dorg_pixels_ct_vol */
#include "front.h"                          /* dorg_main, dorg_load_vol, dorg_save_vol */

static struct dorg_superpix param = {
    .k = 500, .lambda = 0.5, .sigma = 5, .compactness = 10}; /* dorg-choices(7) */
static struct dorg_list window = DORG_WINDOW_DEFAULT;

static const struct dorg_opt opts[] = {
    {'k', "count", DORG_OPT_F64, &param.k, 1e-3, 1e9, "count",
     "superpixels per 512 x 512 pixels, scaled to the slice", false},
    {'l', "lambda", DORG_OPT_F64, &param.lambda, 0, 1e6, "weight",
     "weight of the balancing term; more gives more equal sizes", false},
    {'s', "sigma", DORG_OPT_F64, &param.sigma, 1e-3, 1e6, "grey",
     "grey difference, of 255, over which two pixels stop being alike", false},
    DORG_WINDOW_OPT(&window),
    {0, "method", DORG_OPT_WORD, &param.method, 0, 0, "ers|slic|grid",
     "entropy rate, simple linear iterative clustering, or squares", false},
    {0, "air", DORG_OPT_FLAG, &param.air, 0, 0, NULL,
     "cut the air outside the body up like the rest, for ers", false},
    {0, "compactness", DORG_OPT_F64, &param.compactness, 1e-3, 1e6, "grey",
     "grey difference worth one superpixel side of distance, for slic", false},
    DORG_LIST_OPT,
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-superpix",
    .usage = "[options] [-k count] [-l weight] [-s grey] [-w lo,hi] [--method ers|slic|grid] "
             "[--air] [ct] | [options] -L list",
    .list = "ct,out",
    .what = "cut every axial slice into superpixels",
    .opts = opts,
    .max_args = 1,
    .binary = true,
};

static int one(const char *const *arg, struct dorg_err *e)
{
    struct dorg_vol ct = DORG_VOL_INIT, labels = DORG_VOL_INIT;
    float lo_hi[2];

    if (dorg_pixels_window(lo_hi, window.v, window.n, e)) goto done;
    if (dorg_load_ct(&ct, arg[0], e)) goto done;
    if (dorg_pixels_ct_vol(&ct, lo_hi, e)) goto done;
    if (dorg_superpix_run(&labels, &ct, &param, dorg_std.jobs, e)) goto done;
    dorg_save_vol(&labels, e);
done:
    dorg_vol_free(&ct);
    dorg_vol_free(&labels);
    return e->code;
}

int main(int argc, char **argv)
{
    return dorg_main(&cmd, argc, argv, one);
}
