/* dorg-pconv - the P-ConvNet's probability map of a scan (Roth et al. 2015, sec. 2.2) */
#include "../libcommon/apply/pconv.h"   /* dorg_pconv */
#include "../libcommon/sample/sample.h" /* dorg_sample_every */
#include "front_net.h" /* dorg_parse, dorg_load_vol, dorg_save_vol, dorg_finish */

static struct dorg_nets nets;
static const char *mask_path, *map_path;
static struct dorg_list every = {2, {0, 0}};
static struct dorg_pconv p = {.stride = 3, .stride_z = 1, .coarse = 1, .near = 0.02F};
static struct dorg_ensemble_opts how = {.engine = "auto", .precision = DORG_PREC_AUTO};

static const struct dorg_opt opts[] = {
    DORG_WEIGHTS_OPT(&nets),
    {'m', "mask", DORG_OPT_FILE, &mask_path, 0, 0, "volume", "where to look: not 0", false},
    {'P', "map", DORG_OPT_FILE, &map_path, 0, 0, "volume",
     "probability map, for a net that takes one", false},
    DORG_STRIDE_OPTS(&p, &every),
    {0, "coarse", DORG_OPT_INT, &p.coarse, 1, 16, "factor",
     "look first at samples this many times as far apart, then only near those that give "
     "--near",
     false},
    {0, "near", DORG_OPT_F32, &p.near, 0, 1, "probability",
     "for --coarse: enough to look closer", false},
    DORG_LIST_OPT,
    DORG_NET_OPTS(&how),
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-pconv",
    .usage =
        "[options] -n net... -m mask [--stride stride] [ct] | [options] -n net... -L list",
    .list = "ct,mask,out|map",
    .what = "map the probability of pancreas with a patch ConvNet",
    .opts = opts,
    .max_args = 1,
    .binary = true,
};

static struct dorg_ensemble apply;
static const struct dorg_kernels *kernels;

static int one(const char *const *arg, struct dorg_err *e)
{
    struct dorg_pconv_case c = DORG_PCONV_CASE_INIT;
    struct dorg_vol p0 = DORG_VOL_INIT;
    if (dorg_load_vol(&c.mask, mask_path, DORG_U8, e)) goto done;
    if (map_path && dorg_load_map(&c.map, map_path, e)) goto done;
    if (dorg_load_ct(&c.ct, arg[0], e)) goto done;
    struct dorg_pconv here = p;
    dorg_sample_every(&here.stride, &here.stride_z, every.v, c.ct.grid.mm);
    if (dorg_pconv(&p0, &c, &apply, kernels, &here, e)) goto done;
    dorg_save_vol(&p0, e);
done:
    dorg_pconv_free(&c);
    dorg_vol_free(&p0);
    return e->code;
}

static int check(struct dorg_err *e)
{
    if (!nets.path.n) return dorg_fail(e, DORG_EUSAGE, "-n net is needed");
    if (!dorg_std.list && !mask_path) return dorg_fail(e, DORG_EUSAGE, "-m mask is needed");
    if (every.n != 2) return dorg_fail(e, DORG_EUSAGE, "--every takes two numbers");
    p.jobs = dorg_std.jobs;
    dorg_net_opts(&how);
    return 0;
}

int main(int argc, char **argv)
{
    const char *const *arg = dorg_parse(&cmd, argc, argv);
    struct dorg_err e = DORG_ERR_INIT;

    if (check(&e)) goto done;
    if (!(kernels = dorg_kernels_find("cpu", &e))) goto done; /* --device is the net's */
    if (dorg_nets_load(&nets, &e)) goto done;
    if (dorg_pconv_open(&apply, nets.net, &how, &e)) goto done;
    if (dorg_nets_add(&apply, &nets, &e)) goto done;
    dorg_each(arg, one, &e);
done:
    dorg_ensemble_close(&apply);
    dorg_nets_free(&nets);
    return dorg_finish(&e);
}
