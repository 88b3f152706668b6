/* dorg-rftrain - train a random forest, or boosted trees, on superpixel tables (Roth et al.
 * 2015, sec. 2.1) */
#include "../libcommon/forest/learn.h" /* dorg_learn */
#include "front.h"                     /* dorg_parse, dorg_open_out, dorg_say, dorg_finish */

static int trees = 100, depth = 16, min_leaf = 4, tries = 0, slab = 16, folds = 5;
static double rate = 0.1, l2 = 1, rows = 0.5, columns = 0.3;
static uint64_t seed = DORG_SEED_DEFAULT, max_rows = 16000000;
static double recall = 0.97, odd = -1, shrink = 10;
static bool unweighted, hard;
static int learner = DORG_FOREST_BAGGED, bag = DORG_BAG_AUTO;
static const char *previous, *without;
static struct dorg_list ambiguous = {2, {0.2, 0.5}};

static const struct dorg_opt opts[] = {
    {0, "learner", DORG_OPT_WORD, &learner, 0, 0, "forest|boost",
     "a random forest, or gradient boosting", false},
    {'k', "count", DORG_OPT_INT, &trees, 1, 100000, "count",
     "trees to grow; with boost, 200 in each fold unless given", false},
    {'f', "forest", DORG_OPT_FILE, &previous, 0, 0, "forest",
     "train the second level of a cascade whose first is this", false},
    {0, "recall", DORG_OPT_F64, &recall, 0, 1, "share",
     "store the cut that keeps this share of the organ's voxels, out of bag", false},
    {0, "odd", DORG_OPT_F64, &odd, -1, 1, "share",
     "let this share of the cases, the oddest, lose more; -1: all count in the mean", false},
    {0, "depth", DORG_OPT_INT, &depth, 1, 64, "levels",
     "deepest tree; with boost 6 unless given", false},
    {0, "min-leaf", DORG_OPT_INT, &min_leaf, 1, 1000000, "rows",
     "smallest leaf; with boost 40 unless given", false},
    {0, "shrink", DORG_OPT_F64, &shrink, 0, 1e9, "rows",
     "shrink leaves towards their ancestors, by this many rows; 0 not at all", false},
    {0, "tries", DORG_OPT_INT, &tries, 0, 4096, "features",
     "features tried per split; 0 means the square root of their number", false},
    {0, "bag", DORG_OPT_WORD, &bag, 0, 0, "row|slab|case|auto",
     "what a tree leaves out; auto: a case, of a lone case a slab", false},
    {0, "slab", DORG_OPT_INT, &slab, 1, 32767, "slices", "thickness of a slab", false},
    {0, "folds", DORG_OPT_INT, &folds, 2, 255, "count",
     "boost: parts of the training set, each left out by a fifth of the trees", false},
    {0, "rate", DORG_OPT_F64, &rate, 1e-6, 1, "share",
     "boost: of each tree's step, how much is taken", false},
    {0, "l2", DORG_OPT_F64, &l2, 0, 1e9, "weight",
     "boost: shrinks leaves; a row at p = 0.5 weighs a quarter", false},
    {0, "rows", DORG_OPT_F64, &rows, 1e-6, 1, "share", "boost: of the rows, what a tree sees",
     false},
    {0, "columns", DORG_OPT_F64, &columns, 1e-6, 1, "share",
     "boost: of the features, what a tree sees", false},
    {0, "unweighted", DORG_OPT_FLAG, &unweighted, 0, 0, NULL,
     "let each row weigh 1, not each class", false},
    {0, "hard", DORG_OPT_FLAG, &hard, 0, 0, NULL, "train on truth, not on coverage", false},
    {0, "ambiguous", DORG_OPT_PAIR, &ambiguous, 0, 1, "lo,hi",
     "do not train on rows of truth 0 with coverage strictly between these", false},
    {0, "without", DORG_OPT_STR, &without, 0, 0, "column,...", "take no features of these",
     false},
    DORG_MAX_OPT(&max_rows, "beyond so many, leave out rows of the larger class at random"),
    DORG_SEED_OPT(&seed, "all draws"),
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-rftrain",
    .usage = "[options] [-k count] [-f forest] table...",
    .what = "train a random forest on superpixel tables",
    .opts = opts,
    .min_args = 1,
    .max_args = -1,
    .binary = true,
};

static void say_point(const char *what, const struct dorg_forest_point *p)
{
    dorg_say("%s %.6g: recall %.4f, worst case %.4f, precision %.4f, DSC %.4f, keeps %.4f of "
             "the rows",
             what, p->cut, p->recall, p->worst, p->precision, p->dsc, p->kept);
}

static void report(const struct dorg_forest *f, const struct dorg_learn_report *r)
{
    static const char *const unit[] = {"row", "slab", "case"};
    dorg_say("%u cases, %u features, %zu rows of class 0, %zu of class 1", f->n_cases,
             f->n_features, r->rows[0], r->rows[1]);
    dorg_say(
        "not trained on: %zu ambiguous, %zu over max-rows, %zu dropped by the first level",
        r->ambiguous, r->left_out, r->dropped);
    if (f->kind == DORG_FOREST_BOOSTED)
        dorg_say("%u boosted trees, in %u folds by %s; left out: AUC %.5f", f->n_trees,
                 f->folds, unit[f->bag.unit], r->auc);
    else
        dorg_say("%u trees, bagged by %s; out of bag: AUC %.5f", f->n_trees, unit[f->bag.unit],
                 r->auc);
    say_point("cut", &r->cut);
    say_point("pass", &r->pass);
    for (uint32_t k = 0; k < r->n_top; k++)
        dorg_say("importance %.4f %s", f->importance[r->top[k]], f->feature[r->top[k]]);
}

static uint32_t boosted(int given, const char *option, uint32_t otherwise)
{
    return dorg_given(option) ? (uint32_t)given : otherwise;
}

static struct dorg_learn settings(const struct dorg_forest *prev)
{
    return (struct dorg_learn){
        .kind = (uint32_t)learner,
        .grow = {.trees = (uint32_t)trees,
                 .depth = (uint32_t)depth,
                 .min_leaf = (uint32_t)min_leaf,
                 .tries = (uint32_t)tries,
                 .shrink = shrink,
                 .balanced = !unweighted,
                 .jobs = dorg_std.jobs},
        .boost = {.trees = boosted(trees, "count", 200),
                  .depth = boosted(depth, "depth", 6),
                  .min_leaf = boosted(min_leaf, "min-leaf", 40),
                  .rate = rate,
                  .l2 = l2,
                  .rows = rows,
                  .features = columns,
                  .balanced = !unweighted,
                  .jobs = dorg_std.jobs},
        .folds = (uint32_t)folds,
        .jobs = dorg_std.jobs,
        .data = {.max_rows = max_rows,
                 .hard = hard,
                 .ambiguous = {ambiguous.v[0], ambiguous.v[1]},
                 .seed = seed},
        .bag = {.unit = (uint32_t)bag, .seed = seed, .slab_slices = (uint32_t)slab},
        .recall = recall,
        .odd = odd,
        .without = without,
        .prev = prev};
}

int main(int argc, char **argv)
{
    const char *const *arg = dorg_parse(&cmd, argc, argv);
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_forest prev = DORG_FOREST_INIT, f = DORG_FOREST_INIT;
    struct dorg_learn_report r;
    struct dorg_out o;
    struct dorg_learn t = settings(previous ? &prev : NULL);

    if (previous && dorg_forest_load(&prev, previous, &e)) goto done;
    if (dorg_learn(&f, &r, arg, (uint32_t)dorg_operands(), &t, &e)) goto done;
    report(&f, &r);
    if (dorg_open_out(&o, &e)) goto done;
    dorg_forest_write(&o, &f, dorg_cmdline(), &e);
    dorg_out_close(&o, &e);
done:
    dorg_forest_free(&prev);
    dorg_forest_free(&f);
    return dorg_finish(&e);
}
