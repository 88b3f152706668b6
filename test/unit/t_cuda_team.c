/* t_cuda_team - two GPUs against the "ref" engine; skipped where there are none or NCCL is not
 * (test/bats/cuda.bats also runs it on a processor, through test/cuda) */
#include "../cuda_records.h"

static const uint64_t seed = 33;

struct results {
    float w[MOST], grad[MOST], p[64], loss;
};

/* Half the images are the same batch: the team's parts are of different size. */
static int run(struct results *r, const struct dorg_engine_ops *ops, struct trial *t,
               const struct dorg_engine_opts *how, struct dorg_err *e)
{
    struct dorg_engine *g = NULL;
    struct dorg_engine_opts o = *how;
    struct dorg_sgd sgd = t->sgd;
    size_t m = t->cfg.n_params;
    o.max_batch = t->n;
    o.training = 1;
    sgd.rate_w = sgd.rate_b = 0.01f;
    if (ops->open(&g, &t->cfg, &o, e) || ops->set_params(g, t->w, m, e) ||
        ops->gradient(g, t->x, t->y, t->n, &t->sgd, r->grad, &r->loss, e))
        goto done;
    for (int s = 0; s < 5; s++, sgd.step++)
        if (ops->train(g, t->x, t->y, s == 2 ? 4 : t->n, &sgd, &r->loss, e)) goto done;
    if (!ops->get_params(g, r->w, m, e)) ops->forward(g, t->x, t->n, r->p, e);
done:
    ops->close(g);
    return e->code;
}

static void together(const struct dorg_engine_ops *cuda, int net, enum dorg_precision how)
{
    static struct results a, b;
    const struct dorg_engine_opts plain = {.jobs = 1};
    const struct dorg_engine_opts two = {.jobs = 1, .precision = how, .gpus = 2};
    double tol = how == DORG_PREC_F32 ? 1e-4 : 0.1;
    struct dorg_err e = DORG_ERR_INIT;
    struct trial t;
    if (trial_make(&t, nets[net], 7, seed)) return;
    size_t m = t.cfg.n_params, k = (size_t)(t.n * t.cfg.classes);
    if (!run(&a, &dorg_engine_ref, &t, &plain, &e)) run(&b, cuda, &t, &two, &e);
    ok(!e.code && apart(b.grad, a.grad, m) < tol, "net %d, precision %d: gradient (%g) %s",
       net, (int)how, apart(b.grad, a.grad, m), e.text);
    ok(apart(b.w, a.w, m) < tol && apart(b.p, a.p, k) < tol,
       "weights (%g) and what they say (%g)", apart(b.w, a.w, m), apart(b.p, a.p, k));
    near((double)b.loss, (double)a.loss, tol * (1 + (double)a.loss), "the last loss");
    t.x[5] = NAN;
    e = DORG_ERR_INIT;
    ok(run(&b, cuda, &t, &two, &e) == DORG_EDATA, "no finite loss: %s", e.text);
    trial_free(&t);
}

static void on_records(const struct dorg_engine_ops *cuda, int net, bool streamed)
{
    const struct dorg_feed_opts feed = {
        .batch = BATCH, .seed = 31, .readers = 1, .tps = 0.1, .flip = true};
    const struct dorg_engine_opts plain = {.jobs = 1}, two = {.jobs = 1, .gpus = 2};
    const struct dorg_trainset_opts so = {.seed = seed, .jobs = 1};
    static float a[MOST], b[MOST], la[STEPS], lb[STEPS];
    struct dorg_trainset t = DORG_TRAINSET_INIT;
    struct dorg_err e = DORG_ERR_INIT;
    struct trial tr;
    char path[64];
    const char *name = path;
    if (trial_make(&tr, nets[net], 1, seed)) return;
    for (size_t i = 0; i < tr.cfg.n_params; i++)
        tr.w[i] /= 64;
    snprintf(path, sizeof path, "t_cuda_team.%d.rec", (int)getpid());
    write_records(path, tr.cfg.channels, &e);
    dorg_trainset_open(&t, &name, 1, NULL, 0, &so, &e);
    if (!e.code && !train(a, la, &dorg_engine_ref, &plain, &t, &feed, &tr, 0, &e))
        train(b, lb, cuda, &two, &t, &feed, &tr, streamed ? 1000 : 0, &e);
    double d = apart(b, a, tr.cfg.n_params), l = apart(lb, la, STEPS);
    ok(!e.code && d < 1e-4 && l < 1e-3, "net %d on records: weights (%g), losses (%g) %s", net,
       d, l, e.text);
    unlink(path);
    dorg_trainset_close(&t);
    trial_free(&tr);
}

static void refusals(const struct dorg_engine_ops *cuda)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_engine *g = NULL;
    struct trial t;
    float loss;
    if (trial_make(&t, nets[0], 4, seed)) return;
    struct dorg_engine_opts o = {.max_batch = 4, .jobs = 1, .training = 1, .gpus = 63};
    ok(cuda->open(&g, &t.cfg, &o, &e) == DORG_EIO && !g, "63 GPUs: %s", e.text);
    e = DORG_ERR_INIT;
    o.gpus = 2;
    o.training = 0;
    ok(cuda->open(&g, &t.cfg, &o, &e) == DORG_EUSAGE && !g, "applying: %s", e.text);
    e = DORG_ERR_INIT;
    o.training = 1;
    cuda->open(&g, &t.cfg, &o, &e);
    if (!e.code) cuda->set_params(g, t.w, t.cfg.n_params, &e);
    ok(!e.code && cuda->train(g, t.x, t.y, 1, &t.sgd, &loss, &e) == DORG_EUSAGE,
       "one image for two: %s", e.text);
    cuda->close(g);
    trial_free(&t);
}

/* Whether a team of two can be opened; why not, if not. */
static bool can(const struct dorg_engine_ops *cuda, char *why, size_t n)
{
    const struct dorg_engine_opts o = {.max_batch = 4, .jobs = 1, .training = 1, .gpus = 2};
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_engine *g = NULL;
    struct trial t;
    if (trial_make(&t, nets[0], 4, seed)) return false;
    cuda->open(&g, &t.cfg, &o, &e);
    cuda->close(g);
    trial_free(&t);
    snprintf(why, n, "no team of two GPUs: %s", e.text);
    return !e.code;
}

int main(void)
{
    struct dorg_err e = DORG_ERR_INIT;
    char why[600];
    use_built_plugins();
    const struct dorg_engine_ops *cuda = dorg_engine_find("cuda", &e);
    if (!cuda || !can(cuda, why, sizeof why)) {
        tap_skip(cuda ? why : e.text);
        return tap_done();
    }
    for (int net = 0; net < 2; net++) {
        together(cuda, net, DORG_PREC_F32);
        together(cuda, net, DORG_PREC_TF32);
        together(cuda, net, DORG_PREC_BF16);
        on_records(cuda, net, false);
        on_records(cuda, net, true);
    }
    refusals(cuda);
    return tap_done();
}
