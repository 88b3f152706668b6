/* dorg-patchfeat - features of patches, one row per sampled voxel (Farag et al.) */
#include "../libcommon/feature/patchfeat.h" /* dorg_patchfeat */
#include "front.h" /* dorg_parse, dorg_load_vol, dorg_save_tab, dorg_finish */

static const char *truth_path, *kde_path;
static int stride = 5;
static const char *group;
static double share = 1;
static uint64_t seed = DORG_SEED_DEFAULT;
static struct dorg_list shift = {1, {0}};

static const struct dorg_opt opts[] = {
    {'t', "truth", DORG_OPT_FILE, &truth_path, 0, 0, "volume",
     "add column truth: 1 where this mask holds the voxel", false},
    {0, "kde", DORG_OPT_FILE, &kde_path, 0, 0, "table",
     "density table (dorg-kde) for the 12 columns ending in _kde", false},
    {0, "stride", DORG_OPT_INT, &stride, 1, 64, "voxels",
     "one row per square of this side, in every slice", false},
    {0, "share", DORG_OPT_F64, &share, 0, 1, "share",
     "keep this share of the rows that are not in the truth, drawn at random", false},
    DORG_SEED_OPT(&seed, "that draw"),
    {0, "shift", DORG_OPT_LIST, &shift, -500, 500, "HU,...",
     "all rows once with each of these added to the scan", false},
    {0, "group", DORG_OPT_STR, &group, 0, 0, "name",
     "the patient's name, where several tables are of one patient", false},
    DORG_LIST_OPT,
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-patchfeat",
    .usage = "[options] [-t truth] [--kde table] [--stride stride] [ct] | [options] -L list",
    .list = "ct,out|truth,group",
    .what = "features of the patches of a scan",
    .opts = opts,
    .max_args = 1,
};

static struct dorg_kde *kde;

static int one(const char *const *arg, struct dorg_err *e)
{
    struct dorg_vol ct = DORG_VOL_INIT, truth = DORG_VOL_INIT;
    struct dorg_patchgrid g = {.stride = 0}; /* empty */
    struct dorg_tab t = DORG_TAB_INIT;

    if (group && dorg_tab_set_group(&t, group, e)) goto done; /* is it a name? */
    if (dorg_load_ct(&ct, arg[0], e)) goto done;
    if (truth_path && dorg_load_vol(&truth, truth_path, DORG_U8, e)) goto done;
    if (dorg_patchgrid_make(&g, &ct, kde, stride, dorg_std.jobs, e)) goto done;
    const struct dorg_patch_pick pick = {share, seed, shift.v, shift.n};
    if (dorg_patchfeat(&t, &g, truth_path ? &truth : NULL, &pick, dorg_std.jobs, e)) goto done;
    if (group && dorg_tab_set_group(&t, group, e)) goto done;
    dorg_say("%zu patches", t.n_rows);
    dorg_save_tab(&t, e);
done:
    dorg_patchgrid_free(&g);
    dorg_vol_free(&ct);
    dorg_vol_free(&truth);
    dorg_tab_free(&t);
    return e->code;
}

int main(int argc, char **argv)
{
    const char *const *arg = dorg_parse(&cmd, argc, argv);
    struct dorg_err e = DORG_ERR_INIT;

    dorg_kde_load(&kde, kde_path, &e);
    dorg_each(arg, one, &e);
    dorg_kde_free(kde);
    return dorg_finish(&e);
}
