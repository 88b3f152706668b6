/* dorg-relabel - lay a label on its CT, and check by HU that it fits (paper.md 11) */
#include "../libcommon/look/relabel.h" /* dorg_relabel */
#include "front.h"

static const char *flip = "none";
static struct dorg_list range = {2, {20, 180}}, keep;
static struct dorg_relabel how = {.least = 0.9};

static const struct dorg_opt opts[] = {
    {0, "flip", DORG_OPT_STR, &flip, 0, 0, "axes",
     "turn the label's stored axes round first: none, or some of xyz", false},
    {0, "header", DORG_OPT_FLAG, &how.by_header, 0, 0, NULL,
     "place the label by its own header, which must agree with the CT's, not by index", false},
    {0, "allow-empty", DORG_OPT_FLAG, &how.allow_empty, 0, 0, NULL,
     "an empty label is no failure: a patient may be without the organ", false},
    {0, "labels", DORG_OPT_INTS, &keep, -2147483648.0, 2147483647, "label,...",
     "labels that count as the organ, instead of all but 0", false},
    {0, "range", DORG_OPT_PAIR, &range, -1e9, 1e9, "lo,hi", "HU of the organ", false},
    {0, "least", DORG_OPT_F64, &how.least, 0, 1, "share",
     "of the label that must lie within; 0: no test", false},
    DORG_LIST_OPT,
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-relabel",
    .usage = "[options] [--flip axes | --header] [--labels label,...] [--range lo,hi] "
             "[--least share] ct label | [options] -L list",
    .list = "ct,label,out",
    .what = "lay a label on its CT, by index or by header, and check that it fits",
    .opts = opts,
    .min_args = 2,
    .max_args = 2,
    .binary = true,
};

static int one(const char *const *arg, struct dorg_err *e)
{
    struct dorg_vol ct = DORG_VOL_INIT, label = DORG_VOL_INIT, out = DORG_VOL_INIT;

    if (dorg_load_ct(&ct, arg[0], e)) goto done;
    if (dorg_load_vol(&label, arg[1], DORG_I32, e)) goto done;
    if (dorg_relabel(&out, &ct, &label, &how, e)) {
        dorg_err_at(e, arg[1]);
        goto done;
    }
    dorg_say("%.3f of the label lies within %g to %g HU", how.share[0], how.lo_hu, how.hi_hu);
    dorg_save_vol(&out, e);
done:
    dorg_vol_free(&ct);
    dorg_vol_free(&label);
    dorg_vol_free(&out);
    return e->code;
}

int main(int argc, char **argv)
{
    const char *const *arg = dorg_parse(&cmd, argc, argv);
    struct dorg_err e = DORG_ERR_INIT;

    how.lo_hu = range.v[0];
    how.hi_hu = range.v[1];
    how.keep = keep.v;
    how.n_keep = keep.n;
    if (!dorg_relabel_flips(how.flip, flip, &e) && how.by_header &&
        (how.flip[0] || how.flip[1] || how.flip[2]))
        dorg_fail(&e, DORG_EUSAGE, "--flip turns a label that is placed by index");
    dorg_each(arg, one, &e);
    return dorg_finish(&e);
}
