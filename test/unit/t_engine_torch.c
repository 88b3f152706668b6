/* t_engine_torch - the engines against PyTorch: forward and one step of training, on a small
 * net of the paper's kind and on our compact net.  Skipped where python3-torch or
 * the sources are not there. */
#include "../nets.h"

static const char small_paper[] =
    "input channels=2 size=40\nconv filters=16 kernel=11\nlrn size=5 alpha=0.01 beta=0.75 "
    "k=2\n"
    "pool kernel=3 stride=2\nrelu\nconv filters=24 kernel=5 pad=2\nrelu\n"
    "lrn size=5 alpha=0.01\npool kernel=3 stride=2\nconv filters=20 kernel=3 pad=1\n"
    "pool kernel=3 stride=2\nrelu\nfc outputs=64\nrelu\ndropout keep=0.5\nfc "
    "outputs=64\nrelu\n"
    "dropout keep=0.5\nfc outputs=3\nsoftmax\n";
static const char small_compact[] =
    "input channels=3 size=24\nconv filters=32 kernel=5 stride=2 pad=2\nbnorm\nrelu\n"
    "conv filters=20 kernel=3 pad=1\nbnorm momentum=0.3\nrelu\npool kernel=3 stride=2\n"
    "conv filters=48 kernel=3 pad=1\nbnorm\nrelu\ngap\ndropout keep=0.7\nfc outputs=2\n"
    "softmax\n";

static char folder[] = "/tmp/dorg-torch-XXXXXX";

static void put(const char *name, const void *at, size_t bytes)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(at, 1, bytes, f) != bytes) ok(0, "writing %s", path);
    if (f) fclose(f);
}

static float *get(const char *name, size_t n)
{
    char path[128];
    float *to = calloc(n, sizeof *to);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    if (!f || fread(to, sizeof *to, n, f) != n) ok(0, "reading %s", path);
    if (f) fclose(f);
    return to;
}

static void put_masks(const struct trial *t)
{
    float *all = calloc(1 << 20, sizeof *all);
    size_t n = 0;
    for (int k = 0; k < t->cfg.n_layers; k++) {
        const struct dorg_layer *l = &t->cfg.layer[k];
        if (l->type != DORG_DROPOUT) continue;
        for (size_t i = 0; i < (size_t)t->n * (size_t)l->in[0]; i++)
            all[n++] = (float)t->keep[k][i];
    }
    put("masks.f32", all, n * sizeof *all);
    free(all);
}

static void put_trial(const struct trial *t, const float *v)
{
    char sgd[128];
    size_t m = t->cfg.n_params * sizeof(float);
    put("net.cfg", t->cfg.text, strlen(t->cfg.text));
    put("params.f32", t->w, m);
    put("momentum.f32", v, m);
    put("x.f32", t->x, t->n_x * sizeof(float));
    put("y.u8", t->y, (size_t)t->n);
    put_masks(t);
    snprintf(sgd, sizeof sgd, "%.9g %.9g %.9g %.9g\n", (double)t->sgd.rate_w,
             (double)t->sgd.rate_b, (double)t->sgd.momentum, (double)t->sgd.decay);
    put("sgd.txt", sgd, strlen(sgd));
}

static void close_to(const float *got, const float *want, size_t n, double bound,
                     const char *engine, const char *what)
{
    double worst = 0, size = 0;
    for (size_t i = 0; i < n; i++) {
        worst = fmax(worst, fabs((double)got[i] - (double)want[i]));
        size = fmax(size, fabs((double)want[i]));
    }
    char name[96];
    snprintf(name, sizeof name, "%s: %s as PyTorch has it", engine, what);
    near(worst / size, 0, bound, name);
}

static void engine(const char *name, struct trial *t, const float *v)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_engine *g = NULL;
    const struct dorg_engine_ops *ops = dorg_engine_find(name, &e);
    size_t m = t->cfg.n_params, k = (size_t)(t->n * t->cfg.classes);
    if (!ops) {
        tap_skip(e.text);
        return;
    }
    struct dorg_engine_opts o = {.max_batch = t->n, .jobs = 2, .training = 1};
    float *p = calloc(k, sizeof *p), *w = calloc(m, sizeof *w), loss = 0;
    ops->open(&g, &t->cfg, &o, &e);
    if (!e.code) ops->set_params(g, t->w, m, &e);
    if (!e.code) ops->set_momentum(g, v, m, &e);
    if (!e.code) ops->forward(g, t->x, t->n, p, &e);
    if (!e.code) ops->train(g, t->x, t->y, t->n, &t->sgd, &loss, &e);
    if (!e.code) ops->get_params(g, w, m, &e);
    ok(!e.code, "%s runs %s", name, e.text);
    float *want = get("p.f32", k);
    close_to(p, want, k, 1e-5, name, "forward");
    free(want);
    close_to(&loss, want = get("loss.f32", 1), 1, 1e-5, name, "loss");
    free(want);
    close_to(w, want = get("params_after.f32", m), m, 1e-5, name, "parameters after a step");
    free(want);
    if (!e.code) ops->get_momentum(g, w, m, &e);
    close_to(w, want = get("momentum_after.f32", m), m, 1e-4, name, "momentum after a step");
    free(want);
    ops->close(g);
    free(p);
    free(w);
}

static void net(const char *text, const char *script, uint64_t seed)
{
    struct trial t;
    char command[512];
    if (trial_make(&t, text, 21, seed)) return;
    float *v = calloc(t.cfg.n_params, sizeof *v);
    for (int k = 0; k < t.cfg.n_layers; k++) {
        const struct dorg_layer *l = &t.cfg.layer[k];
        for (size_t i = l->w_at; i < l->b_at + l->n_b; i++)
            if (l->type != DORG_BNORM || i < l->w_at + l->n_b || i >= l->b_at)
                v[i] = (float)(0.01 * dorg_rng_normal(seed, DORG_RNG_TEST, i, 7));
    }
    put_trial(&t, v);
    snprintf(command, sizeof command, "/usr/bin/python3 %s %s", script, folder);
    if (ok(system(command) == 0, "PyTorch runs the net")) {
        engine("ref", &t, v);
        engine("onednn", &t, v);
    }
    free(v);
    trial_free(&t);
}

int main(void)
{
    char script[64] = "", command[128];
    uint64_t seed = tap_seed(3);
    use_built_plugins();
    for (int up = 0; up < 5 && (!*script || access(script, R_OK)); up++)
        snprintf(script, sizeof script, "%.*stest/oracle/net.py", 3 * up, "../../../../../");
    if (access(script, R_OK) ||
        system("/usr/bin/python3 -c 'import torch, numpy' >/dev/null 2>&1")) {
        tap_skip("no python3 module torch, or not among the sources");
        return tap_done();
    }
    if (!mkdtemp(folder)) return 1;
    net(small_paper, script, seed);
    net(small_compact, script, seed + 1);
    snprintf(command, sizeof command, "rm -r %s", folder);
    ok(system(command) == 0, "cleaned up");
    return tap_done();
}
