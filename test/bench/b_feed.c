/* b_feed.c - batches ready for the engine: images a second, against a plain conversion of the
 * same pixels in order, with and without deformations */
#include "../../libcommon/train/feed.h"
#include "../../libcommon/base/rng.h"

#include <time.h>
#include <unistd.h>

enum { C = 2, SIDE = 64, N = 4096, BATCH = 128, STEPS = 2 * N / BATCH };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int make(const char *path, struct dorg_err *e)
{
    struct dorg_out o;
    struct dorg_rec_writer w;
    struct dorg_rec_shape s = {
        .kind = DORG_REC_REGION, .c = C, .h = SIDE, .w = SIDE, .window_hu = {-100, 200}};
    uint8_t p[C * SIDE * SIDE];
    if (dorg_out_open(&o, path, e)) return e->code;
    dorg_rec_begin(&w, &o, &s, NULL, "bench", e);
    for (uint32_t i = 0; i < N; i++) {
        struct dorg_rec r = {.id = i, .label = i % 2};
        for (uint32_t k = 0; k < sizeof p; k++)
            p[k] = (uint8_t)((i * 31 + k) * 2654435761u >> 24);
        dorg_rec_put(&w, &r, p, e);
    }
    dorg_rec_end(&w, e);
    return dorg_out_close(&o, e);
}

static double feed(const struct dorg_trainset *t, double tps, struct dorg_err *e)
{
    struct dorg_feed_opts o = {.batch = BATCH, .flip = true, .tps = tps, .readers = 1};
    struct dorg_feed *f;
    const float *x;
    const uint8_t *y;
    double t0 = now();
    if (dorg_feed_start(&f, t, &o, 0, STEPS, e)) return 0;
    for (int s = 0; s < STEPS; s++)
        dorg_feed_next(f, &x, &y, e);
    t0 = now() - t0;
    dorg_feed_stop(f);
    return STEPS * BATCH / t0;
}

static double plain(const struct dorg_trainset *t, struct dorg_err *e)
{
    float *x = malloc(BATCH * dorg_rec_pixels(&t->recs.shape) * sizeof *x);
    uint32_t which[BATCH];
    double t0 = now();
    for (uint32_t s = 0; x && s < STEPS; s++) {
        for (uint32_t j = 0; j < BATCH; j++)
            which[j] = (s * BATCH + j) % N;
        dorg_feed_plain(x, &t->recs, which, BATCH, t->mean, 1, e);
    }
    t0 = now() - t0;
    free(x);
    return STEPS * BATCH / t0;
}

int main(void)
{
    char path[] = "/tmp/b_feedXXXXXX";
    const char *file = path;
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_trainset t;
    struct dorg_trainset_opts o = {.jobs = 1};
    double best[3] = {0};
    int fd = mkstemp(path);
    if (fd < 0 || close(fd) || make(path, &e)) return 4;
    double t0 = now();
    if (dorg_trainset_open(&t, &file, 1, NULL, 0, &o, &e)) return 3;
    double opened = now() - t0;
    for (int rep = 0; rep < 5; rep++) {
        const double v[3] = {plain(&t, &e), feed(&t, 0, &e), feed(&t, 0.05, &e)};
        for (int k = 0; k < 3; k++)
            best[k] = v[k] > best[k] ? v[k] : best[k];
    }
    printf("bench trainset_open: %.0f records/s (64 x 64 x 2: CRC, labels, mean image)\n",
           N / opened);
    printf("bench feed_plain: %.0f images/s (in order, one thread)\n", best[0]);
    printf("bench feed: %.0f images/s (shuffled, flipped; ratio %.2f to plain)\n", best[1],
           best[1] / best[0]);
    printf("bench feed_tps: %.0f images/s (and deformed; ratio %.2f to plain)\n", best[2],
           best[2] / best[0]);
    dorg_trainset_close(&t);
    unlink(path);
    return e.code;
}
