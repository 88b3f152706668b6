/* dorg-graphcut - label superpixels by min-cut over a CRF (Roth et al. 2015, sec. 2.6) */
#include "../libcommon/crf/graphcut.h" /* dorg_graphcut */
#include "front.h"                     /* dorg_main, dorg_load_tab, dorg_save_tab */

static struct dorg_graphcut p = {
    .column = "p", .lambda = 1, .clamp = 10, .sigma_hu = 30, .lambda_z = 1, .cut = 0.5};
static struct dorg_files edges_path;

static const struct dorg_opt opts[] = {
    {'l', "lambda", DORG_OPT_F64, &p.lambda, 0, 1e6, "weight",
     "weight of the boundary term against the regional one", false},
    {'e', "edges", DORG_OPT_FILES, &edges_path, 0, 0, "table",
     "neighbouring superpixels, from dorg-edges or dorg-rconv; may be repeated", false},
    {'c', "column", DORG_OPT_STR, &p.column, 0, 0, "name", "probability of being inside",
     false},
    {'p', "cut", DORG_OPT_F64, &p.cut, 1e-6, 1 - 1e-6, "probability",
     "a superpixel alone is inside when its probability is above this", false},
    {0, "pair", DORG_OPT_WORD, &p.pair, 0, 0, "auto|net|contrast|constant",
     "boundary term: -ln p_border, exp(-(contrast_hu/sigma)^2), 1; "
     "auto takes the first the edges have columns for",
     false},
    {'s', "sigma", DORG_OPT_F64, &p.sigma_hu, 1e-3, 1e6, "HU", "scale of the contrast term",
     false},
    {0, "by-length", DORG_OPT_FLAG, &p.by_length, 0, 0, NULL,
     "multiply the boundary term by the length of the shared border in pixel sides", false},
    {0, "clamp", DORG_OPT_F64, &p.clamp, 1e-3, 1e6, "nats",
     "upper bound of each -ln p, before any weight", false},
    {0, "3d", DORG_OPT_FLAG, &p.three_d, 0, 0, NULL,
     "join superpixels of adjacent slices by their overlap (from dorg-edges --3d)", false},
    {0, "lambda-z", DORG_OPT_F64, &p.lambda_z, 0, 1e6, "weight",
     "with --3d: weight of a full overlap, times lambda", false},
    DORG_LIST_OPT,
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-graphcut",
    .usage = "[options] [-l lambda] -e edges... [table] | [options] -L list",
    .list = "table,edges,out",
    .what = "label superpixels by min-cut over a conditional random field",
    .opts = opts,
    .max_args = 1,
};

static const char *const terms[] = {"auto", "net", "contrast", "constant"};

static int one(const char *const *arg, struct dorg_err *e)
{
    struct dorg_tab t = DORG_TAB_INIT, edges[DORG_LIST_MAX] = {DORG_TAB_INIT};
    struct dorg_graphcut_sum s;

    if (!edges_path.n) return dorg_fail(e, DORG_EUSAGE, "no edges given: -e table");
    for (int i = 0; i < edges_path.n; i++)
        if (dorg_load_tab(&edges[i], edges_path.path[i], e)) goto done;
    if (dorg_load_tab(&t, arg[0], e)) goto done;
    if (dorg_graphcut(&t, edges, edges_path.n, &p, &s, e)) goto done;
    dorg_say("%zu superpixels, %zu edges (%s term; %zu more end outside the table): "
             "%zu inside, energy %.9g",
             t.n_rows, s.n_edges, terms[s.pair], s.n_dropped, s.n_inside, s.energy);

    dorg_save_tab(&t, e);
done:
    dorg_tab_free(&t);
    for (int i = 0; i < edges_path.n; i++)
        dorg_tab_free(&edges[i]);
    return e->code;
}

int main(int argc, char **argv)
{
    return dorg_main(&cmd, argc, argv, one);
}
