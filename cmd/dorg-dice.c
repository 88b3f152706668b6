/* dorg-dice - score masks against the truth (Roth et al. 2015, sec. 3, Table 1, Fig. 5) */
#include "../libcommon/score/compare.h" /* dorg_compare */
#include "../libcommon/score/scores.h"  /* dorg_matches_*, dorg_scores_* */
#include "front.h"

static const char *list_path;
static struct dorg_list labels, sweep;
static struct dorg_cuts cuts;
static bool all_labels, compare;
static struct dorg_score_opt how = {.tolerance_mm = 2, .grid_mm = 0.01};
static struct dorg_scores_style style = {.outlier = 0.4};
static struct dorg_compare_opt test = {
    .level = 0.95, .reps = 10000, .seed = DORG_SEED_DEFAULT};

static const struct dorg_opt opts[] = {
    {'L', "list", DORG_OPT_FILE, &list_path, 0, 0, "list",
     "score the pairs of this list: lines of mask, truth or case, mask, truth", false},
    {0, "labels", DORG_OPT_INTS, &labels, 1, DORG_LABEL_MAX, "label,...",
     "score each of these labels instead of whatever is not 0", false},
    {0, "all-labels", DORG_OPT_FLAG, &all_labels, 0, 0, NULL,
     "score each label that either volume holds", false},
    {0, "tolerance", DORG_OPT_F64, &how.tolerance_mm, 0, 1e6, "mm",
     "surfaces this close agree (column nsd)", false},
    {0, "empty", DORG_OPT_WORD, &how.empty, 0, 0, "nan|one|zero",
     "score of two empty masks; nan is written NA", false},
    {0, "no-surface", DORG_OPT_FLAG, &how.no_surface, 0, 0, NULL, "no distances", false},
    {0, "sweep", DORG_OPT_LIST, &sweep, -1e9, 1e9, "step|lo,hi,step",
     "the first of a pair is a map: score it cut at 0, step, ... 1 or lo, ... hi", false},
    {0, "format", DORG_OPT_WORD, &style.format, 0, 0, "tsv|json|latex|md", "of the tables",
     false},
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
    DORG_SEED_OPT(&test.seed, "--compare's resamples"),
    DORG_STD_OPTS,
};

static const struct dorg_letter unlisted[] = {
    {'a', "all-labels"}, {'c', "compare"}, {'l', "labels"}, {'n', "no-surface"}, {0, NULL}};

static const struct dorg_cmd cmd = {
    .name = "dorg-dice",
    .usage = "[options] [mask truth]... | [options] -L list | [options] --compare a.tsv b.tsv",
    .what = "score masks against the truth",
    .opts = opts,
    .max_args = -1,
    .unlisted = unlisted,
};

/* What the options say, before anything is read. */
static int check(size_t n, struct dorg_err *e)
{
    if (dorg_cuts_of(&cuts, sweep.v, sweep.n, e)) return e->code;
    if (compare ? list_path || n != 2 : list_path ? n != 0 : n == 0 || n % 2)
        return dorg_fail(e, DORG_EUSAGE, "expected %s", cmd.usage);
    if (compare && dorg_given("format"))
        return dorg_fail(e, DORG_EUSAGE, "--format is for scores; --compare writes a table");
    if (all_labels && (labels.n || cuts.n))
        return dorg_fail(e, DORG_EUSAGE,
                         "--all-labels goes with neither --labels nor --sweep");
    for (int i = 0; i < labels.n; i++)
        for (int k = 0; k < i; k++)
            if (labels.v[i] == labels.v[k])
                return dorg_fail(e, DORG_EUSAGE, "--labels: %g is given twice", labels.v[i]);
    return 0;
}

/* --compare: two tables of this command. */
static int compare_tables(const char *const *path, struct dorg_err *e)
{
    struct dorg_out o;
    test.stage = dorg_cmdline();
    if (dorg_open_out(&o, e)) return e->code;
    dorg_compare_files(&o, path[0], path[1], &test, e);
    return dorg_out_close(&o, e);
}

/* The pairs of -L, or the operands. */
static int find_pairs(struct dorg_matches *p, const char *const *arg, size_t n,
                      struct dorg_err *e)
{
    struct dorg_in *in = NULL;
    if (!list_path) return dorg_matches_of(p, arg, n, e);
    if (!dorg_open_in(&in, list_path, e)) dorg_matches_read(p, in, e);
    dorg_in_close(in);
    return e->code;
}

/* Masks against truths, or with --sweep maps at every threshold.  DORG_ECASES with no text
 * when some cases of several failed. */
static int score(struct dorg_scores *t, const struct dorg_matches *p, struct dorg_err *e)
{
    int32_t label[DORG_LIST_MAX] = {DORG_LABEL_ANY};
    for (int i = 0; i < labels.n; i++)
        label[i] = (int32_t)labels.v[i];
    how.label = label;
    how.n_labels = all_labels ? 0 : labels.n ? (size_t)labels.n : 1;
    struct dorg_scores_opt opt = {how, cuts, dorg_std.jobs, dorg_load_vol, dorg_case_failed};
    return dorg_scores_fill(t, p, &opt, e);
}

/* Rows, summary and notes in the --format asked for. */
static int write_table(const struct dorg_scores *t, const struct dorg_matches *p,
                       struct dorg_err *e)
{
    struct dorg_out o;
    style.summary = p->listed || cuts.n;
    style.sweep = cuts.n > 0;
    style.stage = dorg_cmdline();
    style.tolerance_mm = how.tolerance_mm;
    if (dorg_open_out(&o, e)) return e->code;
    dorg_scores_write(&o, t, &style, e);
    return dorg_out_close(&o, e);
}

int main(int argc, char **argv)
{
    const char *const *arg = dorg_parse(&cmd, argc, argv);
    struct dorg_err e = DORG_ERR_INIT, cases = DORG_ERR_INIT;
    struct dorg_matches pairs = DORG_MATCHES_INIT;
    struct dorg_scores t = DORG_SCORES_INIT;
    size_t n = dorg_operands();

    if (check(n, &e)) goto done;
    if (compare) {
        compare_tables(arg, &e);
        goto done;
    }
    if (find_pairs(&pairs, arg, n, &e)) goto done;
    if (score(&t, &pairs, &cases) && cases.code != DORG_ECASES) {
        e = cases;
        goto done;
    }
    if (!write_table(&t, &pairs, &e)) e = cases;
done:
    dorg_matches_free(&pairs);
    dorg_scores_free(&t);
    return dorg_finish(&e);
}
