/* dorg-response - a patch forest's probability at every voxel (Farag et al.) */
#include "../libcommon/feature/patchfeat.h" /* dorg_response */
#include "front.h" /* dorg_parse, dorg_load_vol, dorg_save_vol, dorg_finish */

static const char *forest_path, *kde_path, *group;
static int stride = 5;
static bool oob;

static const struct dorg_opt opts[] = {
    {'f', "forest", DORG_OPT_FILE, &forest_path, 0, 0, "forest",
     "a forest trained on tables of dorg-patchfeat", false},
    {0, "kde", DORG_OPT_FILE, &kde_path, 0, 0, "table",
     "the density table those were made with", false},
    {0, "stride", DORG_OPT_INT, &stride, 1, 64, "voxels",
     "score one voxel per square of this side; the rest of the square takes its value", false},
    {0, "oob", DORG_OPT_FLAG, &oob, 0, 0, NULL,
     "for a case the forest was trained on, ask only the trees that never saw it", false},
    {0, "group", DORG_OPT_STR, &group, 0, 0, "name",
     "the patient's name, as in the tables the forest was trained on; for --oob", false},
    DORG_LIST_OPT,
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-response",
    .usage = "[options] -f forest [--kde table] [--stride stride] [ct] | [options] -L list",
    .list = "ct,out|group",
    .what = "map of a patch forest's probability",
    .opts = opts,
    .max_args = 1,
    .binary = true,
};

static struct dorg_forest f = {.level = 0}; /* empty */
static struct dorg_kde *kde;

static int load(struct dorg_err *e)
{
    if (!forest_path) return dorg_fail(e, DORG_EUSAGE, "a forest is needed: -f");
    if (dorg_forest_load(&f, forest_path, e)) return e->code;
    return dorg_kde_load(&kde, kde_path, e);
}

static int one(const char *const *arg, struct dorg_err *e)
{
    struct dorg_vol ct = DORG_VOL_INIT, map = DORG_VOL_INIT;
    struct dorg_patchgrid g = {.stride = 0}; /* empty */

    if (dorg_load_ct(&ct, arg[0], e)) goto done;
    if (dorg_patchgrid_make(&g, &ct, kde, stride, dorg_std.jobs, e)) goto done;
    if (dorg_response(&map, &f, &g, oob, group, dorg_std.jobs, e)) goto done;
    dorg_save_vol(&map, e);
done:
    dorg_patchgrid_free(&g);
    dorg_vol_free(&ct);
    dorg_vol_free(&map);
    return e->code;
}

int main(int argc, char **argv)
{
    const char *const *arg = dorg_parse(&cmd, argc, argv);
    struct dorg_err e = DORG_ERR_INIT;

    load(&e);
    dorg_each(arg, one, &e);
    dorg_kde_free(kde);
    dorg_forest_free(&f);
    return dorg_finish(&e);
}
