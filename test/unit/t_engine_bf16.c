/* t_engine_bf16 - bf16 stays within its bound of f32: |p - p_f32| <= 0.02 on every image of
 * nets like the paper's, and auto means bf16 only for applying */
#include "../nets.h"

static const char *const nets[] = {LIKE_THE_PAPERS, LIKE_COMPACT};

static int apply(const struct dorg_engine_ops *ops, struct trial *t, enum dorg_precision p,
                 int jobs, float *out, struct dorg_err *e)
{
    struct dorg_engine *g = NULL;
    struct dorg_engine_opts o = {.max_batch = t->n, .jobs = jobs, .precision = p};
    if (!ops->open(&g, &t->cfg, &o, e) && !ops->set_params(g, t->w, t->cfg.n_params, e))
        ops->forward(g, t->x, t->n, out, e);
    ops->close(g);
    return e->code;
}

static void one(const struct dorg_engine_ops *ops, const char *text, uint64_t seed)
{
    struct trial t;
    struct dorg_err e = DORG_ERR_INIT;
    if (trial_make(&t, text, 150, seed)) return;
    size_t m = (size_t)(t.n * t.cfg.classes);
    float *p[4];
    for (int i = 0; i < 4; i++)
        p[i] = calloc(m, sizeof(float));
    static const enum dorg_precision what[] = {DORG_PREC_F32, DORG_PREC_BF16, DORG_PREC_BF16,
                                               DORG_PREC_AUTO};
    for (int i = 0; i < 4 && !e.code; i++)
        apply(ops, &t, what[i], i == 2 ? 3 : 1, p[i], &e);
    if (ok(!e.code, "applied %s", e.text)) {
        double worst = 0, spread = 0;
        for (size_t i = 0; i < m; i++) {
            worst = fmax(worst, fabs((double)p[0][i] - (double)p[1][i]));
            spread = fmax(spread, fabs((double)p[0][i] - (double)p[0][0]));
        }
        near(worst, 0, 0.02, "bf16 within its bound");
        printf("# worst difference %.4f, p differ by up to %.3f\n", worst, spread);
        ok(spread > 0.1 && worst > 0, "and it is not f32, nor is everything the same");
        ok(memcmp(p[1], p[2], m * sizeof(float)) == 0, "threads change no bit of bf16");
        ok(memcmp(p[1], p[3], m * sizeof(float)) == 0, "auto is bf16 here");
    }
    for (int i = 0; i < 4; i++)
        free(p[i]);
    trial_free(&t);
}

int main(void)
{
    struct dorg_err e = DORG_ERR_INIT;
    uint64_t seed = tap_seed(4);
    use_built_plugins();
    const struct dorg_engine_ops *ops = dorg_engine_find("onednn", &e);
    char why[256] = "";
    if (!ops || ops->probe(why, sizeof why) < 1 || !strstr(why, "avx512_bf16")) {
        tap_skip(ops ? "no avx512_bf16" : e.text);
        return tap_done();
    }
    for (int i = 0; i < 2; i++)
        one(ops, nets[i], seed + (uint64_t)i);
    struct trial t;
    struct dorg_engine *g = NULL;
    struct dorg_engine_opts o = {
        .max_batch = 4, .jobs = 1, .training = 1, .precision = DORG_PREC_BF16};
    if (!trial_make(&t, nets[1], 4, seed)) {
        ok(ops->open(&g, &t.cfg, &o, &e) == DORG_EIO && !g, "training in bf16 is refused");
        e = DORG_ERR_INIT;
        o.precision = DORG_PREC_AUTO;
        ok(ops->open(&g, &t.cfg, &o, &e) == 0, "auto trains, in f32 %s", e.text);
        ops->close(g);
        trial_free(&t);
    }
    return tap_done();
}
