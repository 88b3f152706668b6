/* dorg-tissue - where an abdominal organ can be at all: neither air nor fat, nor bone */
#include "../libcommon/feature/lungs.h"  /* dorg_lungs_end */
#include "../libcommon/feature/tissue.h" /* dorg_tissue */
#include "../libcommon/file/pixels.h"    /* dorg_pixels_window */
#include "front.h"                       /* dorg_main, dorg_load_vol, dorg_save_vol */

static struct dorg_list hu = {2, {10, 230}}, below = {2, {-30, 200}};
static const char *within_path, *outside_path;
static bool mean_only;

static const struct dorg_opt opts[] = {
    {0, "hu", DORG_OPT_LIST, &hu, 0, 255, "lo,hi",
     "in is what lies in this range, after the mean of 3 x 3 pixels", false},
    {'m', "mask", DORG_OPT_FILE, &within_path, 0, 0, "volume", "and not 0 in this mask",
     false},
    {0, "outside", DORG_OPT_FILE, &outside_path, 0, 0, "volume", "and 0 in this mask", false},
    {0, "below", DORG_OPT_LIST, &below, -10000, 10000, "low,high",
     "and not less than low or more than high mm below the lungs; anywhere unless given",
     false},
    {0, "mean", DORG_OPT_FLAG, &mean_only, 0, 0, NULL,
     "write the mean of its HU, clamped to 0 to 255, and its voxels instead", false},
    DORG_LIST_OPT,
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-tissue",
    .usage = "[options] [--hu lo,hi] [--below low,high] [-m mask] [--outside mask] [ct] | "
             "[options] -L list",
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

static int keep_below(struct dorg_vol *mask, const struct dorg_vol *ct, struct dorg_err *e)
{
    struct dorg_body body = DORG_BODY_INIT;
    double lungs;
    if (dorg_body_find(&body, ct, dorg_std.jobs, e)) return e->code;
    if (!dorg_lungs_end(&lungs, ct, &body, dorg_std.jobs, e)) {
        dorg_tissue_below(mask, lungs, below.v);
        if (isnan(lungs))
            dorg_say("no lungs seen: all levels");
        else
            dorg_say("the lungs end in slice %.0f", lungs);
    }
    dorg_body_free(&body);
    return e->code;
}

static int keep_within(struct dorg_vol *mask, const char *path, bool outside,
                       struct dorg_err *e)
{
    struct dorg_vol other = DORG_VOL_INIT;
    if (path && !dorg_load_vol(&other, path, DORG_U8, e))
        dorg_tissue_within(mask, &other, outside, e);
    dorg_vol_free(&other);
    return e->code;
}

static int one(const char *const *arg, struct dorg_err *e)
{
    struct dorg_vol ct = DORG_VOL_INIT, mask = DORG_VOL_INIT;
    float range[2];

    if (below.n != 2 || !(below.v[0] <= below.v[1])) {
        dorg_fail(e, DORG_EUSAGE, "--below: two numbers wanted, the first no greater");
        goto done;
    }
    if (dorg_pixels_window(range, hu.v, hu.n, e)) goto done;
    if (dorg_load_ct(&ct, arg[0], e)) goto done;
    if (dorg_tissue(&mask, &ct, range, dorg_std.jobs, e)) goto done;
    if (dorg_given("below") && keep_below(&mask, &ct, e)) goto done;
    if (keep_within(&mask, within_path, false, e)) goto done;
    if (keep_within(&mask, outside_path, true, e)) goto done;
    if (mean_only)
        write_mean(&mask, &ct, e);
    else
        dorg_save_vol(&mask, e);
done:
    dorg_vol_free(&ct);
    dorg_vol_free(&mask);
    return e->code;
}

int main(int argc, char **argv)
{
    return dorg_main(&cmd, argc, argv, one);
}
