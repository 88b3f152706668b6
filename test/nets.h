/* nets.h - random small nets with data, for the tests of engines */
#ifndef DORG_TEST_NETS_H
#define DORG_TEST_NETS_H

#include <libgen.h>
#include <limits.h>
#include <unistd.h>

#include "../kernels/engine.h"
#include "../libcommon/base/rng.h"
#include "oracle/o_net.h"
#include "tap.h"

/* Nets with the layers of the paper's and of pipelines/nets/compact.cfg, but small. */
#define LIKE_THE_PAPERS                                                                       \
    "input channels=3 size=40\nconv filters=32 kernel=11\nlrn size=5 alpha=0.01 k=2\n"        \
    "pool kernel=3 stride=2\nrelu\nconv filters=48 kernel=5 pad=2\nrelu\nlrn size=5 "         \
    "alpha=0.01\n"                                                                            \
    "pool kernel=3 stride=2\nconv filters=32 kernel=3 pad=1\npool kernel=3 stride=2\nrelu\n"  \
    "fc outputs=512\nrelu\ndropout keep=0.5\nfc outputs=512\nrelu\ndropout keep=0.5\n"        \
    "fc outputs=2\nsoftmax\n"
#define LIKE_COMPACT                                                                          \
    "input channels=3 size=24\nbnorm\nconv filters=32 kernel=5 stride=2 pad=2\nbnorm\nrelu\n" \
    "conv filters=48 kernel=3 pad=1\nbnorm\nrelu\npool kernel=3 stride=2\nbnorm\nrelu\n"      \
    "conv filters=64 kernel=3 pad=1\nbnorm\nrelu\ngap\ndropout keep=0.5\nfc outputs=3\n"      \
    "softmax\n"

struct trial {
    struct dorg_netcfg cfg;
    int n; /* images */
    size_t n_x;
    float *w, *x; /* parameters, images */
    double *w64, *x64;
    uint8_t *y;
    double *keep[DORG_MAX_LAYERS]; /* dropout's masks, for the oracle */
    struct dorg_sgd sgd;
};

/* Plug-ins of this build, unless DORG_PLUGINS names others: tests are in BUILD/test/unit. */
__attribute__((unused)) static void use_built_plugins(void)
{
    char exe[PATH_MAX], dir[PATH_MAX + 32];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (n <= 0 || getenv("DORG_PLUGINS")) return;
    exe[n] = '\0';
    snprintf(dir, sizeof dir, "%s/../../lib/dorg", dirname(exe));
    setenv("DORG_PLUGINS", dir, 1);
}

static void trial_masks(struct trial *t)
{
    for (int k = 0; k < t->cfg.n_layers; k++) {
        const struct dorg_layer *l = &t->cfg.layer[k];
        size_t m = (size_t)t->n * (size_t)l->in[0] * (size_t)l->in[1] * (size_t)l->in[2];
        t->keep[k] = calloc(m, sizeof(double));
        for (size_t i = 0; i < m && l->type == DORG_DROPOUT; i++) {
            uint32_t word[4];
            dorg_rng4(word, t->sgd.seed, DORG_RNG_DROPOUT, t->sgd.step * 64 + (uint64_t)k,
                      (uint32_t)(i / 4));
            t->keep[k][i] = (double)word[i % 4] < (double)l->keep * 4294967296.0;
        }
    }
}

/* Parameters of a size that keeps signals near 1; bnorm's variances positive. */
static void trial_params(struct trial *t, uint64_t seed)
{
    for (int k = 0; k < t->cfg.n_layers; k++) {
        const struct dorg_layer *l = &t->cfg.layer[k];
        double sd = l->n_w ? sqrt(2.0 * l->out[0] / (double)l->n_w) : 0;
        int bnorm = l->type == DORG_BNORM;
        for (size_t i = l->w_at; i < l->b_at + l->n_b; i++) {
            double z = dorg_rng_normal(seed, DORG_RNG_TEST, i, 1);
            t->w[i] = (float)(bnorm ? 1 + 0.2 * tanh(z) : i < l->b_at ? sd * z : 0.2 * z);
        }
    }
}

/* 0, or -1 if the text does not parse. */
__attribute__((unused)) static int trial_make(struct trial *t, const char *text, int n,
                                              uint64_t seed)
{
    struct dorg_err e = DORG_ERR_INIT;
    *t = (struct trial){.n = n,
                        .sgd = {.rate_w = 0.05f,
                                .rate_b = 0.1f,
                                .momentum = 0.9f,
                                .decay = 0.01f,
                                .seed = seed,
                                .step = 3}};
    if (dorg_netcfg_parse(&t->cfg, text, "test", &e)) {
        ok(0, "%s in %s", e.text, text);
        return -1;
    }
    size_t m = t->cfg.n_params;
    t->n_x = (size_t)n * (size_t)t->cfg.channels * (size_t)t->cfg.size * (size_t)t->cfg.size;
    t->w = calloc(m, sizeof *t->w);
    t->w64 = calloc(m, sizeof *t->w64);
    t->x = calloc(t->n_x, sizeof *t->x);
    t->x64 = calloc(t->n_x, sizeof *t->x64);
    t->y = calloc((size_t)n, 1);
    trial_params(t, seed);
    for (size_t i = 0; i < m; i++)
        t->w64[i] = (double)t->w[i];
    for (size_t i = 0; i < t->n_x; i++)
        t->x64[i] = (double)(t->x[i] = (float)dorg_rng_normal(seed, DORG_RNG_TEST, i, 2));
    for (int i = 0; i < n; i++)
        t->y[i] = (uint8_t)dorg_rng_below((uint64_t)t->cfg.classes, seed, DORG_RNG_TEST,
                                          (uint64_t)i, 3);
    trial_masks(t);
    return 0;
}

__attribute__((unused)) static void trial_free(struct trial *t)
{
    for (int k = 0; k < t->cfg.n_layers; k++)
        free(t->keep[k]);
    free(t->w);
    free(t->w64);
    free(t->x);
    free(t->x64);
    free(t->y);
    dorg_netcfg_free(&t->cfg);
}

/* The largest difference, as a share of the largest of b. */
__attribute__((unused)) static double apart(const float *a, const float *b, size_t n)
{
    double worst = 0, size = 0;
    for (size_t i = 0; i < n; i++) {
        double d = fabs((double)a[i] - (double)b[i]);
        if (!(d <= worst) && !isnan(worst)) worst = d; /* NaN stays */
        size = fmax(size, fabs((double)b[i]));
    }
    return size > 0 ? worst / size : worst;
}

#endif
