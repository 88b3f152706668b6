/* dorg-crop - cut a box out of a volume, where it lies */
#include "../libcommon/file/grid.h" /* dorg_grid_crop */
#include "front.h"                  /* dorg_parse, dorg_load_vol, dorg_save_vol, dorg_finish */

static struct dorg_list range[3];
static const char *type = "f32";
static struct dorg_std std_ = DORG_STD_INIT;

static const struct dorg_opt opts[] = {
    {0, "x", DORG_OPT_INTS, &range[0], 0, 32767, "lo,hi", "first and last voxel to the right",
     false},
    {0, "y", DORG_OPT_INTS, &range[1], 0, 32767, "lo,hi", "first and last voxel to the front",
     false},
    {0, "z", DORG_OPT_INTS, &range[2], 0, 32767, "lo,hi", "first and last axial slice", false},
    {0, "type", DORG_OPT_STR, &type, 0, 0, "type", "of voxels: u8, i16, i32 or f32", false},
    DORG_STD_OPTS(&std_),
    DORG_OPT_END,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-crop",
    .usage = "[--x lo,hi] [--y lo,hi] [--z lo,hi] [--type type] [volume]",
    .what = "cut a box out of a volume, where it lies",
    .opts = opts,
    .std = &std_,
    .max_args = 1,
    .binary = true,
};

static int type_of(enum dorg_type *t, struct dorg_err *e)
{
    static const struct {
        const char *name;
        enum dorg_type type;
    } types[] = {{"u8", DORG_U8}, {"i16", DORG_I16}, {"i32", DORG_I32}, {"f32", DORG_F32}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(type, types[i].name) == 0) {
            *t = types[i].type;
            return 0;
        }
    return dorg_fail(e, DORG_EUSAGE, "--type: not u8, i16, i32 or f32: %s", type);
}

static int bounds(int32_t lo[3], int32_t hi[3], const struct dorg_grid *g, struct dorg_err *e)
{
    for (int a = 0; a < 3; a++) {
        const struct dorg_list *r = &range[a];
        if (r->n != 0 && r->n != 2)
            return dorg_fail(e, DORG_EUSAGE, "--%c: needs two numbers", 'x' + a);
        lo[a] = r->n ? (int32_t)r->v[0] : 0;
        hi[a] = r->n ? (int32_t)r->v[1] : g->n[a] - 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    const char *const *arg = dorg_parse(&cmd, argc, argv);
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_vol in = DORG_VOL_INIT, out = DORG_VOL_INIT;
    enum dorg_type want = DORG_F32;
    int32_t lo[3], hi[3];

    if (type_of(&want, &e)) goto done;
    if (dorg_load_vol(&in, arg[0], want, &e)) goto done;
    if (bounds(lo, hi, &in.grid, &e)) goto done;
    if (dorg_grid_crop(&out, &in, lo, hi, &e)) goto done;
    dorg_save_vol(&out, &e);
done:
    dorg_vol_free(&in);
    dorg_vol_free(&out);
    return dorg_finish(&e);
}
