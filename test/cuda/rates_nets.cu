/* rates_nets.cu - a net on the device: how long it takes to start, how fast it applies to a
 * scan's patches, and how fast it trains on records */
#include <string.h>
#include <unistd.h>

#include "rates.h"

extern "C" {
#include "../../kernels/engine.h"
#include "../../kernels/engine_images.h"
#include "../../libcommon/net/net.h"
#include "../../libcommon/file/recset.h"
#include "../../libcommon/sample/tps.h"
}

struct net {
    struct dorg_netcfg cfg;
    float *w;
};

static const struct dorg_engine_ops *engine(void)
{
    struct dorg_err e = {};
    const struct dorg_engine_ops *ops = dorg_engine_find("cuda", &e);
    need(ops != NULL, e.text);
    return ops;
}

static void load(struct net *n, const char *path)
{
    struct dorg_err e = {};
    need(!dorg_net_load_cfg(&n->cfg, path, &e), e.text);
    n->w = (float *)room(n->cfg.n_params, sizeof *n->w);
    dorg_netcfg_init(n->w, &n->cfg, 1);
}

static void unload(struct net *n)
{
    free(n->w);
    dorg_netcfg_free(&n->cfg);
}

/* What a process that applies a net waits for before its first answer. */
void rates_start(const char *path, double since)
{
    struct dorg_err e = {};
    struct dorg_engine *g = NULL;
    struct net n;
    struct dorg_engine_opts o = {};
    cudaFree(0);
    double began = now();
    load(&n, path);
    float *x = (float *)room((size_t)n.cfg.channels * (size_t)n.cfg.size * (size_t)n.cfg.size,
                             sizeof *x);
    float p[DORG_MAX_CLASSES];
    double ready = now();
    o.precision = DORG_PREC_AUTO;
    o.max_batch = engine()->batch;
    need(!engine()->open(&g, &n.cfg, &o, &e), e.text);
    double opened = now();
    need(!engine()->set_params(g, n.w, n.cfg.n_params, &e), e.text);
    double set = now();
    need(!engine()->forward(g, x, 1, p, &e), e.text);
    double first = now();
    printf(
        "start: driver and context %.3f s, plug-in, libraries and plans %.3f s, weights %.3f "
        "s, first answer %.3f s; in all %.3f s\n",
        began - since, opened - ready, set - opened, first - set,
        first - since - (ready - began));
    engine()->close(g);
    free(x);
    unload(&n);
}

static void apply(const struct net *n, enum dorg_precision precision, const char *name,
                  size_t count, double ceiling, const char *of)
{
    struct dorg_err e = {};
    struct dorg_engine *g = NULL;
    struct dorg_engine_opts o = {};
    const size_t voxels = (size_t)512 * 512 * 100;
    struct dorg_cut c = {};
    size_t pixels = (size_t)n->cfg.channels * (size_t)n->cfg.size * (size_t)n->cfg.size;
    uint8_t *ct = (uint8_t *)room(voxels, 1);
    float *mean = (float *)room(pixels, sizeof *mean);
    uint64_t *at = (uint64_t *)room(count, sizeof *at);
    float *p = (float *)room(count, (size_t)n->cfg.classes * sizeof *p);
    char what[64];
    fill_random(ct, voxels);
    for (size_t i = 0; i < count; i++)
        at[i] = (size_t)50 * 512 * 512 + i * 3 % (40 * 512 * 512);
    for (size_t i = 0; i < pixels; i++)
        mean[i] = 127;
    o.precision = precision;
    o.max_batch = engine()->batch;
    c.volume[0] = ct;
    c.n[0] = c.n[1] = 512;
    c.n[2] = 100;
    c.mean = mean;
    c.count = count;
    c.at = at;
    c.patch = {n->cfg.size, {1, 1, 0.8}};
    snprintf(what, sizeof what, "net applies, %s, batch %d", name, o.max_batch);
    if (engine()->open(&g, &n->cfg, &o, &e) ||
        engine()->set_params(g, n->w, n->cfg.n_params, &e)) {
        printf("%-34s %s\n", what, e.text);
    } else {
        double s = seconds([&] { need(!engine()->forward_cut(g, &c, p, &e), e.text); });
        double rate = 2 * n->cfg.macs * (double)count / s;
        line(what, s, (double)count / s, "patches/s", rate / ceiling, of);
    }
    engine()->close(g);
    free(ct);
    free(mean);
    free(at);
    free(p);
}

enum { RECORDS = 4096, STEPS = 60 };

/* Records of noise in a file of their own. */
static void make_records(const char *path, const struct net *n)
{
    struct dorg_err e = {};
    struct dorg_rec_shape s = {};
    s.kind = DORG_REC_PATCH;
    s.c = (uint32_t)n->cfg.channels;
    s.h = s.w = (uint32_t)n->cfg.size;
    s.window_hu[0] = -100;
    s.window_hu[1] = 240;
    struct dorg_rec_writer w;
    struct dorg_out o;
    size_t pixels = dorg_rec_pixels(&s);
    uint8_t *p = (uint8_t *)room(pixels * RECORDS, 1);
    fill_random(p, pixels * RECORDS);
    need(!dorg_out_open(&o, path, &e) && !dorg_rec_begin(&w, &o, &s, NULL, "rates", &e),
         e.text);
    for (uint32_t i = 0; i < RECORDS; i++) {
        struct dorg_rec r = {};
        r.id = i;
        r.label = i % 2;
        need(!dorg_rec_put(&w, &r, p + i * pixels, &e), e.text);
    }
    need(!dorg_rec_end(&w, &e) && !dorg_out_close(&o, &e), e.text);
    free(p);
}

static const uint8_t *pixels_of(const void *recs, uint64_t i)
{
    return dorg_recset_get((const struct dorg_recset *)recs, i, NULL);
}

static void train(const struct net *n, const struct dorg_recset *recs,
                  enum dorg_precision precision, const char *name, size_t most, double ceiling,
                  const char *of)
{
    struct dorg_err e = {};
    struct dorg_engine *g = NULL;
    struct dorg_engine_opts o = {};
    struct dorg_images im = {};
    struct dorg_tps t;
    const struct dorg_tps_opts deform = {0.05, 5, 0, 1};
    struct dorg_sgd sgd = {0, 0, 0.9f, 5e-4f, 1, 0}; /* all of the work, and no divergence */
    uint32_t which[RECORDS];
    uint8_t label[RECORDS];
    float *mean = (float *)room(dorg_rec_pixels(&recs->shape), sizeof *mean), loss;
    char what[64];
    int batch = n->cfg.batch;
    for (uint32_t i = 0; i < RECORDS; i++) {
        which[i] = i * 1025 % RECORDS;
        label[i] = which[i] % 2;
    }
    need(!dorg_tps_new(&t, n->cfg.size, n->cfg.size, &deform, &e), e.text);
    o.precision = precision;
    o.training = 1;
    o.max_batch = batch;
    im.record = pixels_of;
    im.records = recs;
    im.count = recs->count;
    im.c = (int)recs->shape.c;
    im.h = (int)recs->shape.h;
    im.w = (int)recs->shape.w;
    im.mean = mean;
    im.deform.n_move = t.n_move;
    im.deform.basis = t.basis;
    im.deform.seed = t.opts.seed;
    dorg_tps_reach(im.deform.reach, &t);
    im.n_grey = 3;
    im.flip = true;
    im.most = most;
    snprintf(what, sizeof what, "net trains, %s, batch %d, %s", name, batch,
             most ? "streamed" : "resident");
    if (engine()->open(&g, &n->cfg, &o, &e) ||
        engine()->set_params(g, n->w, n->cfg.n_params, &e) || engine()->images(g, &im, &e)) {
        printf("%-34s %s\n", what, e.text);
    } else {
        double s = seconds([&] {
            for (int i = 0; i < STEPS; i++, sgd.step++) {
                size_t from = sgd.step * (size_t)batch % RECORDS;
                size_t next = (sgd.step + 1) * (size_t)batch % RECORDS;
                struct dorg_batch b = {which + from, label + from, batch,
                                       sgd.step * (uint64_t)batch, which + next};
                need(!engine()->train_images(g, &b, &sgd, &loss, &e), e.text);
            }
        });
        double rate = 6 * n->cfg.macs * batch * STEPS / s;
        line(what, s / STEPS, (double)batch * STEPS / s, "images/s", rate / ceiling, of);
    }
    engine()->close(g);
    dorg_tps_free(&t);
    free(mean);
}

void rates_nets(const char *path, const struct ceilings *c)
{
    struct dorg_err e = {};
    struct dorg_recset recs = {};
    struct net n;
    char file[64];
    const char *name = file;
    load(&n, path);
    apply(&n, DORG_PREC_BF16, "bf16", 131072, c->bf16, "matrix, bf16");
    apply(&n, DORG_PREC_TF32, "tf32", 32768, c->tf32, "matrix, tf32");
    apply(&n, DORG_PREC_F32, "f32", 8192, c->f32, "matrix, f32");
    snprintf(file, sizeof file, "rates.%d.rec", (int)getpid());
    make_records(file, &n);
    need(!dorg_recset_open(&recs, &name, 1, &e), e.text);
    unlink(file); /* it stays mapped */
    if (RECORDS % n.cfg.batch == 0) {
        train(&n, &recs, DORG_PREC_BF16, "bf16", 0, c->bf16, "matrix, bf16");
        train(&n, &recs, DORG_PREC_BF16, "bf16", 1, c->bf16, "matrix, bf16");
        train(&n, &recs, DORG_PREC_TF32, "tf32", 0, c->tf32, "matrix, tf32");
        train(&n, &recs, DORG_PREC_F32, "f32", 0, c->f32, "matrix, f32");
    }
    dorg_recset_close(&recs);
    unload(&n);
}
