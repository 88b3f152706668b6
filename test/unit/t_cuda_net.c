/* t_cuda_net - the CUDA engine against the "ref" engine; skipped where no device is
 * (test/bats/cuda.bats also runs it on a processor, through test/cuda) */
#include "../../kernels/engine.h"
#include "../nets.h"

static const uint64_t seed = 21;
static uint32_t draws;

static int draw(int lo, int hi)
{
    return lo + (int)dorg_rng_below((uint64_t)(hi - lo + 1), seed, DORG_RNG_TEST, 10, draws++);
}

static const char *const nets[] = {
    "input channels=2 size=14\nconv filters=6 kernel=5 pad=1\nlrn size=5 alpha=0.2\n"
    "pool kernel=3 stride=2\nrelu\nconv filters=9 kernel=3 pad=1 stride=2\nrelu\n"
    "fc outputs=17\nrelu\ndropout keep=0.5\nfc outputs=3\nsoftmax\n",
    "input channels=1 size=11\nbnorm\nrelu\nconv filters=5 kernel=3\nbnorm eps=0.01\nrelu\n"
    "lrn size=3 alpha=0.3 k=1 beta=0.5\npool kernel=2 stride=2\ndropout keep=0.7\ngap\n"
    "fc outputs=8\nbnorm\nfc outputs=2\nsoftmax\n",
    "input channels=3 size=8\npool kernel=3 stride=2\nrelu\nfc outputs=2\nsoftmax\n",
};

enum { MOST = 9000, STEPS = 6 };

struct results {
    float p[64], grad[MOST], w[MOST], v[MOST], loss;
};

static int run(struct results *r, const struct dorg_engine_ops *ops, struct trial *t,
               const struct dorg_engine_opts *how, struct dorg_err *e)
{
    struct dorg_engine *g = NULL;
    struct dorg_engine_opts o = *how;
    size_t m = t->cfg.n_params;
    o.max_batch = t->n;
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
    for (int s = 0; s < STEPS && !e->code; s++, sgd.step++) {
        sgd.rate_w *= 0.8f; /* a recorded step must look at what changes */
        ops->train(g, t->x, t->y, s == 2 ? 3 : t->n, &sgd, &r->loss, e);
    }
    if (!e->code) ops->get_params(g, r->w, m, e);
    if (!e->code) ops->get_momentum(g, r->v, m, e);
    ops->close(g);
    return e->code;
}

/* Largest differences allowed, over the largest number. */
struct tolerance {
    const char *name;
    enum dorg_precision precision;
    double p, grad, w, v, loss;
};
static const struct tolerance tolerances[] = {
    {"f32", DORG_PREC_F32, 2e-5, 2e-4, 1e-3, 1e-2, 1e-4},
    {"tf32", DORG_PREC_TF32, 5e-3, 2e-2, 1e-2, 5e-2, 2e-2},
    {"bf16", DORG_PREC_BF16, 5e-2, 1e-1, 3e-2, 2e-1, 5e-2},
};

static void against_ref(const struct dorg_engine_ops *cuda, int net,
                        const struct tolerance *tol)
{
    static struct results a, b, again;
    const struct dorg_engine_opts plain = {.jobs = 1};
    struct dorg_engine_opts how = {.jobs = 1, .precision = tol->precision};
    struct dorg_err e = DORG_ERR_INIT;
    struct trial t;
    if (trial_make(&t, nets[net], 7, seed + (uint64_t)net)) return;
    size_t m = t.cfg.n_params, k = (size_t)(t.n * t.cfg.classes);
    if (m > MOST || run(&a, &dorg_engine_ref, &t, &plain, &e) || run(&b, cuda, &t, &how, &e) ||
        run(&again, cuda, &t, &how, &e)) {
        ok(0, "net %d in %s: %zu parameters, %s", net, tol->name, m, e.text);
    } else {
        double p = apart(b.p, a.p, k), grad = apart(b.grad, a.grad, m), w = apart(b.w, a.w, m),
               v = apart(b.v, a.v, m);
        ok(p < tol->p, "net %d in %s: forward (%g)", net, tol->name, p);
        ok(grad < tol->grad, "net %d in %s: gradient (%g)", net, tol->name, grad);
        ok(w < tol->w, "net %d in %s: weights after %d steps (%g)", net, tol->name, STEPS, w);
        ok(v < tol->v, "net %d in %s: momentum (%g)", net, tol->name, v);
        near((double)b.loss, (double)a.loss, tol->loss * (1 + (double)a.loss),
             "the last loss");
        ok(!memcmp(b.w, again.w, m * sizeof(float)) &&
               !memcmp(b.p, again.p, k * sizeof(float)),
           "net %d in %s: the same bits again", net, tol->name);
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
    for (int how = 0; how < 2; how++) {
        struct dorg_engine_opts o = {.jobs = 1};
        run(&a, &dorg_engine_ref, &t, &o, &e);
        if (how) o.precision = DORG_PREC_TF32;
        if (!e.code) run(&b, cuda, &t, &o, &e);
        ok(!e.code && apart(b.grad, a.grad, 2) < (how ? 2e-2 : 1e-5),
           "the first of equal maxima (%g, %g) %s", (double)a.grad[1], (double)b.grad[1],
           e.text);
    }
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

/* Where cuDNN has no plans, its functions; where it cannot interleave maps, planes: what only
 * the emulated cuDNN lacks when it is told to. */
static void without(const struct dorg_engine_ops *cuda, const char *what)
{
    if (!getenv("DORG_EMULATED")) return;
    setenv(what, "1", 1);
    for (int net = 0; net < 2; net++)
        for (int i = 1; i < 3; i++)
            against_ref(cuda, net, &tolerances[i]);
    unsetenv(what);
}

/* With `fast` the first suggestion is taken, which the emulated cuDNN runs only if told to. */
static void in_haste(const struct dorg_engine_ops *cuda)
{
    static struct results a, b;
    const struct dorg_engine_opts plain = {.jobs = 1}, fast = {.jobs = 1, .fast = 1};
    struct dorg_err e = DORG_ERR_INIT;
    struct trial t;
    if (trial_make(&t, nets[0], 7, seed)) return;
    size_t m = t.cfg.n_params;
    setenv("DORG_EMULATED_FAST", "1", 1);
    if (!run(&a, &dorg_engine_ref, &t, &plain, &e)) run(&b, cuda, &t, &fast, &e);
    unsetenv("DORG_EMULATED_FAST");
    ok(!e.code && apart(b.w, a.w, m) < 1e-3, "fast: weights (%g) %s", apart(b.w, a.w, m),
       e.text);
    trial_free(&t);
}

/* A loss that is not finite is told in bf16, too, where relus are fused, and moves nothing. */
static void diverged(const struct dorg_engine_ops *cuda, enum dorg_precision how)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_engine *g = NULL;
    struct trial t;
    float loss, *before = NULL;
    if (trial_make(&t, nets[0], 4, seed)) return;
    size_t m = t.cfg.n_params;
    struct dorg_engine_opts o = {.max_batch = 4, .jobs = 1, .training = 1, .precision = how};
    before = calloc(2 * m, sizeof *before);
    cuda->open(&g, &t.cfg, &o, &e);
    if (!e.code) cuda->set_params(g, t.w, m, &e);
    for (int i = 0; i < 3 && !e.code; i++)
        cuda->train(g, t.x, t.y, 4, &t.sgd, &loss, &e);
    if (!e.code) cuda->get_params(g, before, m, &e);
    t.x[7] = NAN;
    ok(!e.code && cuda->train(g, t.x, t.y, 4, &t.sgd, &loss, &e) == DORG_EDATA,
       "precision %d: no finite loss: %s", (int)how, e.text);
    e = DORG_ERR_INIT;
    cuda->get_params(g, before + m, m, &e);
    ok(!e.code && !memcmp(before, before + m, m * sizeof *before), "and nothing moves");
    cuda->close(g);
    free(before);
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
    struct dorg_engine_opts o = {.max_batch = 4, .jobs = 1, .training = 1};
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
    ok(cuda->train(g, t.x, t.y, 4, &t.sgd, &loss, &e) == DORG_EDATA, "no finite loss: %s",
       e.text);
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
    const struct dorg_engine_ops *engine = dorg_engine_find("cuda", &e);
    if (!engine) {
        tap_skip(e.text);
        return tap_done();
    }
    for (int net = 0; net < 3; net++) {
        for (int i = 0; i < 3; i++)
            against_ref(engine, net, &tolerances[i]);
        in_bf16(engine, net, DORG_PREC_BF16);
        in_bf16(engine, net, DORG_PREC_AUTO);
    }
    ties(engine);
    without(engine, "DORG_EMULATED_NO_PLANS");
    without(engine, "DORG_EMULATED_NCHW");
    in_haste(engine);
    diverged(engine, DORG_PREC_TF32);
    diverged(engine, DORG_PREC_BF16);
    refusals(engine);
    return tap_done();
}
