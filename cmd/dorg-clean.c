/* dorg-clean - keep the largest parts of a mask and fill its holes */
#include "../libcommon/crf/clean.h" /* dorg_clean */
#include "front.h"                  /* dorg_main, dorg_load_vol, dorg_save_vol */

static const int neighbours[] = {6, 18, 26};
static struct dorg_clean p = {.keep = 1};
static int connect = 2;

static const struct dorg_opt opts[] = {
    {'k', "count", DORG_OPT_INT, &p.keep, 0, 1e9, "count",
     "3-D components to keep, the largest; 0 keeps all", false},
    {0, "min-ml", DORG_OPT_F64, &p.min_ml, 0, 1e9, "ml", "drop components smaller than this",
     false},
    {0, "fill", DORG_OPT_FLAG, &p.fill, 0, 0, NULL,
     "fill holes: background that reaches no face of the volume", false},
    {0, "fill-slices", DORG_OPT_FLAG, &p.fill_slices, 0, 0, NULL,
     "fill holes of each axial slice by itself", false},
    {0, "connect", DORG_OPT_WORD, &connect, 0, 0, "6|18|26",
     "neighbours of a voxel: over faces, edges too, or corners too", false},
    DORG_LIST_OPT,
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-clean",
    .usage = "[options] [-k count] [--min-ml ml] [--fill] [mask] | [options] -L list",
    .list = "mask,out",
    .what = "keep the largest parts of a mask and fill its holes",
    .opts = opts,
    .max_args = 1,
    .binary = true,
};

static int one(const char *const *arg, struct dorg_err *e)
{
    struct dorg_vol mask = DORG_VOL_INIT;
    struct dorg_clean_sum s;

    p.connect = neighbours[connect];
    if (dorg_load_vol(&mask, arg[0], DORG_U8, e)) goto done;
    if (dorg_clean(&mask, &p, &s, e)) goto done;
    dorg_say("kept %zu of %zu components; %zu voxels dropped, %zu filled", s.n_kept, s.n_found,
             s.n_dropped, s.n_filled);

    dorg_save_vol(&mask, e);
done:
    dorg_vol_free(&mask);
    return e->code;
}

int main(int argc, char **argv)
{
    return dorg_main(&cmd, argc, argv, one);
}
