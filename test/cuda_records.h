/* cuda_records.h - small nets trained on small records, for the tests of CUDA's engine */
#ifndef DORG_TEST_CUDA_RECORDS_H
#define DORG_TEST_CUDA_RECORDS_H

#include "../libcommon/train/batches.h"
#include "../libcommon/file/rec.h"
#include "nets.h"

enum { SIDE = 12, N_RECS = 29, BATCH = 7, STEPS = 11, MOST = 4096 };

static uint32_t record_draws;

static uint32_t word(void)
{
    return dorg_rng_u32(31, DORG_RNG_TEST, 11, record_draws++);
}

static const char *const nets[] = {
    "input channels=2 size=12\nconv filters=4 kernel=3\nrelu\npool kernel=2 stride=2\n"
    "fc outputs=2\nsoftmax\n",
    "input channels=3 size=12\nconv filters=4 kernel=3\nrelu\npool kernel=2 stride=2\n"
    "dropout keep=0.5\nfc outputs=2\nsoftmax\n",
};

__attribute__((unused)) static int write_records(const char *path, int channels,
                                                 struct dorg_err *e)
{
    struct dorg_rec_shape s = {channels == 3 ? DORG_REC_PATCH : DORG_REC_REGION,
                               (uint32_t)channels,
                               SIDE,
                               SIDE,
                               {-100, 240},
                               0,
                               {0}};
    struct dorg_out o;
    struct dorg_rec_writer w;
    uint8_t pixel[3 * SIDE * SIDE];
    if (dorg_out_open(&o, path, e)) return e->code;
    dorg_rec_begin(&w, &o, &s, NULL, "test", e);
    for (uint32_t i = 0; i < N_RECS && !e->code; i++) {
        struct dorg_rec r = {.id = i, .label = i % 2};
        uint32_t base = word() % 128;
        for (int k = 0; k < channels * SIDE * SIDE; k++)
            pixel[k] = (uint8_t)(base + word() % 128);
        dorg_rec_put(&w, &r, pixel, e);
    }
    dorg_rec_end(&w, e);
    return dorg_out_close(&o, e);
}

__attribute__((unused)) static int
train(float *w, float *loss, const struct dorg_engine_ops *ops,
      const struct dorg_engine_opts *how, const struct dorg_trainset *t,
      const struct dorg_feed_opts *feed, struct trial *net, size_t most, struct dorg_err *e)
{
    struct dorg_engine *g = NULL;
    struct dorg_batches *b = NULL;
    struct dorg_engine_opts o = *how;
    double seconds;
    o.max_batch = BATCH;
    o.training = 1;
    size_t m = net->cfg.n_params;
    struct dorg_sgd sgd = {.rate_w = 2e-4f, .rate_b = 2e-4f, .momentum = 0.9f, .seed = 31};
    if (ops->open(&g, &net->cfg, &o, e) || ops->set_params(g, net->w, m, e)) goto done;
    if (dorg_batches_start(&b, t, feed, ops, g, 0, STEPS, most, e)) goto done;
    for (sgd.step = 0; sgd.step < STEPS; sgd.step++)
        if (dorg_batches_train(b, &sgd, loss + sgd.step, &seconds, e)) goto done;
    ops->get_params(g, w, m, e);
done:
    dorg_batches_stop(b);
    ops->close(g);
    return e->code;
}

#endif
