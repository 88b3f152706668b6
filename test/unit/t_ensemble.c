/* running a net over many examples: what comes out, and what is refused */
#include "../../libcommon/apply/ensemble.h"
#include "../../libcommon/base/mem.h"
#include "../../libcommon/file/rec.h"
#include "../../libcommon/base/rng.h"
#include "../tap.h"

enum { SIDE = 6, PIXELS = 3 * SIDE * SIDE, N = 75 };

static uint8_t image[N][PIXELS];
static float mean[PIXELS], weights[2 * PIXELS + 2];
static struct dorg_net net;

static void make_net(void)
{
    struct dorg_err e = DORG_ERR_INIT;
    net = (struct dorg_net){.mean = mean, .params = weights, .kind = DORG_REC_PATCH};
    dorg_netcfg_parse(&net.cfg,
                      "input channels=3 size=6\nfc name=f outputs=2\nsoftmax\n"
                      "train batch=4 epochs=1\n",
                      "test", &e);
    ok(e.code == 0 && net.cfg.n_params == 2 * PIXELS + 2, "a net of one layer %s", e.text);
    for (uint32_t i = 0; i < 2 * PIXELS + 2; i++)
        weights[i] = (float)dorg_rng_normal(1, DORG_RNG_TEST, 1, i) / 400;
    for (uint32_t i = 0; i < PIXELS; i++)
        mean[i] = 255 * (float)dorg_rng_unit(1, DORG_RNG_TEST, 2, i);
    for (uint32_t i = 0; i < N * PIXELS; i++)
        image[i / PIXELS][i % PIXELS] = (uint8_t)dorg_rng_u32(1, DORG_RNG_TEST, 3, i);
}

static size_t fail_from = SIZE_MAX;

static int cut(uint8_t *dst, void *ctx, size_t first, size_t n, struct dorg_err *e)
{
    if (first + n > fail_from) return dorg_fail(e, DORG_EDATA, "example %zu", fail_from);
    memcpy(dst, (uint8_t *)ctx + first * PIXELS, n * PIXELS);
    return 0;
}

/* softmax(W (x - mean) + b), in double. */
static double truth(const uint8_t *x, const float *minus, const float *w)
{
    double y[2];
    for (int c = 0; c < 2; c++) {
        y[c] = (double)w[2 * PIXELS + c];
        for (int i = 0; i < PIXELS; i++)
            y[c] += (double)w[c * PIXELS + i] * ((double)x[i] - (double)minus[i]);
    }
    return 1 / (1 + exp(y[0] - y[1]));
}

static void run(int batch)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_ensemble a;
    struct dorg_ensemble_opts o = {.engine = "ref",
                                   .device = "auto",
                                   .precision = DORG_PREC_AUTO,
                                   .batch = batch,
                                   .jobs = 1};
    static float p[N][2];
    double worst = 0;
    ok(!dorg_ensemble_open(&a, &net, DORG_REC_PATCH, 3, 2, &o, &e), "open %s", e.text);
    ok(!dorg_ensemble_run(p[0], &a, N, cut, image, &e), "run in batches of %d %s", batch,
       e.text);
    for (int i = 0; i < N; i++)
        worst = fmax(worst, fabs((double)p[i][1] - truth(image[i], mean, weights)));
    ok(worst < 1e-5, "the net's own probabilities (worst %.2g)", worst);
    ok(!dorg_ensemble_run(p[0], &a, 0, cut, image, &e), "nothing to do");
    fail_from = 50;
    ok(dorg_ensemble_run(p[0], &a, N, cut, image, &e) == DORG_EDATA && strstr(e.text, "50"),
       "an example that cannot be cut ends it: %s", e.text);
    fail_from = SIZE_MAX;
    dorg_ensemble_close(&a);
}

static void refuse(uint32_t kind, int channels, int classes, const char *engine,
                   const char *device, enum dorg_precision precision, int code)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_ensemble a;
    struct dorg_ensemble_opts o = {
        .engine = engine, .device = device, .precision = precision, .jobs = 1};
    int got = dorg_ensemble_open(&a, &net, kind, channels, classes, &o, &e);
    ok(got == code, "%d: %s", got, e.text);
}

/* Nets that go together are averaged, each with its own mean image; others are refused. */
static void average(void)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_ensemble a;
    struct dorg_ensemble_opts o = {.engine = "ref",
                                   .device = "auto",
                                   .precision = DORG_PREC_AUTO,
                                   .batch = 16,
                                   .jobs = 1};
    static float p[N][2], mean2[PIXELS], weights2[2 * PIXELS + 2];
    struct dorg_net two = net, odd;
    two.mean = mean2;
    two.params = weights2;
    for (uint32_t i = 0; i < PIXELS; i++)
        mean2[i] = 255 - mean[i];
    for (uint32_t i = 0; i < 2 * PIXELS + 2; i++)
        weights2[i] = (float)dorg_rng_normal(1, DORG_RNG_TEST, 4, i) / 400;
    double want[N], worst = 0;
    for (int i = 0; i < N; i++)
        want[i] = (2 * truth(image[i], mean, weights) + truth(image[i], mean2, weights2)) / 3;
    ok(!dorg_ensemble_open(&a, &net, DORG_REC_PATCH, 3, 2, &o, &e), "open %s", e.text);
    ok(!dorg_ensemble_add(&a, &two, &e) && !dorg_ensemble_add(&a, &net, &e), "two more %s",
       e.text);
    ok(!dorg_ensemble_run(p[0], &a, N, cut, image, &e), "run %s", e.text);
    for (int i = 0; i < N; i++)
        worst = fmax(worst, fmax(fabs((double)p[i][1] - want[i]),
                                 fabs((double)p[i][0] + (double)p[i][1] - 1)));
    ok(worst < 1e-5, "the mean of three nets (worst %.2g)", worst);
    fail_from = 50;
    ok(dorg_ensemble_run(p[0], &a, N, cut, image, &e) == DORG_EDATA, "%s", e.text);
    fail_from = SIZE_MAX;
    for (int k = 0; k < 4; k++) {
        e = DORG_ERR_INIT;
        odd = net;
        if (k == 0) odd.kind = DORG_REC_REGION;
        if (k == 1) odd.cfg.size = 7;
        if (k == 2) odd.window_hu[1] = 1;
        if (k == 3) odd.pitch_mm = 2.5f;
        ok(dorg_ensemble_add(&a, &odd, &e) == DORG_EDATA, "refused: %s", e.text);
    }
    e = DORG_ERR_INIT;
    for (int i = a.n_nets; i < DORG_ENSEMBLE_NETS; i++)
        dorg_ensemble_add(&a, &net, &e);
    ok(!e.code && dorg_ensemble_add(&a, &net, &e) == DORG_EUSAGE, "as many as fit: %s",
       e.text);
    dorg_ensemble_close(&a);
}

int main(void)
{
    make_net();
    average();
    run(1);
    run(16);
    run(75);
    run(200);
    refuse(DORG_REC_REGION, 3, 2, "ref", "cpu", DORG_PREC_F32, DORG_EDATA);
    refuse(DORG_REC_PATCH, 2, 2, "ref", "cpu", DORG_PREC_F32, DORG_EDATA);
    refuse(DORG_REC_PATCH, 3, 3, "ref", "cpu", DORG_PREC_F32, DORG_EDATA);
    refuse(DORG_REC_PATCH, 3, 2, "best", "auto", DORG_PREC_F32, DORG_EUSAGE);
    refuse(DORG_REC_PATCH, 3, 2, "ref", "cuda", DORG_PREC_F32, DORG_EUSAGE);
    refuse(DORG_REC_PATCH, 3, 2, "cuda", "cpu", DORG_PREC_F32, DORG_EUSAGE);
    refuse(DORG_REC_PATCH, 3, 2, "auto", "cuda:x", DORG_PREC_F32, DORG_EUSAGE);
    refuse(DORG_REC_PATCH, 3, 2, "ref", "auto", DORG_PREC_BF16, DORG_EIO);
    dorg_netcfg_free(&net.cfg);
    return tap_done();
}
