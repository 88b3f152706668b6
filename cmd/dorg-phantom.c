/* dorg-phantom - make an abdominal CT and its truth from a seed */
#include "../libcommon/phantom/phantom.h" /* dorg_phantom_make */
#include "front.h"                        /* dorg_parse, dorg_save_vol, dorg_finish */

static uint64_t seed = DORG_SEED_DEFAULT;
static struct dorg_list size = {3, {192, 192, 72}}, mm = {0, {0}};
static const char *truth_path, *organs_path;
static float noise_hu = -1, fat = -1;

static const struct dorg_opt opts[] = {
    DORG_SEED_OPT(&seed, "the patient"),
    {0, "size", DORG_OPT_INTS, &size, 16, 2048, "NX,NY,NZ", "voxels along x, y and z", false},
    {0, "pitch", DORG_OPT_LIST, &mm, 0.1, 20, "X,Y,Z",
     "voxel pitch in mm; without it, what shows the whole patient", false},
    {'t', "truth", DORG_OPT_FILE, &truth_path, 0, 0, "file", "write the pancreas mask here",
     true},
    {0, "organs", DORG_OPT_FILE, &organs_path, 0, 0, "file", "write labels of all organs here",
     true},
    {0, "noise", DORG_OPT_F32, &noise_hu, -1, 200, "HU",
     "standard deviation of the noise; -1: 10 to 18, by the seed", false},
    {0, "fat", DORG_OPT_F32, &fat, -1, 1, "share",
     "visceral fat, 0 lean to 1; -1: by the seed", false},
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-phantom",
    .usage = "[options] [--seed seed] [--size NX,NY,NZ] [-t truth]",
    .what = "make an abdominal CT and its truth from a seed",
    .opts = opts,
    .max_args = 0,
    .binary = true,
};

static int save_as(const char *path, const struct dorg_vol *v, struct dorg_err *e)
{
    struct dorg_out o;
    if (e->code || dorg_out_open(&o, path, e)) return e->code;
    dorg_vol_write(&o, v, dorg_cmdline(), e);
    return dorg_out_close(&o, e);
}

int main(int argc, char **argv)
{
    dorg_parse(&cmd, argc, argv);
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_vol ct = DORG_VOL_INIT, truth = DORG_VOL_INIT, organs = DORG_VOL_INIT;
    struct dorg_phantom p = {.seed = seed, .noise_hu = noise_hu, .fat = fat};

    if (size.n != 3 || (mm.n != 0 && mm.n != 3)) {
        dorg_fail(&e, DORG_EUSAGE, "--size and --pitch each take three numbers");
        goto done;
    }
    for (int a = 0; a < 3; a++) {
        p.n[a] = (int32_t)size.v[a];
        p.mm[a] = mm.n ? (float)mm.v[a] : 0;
    }
    if (dorg_phantom_make(&ct, truth_path ? &truth : NULL, organs_path ? &organs : NULL, &p,
                          dorg_std.jobs, &e))
        goto done;
    if (truth_path && save_as(truth_path, &truth, &e)) goto done;
    if (organs_path && save_as(organs_path, &organs, &e)) goto done;
    dorg_save_vol(&ct, &e);
done:
    dorg_vol_free(&ct);
    dorg_vol_free(&truth);
    dorg_vol_free(&organs);
    return dorg_finish(&e);
}
