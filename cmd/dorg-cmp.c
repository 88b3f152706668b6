/* dorg-cmp - are two files equal within a tolerance? */
#include "../libcommon/look/cmp.h" /* dorg_cmp_inputs */
#include "front.h"                 /* dorg_parse, dorg_open_in, dorg_finish */

static struct dorg_cmp how;

static const struct dorg_opt opts[] = {
    {0, "tolerance", DORG_OPT_F64, &how.absolute, 0, 1e30, "t",
     "absolute tolerance: numbers may differ by this", false},
    {0, "relative", DORG_OPT_F64, &how.relative, 0, 1, "r",
     "relative tolerance: and by this share of the larger of the two", false},
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-cmp",
    .usage = "[--tolerance tolerance] [--relative relative] a b",
    .what = "are two files equal within a tolerance? 0 yes, 1 no",
    .opts = opts,
    .min_args = 2,
    .max_args = 2,
};

static int tell(struct dorg_err *e)
{
    struct dorg_out o;
    if (dorg_open_out(&o, e)) return e->code;
    dorg_out_printf(&o, e, "%s\n", how.text);
    if (!dorg_out_close(&o, e)) e->code = DORG_EDIFF;
    return e->code;
}

int main(int argc, char **argv)
{
    const char *const *arg = dorg_parse(&cmd, argc, argv);
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_in *a = NULL, *b = NULL;

    if (dorg_open_in(&a, arg[0], &e)) goto done;
    if (dorg_open_in(&b, arg[1], &e)) goto done;
    if (dorg_cmp_inputs(&how, a, b, &e)) goto done;
    if (how.differ)
        tell(&e);
    else
        dorg_say("equal %ss", how.text);
done:
    dorg_in_close(a);
    dorg_in_close(b);
    return dorg_finish(&e);
}
