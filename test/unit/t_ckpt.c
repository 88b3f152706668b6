/* t_ckpt.c - checkpoints: there and back, damaged, another's */
#include "../../libcommon/train/ckpt.h"
#include "../tap.h"

#include <unistd.h>

enum { N = 50 };

static void fill(struct dorg_ckpt *c)
{
    struct dorg_err e = DORG_ERR_INIT;
    dorg_ckpt_new(c, N, 1, &e);
    for (int i = 0; i < N; i++) {
        c->params[i] = (float)i;
        c->momentum[i] = -(float)i;
        c->best[i] = 0.5f * (float)i;
    }
    c->identity = 99;
    c->step = 12345;
    c->best_epoch = 3;
    c->since_best = 2;
    c->best_auc = 0.75;
    c->best_loss = 0.25;
    c->loss_sum = 7.5;
    c->seconds = 60;
    c->log = strdup("epoch\n1\n");
}

static int load(struct dorg_ckpt *c, uint64_t identity, int best, struct dorg_err *e)
{
    int found;
    *e = DORG_ERR_INIT;
    dorg_ckpt_new(c, N, best, e);
    c->identity = identity;
    dorg_ckpt_load(c, "a.ckpt", &found, e);
    return e->code ? e->code : found ? 0 : -1;
}

int main(void)
{
    char dir[] = "/tmp/t_ckptXXXXXX";
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_ckpt a, b;
    uint8_t bytes[4096];
    int bad = 0, n_bytes;
    if (!mkdtemp(dir) || chdir(dir)) return 1;
    ok(load(&b, 99, 1, &e) == -1, "none is found");
    dorg_ckpt_free(&b);
    fill(&a);
    ok(!dorg_ckpt_save(&a, "a.ckpt", &e), "saved");
    ok(!load(&b, 99, 1, &e), "loaded %s", e.text);
    ok(memcmp(a.params, b.params, N * 4) == 0 && memcmp(a.momentum, b.momentum, N * 4) == 0 &&
           memcmp(a.best, b.best, N * 4) == 0,
       "arrays survive");
    ok(b.step == 12345 && b.best_epoch == 3 && b.since_best == 2 && !(b.best_auc < 0.75) &&
           !(b.loss_sum < 7.5) && strcmp(b.log, a.log) == 0,
       "numbers and log survive");
    dorg_ckpt_free(&b);
    ok(load(&b, 98, 1, &e) == DORG_EDATA, "another's is refused: %s", e.text);
    dorg_ckpt_free(&b);
    ok(load(&b, 99, 0, &e) == DORG_EDATA, "so is one that keeps a best net");
    dorg_ckpt_free(&b);
    FILE *f = fopen("a.ckpt", "rb");
    n_bytes = (int)fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    for (int i = 0; i < n_bytes; i++)
        for (int cut = 0; cut < 2; cut++) {
            f = fopen("a.ckpt", "wb");
            bytes[i] ^= 16;
            fwrite(bytes, 1, (size_t)(cut ? i : n_bytes), f);
            bytes[i] ^= 16;
            fclose(f);
            bad += load(&b, 99, 1, &e) != DORG_EDATA;
            dorg_ckpt_free(&b);
        }
    ok(bad == 0, "every changed byte and every prefix is refused");
    dorg_ckpt_free(&a);
    unlink("a.ckpt");
    if (chdir("/") == 0) rmdir(dir);
    return tap_done();
}
