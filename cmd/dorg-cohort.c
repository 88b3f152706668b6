/* dorg-cohort - read a list of cases, check it, lay its scans out as folders */
#include "../libcommon/file/cohort.h"  /* dorg_cohort_read, _lay, _write */
#include "../libcommon/look/relabel.h" /* dorg_relabel_fits */
#include "front.h"

static const char *lay, *column, *shard;
static struct dorg_cohort_rules rules;
static bool check;
static struct dorg_relabel how = {.lo_hu = 20, .hi_hu = 180, .least = 0.9};

static const struct dorg_opt opts[] = {
    {'c', "column", DORG_OPT_STR, &column, 0, 0, "name",
     "write this column alone, one field a line, instead of the list", false},
    {0, "lay", DORG_OPT_FILE, &lay, 0, 0, "folder",
     "make folder/CASE/ct.nii.gz and truth.nii.gz, links to the files", true},
    {0, "need", DORG_OPT_STR, &rules.need, 0, 0, "name,...",
     "columns that the list must have besides case and ct", false},
    {0, "base", DORG_OPT_FILE, &rules.base, 0, 0, "folder",
     "where relative paths in the list start; the current folder without it", true},
    {0, "check", DORG_OPT_FLAG, &check, 0, 0, NULL,
     "open the scans: ct and truth must share a grid, the truth must fit by HU", false},
    {0, "least", DORG_OPT_F64, &how.least, 0, 1, "share",
     "of a truth that must lie within 20 to 180 HU; 0: no such test", false},
    {0, "lenient", DORG_OPT_FLAG, &rules.lenient, 0, 0, NULL,
     "leave a case out, by name, whose files are not there or not right", false},
    {0, "shard", DORG_OPT_STR, &shard, 0, 0, "i/n",
     "every n-th case from the i-th on, in the list's order", false},
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-cohort",
    .usage = "[options] [list]",
    .what = "read a list of cases, check it, lay its scans out as folders",
    .opts = opts,
    .max_args = 1,
};

static int check_pair(const struct dorg_cohort *c, size_t r, struct dorg_err *e)
{
    struct dorg_vol ct = DORG_VOL_INIT, truth = DORG_VOL_INIT;
    const char *label = dorg_cohort_truth(c, r);
    if (!dorg_load_ct(&ct, dorg_cohort_ct(c, r), e) && label &&
        !dorg_load_vol(&truth, label, DORG_U8, e) && dorg_relabel_fits(&ct, &truth, &how, e))
        dorg_err_at(e, label);
    dorg_vol_free(&ct);
    dorg_vol_free(&truth);
    return e->code;
}

/* Name what is left out, and look into what is not, if asked; gives the number left out. */
static size_t look(struct dorg_cohort *c, struct dorg_err *e)
{
    size_t left = 0;
    for (size_t r = 0; r < c->list.n_rows && !e->code; r++) {
        struct dorg_err one = DORG_ERR_INIT;
        if (c->why[r])
            dorg_fail(&one, DORG_EDATA, "%s", c->why[r]);
        else if (check)
            check_pair(c, r, &one);
        if (!one.code) continue;
        dorg_cohort_leave(c, r, one.text, e);
        dorg_case_failed(dorg_cohort_name(c, r), &one);
        left++;
    }
    return left;
}

int main(int argc, char **argv)
{
    const char *const *arg = dorg_parse(&cmd, argc, argv);
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_cohort c = DORG_COHORT_INIT;
    struct dorg_in *in = NULL;
    struct dorg_out o;
    size_t part[2] = {1, 1}, left = 0;

    if (shard && dorg_cohort_shard_parse(part, shard, &e)) goto done;
    if (dorg_open_in(&in, arg[0], &e)) goto done;
    if (dorg_cohort_read(&c, in, &rules, &e)) goto done;
    dorg_cohort_shard(&c, part[0], part[1]);
    left = look(&c, &e);
    if (left && !rules.lenient)
        dorg_fail(&e, DORG_EDATA, "%zu of %zu cases are not as they should be", left,
                  c.list.n_rows);
    if (e.code || (lay && dorg_cohort_lay(&c, lay, &e))) goto done;
    if (dorg_open_out(&o, &e)) goto done;
    dorg_cohort_write(&o, &c, column, &e);
    dorg_out_close(&o, &e);
    if (left) dorg_fail(&e, DORG_ECASES, "%zu of %zu cases left out", left, c.list.n_rows);
done:
    dorg_in_close(in);
    dorg_cohort_free(&c);
    return dorg_finish(&e);
}
