/* t_net.c - nets written, mapped, piped, compressed, damaged, described */
#include "../../libcommon/net/net.h"
#include "../../libcommon/base/rng.h"
#include "../tap.h"

#include <unistd.h>

static const char cfg_text[] = "input channels=2 size=8\n"
                               "conv name=c1 filters=3 kernel=3\n"
                               "relu\n"
                               "fc name=f1 outputs=2\n"
                               "softmax\n"
                               "train batch=4 epochs=2\n"
                               "#: epoch 1 loss 0.5\n";

static void make(struct dorg_net *n)
{
    struct dorg_err e = DORG_ERR_INIT;
    *n = DORG_NET_INIT;
    ok(!dorg_netcfg_parse(&n->cfg, cfg_text, "test", &e), "the test net parses %s", e.text);
    n->mean = malloc(128 * sizeof(float));
    n->params = malloc(n->cfg.n_params * sizeof(float));
    for (int i = 0; i < 128; i++)
        n->mean[i] = (float)i;
    dorg_netcfg_init(n->params, &n->cfg, 3);
    n->window_hu[0] = -160;
    n->window_hu[1] = 240;
    n->pitch_mm = 0.75f;
    n->kind = 2;
    n->history = strdup("dorg-region x\n");
}

static int save(const char *path, const struct dorg_net *n)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_out o;
    if (dorg_out_open(&o, path, &e)) return e.code;
    dorg_net_write(&o, n, "dorg-train 1", &e);
    return dorg_out_close(&o, &e);
}

static void check_same(const struct dorg_net *a, const char *path, int mapped)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_net b;
    if (!ok(!dorg_net_load(&b, path, &e), "%s loads %s", path, e.text)) return;
    ok(!b.map == !mapped, "%s is %s", path, mapped ? "mapped" : "copied");
    ok(memcmp(a->mean, b.mean, 128 * sizeof(float)) == 0 &&
           memcmp(a->params, b.params, a->cfg.n_params * sizeof(float)) == 0,
       "arrays survive");
    ok(strcmp(b.history, "dorg-region x\ndorg-train 1\n") == 0, "history gains a line");
    ok(strcmp(b.cfg.text, cfg_text) == 0, "the text survives");
    ok(b.window_hu[0] == -160 && b.window_hu[1] == 240 && b.pitch_mm == 0.75f && b.kind == 2,
       "window, pitch and kind survive");
    ok((uintptr_t)b.params % 64 == 0 || !mapped, "mapped floats are aligned");
    dorg_net_free(&b);
    dorg_net_free(&b);
}

/* Every prefix and every changed byte of a good file is refused, and never crashes. */
static void check_damage(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t buf[8192];
    size_t n = fread(buf, 1, sizeof buf, f);
    int bad_prefix = 0, bad_byte = 0;
    fclose(f);
    for (size_t i = 0; i < n; i += i < 200 ? 1 : 37) {
        struct dorg_err e = DORG_ERR_INIT;
        struct dorg_net b;
        f = fopen("bad.net", "wb");
        fwrite(buf, 1, i, f);
        fclose(f);
        bad_prefix += dorg_net_load(&b, "bad.net", &e) != DORG_EDATA;
        e = DORG_ERR_INIT;
        buf[i] ^= 0x41;
        f = fopen("bad.net", "wb");
        fwrite(buf, 1, n, f);
        fclose(f);
        buf[i] ^= 0x41;
        bad_byte += dorg_net_load(&b, "bad.net", &e) != DORG_EDATA;
    }
    ok(bad_prefix == 0, "prefixes of a net are refused");
    ok(bad_byte == 0, "a net with a byte changed is refused");
    unlink("bad.net");
}

int main(void)
{
    char dir[] = "/tmp/t_netXXXXXX";
    struct dorg_net n;
    struct dorg_err e = DORG_ERR_INIT;
    char *text;
    if (!mkdtemp(dir) || chdir(dir)) return 1;
    make(&n);
    ok(save("a.net", &n) == 0 && save("a.net.gz", &n) == 0, "written");
    check_same(&n, "a.net", 1);
    check_same(&n, "a.net.gz", 0);
    check_damage("a.net");
    ok(!dorg_net_describe(&text, &n, &e), "described");
    ok(strstr(text, " 275 parameters") != NULL, "with its parameters");
    ok(strstr(text, "epoch 1 loss 0.5") && strstr(text, "dorg-region x"), "and its past");
    ok(strstr(text, "-160 to 240 HU") && strstr(text, "0.75 mm"), "and its records");
    printf("# %zu parameters\n", n.cfg.n_params);
    free(text);
    n.params[5] = NAN;
    ok(save("nan.net", &n) == 0, "a NaN is written");
    struct dorg_net b;
    ok(dorg_net_load(&b, "nan.net", &e) == DORG_EDATA, "and refused: %s", e.text);
    e = DORG_ERR_INIT;
    ok(dorg_net_load(&b, "absent.net", &e) == DORG_EIO, "an absent net: %s", e.text);
    dorg_net_free(&n);
    unlink("a.net");
    unlink("a.net.gz");
    unlink("nan.net");
    if (chdir("/") == 0) rmdir(dir);
    return tap_done();
}
