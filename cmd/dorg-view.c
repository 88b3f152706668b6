/* dorg-view - pictures of slices, records and filters (Roth et al. 2015, Figs. 2, 3 and 6) */
#include "../libcommon/look/view.h" /* dorg_view_render, _records, _kernels */
#include "front.h"                  /* dorg_parse, dorg_load_vol, dorg_open_out, dorg_finish */

static struct dorg_view view = {.slice = -1, .crop_mm = -1, .alpha = 0.5, .line = 2};
static struct dorg_list window = DORG_WINDOW_DEFAULT;
static struct dorg_files masks;
static const char *map_path, *labels_path, *records_path, *net_path;
static int count = 64;
static bool no_legend;

static const struct dorg_opt opts[] = {
    {'z', "slice", DORG_OPT_INT, &view.slice, -1, 32766, "k",
     "slice, from 0 at the feet, the left or the back; -1: where the first mask is largest",
     false},
    {0, "planes", DORG_OPT_WORD, &view.plane, 0, 0, "axial|coronal|sagittal|all",
     "how the slice lies; all: the three side by side", false},
    {0, "no-legend", DORG_OPT_FLAG, &no_legend, 0, 0, NULL, "do not name the outlines", false},
    {'m', "mask", DORG_OPT_FILES, &masks, 0, 0, "mask",
     "draw its outline: the first red, the second green; may be repeated", false},
    {0, "line", DORG_OPT_INT, &view.line, 1, 16, "pixels", "width of the outlines", false},
    {'P', "map", DORG_OPT_FILE, &map_path, 0, 0, "map", "probabilities as colours", false},
    {0, "superpix", DORG_OPT_FILE, &labels_path, 0, 0, "labels", "borders of superpixels",
     false},
    {0, "fill", DORG_OPT_FLAG, &view.fill, 0, 0, NULL, "and each superpixel in a colour",
     false},
    {0, "alpha", DORG_OPT_F64, &view.alpha, 0, 1, "share", "strength of these colours", false},
    DORG_WINDOW_OPT(&window),
    {0, "scale", DORG_OPT_F64, &view.scale, 0, 64, "pixels",
     "pixels per voxel; 0: at least 400 across", false},
    {0, "crop", DORG_OPT_F64, &view.crop_mm, -1, 1000, "mm",
     "show the first mask and such a margin; -1: all", false},
    {0, "montage", DORG_OPT_INT, &view.montage, 0, 400, "count",
     "so many slices over the extent of the first mask", false},
    {0, "records", DORG_OPT_FILE, &records_path, 0, 0, "rec",
     "show sample records instead, framed by label", false},
    {'k', "count", DORG_OPT_INT, &count, 1, 10000, "count", "so many records", false},
    {0, "kernels", DORG_OPT_FILE, &net_path, 0, 0, "net", "show a net's first filters instead",
     false},
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-view",
    .usage = "[options] [--planes plane] [-z k] [-m mask]... [-P map] [ct] | --records rec | "
             "--kernels net",
    .what = "pictures (PNG) of slices, records and filters",
    .opts = opts,
    .max_args = 1,
    .binary = true,
};

static int slices(struct dorg_image *m, const char *path, struct dorg_err *e)
{
    struct dorg_vol ct = DORG_VOL_INIT, map = DORG_VOL_INIT, labels = DORG_VOL_INIT;
    struct dorg_vol mask[DORG_VIEW_MASKS] = {0};

    if (masks.n > DORG_VIEW_MASKS) {
        dorg_fail(e, DORG_EUSAGE, "at most %d masks are drawn", DORG_VIEW_MASKS);
        goto done;
    }
    memcpy(view.window, window.v, sizeof view.window);
    if (dorg_load_ct(&ct, path, e)) goto done;
    view.ct = &ct;
    for (; view.n_masks < masks.n; view.n_masks++) {
        if (dorg_load_vol(mask + view.n_masks, masks.path[view.n_masks], DORG_U8, e))
            goto done;
        view.mask[view.n_masks] = mask + view.n_masks;
        if (!no_legend) dorg_view_name(&view, view.n_masks, masks.path[view.n_masks]);
    }
    if (map_path && dorg_load_map(&map, map_path, e)) goto done;
    if (labels_path && dorg_load_vol(&labels, labels_path, DORG_I32, e)) goto done;
    view.map = map_path ? &map : NULL;
    view.labels = labels_path ? &labels : NULL;
    dorg_view_render(m, &view, e);
done:
    for (int k = 0; k < DORG_VIEW_MASKS; k++)
        dorg_vol_free(mask + k);
    dorg_vol_free(&ct);
    dorg_vol_free(&map);
    dorg_vol_free(&labels);
    return e->code;
}

static int sheet(struct dorg_image *m, struct dorg_err *e)
{
    struct dorg_in *in = NULL;
    struct dorg_rec_reader r = {0};
    struct dorg_net net = DORG_NET_INIT;
    int scale = (int)view.scale;

    if (dorg_open_in(&in, records_path ? records_path : net_path, e)) return e->code;
    if (records_path) {
        if (!dorg_rec_open(&r, in, e)) dorg_view_records(m, &r, count, scale, e);
        dorg_rec_close(&r);
    } else {
        if (!dorg_net_read(&net, in, e)) dorg_view_kernels(m, &net, scale, e);
        dorg_net_free(&net);
    }
    if (e->code) dorg_err_at(e, dorg_in_name(in));
    dorg_in_close(in);
    return e->code;
}

int main(int argc, char **argv)
{
    const char *const *arg = dorg_parse(&cmd, argc, argv);
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_image m = DORG_IMAGE_INIT;
    struct dorg_out o;

    bool instead = records_path || net_path;
    if (instead ? sheet(&m, &e) : slices(&m, arg[0], &e)) goto done;
    if (dorg_open_out(&o, &e)) goto done;
    dorg_image_write(&o, &m, dorg_cmdline(), &e);
    dorg_out_close(&o, &e);
done:
    dorg_image_free(&m);
    return dorg_finish(&e);
}
