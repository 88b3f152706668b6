/* dorg-rfcand - keep the superpixels a forest cascade takes for organ (sec. 2.1) */
#include "../libcommon/forest/cascade.h" /* dorg_cascade */
#include "front.h" /* dorg_parse, dorg_load_tab, dorg_save_tab, dorg_finish */

static struct dorg_files forests;
static double cut = 0.5, along = 0, max_ml = 0;
static struct dorg_list below = {2, {-30, 200}};
static bool oob, keep_all;

static const struct dorg_opt opts[] = {
    {'f', "forest", DORG_OPT_FILES, &forests, 0, 0, "forest",
     "a forest of dorg-rftrain; a second one is the cascade's second level", false},
    {'p', "cut", DORG_OPT_F64, &cut, 0, 1, "p",
     "keep rows with p >= this instead of the cut stored in the last forest", false},
    {0, "oob", DORG_OPT_FLAG, &oob, 0, 0, NULL,
     "for a case the forest was trained on, ask only the trees that never saw the row", false},
    {0, "along", DORG_OPT_F64, &along, 0, 1000, "mm",
     "average p up and down, by a Gaussian of this standard deviation; 0 not at all", false},
    {0, "below", DORG_OPT_LIST, &below, -10000, 10000, "low,high",
     "drop what lies less than low or more than high mm below the lungs; not unless given",
     false},
    {0, "max-ml", DORG_OPT_F64, &max_ml, 0, 1e9, "mL",
     "keep the rows of highest p only, up to this volume; 0 all", false},
    {0, "keep-all", DORG_OPT_FLAG, &keep_all, 0, 0, NULL, "add the columns, drop nothing",
     false},
    DORG_LIST_OPT,
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-rfcand",
    .usage = "[options] -f forest [-f forest2] [-p cut] [table] | [options] -L list",
    .list = "table,out",
    .what = "keep the superpixels that may be the organ",
    .opts = opts,
    .max_args = 1,
};

static struct dorg_forest f[2] = {{.level = 0}, {.level = 0}}; /* both empty */

static int load_forests(struct dorg_err *e)
{
    if (forests.n < 1 || forests.n > 2)
        return dorg_fail(e, DORG_EUSAGE, "one or two forests wanted (-f), %d given",
                         forests.n);
    for (int k = 0; k < forests.n; k++)
        if (dorg_forest_load(&f[k], forests.path[k], e)) return e->code;
    if (f[0].level != 1 || (forests.n == 2 && f[1].level != 2))
        return dorg_fail(e, DORG_EUSAGE, "a forest of level 1 first, then one of level 2");
    if (below.n != 2) return dorg_fail(e, DORG_EUSAGE, "--below: two numbers wanted");
    return 0;
}

static int one(const char *const *arg, struct dorg_err *e)
{
    struct dorg_tab t = DORG_TAB_INIT;
    if (dorg_load_tab(&t, arg[0], e)) goto done;

    struct dorg_cascade c = {.f = {&f[0], forests.n == 2 ? &f[1] : NULL},
                             .oob = oob,
                             .keep_all = keep_all,
                             .cut = dorg_given("cut") ? cut : NAN,
                             .along = along,
                             .below = {NAN, NAN},
                             .max_ml = max_ml,
                             .jobs = dorg_std.jobs};
    if (dorg_given("below")) memcpy(c.below, below.v, sizeof c.below);
    size_t before = t.n_rows;
    if (dorg_cascade(&t, &c, e)) goto done;
    dorg_say("%zu of %zu superpixels kept", t.n_rows, before);
    for (int k = 0; k < forests.n; k++)
        if (dorg_history_add(&t.history, f[k].history, e)) goto done;
    dorg_save_tab(&t, e);
done:
    dorg_tab_free(&t);
    return e->code;
}

int main(int argc, char **argv)
{
    const char *const *arg = dorg_parse(&cmd, argc, argv);
    struct dorg_err e = DORG_ERR_INIT;

    load_forests(&e);
    dorg_each(arg, one, &e);
    for (int k = 0; k < 2; k++)
        dorg_forest_free(&f[k]);
    return dorg_finish(&e);
}
