/* dorg-folds - split cases into folds for cross-validation (Roth et al. 2015, sec. 3) */
#include "../libcommon/score/folds.h" /* dorg_folds_write */
#include "front.h"

static int folds = 4;
static uint64_t seed = 1;
static const char *keep;

static const struct dorg_opt opts[] = {
    {'k', "count", DORG_OPT_INT, &folds, 2, 10000, "count", "how many folds", false},
    DORG_SEED_OPT(&seed, "the shuffle"),
    {0, "previous", DORG_OPT_FILE, &keep, 0, 0, "folds",
     "a list of folds from before: its cases keep theirs, new ones are added", false},
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-folds",
    .usage = "[-k count] [--seed seed | --previous folds] [list]",
    .what = "split cases into folds, whole patients together",
    .opts = opts,
    .max_args = 1,
};

int main(int argc, char **argv)
{
    const char *const *arg = dorg_parse(&cmd, argc, argv);
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_tsv list = DORG_TSV_INIT, old = DORG_TSV_INIT;
    struct dorg_in *in = NULL, *in_old = NULL;
    struct dorg_out o;

    if (dorg_open_in(&in, arg[0], &e)) goto done;
    if (dorg_tsv_read(&list, in, "case", &e)) goto done;
    if (keep && dorg_open_in(&in_old, keep, &e)) goto done;
    if (keep && dorg_tsv_read(&old, in_old, "fold", &e)) goto done;
    if (dorg_open_out(&o, &e)) goto done;
    dorg_folds_write(&o, &list, keep ? &old : NULL, folds, seed, dorg_cmdline(), &e);
    dorg_out_close(&o, &e);
done:
    dorg_in_close(in);
    dorg_in_close(in_old);
    dorg_tsv_free(&list);
    dorg_tsv_free(&old);
    return dorg_finish(&e);
}
