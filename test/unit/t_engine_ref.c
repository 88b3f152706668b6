/* t_engine_ref - every layer of the reference engine against double precision: forward, the
 * gradient against finite differences, the step of SGD, threads, refusals */
#include "../nets.h"

static const char *const nets[] = {
    "input channels=3 size=7\nconv filters=4 kernel=3\nfc outputs=3\nsoftmax\n",
    "input channels=2 size=9\nconv filters=3 kernel=5 pad=2\nrelu\nfc outputs=2\nsoftmax\n",
    "input channels=2 size=9\nconv filters=5 kernel=3 stride=2 pad=1\nrelu\n"
    "conv filters=3 kernel=4 stride=3\nfc outputs=2\nsoftmax\n",
    "input channels=7 size=5\nconv filters=9 kernel=3\nlrn size=5 alpha=0.5 k=1\n"
    "fc outputs=2\nsoftmax\n",
    "input channels=4 size=4\nlrn size=3 alpha=0.7 beta=0.6 k=2\nconv filters=4 kernel=2\n"
    "lrn size=9 alpha=1 beta=0.75 k=1.5\nfc outputs=2\nsoftmax\n",
    "input channels=2 size=10\nconv filters=3 kernel=3\npool kernel=3 stride=2\nrelu\n"
    "pool kernel=2 stride=2\nfc outputs=4\nsoftmax\n",
    "input channels=3 size=6\nconv filters=4 kernel=3\nbnorm\nrelu\nconv filters=5 kernel=2\n"
    "bnorm eps=0.1 momentum=0.3\ngap\nfc outputs=2\nsoftmax\n",
    "input channels=1 size=4\nfc outputs=9\nrelu\ndropout keep=0.5\nfc outputs=6\n"
    "dropout keep=0.8\nfc outputs=2\nsoftmax\n",
    "input channels=2 size=3\nfc outputs=5\nbnorm\nrelu\nfc outputs=2\nsoftmax\n",
    "input channels=3 size=6\nbnorm\nconv filters=3 kernel=3\ngap\nsoftmax\n",
};
enum { N_NETS = sizeof nets / sizeof *nets };

static struct dorg_engine *opened(const struct trial *t, int jobs, struct dorg_err *e)
{
    struct dorg_engine *g;
    struct dorg_engine_opts o = {.max_batch = t->n, .jobs = jobs, .training = 1};
    if (dorg_engine_ref.open(&g, &t->cfg, &o, e)) return NULL;
    dorg_engine_ref.set_params(g, t->w, t->cfg.n_params, e);
    return g;
}

static void forward(struct trial *t, struct dorg_engine *g, struct dorg_err *e)
{
    size_t m = (size_t)t->n * (size_t)t->cfg.classes;
    float *p = calloc(m, sizeof *p);
    double *want = calloc(m, sizeof *want), worst = 0;
    dorg_engine_ref.forward(g, t->x, t->n, p, e);
    o_net(&t->cfg, t->w64, t->x64, NULL, t->n, NULL, want);
    for (size_t i = 0; i < m; i++)
        worst = fmax(worst, fabs((double)p[i] - want[i]));
    near(worst, 0, 2e-6, "forward is the oracle's");
    free(p);
    free(want);
}

static void gradient(struct trial *t, struct dorg_engine *g, struct dorg_err *e)
{
    size_t m = t->cfg.n_params;
    float *grad = calloc(m, sizeof *grad), loss = 0;
    double worst = 0, size = 0;
    dorg_engine_ref.gradient(g, t->x, t->y, t->n, &t->sgd, grad, &loss, e);
    double want = o_net(&t->cfg, t->w64, t->x64, t->y, t->n, t->keep, NULL);
    near((double)loss, want, 2e-6, "loss in training is the oracle's");
    for (size_t i = 0; i < m; i++) {
        double slope = o_net_slope(&t->cfg, t->w64, t->x64, t->y, t->n, t->keep, i);
        size = fmax(size, fabs(slope));
        worst = fmax(worst, fabs((double)grad[i] - slope));
    }
    ok(size > 1e-3, "the gradient is not nothing");
    near(worst / size, 0, 2e-5, "gradient is the finite differences'");
    free(grad);
}

/* Two steps against the update in double, from the engine's own (checked) gradient. */
static void steps(struct trial *t, struct dorg_engine *g, struct dorg_err *e)
{
    size_t m = t->cfg.n_params;
    float *grad = calloc(m, sizeof *grad), *now = calloc(m, sizeof *now), loss;
    double *w = calloc(m, sizeof *w), *v = calloc(m, sizeof *v), worst = 0;
    for (size_t i = 0; i < m; i++)
        w[i] = (double)t->w[i];
    for (int step = 0; step < 2; step++) {
        dorg_engine_ref.gradient(g, t->x, t->y, t->n, &t->sgd, grad, &loss, e);
        dorg_engine_ref.train(g, t->x, t->y, t->n, &t->sgd, &loss, e);
        dorg_engine_ref.get_params(g, now, m, e);
        for (int k = 0; k < t->cfg.n_layers; k++) {
            const struct dorg_layer *l = &t->cfg.layer[k];
            for (size_t i = l->w_at; i < l->b_at + l->n_b; i++) {
                if (l->type == DORG_BNORM && i >= l->w_at + l->n_b && i < l->b_at) continue;
                int bias = i >= l->b_at;
                double rate = bias ? 0.1 * (double)l->rate_b : 0.05 * (double)l->rate_w;
                double decay = bias ? 0 : 0.01 * (double)l->decay;
                v[i] = 0.9 * v[i] - rate * ((double)grad[i] + decay * w[i]);
                w[i] += v[i];
                worst = fmax(worst, fabs((double)now[i] - w[i]));
            }
        }
    }
    near(worst, 0, 1e-6, "two steps of SGD");
    dorg_engine_ref.get_momentum(g, now, m, e);
    double off = 0;
    for (size_t i = 0; i < m; i++)
        off = fmax(off, fabs((double)now[i] - v[i]));
    near(off, 0, 1e-6, "and their momentum");
    free(grad);
    free(now);
    free(w);
    free(v);
}

static void threads(struct trial *t, struct dorg_err *e)
{
    size_t m = t->cfg.n_params;
    float *w[2], loss[2], *p[2];
    for (int i = 0; i < 2; i++) {
        struct dorg_engine *g = opened(t, i ? 3 : 1, e);
        w[i] = calloc(m, sizeof(float));
        p[i] = calloc((size_t)(t->n * t->cfg.classes), sizeof(float));
        dorg_engine_ref.train(g, t->x, t->y, t->n, &t->sgd, &loss[i], e);
        dorg_engine_ref.train(g, t->x, t->y, t->n, &t->sgd, &loss[i], e);
        dorg_engine_ref.get_params(g, w[i], m, e);
        dorg_engine_ref.forward(g, t->x, t->n, p[i], e);
        dorg_engine_ref.close(g);
    }
    ok(memcmp(w[0], w[1], m * sizeof(float)) == 0 &&
           memcmp(p[0], p[1], (size_t)(t->n * t->cfg.classes) * sizeof(float)) == 0,
       "three threads change no bit");
    for (int i = 0; i < 2; i++) {
        free(w[i]);
        free(p[i]);
    }
}

/* The running statistics move by bnorm's momentum towards the batch's. */
static void running(void)
{
    struct trial t;
    struct dorg_err e = DORG_ERR_INIT;
    if (trial_make(&t, "input channels=1 size=2\nbnorm momentum=0.25\nfc outputs=2\nsoftmax\n",
                   3, 5))
        return;
    double mean = 0, var = 0;
    for (int i = 0; i < 12; i++)
        mean += t.x64[i] / 12;
    for (int i = 0; i < 12; i++)
        var += pow(t.x64[i] - mean, 2) / 11;
    struct dorg_engine *g = opened(&t, 1, &e);
    float loss, *now = calloc(t.cfg.n_params, sizeof *now);
    dorg_engine_ref.train(g, t.x, t.y, t.n, &t.sgd, &loss, &e);
    dorg_engine_ref.get_params(g, now, t.cfg.n_params, &e);
    near((double)now[1], 0.75 * t.w64[1] + 0.25 * mean, 1e-6, "running mean");
    near((double)now[2], 0.75 * t.w64[2] + 0.25 * var, 1e-6, "running variance, unbiased");
    free(now);
    dorg_engine_ref.close(g);
    trial_free(&t);
}

static void refusals(void)
{
    struct trial t;
    struct dorg_err e = DORG_ERR_INIT;
    float loss, p[8];
    if (trial_make(&t, nets[7], 4, 9)) return;
    struct dorg_engine *g = opened(&t, 1, &e);
    t.y[2] = 2;
    ok(dorg_engine_ref.train(g, t.x, t.y, 4, &t.sgd, &loss, &e) == DORG_EDATA &&
           strstr(e.text, "label 2 of a net with 2 classes"),
       "a label beyond the classes");
    t.y[2] = 1;
    e = DORG_ERR_INIT;
    ok(dorg_engine_ref.forward(g, t.x, 5, p, &e) == DORG_EUSAGE, "more than max_batch images");
    e = DORG_ERR_INIT;
    t.x[5] = NAN;
    float *w = calloc(t.cfg.n_params, sizeof *w);
    ok(dorg_engine_ref.train(g, t.x, t.y, 4, &t.sgd, &loss, &e) == DORG_EDATA,
       "a loss that is not finite");
    e = DORG_ERR_INIT;
    dorg_engine_ref.get_params(g, w, t.cfg.n_params, &e);
    ok(memcmp(w, t.w, t.cfg.n_params * sizeof *w) == 0, "and nothing has changed");
    ok(dorg_engine_ref.set_params(g, w, 3, &e) == DORG_EDATA, "parameters of another net");
    e = DORG_ERR_INIT;
    dorg_engine_ref.close(g);
    struct dorg_engine_opts o = {.max_batch = 1, .precision = DORG_PREC_BF16};
    ok(dorg_engine_ref.open(&g, &t.cfg, &o, &e) == DORG_EIO && !g, "bf16 in plain C");
    e = DORG_ERR_INIT;
    o = (struct dorg_engine_opts){.max_batch = 4, .jobs = 1};
    dorg_engine_ref.open(&g, &t.cfg, &o, &e);
    ok(dorg_engine_ref.train(g, t.x, t.y, 4, &t.sgd, &loss, &e) == DORG_EUSAGE,
       "training on an engine opened for applying");
    dorg_engine_ref.close(g);
    dorg_engine_ref.close(NULL);
    free(w);
    trial_free(&t);
    e = DORG_ERR_INIT;
    ok(!dorg_engine_find("nonesuch", &e) && e.code == DORG_EUSAGE, "an unknown engine");
    e = DORG_ERR_INIT;
    setenv("DORG_PLUGINS", "/nowhere", 1);
    ok(!dorg_engine_find("onednn", &e) && e.code == DORG_EIO &&
           strstr(e.text, "no plug-in /nowhere/dorg-onednn.so"),
       "an absent plug-in is a sentence");
    e = DORG_ERR_INIT;
    ok(dorg_engine_find("auto", &e) == &dorg_engine_ref, "and auto falls back to ref");
}

int main(void)
{
    uint64_t seed = tap_seed(20);
    for (int i = 0; i < N_NETS; i++) {
        struct trial t;
        struct dorg_err e = DORG_ERR_INIT;
        if (trial_make(&t, nets[i], 5, seed + (uint64_t)i)) continue;
        printf("# net %d\n", i);
        struct dorg_engine *g = opened(&t, 1, &e);
        forward(&t, g, &e);
        gradient(&t, g, &e);
        steps(&t, g, &e);
        dorg_engine_ref.close(g);
        threads(&t, &e);
        ok(!e.code, "no error %s", e.text);
        trial_free(&t);
    }
    running();
    refusals();
    return tap_done();
}
