/* t_cuda_images - images made and examples cut on the device against the feed, the CPU's
 * kernels and the "ref" engine; skipped where no device is (test/bats/cuda.bats also runs it
 * on a processor, through test/cuda) */
#include "../../kernels/engine_images.h"
#include "../../kernels/kernels.h"
#include "../../libcommon/base/mem.h"
#include "../cuda_records.h"

static const uint64_t seed = 31;

/* ---- training from records -------------------------------------------------------------- */

static void from_records(const struct dorg_engine_ops *cuda, int net,
                         enum dorg_precision precision, bool streamed)
{
    static const struct dorg_feed_opts feeds[] = {
        {.batch = BATCH, .seed = seed, .readers = 1},
        {.batch = BATCH, .seed = seed, .readers = 1, .flip = true},
        {.batch = BATCH, .seed = seed, .readers = 1, .tps = 0.1, .flip = true},
        {.batch = BATCH,
         .seed = seed,
         .readers = 1,
         .flip = true,
         .vary = {0.2, 20, 0.2, 1.5}},
        {.batch = BATCH, .seed = seed, .readers = 1, .tps = 0.1, .vary = {0.2, 20, 0.2}},
    };
    char path[64];
    const char *name = path;
    static float a[MOST], b[MOST], la[STEPS], lb[STEPS];
    struct dorg_trainset_opts so = {.seed = seed, .jobs = 1};
    const struct dorg_engine_opts plain = {.jobs = 1};
    const struct dorg_engine_opts how = {.jobs = 1, .precision = precision};
    double tol = precision == DORG_PREC_F32 ? 1e-4 : 2e-2;
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_trainset t = DORG_TRAINSET_INIT;
    struct trial tr;
    if (trial_make(&tr, nets[net], 1, seed)) return;
    for (size_t i = 0; i < tr.cfg.n_params; i++)
        tr.w[i] /= 64; /* for grey values, not numbers near 1 */
    snprintf(path, sizeof path, "t_cuda_images.%d.rec", (int)getpid());
    write_records(path, tr.cfg.channels, &e);
    dorg_trainset_open(&t, &name, 1, NULL, 0, &so, &e);
    for (size_t f = 0; f < sizeof feeds / sizeof *feeds && !e.code; f++) {
        size_t m = tr.cfg.n_params;
        if (train(a, la, &dorg_engine_ref, &plain, &t, &feeds[f], &tr, streamed ? 1000 : 0,
                  &e) ||
            train(b, lb, cuda, &how, &t, &feeds[f], &tr, streamed ? 1000 : 0, &e))
            break;
        ok(apart(b, a, m) < tol && apart(lb, la, STEPS) < 10 * tol,
           "net %d, precision %d, %s, feed %zu: weights (%g), losses (%g)", net,
           (int)precision, streamed ? "streamed" : "resident", f, apart(b, a, m),
           apart(lb, la, STEPS));
    }
    ok(!e.code, "trained on records %s", e.text);
    unlink(path);
    dorg_trainset_close(&t);
    trial_free(&tr);
}

/* ---- cutting ---------------------------------------------------------------------------- */

enum { COUNT = 23, VOXELS = 20 * 17 * 9 };

static const int32_t size[3] = {20, 17, 9};

/* p of examples that the CPU's kernels cut and an engine judges. */
static int plainly(float *p, const struct dorg_cut *c, struct trial *t,
                   const struct dorg_engine_ops *ops, enum dorg_precision precision,
                   struct dorg_err *e)
{
    const struct dorg_kernels *cpu = dorg_kernels_find("cpu", e);
    struct dorg_engine *g = NULL;
    struct dorg_engine_opts o = {.max_batch = COUNT, .jobs = 1, .precision = precision};
    size_t area = SIDE * SIDE, pixels = (size_t)t->cfg.channels * area;
    struct dorg_warp2d w = {SIDE, pixels};
    uint8_t *byte = dorg_array(COUNT, pixels, e);
    float *x = dorg_array(COUNT, pixels * sizeof *x, e);
    if (e->code) goto done;
    if (c->axial) dorg_axial(byte, c->volume[0], size, c->at, COUNT, c->axial, 1, e);
    if (c->at && !c->axial)
        cpu->patch25(byte, c->volume[0], size, c->at, COUNT, &c->patch, 1, e);
    for (int k = 0; !c->at && k < t->cfg.channels; k++)
        cpu->warp2d(byte + (size_t)k * area, c->volume[k], size, c->box, COUNT, &w, 1, e);
    for (size_t i = 0; i < COUNT * pixels; i++)
        x[i] = (float)byte[i] - c->mean[i % pixels];
    if (e->code || ops->open(&g, &t->cfg, &o, e) ||
        ops->set_params(g, t->w, t->cfg.n_params, e))
        goto done;
    ops->forward(g, x, COUNT, p, e);
done:
    ops->close(g);
    free(byte);
    free(x);
    return e->code;
}

static size_t told;
static void progress(const char *what, size_t done, size_t total)
{
    (void)what;
    told = done * 1000 + total;
}

enum kind { PATCHES, AXIAL, BOXES };

static int rising(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void cutting(const struct dorg_engine_ops *cuda, enum kind kind,
                    enum dorg_precision precision)
{
    static const char *const name[] = {"patches", "axial patches", "boxes"};
    const struct dorg_axial axial = {
        .size = SIDE, .channels = 3, .side = {{1, 1}, {2.3, 0.7}, {0.3, 5}}};
    bool boxes = kind == BOXES;
    static uint8_t volume[2][VOXELS];
    static float mean[3 * SIDE * SIDE], a[2 * COUNT], b[2 * COUNT];
    uint64_t at[COUNT];
    struct dorg_box box[COUNT];
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_engine *g = NULL;
    struct trial t;
    struct dorg_engine_opts o = {.max_batch = 5, .jobs = 1, .precision = precision};
    struct dorg_cut c = {.volume = {volume[0], boxes ? volume[1] : NULL},
                         .n = {20, 17, 9},
                         .mean = mean,
                         .count = COUNT,
                         .at = boxes ? NULL : at,
                         .patch = {SIDE, {1, 0.8, 1.3}},
                         .axial = kind == AXIAL ? &axial : NULL,
                         .box = box,
                         .progress = progress};
    if (trial_make(&t, nets[!boxes], 1, seed)) return;
    for (size_t i = 0; i < 2 * VOXELS; i++)
        volume[i / VOXELS][i % VOXELS] = (uint8_t)word();
    for (int i = 0; i < 3 * SIDE * SIDE; i++)
        mean[i] = (float)(word() % 200);
    for (int i = 0; i < COUNT; i++) {
        at[i] = word() % VOXELS;
        box[i] = (struct dorg_box){(int32_t)(word() % 30) - 10, (int32_t)(word() % 30) - 10,
                                   (int32_t)(word() % 9), 1 + (int32_t)(word() % 20),
                                   1 + (int32_t)(word() % 20)};
    }
    if (kind == AXIAL) qsort(at, COUNT, sizeof *at, rising);
    for (size_t i = 0; i < t.cfg.n_params; i++)
        t.w[i] /= 64;
    plainly(a, &c, &t, &dorg_engine_ref, DORG_PREC_F32, &e);
    if (!e.code) cuda->open(&g, &t.cfg, &o, &e);
    if (!e.code) cuda->set_params(g, t.w, t.cfg.n_params, &e);
    if (!e.code) cuda->forward_cut(g, &c, b, &e);
    double worst = apart(b, a, 2 * COUNT);
    ok(!e.code && worst < (precision == DORG_PREC_F32 ? 1e-5 : 2e-2),
       "%s cut and judged, precision %d (%g) %s", name[kind], (int)precision, worst, e.text);
    plainly(a, &c, &t, cuda, precision, &e);
    ok(!e.code && !memcmp(a, b, sizeof a), "the same bits as when cut on the processor %s",
       e.text);
    ok(told == COUNT * 1000 + COUNT, "progress was told");
    c.volume[1] = boxes ? NULL : volume[1];
    c.patch.size = SIDE - 1;
    c.axial = NULL;
    ok(cuda->forward_cut(g, &c, b, &e) == DORG_EDATA, "another shape is refused");
    cuda->close(g);
    trial_free(&t);
}

int main(void)
{
    static const enum dorg_precision all[] = {DORG_PREC_F32, DORG_PREC_TF32, DORG_PREC_BF16};
    struct dorg_err e = DORG_ERR_INIT;
    use_built_plugins();
    const struct dorg_engine_ops *cuda = dorg_engine_find("cuda", &e);
    if (!cuda) {
        tap_skip(e.text);
        return tap_done();
    }
    for (int i = 0; i < 3; i++) {
        for (int net = 0; net < 2; net++)
            for (int streamed = 0; streamed < 2; streamed++)
                from_records(cuda, net, all[i], streamed);
        cutting(cuda, PATCHES, all[i]);
        cutting(cuda, AXIAL, all[i]);
        cutting(cuda, BOXES, all[i]);
    }
    return tap_done();
}
