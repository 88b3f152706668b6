/* dorg-dice - score masks against the truth (Roth et al. 2015, sec. 3, Table 1, Fig. 5) */
#include "../libcommon/score/compare.h" /* dorg_compare */
#include "../libcommon/score/scores.h"  /* dorg_matches_*, dorg_scores_* */
#include "front.h"

static const char *list_path, *empty = "nan", *format = "tsv";
static struct dorg_list labels, sweep;
static struct dorg_cuts cuts;
static bool all_labels, compare;
static struct dorg_score_opt how = {.tolerance_mm = 2, .grid_mm = 0.01};
static struct dorg_scores_style style = {.outlier = 0.4};
static struct dorg_compare_opt test = {.level = 0.95, .reps = 10000, .seed = 1};
static struct dorg_std std_ = DORG_STD_INIT;

static const struct dorg_opt opts[] = {
    {'L', "list", DORG_OPT_FILE, &list_path, 0, 0, "list",
     "score the pairs of this list: lines of mask, truth or case, mask, truth", false},
    {0, "labels", DORG_OPT_INTS, &labels, 1, DORG_LABEL_MAX, "label,...",
     "score each of these labels instead of whatever is not 0", false},
    {0, "all-labels", DORG_OPT_FLAG, &all_labels, 0, 0, NULL,
     "score each label that either volume holds", false},
    {0, "tolerance", DORG_OPT_F64, &how.tolerance_mm, 0, 1e6, "mm",
     "surfaces this close agree (column nsd)", false},
    {0, "empty", DORG_OPT_STR, &empty, 0, 0, "rule",
     "two empty masks score nan (NA), roth or one (1), or zero", false},
    {0, "no-surface", DORG_OPT_FLAG, &how.no_surface, 0, 0, NULL, "no distances", false},
    {0, "sweep", DORG_OPT_LIST, &sweep, -1e9, 1e9, "step|lo,hi,step",
     "the first of a pair is a map: score it cut at 0, step, ... 1 or lo, ... hi", false},
    {0, "format", DORG_OPT_STR, &format, 0, 0, "format", "tsv, json, latex or md", false},
    {0, "outlier", DORG_OPT_F64, &style.outlier, 0, 1, "dsc", "name cases below it", false},
    {0, "grid-tolerance", DORG_OPT_F64, &how.grid_mm, 0, 1e6, "mm",
     "corners of mask and truth may lie this far apart", false},
    {0, "ignore-geometry", DORG_OPT_FLAG, &how.ignore_geometry, 0, 0, NULL,
     "compare stored voxels one by one, with the truth's pitch", false},
    {0, "compare", DORG_OPT_FLAG, &compare, 0, 0, NULL,
     "the two operands are tables of this command: test their paired differences", false},
    {0, "level", DORG_OPT_F64, &test.level, 0.5, 0.9999, "share",
     "of --compare's bootstrap interval", false},
    {0, "reps", DORG_OPT_INT, &test.reps, 100, 10000000, "count", "of --compare's resamples",
     false},
    {0, "seed", DORG_OPT_U64, &test.seed, 0, 0, "seed", "of --compare's resamples", false},
    DORG_STD_OPTS(&std_),
    DORG_OPT_END,
};

static const struct dorg_letter unlisted[] = {
    {'a', "all-labels"}, {'c', "compare"}, {'l', "labels"}, {'n', "no-surface"}, {0, NULL}};

static const struct dorg_cmd cmd = {
    .name = "dorg-dice",
    .usage = "[mask truth]... | -L list | --compare a.tsv b.tsv",
    .what = "score masks against the truth",
    .opts = opts,
    .std = &std_,
    .max_args = -1,
    .unlisted = unlisted,
};

static int compare_tables(const char *const *arg, struct dorg_err *e)
{
    struct dorg_out o;
    test.stage = dorg_cmdline();
    if (dorg_open_out(&o, e)) return e->code;
    if (!dorg_compare_files(&o, arg[0], arg[1], &test, e)) return dorg_out_close(&o, e);
    return dorg_out_abort(&o), e->code;
}

static int score_pairs(const char *const *arg, size_t n, struct dorg_err *e)
{
    struct dorg_matches p = DORG_MATCHES_INIT;
    struct dorg_scores t = DORG_SCORES_INIT;
    int32_t label[DORG_LIST_MAX] = {DORG_LABEL_ANY};
    struct dorg_err cases = DORG_ERR_INIT;
    struct dorg_in *in = NULL;
    struct dorg_out o;

    how.n_labels = all_labels ? 0 : labels.n ? (size_t)labels.n : 1;
    how.label = label;
    for (int i = 0; i < labels.n; i++)
        label[i] = (int32_t)labels.v[i];

    struct dorg_scores_opt opt = {how, cuts, std_.jobs, dorg_load_vol, dorg_case_failed};
    if (list_path && dorg_open_in(&in, list_path, e)) goto done;
    if (list_path ? dorg_matches_read(&p, in, e) : dorg_matches_of(&p, arg, n, e)) goto done;
    if (dorg_scores_fill(&t, &p, &opt, &cases) && cases.code != DORG_ECASES) {
        *e = cases;
        goto done;
    }
    style.summary = p.listed || cuts.n;
    style.sweep = cuts.n > 0;
    style.stage = dorg_cmdline();
    style.tolerance_mm = how.tolerance_mm;
    if (dorg_open_out(&o, e)) goto done;
    dorg_scores_write(&o, &t, &style, e);
    if (!dorg_out_close(&o, e)) *e = cases;
done:
    dorg_in_close(in);
    dorg_matches_free(&p);
    dorg_scores_free(&t);
    return e->code;
}

int main(int argc, char **argv)
{
    const char *const *arg = dorg_parse(&cmd, argc, argv);
    struct dorg_err e = DORG_ERR_INIT;
    size_t n = 0;
    while (arg[n])
        n++;

    if (dorg_empty_by_name(&how.empty, empty, &e)) goto done;
    if (dorg_format_by_name(&style.format, format, &e)) goto done;
    if (dorg_cuts_of(&cuts, sweep.v, sweep.n, &e)) goto done;
    if (compare ? list_path || n != 2 : list_path ? n != 0 : n == 0 || n % 2)
        dorg_fail(&e, DORG_EUSAGE, "expected %s", cmd.usage);
    else if (all_labels && (labels.n || cuts.n))
        dorg_fail(&e, DORG_EUSAGE, "--all-labels goes with neither --labels nor --sweep");
    else if (compare)
        compare_tables(arg, &e);
    else
        score_pairs(arg, n, &e);
done:
    return dorg_finish(&e);
}
