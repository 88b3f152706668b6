/* dorg-patch - 2.5-D patches around the voxels of a mask (Roth et al. 2015, sec. 2.2) */
#include "../libcommon/sample/patch.h" /* dorg_patch_write */
#include "../libcommon/file/pixels.h"  /* DORG_WINDOW_LO, _HI, dorg_pixels_window */
#include "front.h" /* dorg_parse, dorg_load_vol, dorg_open_out, dorg_finish */

static const char *truth_path, *map_path;
static struct dorg_list window = DORG_WINDOW_DEFAULT;
static struct dorg_list axial, every = {2, {0, 0}};
static struct dorg_patch p = {
    .size = 64,
    .stride = 3,
    .stride_z = 1,
    .choice = {.classes = 2, .reference = 1, .seed = DORG_SEED_DEFAULT}};

static const struct dorg_opt opts[] = {
    {'t', "truth", DORG_OPT_FILE, &truth_path, 0, 0, "volume",
     "label each patch by this mask at its centre", false},
    DORG_STRIDE_OPTS(&p, &every),
    {0, "size", DORG_OPT_INT, &p.size, 1, 1024, "samples", "side of a patch", false},
    {0, "pitch", DORG_OPT_F32, &p.pitch_mm, 0, 100, "mm",
     "distance of samples; 0 is the scan's own in-plane pitch", false},
    {0, "axial", DORG_OPT_LIST, &axial, 0.1, 100, "mm,...",
     "instead of three planes the axial one, once for each of these distances of samples",
     false},
    {'P', "map", DORG_OPT_FILE, &map_path, 0, 0, "volume",
     "with --axial: probability map for as many more channels", false},
    DORG_WINDOW_OPT(&window),
    {0, "balance", DORG_OPT_FLAG, &p.choice.balance, 0, 0, NULL,
     "all positives, as many negatives, at random; needs --truth", false},
    DORG_MAX_OPT(&p.choice.max_n, "at most so many patches, at random"),
    DORG_SEED_OPT(&p.choice.seed, "--balance and --max"),
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-patch",
    .usage = "[options] [-t truth] [--stride stride] ct mask",
    .what = "cut 2.5-D patches around the voxels of a mask",
    .opts = opts,
    .min_args = 2,
    .max_args = 2,
    .binary = true,
};

int main(int argc, char **argv)
{
    const char *const *arg = dorg_parse(&cmd, argc, argv);
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_patch_case c = DORG_PATCH_CASE_INIT;
    struct dorg_out out = DORG_OUT_INIT;

    p.jobs = dorg_std.jobs;
    if (dorg_pixels_window(p.window_hu, window.v, window.n, &e)) goto done;
    if (dorg_patch_pitches(&p, axial.v, axial.n, &e)) goto done;
    if (every.n != 2) {
        dorg_fail(&e, DORG_EUSAGE, "--every takes two numbers");
        goto done;
    }
    if (dorg_load_vol(&c.mask, arg[1], DORG_U8, &e)) goto done;
    if (truth_path && dorg_load_vol(&c.truth, truth_path, DORG_U8, &e)) goto done;
    if (map_path && dorg_load_map(&c.map, map_path, &e)) goto done;
    if (dorg_load_ct(&c.ct, arg[0], &e)) goto done;
    dorg_sample_every(&p.stride, &p.stride_z, every.v, c.ct.grid.mm);
    if (dorg_open_out(&out, &e)) goto done;
    dorg_patch_write(&out, &c, &p, dorg_std.kernels, dorg_cmdline(), &e);
    dorg_out_close(&out, &e);
done:
    dorg_patch_free(&c);
    return dorg_finish(&e);
}
