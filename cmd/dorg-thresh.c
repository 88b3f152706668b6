/* dorg-thresh - cut a probability map into a mask (Roth et al. 2015, sec. 3, Fig. 5) */
#include "../libcommon/apply/decide.h" /* dorg_decide */
#include "front.h" /* dorg_parse, dorg_load_vol, dorg_save_vol, dorg_finish */

static struct dorg_decide p = {.cut = 0.5};
static struct dorg_list ml;

static const struct dorg_opt opts[] = {
    {'p', "cut", DORG_OPT_F64, &p.cut, -1e9, 1e9, "p", "a voxel is in when its value is >= p",
     false},
    {0, "volume", DORG_OPT_LIST, &ml, 0, 1e6, "lo,hi",
     "move the cut as little as gives a mask of so many mL", false},
    DORG_LIST_OPT,
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-thresh",
    .usage = "[options] [-p cut] [map] | [options] -L list",
    .list = "map,out",
    .what = "cut a probability map into a mask",
    .opts = opts,
    .max_args = 1,
    .binary = true,
};

static int one(const char *const *arg, struct dorg_err *e)
{
    struct dorg_vol in = DORG_VOL_INIT, out = DORG_VOL_INIT;
    float used;

    if (dorg_load_vol(&in, arg[0], DORG_F32, e)) goto done;
    if (dorg_decide(&out, &used, &in, &p, e)) goto done;
    if (ml.n) dorg_say("cut at %.6g", (double)used);
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

    if (ml.n && ml.n != 2) dorg_fail(&e, DORG_EUSAGE, "--volume takes two numbers");
    memcpy(p.ml, ml.v, sizeof p.ml);
    dorg_each(arg, one, &e);
    return dorg_finish(&e);
}
