/* dorg-thresh - cut a probability map into a mask (Roth et al. 2015, sec. 3, Fig. 5) */
#include "front.h" /* dorg_parse, dorg_load_vol, dorg_save_vol, dorg_finish */

static double cut = 0.5;
static struct dorg_std std_ = DORG_STD_INIT;

static const struct dorg_opt opts[] = {
    {'p', "cut", DORG_OPT_F64, &cut, -1e9, 1e9, "p", "a voxel is in when its value is >= p",
     false},
    DORG_STD_OPTS(&std_),
    DORG_OPT_END,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-thresh",
    .usage = "-p cut [map]",
    .what = "cut a probability map into a mask",
    .opts = opts,
    .std = &std_,
    .max_args = 1,
    .binary = true,
};

int main(int argc, char **argv)
{
    const char *const *arg = dorg_parse(&cmd, argc, argv);
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_vol in = DORG_VOL_INIT, out = DORG_VOL_INIT;

    if (dorg_load_vol(&in, arg[0], DORG_F32, &e)) goto done;
    if (dorg_vol_like(&out, &in, DORG_U8, &e)) goto done;

    const float *p = in.data;
    uint8_t *m = out.data;
    for (size_t i = 0, n = dorg_grid_count(&in.grid); i < n; i++)
        m[i] = p[i] >= (float)cut;

    dorg_save_vol(&out, &e);
done:
    dorg_vol_free(&in);
    dorg_vol_free(&out);
    return dorg_finish(&e);
}
