/* t_engine_int8 - applying in bytes: the stated arithmetic, written out in double; its bound
 * of f32 on nets like the paper's; neither threads nor neighbours change a bit; refusals */
#include "../nets.h"

static int apply(struct trial *t, enum dorg_precision p, int jobs, int each, float *out,
                 struct dorg_err *e)
{
    const struct dorg_engine_ops *ops = dorg_engine_find("onednn", e);
    struct dorg_engine *g = NULL;
    struct dorg_engine_opts o = {.max_batch = t->n, .jobs = jobs, .precision = p};
    size_t image = t->n_x / (size_t)t->n, k = (size_t)t->cfg.classes;
    if (!ops->open(&g, &t->cfg, &o, e)) ops->set_params(g, t->w, t->cfg.n_params, e);
    for (int i = 0; i < t->n && !e->code; i += each) {
        int n = t->n - i < each ? t->n - i : each;
        ops->forward(g, t->x + (size_t)i * image, n, out + (size_t)i * k, e);
    }
    ops->close(g);
    return e->code;
}

/* ---- the arithmetic ------------------------------------------------------------------- */

enum { C = 3, SIDE = 8, MAPS = 5, OUT = 3, PIX = SIDE * SIDE };

static double bytes_of(double *q, const double *x, int n, double top)
{
    double most = 0;
    for (int i = 0; i < n; i++)
        most = fmax(most, fabs(x[i]));
    for (int i = 0; i < n; i++)
        q[i] = most > 0 ? round(x[i] * top / most) : 0;
    return most / top;
}

/* conv 3x3 pad 1, relu, fc, softmax: each product of whole numbers, scaled afterwards */
static void by_hand(double p[OUT], const double *x, const double *w)
{
    const double *cw = w, *cb = cw + MAPS * C * 9, *fw = cb + MAPS,
                 *fb = fw + OUT * MAPS * PIX;
    double q[C * PIX], k[MAPS * PIX], y[MAPS * PIX], sum = 0;
    double sx = bytes_of(q, x, C * PIX, 127);
    for (int o = 0; o < MAPS; o++) {
        double sw = bytes_of(k, cw + o * C * 9, C * 9, 127);
        for (int i = 0; i < PIX; i++) {
            double z = 0;
            for (int c = 0; c < C; c++)
                for (int a = 0; a < 9; a++) {
                    int r = i / SIDE + a / 3 - 1, s = i % SIDE + a % 3 - 1;
                    if (r >= 0 && r < SIDE && s >= 0 && s < SIDE)
                        z += q[c * PIX + r * SIDE + s] * k[c * 9 + a];
                }
            y[o * PIX + i] = fmax(0, z * sx * sw + cb[o]);
        }
    }
    double h[MAPS * PIX], sy = bytes_of(h, y, MAPS * PIX, 255);
    for (int o = 0; o < OUT; o++) {
        double sw = bytes_of(k, fw + o * MAPS * PIX, MAPS * PIX, 127), z = 0;
        for (int i = 0; i < MAPS * PIX; i++)
            z += h[i] * k[i];
        sum += p[o] = exp(z * sy * sw + fb[o]);
    }
    for (int o = 0; o < OUT; o++)
        p[o] /= sum;
}

static void arithmetic(uint64_t seed)
{
    struct trial t;
    struct dorg_err e = DORG_ERR_INIT;
    if (trial_make(&t,
                   "input channels=3 size=8\nconv filters=5 kernel=3 pad=1\nrelu\n"
                   "fc outputs=3\nsoftmax\n",
                   50, seed))
        return;
    float p[50 * OUT] = {0}, f[50 * OUT] = {0};
    double off = 0, apart = 0;
    apply(&t, DORG_PREC_INT8, 1, 50, p, &e);
    apply(&t, DORG_PREC_F32, 1, 50, f, &e);
    for (int i = 0; i < t.n; i++) {
        double want[OUT];
        by_hand(want, t.x64 + i * C * PIX, t.w64);
        for (int k = 0; k < OUT; k++) {
            off += fabs((double)p[i * OUT + k] - want[k]) / (50 * OUT);
            apart += fabs((double)p[i * OUT + k] - (double)f[i * OUT + k]) / (50 * OUT);
        }
    }
    /* a mean: here and there float and double round a byte to different sides */
    near(off, 0, 3e-5, "it is the equations'");
    ok(!e.code && apart > 4 * off && apart > 3e-4, "which differ from f32 by more (%.2g) %s",
       apart, e.text);
    trial_free(&t);
}

/* ---- the bound ------------------------------------------------------------------------ */

static const char *const nets[] = {
    LIKE_THE_PAPERS,
    LIKE_COMPACT,
    "input channels=2 size=9\nfc outputs=600\nrelu\ndropout keep=0.5\nfc outputs=70\n"
    "fc outputs=4\nsoftmax\n",
};

static void one(const char *text, uint64_t seed)
{
    struct trial t;
    struct dorg_err e = DORG_ERR_INIT;
    if (trial_make(&t, text, 75, seed)) return;
    size_t m = (size_t)(t.n * t.cfg.classes);
    float *p[4];
    double worst = 0, mean = 0, spread = 0;
    for (int i = 0; i < 4; i++)
        p[i] = calloc(m, sizeof(float));
    apply(&t, DORG_PREC_F32, 1, t.n, p[0], &e);
    apply(&t, DORG_PREC_INT8, 1, t.n, p[1], &e);
    apply(&t, DORG_PREC_INT8, 3, t.n, p[2], &e);
    apply(&t, DORG_PREC_INT8, 1, 1, p[3], &e);
    for (size_t i = 0; i < m; i++) {
        double d = fabs((double)p[0][i] - (double)p[1][i]);
        worst = fmax(worst, d);
        mean += d / (double)m;
        spread = fmax(spread, fabs((double)p[0][i] - (double)p[0][0]));
    }
    ok(!e.code, "applied %s", e.text);
    printf("# worst difference %.4f, mean %.4f, p differ by up to %.3f\n", worst, mean,
           spread);
    near(worst, 0, 0.05, "int8 within its bound");
    near(mean, 0, 0.01, "and nearer on average");
    ok(spread > 3 * worst && worst > 0, "and it is not f32, nor is everything the same");
    ok(memcmp(p[1], p[2], m * sizeof(float)) == 0, "threads change no bit");
    ok(memcmp(p[1], p[3], m * sizeof(float)) == 0, "neither do neighbours");
    for (int i = 0; i < 4; i++)
        free(p[i]);
    trial_free(&t);
}

int main(void)
{
    struct dorg_err e = DORG_ERR_INIT;
    uint64_t seed = tap_seed(11);
    struct trial t;
    struct dorg_engine *g = NULL;
    struct dorg_engine_opts o = {.max_batch = 4, .jobs = 1, .precision = DORG_PREC_INT8};
    char why[256] = "";
    use_built_plugins();
    const struct dorg_engine_ops *ops = dorg_engine_find("onednn", &e);
    if (trial_make(&t, nets[2], 4, seed)) return tap_done();
    e = DORG_ERR_INIT;
    ok(dorg_engine_ref.open(&g, &t.cfg, &o, &e) == DORG_EIO && !g,
       "the plain C engine has none");
    e = DORG_ERR_INIT;
    if (!ops || ops->probe(why, sizeof why) < 1 || !strstr(why, "avx512_vnni")) {
        tap_skip(ops ? "no avx512_vnni" : "no onednn");
        trial_free(&t);
        return tap_done();
    }
    o.training = 1;
    ok(ops->open(&g, &t.cfg, &o, &e) == DORG_EIO && !g, "training in int8 is refused");
    trial_free(&t);
    for (uint64_t i = 0; i < 3; i++)
        arithmetic(seed + i);
    for (uint64_t i = 0; i < 3; i++)
        one(nets[i], seed + i);
    return tap_done();
}
