/* dorg-spscore - quality of superpixels (Roth et al. 2015, sec. 2.1, and the literature) */
#include "../libcommon/superpix/quality.h" /* dorg_quality */
#include "../libcommon/file/pixels.h"      /* dorg_pixels_ct_vol */
#include "front.h" /* dorg_parse, dorg_load_vol, dorg_save_tab, dorg_finish */

static const char *ct_path = NULL;
static struct dorg_list window = DORG_WINDOW_DEFAULT;
static int tolerance = 2; /* dorg-choices(7) */
static bool by_slice = false;

static const struct dorg_opt opts[] = {
    {0, "ct", DORG_OPT_FILE, &ct_path, 0, 0, "ct",
     "add explained variance of this CT, windowed", false},
    DORG_WINDOW_OPT(&window),
    {0, "tolerance", DORG_OPT_INT, &tolerance, 0, 64, "pixels",
     "distance at which a boundary counts as recalled", false},
    {0, "slices", DORG_OPT_FLAG, &by_slice, 0, 0, NULL,
     "one row for every slice that holds truth, instead of one for the volume", false},
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-spscore",
    .usage = "[--slices] [--ct ct [-w lo,hi]] [--tolerance pixels] truth labels",
    .what = "score superpixels against the truth",
    .opts = opts,
    .min_args = 2,
    .max_args = 2,
};

int main(int argc, char **argv)
{
    const char *const *arg = dorg_parse(&cmd, argc, argv);
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_vol truth = DORG_VOL_INIT, labels = DORG_VOL_INIT, ct = DORG_VOL_INIT;
    struct dorg_tab tab = DORG_TAB_INIT;
    float lo_hi[2];

    if (dorg_pixels_window(lo_hi, window.v, window.n, &e)) goto done;
    if (dorg_load_vol(&truth, arg[0], DORG_U8, &e)) goto done;
    if (dorg_load_vol(&labels, arg[1], DORG_I32, &e)) goto done;
    if (ct_path && dorg_load_ct(&ct, ct_path, &e)) goto done;
    if (ct_path && dorg_pixels_ct_vol(&ct, lo_hi, &e)) goto done;
    if (dorg_quality(&tab, &labels, &truth, ct_path ? &ct : NULL, tolerance, by_slice, &e))
        goto done;
    if (dorg_history_add(&tab.history, labels.history, &e)) goto done;
    dorg_save_tab(&tab, &e);
done:
    dorg_vol_free(&truth);
    dorg_vol_free(&labels);
    dorg_vol_free(&ct);
    dorg_tab_free(&tab);
    return dorg_finish(&e);
}
