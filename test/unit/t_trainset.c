/* t_trainset.c - mapped records, held-out groups, the mean image, epochs, batches, AUC */
#include "../../libcommon/train/feed.h"
#include "../../libcommon/base/rng.h"
#include "../../libcommon/base/order.h"
#include "../../libcommon/train/trainset.h"
#include "../tap.h"

#include <unistd.h>

enum { C = 2, S = 6, PIXELS = C * S * S };

static uint32_t word(uint64_t i, uint32_t k)
{
    return dorg_rng_u32(7, DORG_RNG_TEST, i, k);
}

static uint8_t pixel(uint64_t i, int j)
{
    return (uint8_t)(word(i, (uint32_t)j) & 255);
}

/* n records: one in four of class 1, some unknown, two deformed copies of every third. */
static void write_file(const char *path, uint64_t first, int n, uint32_t kind)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_out o;
    struct dorg_rec_writer w;
    struct dorg_rec_shape s = {
        .kind = kind, .c = C, .h = S, .w = S, .window_hu = {-100, 200}, .pitch_mm = 1};
    uint8_t p[PIXELS];
    dorg_out_open(&o, path, &e);
    dorg_rec_begin(&w, &o, &s, "made before\n", "test", &e);
    for (int k = 0; k < n; k++) {
        uint64_t i = first + (uint64_t)k;
        struct dorg_rec r = {.id = i, .slice = (uint32_t)k / 4, .deform = (uint32_t)i % 3};
        r.label = i % 11 == 5 ? DORG_LABEL_UNKNOWN : i % 4 == 0;
        for (int j = 0; j < PIXELS; j++)
            p[j] = pixel(i, j);
        dorg_rec_put(&w, &r, p, &e);
    }
    dorg_rec_end(&w, &e);
    ok(!dorg_out_close(&o, &e), "%s written %s", path, e.text);
}

static int open_set(struct dorg_trainset *t, const char *const *train, int n, double fraction,
                    int jobs)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_trainset_opts o = {.val_fraction = fraction, .seed = 3, .jobs = jobs};
    int rc = dorg_trainset_open(t, train, n, NULL, 0, &o, &e);
    if (rc) printf("# %s\n", e.text);
    return rc;
}

static void check_mean(const char *const *files)
{
    struct dorg_trainset t, u;
    double worst = 0;
    if (!ok(!open_set(&t, files, 2, 0, 1), "two files opened")) return;
    ok(!open_set(&u, files, 2, 0, 3), "and with three threads");
    ok(t.recs.count == 300 && t.classes == 2, "300 records, 2 classes");
    for (int j = 0; j < PIXELS; j++) {
        double sum = 0, n = 0;
        for (uint64_t i = 0; i < 300; i++)
            if (i % 11 != 5) sum += pixel(i, j), n++;
        worst = fmax(worst, fabs((double)t.mean[j] - (double)(float)(sum / n)));
    }
    ok(!(worst > 0), "the mean image is the exact mean, rounded once");
    ok(memcmp(t.mean, u.mean, sizeof(float) * PIXELS) == 0, "whatever the threads");
    ok(t.n_unknown == 27 && t.n_of[0] + t.n_of[1] + t.n_unknown == 300, "unknown left out");
    dorg_trainset_close(&t);
    dorg_trainset_close(&u);
}

static void check_held(const char *const *files, int n_files, double fraction)
{
    struct dorg_trainset t;
    uint8_t used[300] = {0};
    int both = 0, bad = 0, split = 0;
    uint8_t group[2][40] = {{0}};
    if (!ok(!open_set(&t, files, n_files, fraction, 1), "hold out %g", fraction)) return;
    for (int k = 0; k < t.classes; k++)
        for (uint32_t i = 0; i < t.n_of[k]; i++)
            used[t.of_class[k][i]] = 1;
    for (uint32_t i = 0; i < t.n_held; i++) {
        struct dorg_rec r;
        dorg_recset_get(&t.recs, t.held[i], &r);
        both += used[t.held[i]];
        bad += r.deform != 0 || r.label != t.held_label[i];
        group[dorg_recset_file(&t.recs, t.held[i])][r.slice / 8] = 1;
    }
    for (uint32_t i = 0; i < t.recs.count; i++) {
        struct dorg_rec r;
        dorg_recset_get(&t.recs, i, &r);
        split += used[i] && group[dorg_recset_file(&t.recs, i)][r.slice / 8];
    }
    ok(t.n_held > 0 && both == 0, "%u held out, none trained on", t.n_held);
    ok(bad == 0, "originals with their labels");
    ok(split == 0, "no slice or its neighbours on both sides");
    dorg_trainset_close(&t);
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void check_epochs(const char *const *files)
{
    struct dorg_trainset t;
    struct dorg_err e = DORG_ERR_INIT;
    uint32_t order[600], again[600];
    if (open_set(&t, files, 2, 0, 1)) return;
    for (int b = DORG_BALANCE_UNDER; b <= DORG_BALANCE_NONE; b++) {
        enum dorg_balance rule = (enum dorg_balance)b;
        uint32_t n = dorg_epoch_size(&t, rule), of[2] = {0}, times[300] = {0}, least, most = 0;
        dorg_epoch_order(order, &t, rule, 5, 0, &e);
        for (uint32_t i = 0; i < n; i++) {
            of[t.label[order[i]]]++;
            times[order[i]]++;
        }
        least = 99;
        for (int k = 0; k < 2; k++)
            for (uint32_t i = 0; i < t.n_of[k]; i++) {
                uint32_t x = times[t.of_class[k][i]];
                if (k == 1) least = x < least ? x : least;
                most = x > most ? x : most;
            }
        uint32_t small = t.n_of[1], large = t.n_of[0];
        if (rule == DORG_BALANCE_UNDER)
            ok(of[0] == small && of[1] == small && most == 1, "under: %u of each", small);
        else if (rule == DORG_BALANCE_OVER)
            ok(of[0] == large && of[1] == large && most - least <= 1,
               "over: %u of each, each %u to %u times", large, least, most);
        else
            ok(of[0] == large && of[1] == small && most == 1, "none: all once");
        dorg_epoch_order(again, &t, rule, 5, 0, &e);
        ok(memcmp(order, again, n * sizeof *order) == 0, "the same epoch again");
        dorg_epoch_order(again, &t, rule, 5, 1, &e);
        ok(memcmp(order, again, n * sizeof *order) != 0, "another epoch, another order");
        qsort(order, n, sizeof *order, by_number);
        qsort(again, n, sizeof *again, by_number);
        ok((memcmp(order, again, n * sizeof *order) == 0) == (rule == DORG_BALANCE_NONE),
           "of a fresh draw unless all are taken");
    }
    dorg_trainset_close(&t);
}

/* Pixels of record i at position g: as they are, or deformed by dorg-tps' own code. */
static void shown(uint8_t *p, uint64_t i, uint64_t g, const struct dorg_tps *tps)
{
    uint8_t raw[PIXELS];
    float d[2 * DORG_TPS_MAX_MOVE], scratch[4096];
    for (int k = 0; k < PIXELS; k++)
        p[k] = raw[k] = pixel(i, k);
    if (!tps->coef) return;
    dorg_tps_draw(tps, d, g, 0);
    dorg_tps_warp(p, raw, C, tps, d, scratch);
}

/* Every batch against its definition, from step `first` on. */
static void check_feed(const struct dorg_trainset *t, const struct dorg_feed_opts *o,
                       uint64_t first, int *flipped, int *total)
{
    struct dorg_feed *f;
    struct dorg_err e = DORG_ERR_INIT;
    uint64_t steps = dorg_feed_steps(t, o), n = (uint64_t)dorg_feed_batch(t, o);
    uint32_t order[600];
    int bad = 0;
    struct dorg_tps tps = DORG_TPS_INIT;
    const struct dorg_tps_opts how = {.amplitude = o->tps, .points = 5, .seed = o->seed};
    if (o->tps > 0 &&
        !ok(!dorg_tps_new(&tps, S, S, &how, &e) && dorg_tps_scratch(&tps) <= 4096, "a spline"))
        return;
    if (!ok(!dorg_feed_start(&f, t, o, first, 3 * steps, &e), "fed from step %d", (int)first))
        return;
    for (uint64_t s = first; s < 3 * steps; s++) {
        const float *x;
        const uint8_t *y;
        dorg_feed_next(f, &x, &y, &e);
        dorg_epoch_order(order, t, o->balance, o->seed, (uint32_t)(s / steps), &e);
        for (uint64_t j = 0; j < n; j++) {
            uint32_t i = order[(s % steps) * n + j];
            int flip = (int)(dorg_rng_u32(o->seed, DORG_RNG_FLIP, s * n + j, 0) >> 31);
            *flipped += flip;
            ++*total;
            uint8_t p[PIXELS];
            shown(p, i, s * n + j, &tps);
            bad += y[j] != t->label[i];
            for (int k = 0; k < PIXELS; k++) {
                int from = flip ? k / S * S + S - 1 - k % S : k;
                float want = (float)p[from] - t->mean[k];
                bad +=
                    x[j * PIXELS + (uint64_t)k] < want || x[j * PIXELS + (uint64_t)k] > want;
            }
        }
    }
    ok(bad == 0 && !e.code, "every image is its record, %sflipped or not, minus the mean",
       o->tps > 0 ? "deformed, " : "");
    dorg_feed_stop(f);
    dorg_tps_free(&tps);
}

static void check_feeds(const char *const *files)
{
    struct dorg_trainset t;
    struct dorg_feed *f;
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_feed_opts o = {.batch = 16, .flip = true, .seed = 9, .readers = 1};
    int flipped = 0, total = 0;
    if (open_set(&t, files, 2, 0, 1)) return;
    ok(dorg_feed_steps(&t, &o) == dorg_epoch_size(&t, o.balance) / 16, "whole batches only");
    check_feed(&t, &o, 0, &flipped, &total);
    o.readers = 3;
    check_feed(&t, &o, dorg_feed_steps(&t, &o) + 3, &flipped, &total);
    near(flipped / (double)total, 0.5, 0.06, "half of them flipped");
    o.tps = 0.2;
    check_feed(&t, &o, 0, &flipped, &total);
    o.tps = 0;
    ok(!dorg_feed_start(&f, &t, &o, 0, 100, &e), "a feed begun");
    dorg_feed_stop(f);
    ok(1, "and stopped before it is eaten");
    o.batch = 4096;
    ok(dorg_feed_batch(&t, &o) == (int)dorg_epoch_size(&t, o.balance) &&
           dorg_feed_steps(&t, &o) == 1,
       "a small set is one batch");
    dorg_trainset_close(&t);
}

static void check_auc(void)
{
    struct dorg_err e = DORG_ERR_INIT;
    float score[60];
    uint8_t positive[60];
    double wins = 0, pairs = 0;
    for (uint32_t i = 0; i < 60; i++) {
        score[i] = (float)(word(i, 900) % 12);
        positive[i] = word(i, 901) % 3 == 0;
    }
    for (int i = 0; i < 60; i++)
        for (int j = 0; j < 60; j++)
            if (positive[i] && !positive[j]) {
                pairs++;
                wins += score[i] > score[j] ? 1 : score[i] < score[j] ? 0 : 0.5;
            }
    near(dorg_order_auc(score, positive, 60, &e), wins / pairs, 1e-12, "AUC counts pairs");
    memset(positive, 0, sizeof positive);
    ok(isnan(dorg_order_auc(score, positive, 60, &e)), "no AUC of one class");
}

static void check_refusals(const char *const *files)
{
    struct dorg_trainset t;
    const char *mixed[2] = {files[0], "pair.rec"};
    FILE *f;
    write_file("pair.rec", 0, 20, DORG_REC_PAIR);
    ok(open_set(&t, mixed, 2, 0, 1) == DORG_EDATA, "kinds that differ are refused");
    ok(!open_set(&t, mixed + 1, 1, 0, 1), "pairs alone are fine");
    ok(t.classes == 3, "and have three classes");
    dorg_trainset_close(&t);
    f = fopen("pair.rec", "r+b");
    fseek(f, -DORG_REC_TAIL - 5, SEEK_END);
    fputc(77, f);
    fclose(f);
    ok(open_set(&t, mixed + 1, 1, 0, 1) == DORG_EDATA, "a changed byte is refused");
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_trainset_opts o = {.no_check = true};
    ok(!dorg_trainset_open(&t, mixed + 1, 1, NULL, 0, &o, &e), "unless nobody looks");
    dorg_trainset_close(&t);
    ok(truncate("pair.rec", 700) == 0 && open_set(&t, mixed + 1, 1, 0, 1) == DORG_EDATA,
       "a file cut short is refused");
    ok(open_set(&t, (const char *[]){"absent.rec"}, 1, 0, 1) == DORG_EIO, "an absent one too");
    unlink("pair.rec");
}

int main(void)
{
    char dir[] = "/tmp/t_trainsetXXXXXX";
    const char *files[2] = {"a.rec", "b.rec.gz"};
    if (!mkdtemp(dir) || chdir(dir)) return 1;
    write_file(files[0], 0, 180, DORG_REC_REGION);
    write_file(files[1], 180, 120, DORG_REC_REGION);
    check_mean(files);
    check_held(files, 1, 0.3);
    check_held(files, 2, 0.2);
    check_held(files, 2, 0.5);
    check_epochs(files);
    check_feeds(files);
    check_auc();
    check_refusals(files);
    unlink(files[0]);
    unlink(files[1]);
    if (chdir("/") == 0) rmdir(dir);
    return tap_done();
}
