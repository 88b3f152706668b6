/* dorg-rconv - R-ConvNets on zoom-out regions of superpixels (Roth et al. 2015, sec. 2.3) */
#include "../libcommon/file/tsv.h"    /* dorg_tsv_cases */
#include "../libcommon/apply/rconv.h" /* dorg_rconv, dorg_regions_rows, _pairs */
#include "../libcommon/file/rec.h"    /* DORG_REC_REGION, _PAIR */
#include "front_net.h" /* dorg_parse, dorg_load_vol, dorg_save_tab, dorg_finish */

static struct dorg_nets nets;
static const char *map_path, *pairs_path, *list_path;
static struct dorg_list scales = DORG_SCALES_DEFAULT;
static struct dorg_region p = {.min_side = 8, .jobs = 1};
static struct dorg_ensemble_opts how = {.engine = "auto", .precision = DORG_PREC_AUTO};
static enum dorg_average average = DORG_AVERAGE_MEAN;
static bool per_scale;

static const struct dorg_opt opts[] = {
    DORG_WEIGHTS_OPT(&nets),
    {'P', "map", DORG_OPT_FILE, &map_path, 0, 0, "volume",
     "probability map for the second channel", false},
    DORG_REGION_OPTS(&p, &scales),
    {0, "average", DORG_OPT_WORD, &average, 0, 0, "mean|median|max", "over the scales", false},
    {0, "per-scale", DORG_OPT_FLAG, &per_scale, 0, 0, NULL,
     "add a column for each scale as well", false},
    {'e', "edges", DORG_OPT_FILE, &pairs_path, 0, 0, "edges",
     "judge these pairs of superpixels, and write them", false},
    {'L', "list", DORG_OPT_FILE, &list_path, 0, 0, "table",
     "work through these cases: ct, labels, table or edges, out, map", true},
    DORG_NET_OPTS(&how),
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-rconv",
    .usage = "[options] -n net... [-P map] [-e edges] ct labels [table] | [options] -n net... "
             "-L list",
    .what = "judge superpixels, or pairs of them, with a regional ConvNet",
    .opts = opts,
    .max_args = 3,
};

static struct dorg_ensemble apply;
static const struct dorg_kernels *kernels;

enum { CT, LABELS, TABLE, OUT, MAP, PAIRS, FIELDS }; /* of a case; NULL where not given */

static int one_case(const char *const *f, struct dorg_err *e)
{
    struct dorg_region_case c = DORG_REGION_CASE_INIT;
    struct dorg_tab *t = f[PAIRS] ? &c.edges : &c.tab;
    struct dorg_out out = DORG_OUT_INIT;
    if ((f[TABLE] || !f[PAIRS]) && dorg_load_tab(&c.tab, f[TABLE], e)) goto done;
    if (f[PAIRS] && dorg_load_tab(&c.edges, f[PAIRS], e)) goto done;
    if (dorg_load_vol(&c.labels, f[LABELS], DORG_I32, e)) goto done;
    if (dorg_region_case_boxes(&c, e)) goto done;
    if (dorg_load_ct(&c.ct, f[CT], e)) goto done;
    if (f[MAP] && dorg_load_map(&c.map, f[MAP], e)) goto done;
    if (dorg_region_case_pixels(&c, nets.net->window_hu, e)) goto done;
    struct dorg_region_view view = dorg_region_case_view(&c, &p, kernels);
    if (dorg_rconv(t, &view, &apply, average, per_scale, f[PAIRS] != NULL, e)) goto done;
    if (dorg_history_add(&t->history, c.map.history, e)) goto done;
    if (f[OUT] ? dorg_out_open(&out, f[OUT], e) : dorg_open_out(&out, e)) goto done;
    dorg_tab_write(&out, t, dorg_cmdline(), e);
    dorg_out_close(&out, e);
done:
    dorg_region_case_free(&c);
    return e->code;
}

static int listed(const char *const *f, struct dorg_err *e) /* f: as all_cases names them */
{
    bool pairs = nets.net->kind == DORG_REC_PAIR, map = nets.net->cfg.channels == 2;
    const char *const all[FIELDS] = {
        f[0], f[1], pairs ? NULL : f[2], f[3], map ? f[4] : NULL, pairs ? f[2] : NULL};
    static const char *const name[] = {"edges", "map", "ct", "labels", "table"};
    const char *const value[] = {all[PAIRS], all[MAP], all[CT], all[LABELS], all[TABLE]};
    dorg_cmdline_case(name, value, 5);
    return one_case(all, e);
}

static int all_cases(struct dorg_err *e)
{
    const char *const name[] = {
        "ct", "labels", nets.net->kind == DORG_REC_PAIR ? "edges" : "table", "out", "map"};
    int n = nets.net->cfg.channels == 2 ? 5 : 4;
    struct dorg_in *in;
    if (!dorg_open_in(&in, list_path, e))
        dorg_tsv_cases(in, name, n, n, listed, dorg_case_failed, e);
    dorg_in_close(in);
    return e->code;
}

static int check(const char *const *arg, struct dorg_err *e)
{
    if (!nets.path.n) return dorg_fail(e, DORG_EUSAGE, "-n net is needed");
    if (!list_path && !arg[1]) return dorg_fail(e, DORG_EUSAGE, "ct and labels are needed");
    if (list_path && (arg[0] || map_path || pairs_path || dorg_std.out))
        return dorg_fail(e, DORG_EUSAGE, "-L takes inputs and outputs from its list");
    dorg_net_opts(&how);
    return 0;
}

int main(int argc, char **argv)
{
    const char *const *arg = dorg_parse(&cmd, argc, argv);
    const char *const alone[FIELDS] = {arg[0], arg[1], arg[2], NULL, map_path, pairs_path};
    struct dorg_err e = DORG_ERR_INIT;

    if (check(arg, &e)) goto done;
    if (!(kernels = dorg_kernels_find("cpu", &e))) goto done; /* --device is the net's */
    if (dorg_nets_load(&nets, &e)) goto done;
    p.size = nets.net->cfg.size;
    if (dorg_region_scales(&p, scales.v, scales.n, &e)) goto done;
    bool pairs = list_path ? nets.net->kind == DORG_REC_PAIR : pairs_path != NULL;
    bool map = list_path ? nets.net->cfg.channels == 2 : map_path != NULL;
    if (dorg_rconv_open(&apply, nets.net, map, pairs, &how, &e)) goto done;
    if (!dorg_nets_add(&apply, &nets, &e)) list_path ? all_cases(&e) : one_case(alone, &e);
done:
    dorg_ensemble_close(&apply);
    dorg_nets_free(&nets);
    return dorg_finish(&e);
}
