/* dorg-netconv - a net as a safetensors file, and back */
#include "../libcommon/net/net.h" /* dorg_net_load, _write, _to_st, _from_st */
#include "front.h"                /* dorg_parse, dorg_open_out, dorg_finish */

static const char *cfg;

static const struct dorg_opt opts[] = {
    {0, "cfg", DORG_OPT_FILE, &cfg, 0, 0, "cfg",
     "layers of a safetensors file that does not hold them itself", false},
    DORG_STD_OPTS,
};

static const struct dorg_cmd cmd = {
    .name = "dorg-netconv",
    .usage = "[--cfg net.cfg] file",
    .what = "turn a net into a safetensors file, and back",
    .opts = opts,
    .min_args = 1,
    .max_args = 1,
    .binary = true,
};

int main(int argc, char **argv)
{
    const char *const *arg = dorg_parse(&cmd, argc, argv);
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_net n = DORG_NET_INIT;
    struct dorg_out o = DORG_OUT_INIT;
    struct dorg_in *in = NULL;
    const uint8_t *first;
    size_t got;
    bool net = false;

    if (dorg_open_in(&in, arg[0], &e) || dorg_in_peek(in, &first, 8, &got, &e)) goto done;
    net = got == 8 && memcmp(first, "DORGNET\n", 8) == 0;
    if (!net && dorg_net_from_st(&n, in, cfg, &e)) goto done;
    if (net && dorg_net_read(&n, in, &e)) dorg_err_at(&e, dorg_in_name(in));
    if (dorg_open_out(&o, &e)) goto done;
    if (net)
        dorg_net_to_st(&o, &n, dorg_cmdline(), &e);
    else
        dorg_net_write(&o, &n, dorg_cmdline(), &e);
    dorg_out_close(&o, &e);
done:
    dorg_in_close(in);
    dorg_net_free(&n);
    return dorg_finish(&e);
}
