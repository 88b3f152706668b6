/* dorg-kde - how organ-like a HU value is, learned from scans and applied to one */
#include "../libcommon/feature/kde.h" /* dorg_kde_count, dorg_kde_table, dorg_kde_map */
#include "../libcommon/base/mem.h"    /* dorg_zeroed */
#include "front.h" /* dorg_parse, dorg_load_vol, dorg_save_tab, dorg_save_vol */

#include <unistd.h> /* isatty */

static const char *apply;
static struct dorg_list shift = {1, {0}};

static const struct dorg_opt opts[] = {
    {0, "kde", DORG_OPT_FILE, &apply, 0, 0, "table",
     "apply this density table to one scan: the result is a map", false},
    {0, "shift", DORG_OPT_LIST, &shift, -500, 500, "HU,...",
     "learn from every scan once with each of these added", false},
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-kde",
    .usage = "[--shift HU,...] ct truth [ct truth]... | --kde table [ct]",
    .what = "densities of HU inside and outside the organ, and their response",
    .opts = opts,
    .max_args = -1,
};

static int learn(struct dorg_tab *t, const char *const *arg, struct dorg_err *e)
{
    struct dorg_kde_counts *c = dorg_zeroed(1, sizeof *c, e);
    struct dorg_vol ct = DORG_VOL_INIT, truth = DORG_VOL_INIT;
    char *past = NULL;
    for (; !e->code && arg[0]; arg += 2) {
        if (dorg_load_ct(&ct, arg[0], e)) break;
        if (dorg_load_vol(&truth, arg[1], DORG_U8, e)) break;
        dorg_kde_count(c, &ct, &truth, shift.v, shift.n, dorg_std.jobs, e);
        if (!e->code) dorg_history_add(&past, ct.history, e);
        if (!e->code) dorg_history_add(&past, truth.history, e);
        dorg_vol_free(&ct);
        dorg_vol_free(&truth);
    }
    if (!e->code && !dorg_kde_table(t, c, e)) dorg_history_add(&t->history, past, e);
    free(past);
    dorg_vol_free(&ct);
    dorg_vol_free(&truth);
    free(c);
    return e->code;
}

int main(int argc, char **argv)
{
    const char *const *arg = dorg_parse(&cmd, argc, argv);
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_vol ct = DORG_VOL_INIT, map = DORG_VOL_INIT;
    struct dorg_tab t = DORG_TAB_INIT;
    struct dorg_kde *k = NULL;
    size_t n = dorg_operands();

    if (apply ? n > 1 : n < 2 || n % 2) {
        dorg_fail(&e, DORG_EUSAGE,
                  apply ? "one scan at most with --kde, %zu operands given"
                        : "pairs of scan and truth wanted, %zu operands given",
                  n);
        goto done;
    }
    if (!apply) {
        if (!learn(&t, arg, &e)) dorg_save_tab(&t, &e);
        goto done;
    }
    if (!dorg_std.out && isatty(1)) {
        dorg_fail(&e, DORG_EUSAGE, "a map is not written to a terminal: use -o or a pipe");
        goto done;
    }
    if (dorg_kde_load(&k, apply, &e)) goto done;
    if (dorg_load_ct(&ct, arg[0], &e)) goto done;
    if (dorg_kde_map(&map, k, &ct, &e)) goto done;
    dorg_save_vol(&map, &e);
done:
    dorg_kde_free(k);
    dorg_vol_free(&ct);
    dorg_vol_free(&map);
    dorg_tab_free(&t);
    return dorg_finish(&e);
}
