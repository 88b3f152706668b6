/* dorg-confide - what to think of a mask that no truth is known of */
#include "../libcommon/apply/decide.h"   /* dorg_decide */
#include "../libcommon/apply/level.h"    /* dorg_level_vol */
#include "../libcommon/feature/tissue.h" /* dorg_tissue, dorg_tissue_mean */
#include "../libcommon/look/confide.h"   /* dorg_confide, dorg_confide_far */
#include "front.h"                       /* dorg_parse, dorg_load_vol, dorg_open_out */

static struct dorg_decide cut = {.cut = 0.5};
static struct dorg_list hu = {2, {10, 230}};
/* What is not given is not asked. */
static struct dorg_list volume = {0, {0, INFINITY}}, bright = {0, {-INFINITY, INFINITY}},
                        pixels = {0, {0, INFINITY}}, slices = {0, {0, INFINITY}};
static struct dorg_grid scan; /* the CT's */

static const struct dorg_opt opts[] = {
    {'p', "cut", DORG_OPT_F64, &cut.cut, -1e9, 1e9, "p", "where the map was cut", false},
    {0, "volume", DORG_OPT_PAIR, &volume, 0, 1e6, "lo,hi",
     "volume that the organ has, in mL; 0,0: the scan is of a part of the body", false},
    {0, "bright", DORG_OPT_PAIR, &bright, 0, 1000, "lo,hi",
     "mean HU of soft tissue that the model has seen", false},
    {0, "hu", DORG_OPT_PAIR, &hu, 0, 255, "lo,hi", "HU of soft tissue, as dorg-tissue has it",
     false},
    {0, "pixel-mm", DORG_OPT_PAIR, &pixels, 0, 1000, "lo,hi",
     "pitch of pixels that it has seen", false},
    {0, "slice-mm", DORG_OPT_PAIR, &slices, 0, 1000, "lo,hi", "and of slices", false},
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-confide",
    .usage = "[options] ct map cutmask mask | --pixel-mm lo,hi --slice-mm lo,hi ct",
    .what = "what to think of a mask that no truth is known of",
    .opts = opts,
    .min_args = 1,
    .max_args = 4,
};

/* The volumes of what was cut, the map and the mask, and how sure the map is in it. */
static int measure_mask(struct dorg_confide *c, const char *const *path, struct dorg_err *e)
{
    const struct dorg_level only_mean = {.share = NAN};
    struct dorg_vol map = DORG_VOL_INIT, all = DORG_VOL_INIT, sure = DORG_VOL_INIT,
                    mask = DORG_VOL_INIT;
    struct dorg_level_sum s;
    float used;

    if (dorg_load_map(&map, path[1], e)) goto done;
    if (dorg_load_vol(&all, path[2], DORG_U8, e)) goto done;
    if (dorg_load_vol(&mask, path[3], DORG_U8, e)) goto done;
    if (dorg_grid_same(&scan, &map.grid, e) || dorg_grid_same(&scan, &all.grid, e)) goto done;
    if (dorg_decide(&sure, &used, &map, &cut, e)) goto done;
    c->map_ml = dorg_confide_ml(&sure);
    c->cut_ml = dorg_confide_ml(&all);
    c->ml = dorg_confide_ml(&mask);
    if (!dorg_level_vol(&map, &mask, &only_mean, &s, e)) c->mean = s.mean;
done:
    dorg_vol_free(&map);
    dorg_vol_free(&all);
    dorg_vol_free(&sure);
    dorg_vol_free(&mask);
    return e->code;
}

/* Of the scan alone its grid. */
static int measure_scan(struct dorg_confide *c, const char *path, bool alone,
                        struct dorg_err *e)
{
    const float range[2] = {(float)hu.v[0], (float)hu.v[1]};
    struct dorg_vol ct = DORG_VOL_INIT, tissue = DORG_VOL_INIT;
    size_t n;

    if (alone ? dorg_load_vol(&ct, path, DORG_F32, e) : dorg_load_ct(&ct, path, e)) goto done;
    scan = ct.grid;
    memcpy(c->mm, scan.mm, sizeof c->mm);
    if (alone || dorg_tissue(&tissue, &ct, range, dorg_std.jobs, e)) goto done;
    dorg_tissue_mean(&c->bright, &n, &tissue, &ct);
done:
    dorg_vol_free(&ct);
    dorg_vol_free(&tissue);
    return e->code;
}

int main(int argc, char **argv)
{
    const char *const *arg = dorg_parse(&cmd, argc, argv);
    const struct dorg_confide_known known = {volume.v, bright.v, pixels.v, slices.v};
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_confide c = {.ml = 0};
    struct dorg_out o;
    bool alone = dorg_operands() == 1, trusted = true;

    if (!alone && dorg_operands() != 4)
        dorg_fail(&e, DORG_EUSAGE, "expected ct map cutmask mask, or a ct alone");
    else if (alone && !(pixels.n && slices.n))
        dorg_fail(&e, DORG_EUSAGE, "of a ct alone --pixel-mm and --slice-mm are asked");
    if (e.code || measure_scan(&c, arg[0], alone, &e)) goto done;
    if (!alone && measure_mask(&c, arg, &e)) goto done;
    if (dorg_open_out(&o, &e)) goto done;
    alone ? dorg_confide_far(&o, c.mm, &known, &e)
          : dorg_confide(&o, &trusted, &c, &known, &e);
    if (!dorg_out_close(&o, &e) && !trusted)
        e.code = DORG_EDATA; /* what is wrong is in what was written */
done:
    return dorg_finish(&e);
}
