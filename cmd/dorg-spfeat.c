/* dorg-spfeat - superpixel features (Roth et al. 2015, sec. 2.1; Farag et al.) */
#include "../libcommon/feature/kde.h"    /* dorg_kde_load */
#include "../libcommon/base/mem.h"       /* dorg_zeroed */
#include "../libcommon/feature/spfeat.h" /* dorg_spfeat */
#include "front.h" /* dorg_parse, dorg_load_vol, dorg_save_tab, dorg_finish */

static const char *truth_path, *kde_path, *group, *rule = DORG_TRUTH_RULE_DEFAULT;
static struct dorg_files maps;
static bool context, landmarks;

static const struct dorg_opt opts[] = {
    {'t', "truth", DORG_OPT_FILE, &truth_path, 0, 0, "volume",
     "add columns coverage and truth from this mask", false},
    {0, "label-rule", DORG_OPT_STR, &rule, 0, 0, "rule",
     "what makes truth 1: coverage:F, dice:D or optimal", false},
    {'P', "map", DORG_OPT_FILES, &maps, 0, 0, "volume",
     "pool this map as well; may be repeated", false},
    {0, "kde", DORG_OPT_FILE, &kde_path, 0, 0, "table",
     "pool the response of this density table (dorg-kde) as well", false},
    {0, "context", DORG_OPT_FLAG, &context, 0, 0, NULL,
     "add what lies around: fat and soft tissue in boxes near and far, place from the spine",
     false},
    {0, "landmarks", DORG_OPT_FLAG, &landmarks, 0, 0, NULL,
     "describe by the patient's own anatomy and tissues, not by the field of view and by HU",
     false},
    {0, "group", DORG_OPT_STR, &group, 0, 0, "name",
     "the patient's name, where several tables are of one patient", false},
    DORG_LIST_OPT,
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-spfeat",
    .usage = "[options] [-t truth] [-P map]... [--kde table] [--context] ct labels | "
             "[options] -L list",
    .list = "ct,labels,out|truth,map,group",
    .what = "superpixel features: statistics, size, place",
    .opts = opts,
    .min_args = 2,
    .max_args = 2,
};

static int load_maps(struct dorg_spfeat *in, struct dorg_err *e)
{
    for (in->n_maps = 0; in->n_maps < maps.n; in->n_maps++) {
        int m = in->n_maps;
        if (dorg_load_map(&in->map[m], maps.path[m], e)) return e->code;
        dorg_spfeat_map_name(in->map_name[m], maps.path[m]);
    }
    return 0;
}

static struct dorg_kde *kde;

static int one(const char *const *arg, struct dorg_err *e)
{
    struct dorg_vol ct = DORG_VOL_INIT, labels = DORG_VOL_INIT, truth = DORG_VOL_INIT;
    struct dorg_tab t = DORG_TAB_INIT;
    struct dorg_spfeat *in = dorg_zeroed(1, sizeof *in, e);
    if (e->code) goto done;

    if (group && dorg_tab_set_group(&t, group, e)) goto done; /* is it a name? */
    if (dorg_truth_rule_parse(&in->rule, rule, e)) goto done;
    if (dorg_load_ct(&ct, arg[0], e)) goto done;
    if (dorg_load_vol(&labels, arg[1], DORG_I32, e)) goto done;
    if (truth_path && dorg_load_vol(&truth, truth_path, DORG_U8, e)) goto done;
    if (load_maps(in, e)) goto done;
    in->ct = &ct;
    in->labels = &labels;
    in->truth = truth_path ? &truth : NULL;
    in->kde = kde;
    in->context = context;
    in->landmarks = landmarks;

    if (dorg_spfeat(&t, in, dorg_std.jobs, e)) goto done;
    if (group && dorg_tab_set_group(&t, group, e)) goto done;
    dorg_say("%zu superpixels, %d columns", t.n_rows, t.n_cols);
    dorg_save_tab(&t, e);
done:
    for (int m = 0; in && m < DORG_SPFEAT_MAPS; m++)
        dorg_vol_free(&in->map[m]);
    free(in);
    dorg_vol_free(&ct);
    dorg_vol_free(&labels);
    dorg_vol_free(&truth);
    dorg_tab_free(&t);
    return e->code;
}

int main(int argc, char **argv)
{
    const char *const *arg = dorg_parse(&cmd, argc, argv);
    struct dorg_err e = DORG_ERR_INIT;

    dorg_kde_load(&kde, kde_path, &e);
    dorg_each(arg, one, &e);
    dorg_kde_free(kde);
    return dorg_finish(&e);
}
