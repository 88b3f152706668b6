/* dorg-refine - move a mask's border to the CT's edges by a voxel-level min-cut */
#include "../libcommon/crf/refine.h" /* dorg_refine */
#include "front.h"                   /* dorg_main, dorg_load_vol, dorg_save_vol */

static struct dorg_refine p = {
    .width_mm = 6, .lambda_mm = 1, .sigma_hu = 20, .cut = 0.5, .clamp = 4, .intensity = 0.25};
static const char *map_path;

static const struct dorg_opt opts[] = {
    {'P', "map", DORG_OPT_FILE, &map_path, 0, 0, "map", "probability of being inside", false},
    {0, "band", DORG_OPT_F64, &p.width_mm, 0, 1000, "mm",
     "voxels within this distance of the border may change sides", false},
    {'l', "lambda", DORG_OPT_F64, &p.lambda_mm, 0, 1e6, "mm",
     "weight of the boundary term against the regional one", false},
    {'s', "sigma", DORG_OPT_F64, &p.sigma_hu, 1e-3, 1e6, "HU",
     "a difference this large between neighbours makes a border there e times cheaper", false},
    {'p', "cut", DORG_OPT_F64, &p.cut, 1e-6, 1 - 1e-6, "p",
     "the map's value at which inside and outside are equally likely", false},
    {0, "intensity", DORG_OPT_F64, &p.intensity, 0, 1000, "weight",
     "weight of what the HU say, by their distributions inside the mask and around it", false},
    {0, "clamp", DORG_OPT_F64, &p.clamp, 1e-3, 1e6, "nats", "upper bound of each -ln p",
     false},
    DORG_LIST_OPT,
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-refine",
    .usage = "[options] -P map [--band mm] [-l mm] ct [mask] | [options] -L list",
    .list = "ct,map,mask,out",
    .what = "move a mask's border to the CT's edges by a voxel-level min-cut",
    .opts = opts,
    .min_args = 1,
    .max_args = 2,
    .binary = true,
};

static int one(const char *const *arg, struct dorg_err *e)
{
    struct dorg_vol ct = DORG_VOL_INIT, map = DORG_VOL_INIT, mask = DORG_VOL_INIT;
    struct dorg_refine_sum s;

    p.jobs = dorg_std.jobs;
    if (!map_path) return dorg_fail(e, DORG_EUSAGE, "no map given: -P map");
    if (dorg_load_ct(&ct, arg[0], e)) goto done;
    if (dorg_load_map(&map, map_path, e)) goto done;
    if (dorg_load_vol(&mask, arg[1], DORG_U8, e)) goto done;
    if (dorg_refine(&mask, &ct, &map, &p, &s, e)) goto done;
    dorg_say("%zu voxels and %zu edges in the band: %zu came in, %zu went out, energy %.9g",
             s.n_band, s.n_edges, s.n_in, s.n_out, s.energy);

    dorg_save_vol(&mask, e);
done:
    dorg_vol_free(&ct);
    dorg_vol_free(&map);
    dorg_vol_free(&mask);
    return e->code;
}

int main(int argc, char **argv)
{
    return dorg_main(&cmd, argc, argv, one);
}
