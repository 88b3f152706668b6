/* dorg-region - zoom-out regions of superpixels as records (Roth et al. 2015, sec. 2.3) */
#include "../libcommon/sample/region.h" /* dorg_regions_rows, _pairs, _select, dorg_region_write */
#include "../libcommon/file/pixels.h" /* DORG_WINDOW_LO, _HI, dorg_pixels_window */
#include "front_net.h" /* DORG_REGION_OPTS, dorg_parse, dorg_load_vol, dorg_open_out, dorg_finish */

static const char *map_path, *pairs_path;
static struct dorg_list window = DORG_WINDOW_DEFAULT;
static struct dorg_list scales = DORG_SCALES_DEFAULT, ambiguous;
static struct dorg_region p = {.size = 64, .min_side = 8, .choice.seed = DORG_SEED_DEFAULT};

static const struct dorg_opt opts[] = {
    {'P', "map", DORG_OPT_FILE, &map_path, 0, 0, "volume",
     "probability map that becomes the second channel", false},
    DORG_REGION_OPTS(&p, &scales),
    {'e', "edges", DORG_OPT_FILE, &pairs_path, 0, 0, "edges",
     "regions of these pairs of superpixels instead of single ones", false},
    {0, "size", DORG_OPT_INT, &p.size, 4, 1024, "pixels", "side of the square", false},
    DORG_WINDOW_OPT(&window),
    {0, "ambiguous", DORG_OPT_PAIR, &ambiguous, 0, 1, "lo,hi",
     "leave out superpixels whose coverage lies between", false},
    {0, "balance", DORG_OPT_FLAG, &p.choice.balance, 0, 0, NULL,
     "all positives (pairs: borders), of each other class as many, at random", false},
    DORG_MAX_OPT(&p.choice.max_n, "at most so many superpixels or pairs, at random"),
    DORG_SEED_OPT(&p.choice.seed, "--balance and --max"),
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-region",
    .usage = "[options] [-P map] [--scales factor,...] [-e edges] ct labels [table]",
    .what = "cut the regions of superpixels at several scales",
    .opts = opts,
    .min_args = 2,
    .max_args = 3,
    .binary = true,
};

static int load(struct dorg_region_case *c, const char *const *arg, struct dorg_err *e)
{
    if (dorg_load_tab(&c->tab, arg[2], e)) return e->code;
    if (pairs_path && dorg_load_tab(&c->edges, pairs_path, e)) return e->code;
    if (dorg_load_vol(&c->labels, arg[1], DORG_I32, e)) return e->code;
    if (dorg_region_case_boxes(c, e)) return e->code;
    if (dorg_regions_select(&c->regions, &c->tab, &p, e)) return e->code;
    if (dorg_load_ct(&c->ct, arg[0], e)) return e->code;
    if (map_path && dorg_load_map(&c->map, map_path, e)) return e->code;
    return dorg_region_case_pixels(c, p.window_hu, e);
}

int main(int argc, char **argv)
{
    const char *const *arg = dorg_parse(&cmd, argc, argv);
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_out out = DORG_OUT_INIT;
    struct dorg_region_case c = DORG_REGION_CASE_INIT;
    char *history = NULL;

    p.jobs = dorg_std.jobs;
    p.choice.classes = pairs_path ? 3 : 2;
    p.choice.reference = pairs_path ? 2 : 1;
    if (dorg_pixels_window(p.window_hu, window.v, window.n, &e)) goto done;
    if (dorg_region_scales(&p, scales.v, scales.n, &e)) goto done;
    if (dorg_region_ambiguous(&p, ambiguous.v, ambiguous.n, &e)) goto done;
    if (load(&c, arg, &e)) goto done;
    if (dorg_region_case_history(&history, &c, &e)) goto done;
    if (dorg_open_out(&out, &e)) goto done;
    struct dorg_region_view view = dorg_region_case_view(&c, &p, dorg_std.kernels);
    dorg_region_write(&out, &view, pairs_path != NULL, history, dorg_cmdline(), &e);
    dorg_out_close(&out, &e);
done:
    dorg_region_case_free(&c);
    free(history);
    return dorg_finish(&e);
}
