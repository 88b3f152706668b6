/* dorg-holds - what a mask or labels hold: volumes, and the scan's HU inside */
#include "../libcommon/look/holds.h" /* dorg_holds, dorg_holds_write */
#include "front.h"                   /* dorg_main, dorg_load_vol, dorg_open_out */

static struct dorg_files notes, warnings;
static enum { TSV, JSON } format;

static const struct dorg_opt opts[] = {
    {0, "format", DORG_OPT_WORD, &format, 0, 0, "tsv|json", "of what is written", false},
    {0, "note", DORG_OPT_FILES, &notes, 0, 0, "name=value",
     "put this into the JSON; may be repeated", true},
    {0, "warning", DORG_OPT_FILES, &warnings, 0, 0, "text",
     "and this sentence; may be repeated", true},
    DORG_LIST_OPT,
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-holds",
    .usage = "[options] [--format tsv|json] ct labels | [options] -L list",
    .list = "ct,labels,out",
    .what = "volumes of a mask or labels, and the scan's HU inside",
    .opts = opts,
    .min_args = 2,
    .max_args = 2,
};

static int one(const char *const *arg, struct dorg_err *e)
{
    struct dorg_vol ct = DORG_VOL_INIT, labels = DORG_VOL_INIT;
    struct dorg_holds *h = NULL;
    struct dorg_out o;
    size_t n;

    if (dorg_load_ct(&ct, arg[0], e)) goto done;
    if (dorg_load_vol(&labels, arg[1], DORG_LABELS, e)) goto done;
    if (dorg_holds(&h, &n, &labels, &ct, e) || dorg_open_out(&o, e)) goto done;
    const struct dorg_holds_style style = {format == JSON, dorg_cmdline(), DORG_VERSION,
                                           notes.path,     warnings.path,  notes.n,
                                           warnings.n,     labels.history};
    dorg_holds_write(&o, h, n, &style, e);
    dorg_out_close(&o, e);
done:
    free(h);
    dorg_vol_free(&ct);
    dorg_vol_free(&labels);
    return e->code;
}

int main(int argc, char **argv)
{
    return dorg_main(&cmd, argc, argv, one);
}
