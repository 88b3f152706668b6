/* t_cuda - the CUDA twins against the CPU's kernels and the "ref" engine; skipped where no
 * device is (test/bats/cuda.bats also runs it on a processor, through test/cuda) */
#include "../../kernels/kernels.h"
#include "../nets.h"

static const uint64_t seed = 21;
static uint32_t draws;

static int draw(int lo, int hi)
{
    return lo + (int)dorg_rng_below((uint64_t)(hi - lo + 1), seed, DORG_RNG_TEST, 8, draws++);
}

static double unit(void)
{
    return dorg_rng_unit(seed, DORG_RNG_TEST, 9, draws++);
}

/* ---- kernels ---------------------------------------------------------------------------- */

enum { MOST = 24 * 24 * 24 };

static void gauss3d(const struct dorg_kernels *cuda, const struct dorg_kernels *cpu)
{
    static float src[MOST], a[MOST], b[MOST];
    double worst = 0, most = 0;
    for (int r = 0; r < 20; r++) {
        struct dorg_err e = DORG_ERR_INIT;
        const int32_t n[3] = {draw(1, 24), draw(1, 24), draw(1, 24)};
        struct dorg_gauss3d p = {.zero_outside = draw(0, 1)};
        size_t count = (size_t)n[0] * (size_t)n[1] * (size_t)n[2];
        for (int i = 0; i < 3; i++)
            p.sigma[i] = draw(0, 3) ? (float)(3 * unit()) : 0;
        for (size_t i = 0; i < count; i++)
            most = fmax(most, fabs((double)(src[i] = (float)(200 * unit() - 100))));
        if (cpu->gauss3d(a, src, n, &p, 1, &e) || cuda->gauss3d(b, src, n, &p, 1, &e)) {
            ok(0, "gauss3d: %s", e.text);
            return;
        }
        for (size_t i = 0; i < count; i++)
            worst = fmax(worst, fabs((double)a[i] - (double)b[i]));
    }
    ok(worst <= 2e-6 * most, "gauss3d agrees within 2e-6 of the largest (%g)", worst / most);
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_gauss3d bad = {.sigma = {1, -1, 1}};
    ok(cuda->gauss3d(b, src, (const int32_t[]){2, 2, 2}, &bad, 1, &e) == DORG_EUSAGE,
       "a negative sigma is refused");
}

static void patch25(const struct dorg_kernels *cuda, const struct dorg_kernels *cpu)
{
    static uint8_t src[MOST], a[9 * 3 * 33 * 33], b[sizeof a];
    int differ = 0;
    for (int r = 0; r < 20; r++) {
        struct dorg_err e = DORG_ERR_INIT;
        const int32_t n[3] = {draw(1, 24), draw(1, 24), draw(1, 24)};
        struct dorg_patch25 p = {draw(1, 33), {1, 1, 1}};
        uint64_t at[9];
        size_t voxels = (size_t)n[0] * (size_t)n[1] * (size_t)n[2], count = (size_t)draw(0, 9);
        for (int i = 0; i < 3; i++)
            if (draw(0, 2)) p.step[i] = 0.3 + 2 * unit();
        for (size_t i = 0; i < voxels; i++)
            src[i] = (uint8_t)draw(0, 255);
        for (int i = 0; i < 9; i++)
            at[i] = (uint64_t)draw(0, (int)voxels - 1);
        cpu->patch25(a, src, n, at, count, &p, 1, &e);
        cuda->patch25(b, src, n, at, count, &p, 1, &e);
        differ += e.code || memcmp(a, b, count * 3 * (size_t)p.size * (size_t)p.size) != 0;
    }
    ok(!differ, "patch25 gives the same bytes (%d of 20 do not)", differ);
}

static void warp2d(const struct dorg_kernels *cuda, const struct dorg_kernels *cpu)
{
    static uint8_t src[MOST], a[9 * 40 * 33 * 33], b[sizeof a];
    int differ = 0;
    for (int r = 0; r < 20; r++) {
        struct dorg_err e = DORG_ERR_INIT;
        const int32_t n[3] = {draw(1, 24), draw(1, 24), draw(1, 24)};
        struct dorg_warp2d p = {.size = draw(1, 33)};
        struct dorg_box box[9];
        size_t voxels = (size_t)n[0] * (size_t)n[1] * (size_t)n[2], count = (size_t)draw(0, 9);
        p.stride = (size_t)p.size * (size_t)p.size * (size_t)draw(1, 2);
        for (size_t i = 0; i < voxels; i++)
            src[i] = (uint8_t)draw(0, 255);
        for (int i = 0; i < 9; i++)
            box[i] = (struct dorg_box){draw(-30, 30), draw(-30, 30), draw(0, n[2] - 1),
                                       draw(1, 50), draw(1, 50)};
        memset(a, 7, sizeof a); /* what lies between the squares stays */
        memset(b, 7, sizeof b);
        cpu->warp2d(a, src, n, box, count, &p, 1, &e);
        cuda->warp2d(b, src, n, box, count, &p, 1, &e);
        differ += e.code || memcmp(a, b, sizeof a) != 0;
    }
    ok(!differ, "warp2d gives the same bytes (%d of 20 do not)", differ);
}

/* ---- engine -------------------------------------------------------------------------------
 */

static const char *const nets[] = {
    "input channels=2 size=14\nconv filters=6 kernel=5 pad=1\nlrn size=5 alpha=0.2\n"
    "pool kernel=3 stride=2\nrelu\nconv filters=9 kernel=3 pad=1 stride=2\nrelu\n"
    "fc outputs=17\nrelu\ndropout keep=0.5\nfc outputs=3\nsoftmax\n",
    "input channels=1 size=11\nbnorm\nrelu\nconv filters=5 kernel=3\nbnorm eps=0.01\nrelu\n"
    "lrn size=3 alpha=0.3 k=1 beta=0.5\npool kernel=2 stride=2\ndropout keep=0.7\ngap\n"
    "fc outputs=8\nbnorm\nfc outputs=2\nsoftmax\n",
    "input channels=3 size=8\npool kernel=3 stride=2\nrelu\nfc outputs=2\nsoftmax\n",
};

struct results {
    float p[64], grad[9000], w[9000], v[9000], loss;
};

static double apart(const float *a, const float *b, size_t n)
{
    double worst = 0, size = 0;
    for (size_t i = 0; i < n; i++) {
        double d = fabs((double)a[i] - (double)b[i]);
        worst = d <= worst ? worst : d; /* NaN stays */
        size = fmax(size, fabs((double)b[i]));
    }
    return size > 0 ? worst / size : worst;
}

static int run(struct results *r, const struct dorg_engine_ops *ops, struct trial *t,
               struct dorg_err *e)
{
    struct dorg_engine *g = NULL;
    struct dorg_engine_opts o = {.max_batch = t->n, .jobs = 1};
    size_t m = t->cfg.n_params;
    ops->open(&g, &t->cfg, &o, e);
    if (!e->code) ops->set_params(g, t->w, m, e);
    if (!e->code) ops->forward(g, t->x, t->n, r->p, e);
    ops->close(g);
    g = NULL;
    o.training = 1;
    struct dorg_sgd sgd = t->sgd;
    sgd.rate_w = sgd.rate_b = 0.01f;
    if (!e->code) ops->open(&g, &t->cfg, &o, e);
    if (!e->code) ops->set_params(g, t->w, m, e);
    if (!e->code) ops->gradient(g, t->x, t->y, t->n - 2, &t->sgd, r->grad, &r->loss, e);
    for (int s = 0; s < 4 && !e->code; s++, sgd.step++)
        ops->train(g, t->x, t->y, s == 2 ? 3 : t->n, &sgd, &r->loss, e);
    if (!e->code) ops->get_params(g, r->w, m, e);
    if (!e->code) ops->get_momentum(g, r->v, m, e);
    ops->close(g);
    return e->code;
}

static void against_ref(const struct dorg_engine_ops *cuda, int net)
{
    static struct results a, b;
    struct dorg_err e = DORG_ERR_INIT;
    struct trial t;
    if (trial_make(&t, nets[net], 7, seed + (uint64_t)net)) return;
    size_t m = t.cfg.n_params, k = (size_t)(t.n * t.cfg.classes);
    if (m > 9000 || run(&a, &dorg_engine_ref, &t, &e) || run(&b, cuda, &t, &e)) {
        ok(0, "net %d: %zu parameters, %s", net, m, e.text);
    } else {
        ok(apart(b.p, a.p, k) < 2e-5, "net %d: forward (%g)", net, apart(b.p, a.p, k));
        ok(apart(b.grad, a.grad, m) < 2e-4, "net %d: gradient (%g)", net,
           apart(b.grad, a.grad, m));
        ok(apart(b.w, a.w, m) < 1e-3, "net %d: weights after four steps (%g)", net,
           apart(b.w, a.w, m));
        ok(apart(b.v, a.v, m) < 1e-2, "net %d: momentum (%g)", net, apart(b.v, a.v, m));
        near((double)b.loss, (double)a.loss, 1e-4 * (1 + (double)a.loss), "the last loss");
    }
    trial_free(&t);
}

/* Of equal maxima the first takes the gradient: the first map, 0 or 1, decides the maxima, and
 * where the second one stands, whose weight is 0, tells which was taken. */
static void ties(const struct dorg_engine_ops *cuda)
{
    static struct results a, b;
    struct dorg_err e = DORG_ERR_INIT;
    struct trial t;
    if (trial_make(&t,
                   "input channels=2 size=7\nconv filters=1 kernel=1\npool kernel=3 stride=2\n"
                   "fc outputs=2\nsoftmax\n",
                   7, seed))
        return;
    for (size_t i = 0; i < t.n_x; i++)
        if (i / 49 % 2 == 0) t.x[i] = (float)draw(0, 1);
    t.w[0] = 1;
    t.w[1] = 0;
    if (!run(&a, &dorg_engine_ref, &t, &e)) run(&b, cuda, &t, &e);
    ok(!e.code && apart(b.grad, a.grad, 2) < 1e-5, "the first of equal maxima (%g, %g) %s",
       (double)a.grad[1], (double)b.grad[1], e.text);
    trial_free(&t);
}

static void in_bf16(const struct dorg_engine_ops *cuda, int net, enum dorg_precision how)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_engine *g = NULL;
    struct trial t;
    float a[64], b[64], one[DORG_MAX_CLASSES];
    if (trial_make(&t, nets[net], 7, seed + (uint64_t)net)) return;
    struct dorg_engine_opts o = {.max_batch = t.n, .jobs = 1};
    dorg_engine_ref.open(&g, &t.cfg, &o, &e);
    dorg_engine_ref.set_params(g, t.w, t.cfg.n_params, &e);
    dorg_engine_ref.forward(g, t.x, t.n, a, &e);
    dorg_engine_ref.close(g);
    o.precision = how;
    cuda->open(&g, &t.cfg, &o, &e);
    if (!e.code) cuda->set_params(g, t.w, t.cfg.n_params, &e);
    if (!e.code) cuda->forward(g, t.x, t.n, b, &e);
    if (!e.code) cuda->forward(g, t.x, 1, one, &e);
    cuda->close(g);
    double d = apart(b, a, (size_t)(t.n * t.cfg.classes));
    ok(!e.code && d < 0.05, "net %d in bf16 is near (%g) %s", net, d, e.text);
    ok(!memcmp(one, b, (size_t)t.cfg.classes * sizeof *one), "an image alone, the same bits");
    trial_free(&t);
}

static void refusals(const struct dorg_engine_ops *cuda)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_engine *g = NULL;
    struct trial t;
    float p[64], loss, *before = NULL;
    if (trial_make(&t, nets[0], 4, seed)) return;
    size_t m = t.cfg.n_params;
    struct dorg_engine_opts o = {.max_batch = 4, .jobs = 1, .precision = DORG_PREC_BF16};
    o.training = 1;
    ok(cuda->open(&g, &t.cfg, &o, &e) == DORG_EIO && !g, "training in bf16: %s", e.text);
    e = DORG_ERR_INIT;
    o.precision = DORG_PREC_AUTO;
    o.device = 999;
    ok(cuda->open(&g, &t.cfg, &o, &e) == DORG_EIO && !g, "device 999: %s", e.text);
    e = DORG_ERR_INIT;
    o.device = 0;
    if (cuda->open(&g, &t.cfg, &o, &e)) ok(0, "%s", e.text);
    ok(cuda->set_params(g, t.w, m - 1, &e) == DORG_EDATA, "one parameter too few");
    e = DORG_ERR_INIT;
    cuda->set_params(g, t.w, m, &e);
    ok(cuda->forward(g, t.x, 5, p, &e) == DORG_EUSAGE, "more images than the batch holds");
    e = DORG_ERR_INIT;
    t.y[1] = 3;
    ok(cuda->train(g, t.x, t.y, 4, &t.sgd, &loss, &e) == DORG_EDATA, "a label too high");
    e = DORG_ERR_INIT;
    t.y[1] = 0;
    t.x[7] = NAN;
    ok(cuda->train(g, t.x, t.y, 4, &t.sgd, &loss, &e) == DORG_EDATA, "no finite loss");
    e = DORG_ERR_INIT;
    before = calloc(m, sizeof *before);
    cuda->get_params(g, before, m, &e);
    ok(!memcmp(before, t.w, m * sizeof *before), "and nothing changed");
    cuda->close(g);
    free(before);
    trial_free(&t);
}

int main(void)
{
    struct dorg_err e = DORG_ERR_INIT;
    use_built_plugins();
    const struct dorg_kernels *cuda = dorg_kernels_find("cuda", &e);
    if (!cuda) {
        tap_skip(e.text);
        return tap_done();
    }
    const struct dorg_kernels *cpu = dorg_kernels_find("cpu", &e);
    gauss3d(cuda, cpu);
    patch25(cuda, cpu);
    warp2d(cuda, cpu);
    const struct dorg_engine_ops *engine = dorg_engine_find("cuda", &e);
    for (int net = 0; engine && net < 3; net++) {
        against_ref(engine, net);
        in_bf16(engine, net, DORG_PREC_BF16);
        in_bf16(engine, net, DORG_PREC_AUTO);
    }
    if (engine) ties(engine);
    if (engine) refusals(engine);
    ok(!dorg_kernels_find("cuda:999", &e) && e.code == DORG_EIO, "no device 999: %s", e.text);
    return tap_done();
}
