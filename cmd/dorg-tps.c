/* dorg-tps - thin-plate-spline deformations of records (Roth et al. 2015, sec. 2.4) */
#include "../libcommon/sample/tps.h" /* dorg_tps_stream */
#include "front.h"                   /* dorg_parse, dorg_open_in, dorg_open_out, dorg_finish */

static int count = 8;
static double amplitude = 0.05;
static int points = 5;
static int kernel;
static bool only = false;
static uint64_t seed = DORG_SEED_DEFAULT;

static const struct dorg_opt opts[] = {
    {'k', "count", DORG_OPT_INT, &count, 0, 10000, "copies",
     "deformed copies of each record (the paper's N_t)", false},
    {0, "amplitude", DORG_OPT_F64, &amplitude, 0, 0.5, "fraction",
     "largest shift of a control point, as a fraction of the side; at least 1 pixel unless 0",
     false},
    {0, "points", DORG_OPT_INT, &points, 1, 99, "points",
     "control points as the authors count them: 5 gives a 3 x 3 grid", false},
    {0, "kernel", DORG_OPT_WORD, &kernel, 0, 0, "r|r2logr",
     "radial function: r, as in the authors' code, or r^2 log r", false},
    {0, "only", DORG_OPT_FLAG, &only, 0, 0, NULL, "leave the undeformed records out", false},
    DORG_SEED_OPT(&seed, "the deformations"),
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-tps",
    .usage = "[options] [-k count] [--amplitude amplitude] [--seed seed] [rec]",
    .what = "deform records by thin-plate splines",
    .opts = opts,
    .max_args = 1,
    .binary = true,
};

int main(int argc, char **argv)
{
    const char *const *arg = dorg_parse(&cmd, argc, argv);
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_tps_opts o = {
        .amplitude = amplitude, .points = points, .seed = seed, .r2logr = kernel};
    struct dorg_in *in = NULL;
    struct dorg_out out = DORG_OUT_INIT;

    if (dorg_open_in(&in, arg[0], &e)) goto done;
    if (dorg_open_out(&out, &e)) goto done;
    dorg_tps_stream(&out, in, &o, count, only, dorg_cmdline(), dorg_std.kernels, dorg_std.jobs,
                    &e);
    dorg_out_close(&out, &e);
done:
    dorg_in_close(in);
    return dorg_finish(&e);
}
