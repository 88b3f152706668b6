/* dorg-crop - cut a box out of a volume, where it lies */
#include "../libcommon/file/grid.h" /* dorg_grid_crop */
#include "front.h"                  /* dorg_main, dorg_load_vol, dorg_save_vol */

static struct dorg_list range[3];
static const enum dorg_type types[] = {DORG_STORED, DORG_U8, DORG_I16, DORG_I32, DORG_F32};
static int type;

static const struct dorg_opt opts[] = {
    {0, "x", DORG_OPT_SPAN, &range[0], 0, 32767, "lo,hi", "first and last voxel to the right",
     false},
    {0, "y", DORG_OPT_SPAN, &range[1], 0, 32767, "lo,hi", "first and last voxel to the front",
     false},
    {0, "z", DORG_OPT_SPAN, &range[2], 0, 32767, "lo,hi", "first and last axial slice", false},
    {0, "type", DORG_OPT_WORD, &type, 0, 0, "stored|u8|i16|i32|f32", "of voxels", false},
    DORG_LIST_OPT,
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-crop",
    .usage = "[--x lo,hi] [--y lo,hi] [--z lo,hi] [--type type] [volume] | [options] -L list",
    .list = "volume,out",
    .what = "cut a box out of a volume, where it lies",
    .opts = opts,
    .max_args = 1,
    .binary = true,
};

static void bounds(int32_t lo[3], int32_t hi[3], const struct dorg_grid *g)
{
    for (int a = 0; a < 3; a++) {
        const struct dorg_list *r = &range[a];
        lo[a] = r->n ? (int32_t)r->v[0] : 0;
        hi[a] = r->n ? (int32_t)r->v[1] : g->n[a] - 1;
    }
}

static int one(const char *const *arg, struct dorg_err *e)
{
    struct dorg_vol in = DORG_VOL_INIT, out = DORG_VOL_INIT;
    int32_t lo[3], hi[3];

    if (dorg_load_vol(&in, arg[0], types[type], e)) goto done;
    bounds(lo, hi, &in.grid);
    if (dorg_grid_crop(&out, &in, lo, hi, e)) goto done;
    dorg_save_vol(&out, e);
done:
    dorg_vol_free(&in);
    dorg_vol_free(&out);
    return e->code;
}

int main(int argc, char **argv)
{
    return dorg_main(&cmd, argc, argv, one);
}
