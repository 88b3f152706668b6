/* dorg-level - bring a case's probabilities to the level of other cases' */
#include "../libcommon/apply/level.h" /* dorg_level_vol, dorg_level_tab */
#include "front.h" /* dorg_parse, dorg_load_vol, dorg_save_vol, dorg_finish */

static struct dorg_level p = {.share = NAN, .most = 8};
static const char *mask_path, *column, *weight = "area_mm2";
static bool mean;
static double share = 0.1;

static const struct dorg_opt opts[] = {
    {0, "share", DORG_OPT_F64, &share, 0, 1, "p", "the mean that the values are to have",
     false},
    {'m', "mask", DORG_OPT_FILE, &mask_path, 0, 0, "volume",
     "of a map: the candidates' voxels, not 0", false},
    {'c', "column", DORG_OPT_STR, &column, 0, 0, "name",
     "of a table instead of a map: the column of probabilities", false},
    {0, "weight", DORG_OPT_STR, &weight, 0, 0, "name", "and the column that weighs its rows",
     false},
    {0, "most", DORG_OPT_F64, &p.most, 0, 100, "nats", "move log odds no further than this",
     false},
    {0, "mean", DORG_OPT_FLAG, &mean, 0, 0, NULL,
     "write the mean and the sum of the weights, change nothing", false},
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-level",
    .usage = "[options] -m mask --share p [map] | -c column --share p [table] | --mean -m "
             "mask [map] | --mean -c column [table]",
    .what = "bring a case's probabilities to the level of other cases'",
    .opts = opts,
    .max_args = 1,
    .binary = true,
};

static int check(struct dorg_err *e)
{
    if (!mask_path == !column)
        return dorg_fail(e, DORG_EUSAGE, "-m mask for a map or -c column for a table");
    if (mean == dorg_given("share"))
        return dorg_fail(e, DORG_EUSAGE, "either --share p or --mean is needed");
    if (!mean) p.share = share;
    return 0;
}

/* What was found, where it is all that was asked for. */
static int tell(const struct dorg_level_sum *s, struct dorg_err *e)
{
    struct dorg_out out = DORG_OUT_INIT;
    dorg_say("mean %.9g of %.9g, log odds moved by %.4f", s->mean, s->weight, s->shift);
    if (!mean) return 0;
    if (dorg_open_out(&out, e)) return e->code;
    dorg_out_printf(&out, e, "%.17g\t%.17g\n", s->mean, s->weight);
    return dorg_out_close(&out, e);
}

int main(int argc, char **argv)
{
    const char *const *arg = dorg_parse(&cmd, argc, argv);
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_vol map = DORG_VOL_INIT, mask = DORG_VOL_INIT;
    struct dorg_tab t = DORG_TAB_INIT;
    struct dorg_level_sum s;

    if (check(&e)) goto done;
    if (column) {
        if (dorg_load_tab(&t, arg[0], &e)) goto done;
        if (dorg_level_tab(&t, column, weight, &p, &s, &e)) goto done;
    } else {
        if (dorg_load_map(&map, arg[0], &e)) goto done;
        if (dorg_load_vol(&mask, mask_path, DORG_U8, &e)) goto done;
        if (dorg_level_vol(&map, &mask, &p, &s, &e)) goto done;
    }
    if (tell(&s, &e) || mean) goto done;
    column ? dorg_save_tab(&t, &e) : dorg_save_vol(&map, &e);
done:
    dorg_vol_free(&map);
    dorg_vol_free(&mask);
    dorg_tab_free(&t);
    return dorg_finish(&e);
}
