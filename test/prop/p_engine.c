/* p_engine - the other engines compute what ref computes: random nets and batches, forward,
 * gradient, twenty steps; their threads change no bit; image by image or all at once, the
 * same.  Engines that are not there are skipped. */
#include "../nets.h"

static uint64_t seed;

static int draw(int lo, int hi, int net, int what)
{
    return lo + (int)dorg_rng_below((uint64_t)(hi - lo + 1), seed, DORG_RNG_TEST,
                                    (uint64_t)net, (uint32_t)what);
}

static void add(char text[2048], const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(char text[2048], const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    size_t at = strlen(text);
    vsnprintf(text + at, 2048 - at, fmt, ap);
    va_end(ap);
}

/* Side after a conv or pool of the text so far would be tedious to follow: sides are kept
 * large enough for what is drawn. */
static void random_net(char text[2048], int net)
{
    int w = 0, side = draw(6, 26, net, w++), classes = draw(2, 5, net, w++);
    text[0] = '\0';
    add(text, "input channels=%d size=%d\n", draw(1, 4, net, w++), side);
    if (draw(0, 7, net, w++) == 0) add(text, "bnorm\n");
    for (int block = draw(0, 3, net, w++); block > 0; block--) {
        int kernel = draw(1, side < 7 ? side : 7, net, w++),
            pad = draw(0, kernel / 2, net, w++);
        int stride = draw(1, 2, net, w++), kind = draw(0, 9, net, w++);
        add(text, "conv filters=%d kernel=%d stride=%d pad=%d\n", draw(1, 40, net, w++),
            kernel, stride, pad);
        side = (side + 2 * pad - kernel) / stride + 1;
        if (kind < 4) add(text, "bnorm eps=0.01\n");
        if (kind == 4) add(text, "lrn size=5 alpha=%g k=2\n", 0.01 * draw(1, 50, net, w++));
        if (kind == 5) add(text, "lrn size=3 alpha=0.3 k=1 beta=0.5\n");
        if (draw(0, 3, net, w++)) add(text, "relu\n");
        if (side >= 3 && draw(0, 1, net, w++)) {
            int size = draw(2, 3, net, w++), step = draw(1, 2, net, w++);
            add(text, "pool kernel=%d stride=%d\n", size, step);
            side = (side - size + step - 1) / step + 1;
            if (draw(0, 1, net, w++)) add(text, "relu\n");
        }
        if (draw(0, 5, net, w++) == 0) add(text, "dropout keep=0.7\n");
    }
    if (draw(0, 2, net, w++) == 0) add(text, "gap\n");
    for (int fc = draw(0, 2, net, w++); fc > 0; fc--) {
        add(text, "fc outputs=%d\n", draw(1, 3, net, w++) == 1 ? 64 : draw(1, 600, net, w++));
        if (draw(0, 4, net, w++) == 0) add(text, "bnorm\n");
        if (draw(0, 3, net, w++)) add(text, "relu\n");
        if (draw(0, 1, net, w++)) add(text, "dropout keep=0.5\n");
    }
    add(text, "fc outputs=%d\nsoftmax\n", classes);
}

static double worst_of(const float *a, const float *b, size_t n, double *size)
{
    double worst = 0;
    *size = 0;
    for (size_t i = 0; i < n; i++) {
        double d = fabs((double)a[i] - (double)b[i]);
        if (!(d <= worst)) worst = d; /* NaN stays */
        *size = fmax(*size, fabs((double)b[i]));
    }
    return worst;
}

struct results {
    float *p, *grad, *w, *v, *after;
    float loss, last_loss;
};

static void results_free(struct results *r)
{
    free(r->p);
    free(r->grad);
    free(r->w);
    free(r->v);
    free(r->after);
}

static int run(struct results *r, const struct dorg_engine_ops *ops, struct trial *t, int jobs,
               struct dorg_err *e)
{
    struct dorg_engine *g = NULL;
    struct dorg_engine_opts apply = {.max_batch = t->n, .jobs = jobs}, train = apply;
    size_t m = t->cfg.n_params, k = (size_t)(t->n * t->cfg.classes);
    train.training = 1;
    *r = (struct results){
        calloc(k, 4), calloc(m, 4), calloc(m, 4), calloc(m, 4), calloc(k, 4), 0, 0};
    ops->open(&g, &t->cfg, &apply, e);
    if (!e->code) ops->set_params(g, t->w, m, e);
    if (!e->code) ops->forward(g, t->x, t->n, r->p, e);
    ops->close(g);
    g = NULL;
    if (!e->code) ops->open(&g, &t->cfg, &train, e);
    if (!e->code) ops->set_params(g, t->w, m, e);
    if (!e->code) ops->gradient(g, t->x, t->y, t->n, &t->sgd, r->grad, &r->loss, e);
    struct dorg_sgd sgd = t->sgd;
    sgd.rate_w = sgd.rate_b = 0.002f;
    for (int s = 0; s < 20 && !e->code; s++, sgd.step++) /* a ragged batch now and then */
        ops->train(g, t->x, t->y, s % 5 == 4 ? (t->n + 1) / 2 : t->n, &sgd, &r->last_loss, e);
    if (!e->code) ops->get_params(g, r->w, m, e);
    if (!e->code) ops->get_momentum(g, r->v, m, e);
    if (!e->code) ops->forward(g, t->x, t->n, r->after, e);
    ops->close(g);
    return e->code;
}

static int within(double worst, double bound, const char *what)
{
    if (!(worst <= bound)) printf("# %s: %g above %g\n", what, worst, bound);
    return worst <= bound;
}

static int compare(const struct results *a, const struct results *b, const struct trial *t)
{
    size_t m = t->cfg.n_params, k = (size_t)(t->n * t->cfg.classes);
    double size, d;
    int good = 1;
    d = worst_of(a->p, b->p, k, &size);
    good &= within(d, 2e-5, "forward");
    d = worst_of(a->grad, b->grad, m, &size);
    good &= within(d / size, 2e-4, "gradient");
    good &= within(fabs((double)(a->loss - b->loss)), 1e-5 * (1 + (double)b->loss), "loss");
    d = worst_of(a->w, b->w, m, &size);
    good &= within(d / size, 2e-3, "weights after 20 steps");
    d = worst_of(a->v, b->v, m, &size);
    good &= within(d / size, 2e-2, "momentum after 20 steps");
    d = worst_of(a->after, b->after, k, &size);
    good &= within(d, 5e-3, "forward after 20 steps");
    return good;
}

static void same_bits(const struct results *a, const struct results *b, const struct trial *t)
{
    size_t m = t->cfg.n_params * sizeof(float), k = (size_t)(t->n * t->cfg.classes) * 4;
    ok(memcmp(a->p, b->p, k) == 0 && memcmp(a->grad, b->grad, m) == 0 &&
           memcmp(a->w, b->w, m) == 0 && memcmp(a->v, b->v, m) == 0 &&
           memcmp(a->after, b->after, k) == 0,
       "three threads change no bit");
}

/* An image's result does not depend on its place in the batch, on its neighbours or on how
 * many images the engine was opened for. */
static void alone(const struct dorg_engine_ops *ops, struct trial *t, const float *p,
                  const char *text)
{
    const int max[] = {t->n, 1, 3 * t->n + 1};
    float one[DORG_MAX_CLASSES];
    size_t classes = (size_t)t->cfg.classes, image = t->n_x / (size_t)t->n;
    for (int k = 0; k < 3; k++) {
        struct dorg_engine *g = NULL;
        struct dorg_err e = DORG_ERR_INIT;
        struct dorg_engine_opts o = {.max_batch = max[k], .jobs = 1};
        int good = 1;
        ops->open(&g, &t->cfg, &o, &e);
        if (!e.code) ops->set_params(g, t->w, t->cfg.n_params, &e);
        for (size_t i = 0; i < (size_t)t->n && !e.code; i += k ? 7 : 1) {
            ops->forward(g, t->x + i * image, 1, one, &e);
            good &= memcmp(one, p + i * classes, classes * sizeof *one) == 0;
        }
        ops->close(g);
        if (!ok(good && !e.code, "an image alone, of at most %d, gives the same bits %s",
                max[k], e.text))
            printf("# %d images\n# %s", t->n, text);
    }
}

static void engine(const char *name)
{
    struct dorg_err e = DORG_ERR_INIT;
    const struct dorg_engine_ops *ops = dorg_engine_find(name, &e);
    if (!ops) {
        tap_skip(e.text);
        return;
    }
    for (int net = 0; net < 16; net++) {
        char text[2048];
        struct trial t;
        struct results a, b, c;
        e = DORG_ERR_INIT;
        random_net(text, net);
        if (trial_make(&t, text, draw(8, 24, net, 900), seed + (uint64_t)net)) continue;
        if (!run(&a, &dorg_engine_ref, &t, 1, &e) && !run(&b, ops, &t, 1, &e)) {
            if (!ok(compare(&b, &a, &t), "%s: net %d of %d images", name, net, t.n))
                printf("# %s", text);
            if (!run(&c, ops, &t, 3, &e)) same_bits(&b, &c, &t);
            results_free(&c);
            alone(ops, &t, b.p, text);
        }
        ok(!e.code, "no error %s", e.text);
        if (e.code) printf("# %s", text);
        results_free(&a);
        results_free(&b);
        trial_free(&t);
    }
}

int main(void)
{
    seed = tap_seed(1);
    use_built_plugins();
    engine("onednn");
    engine("cuda");
    return tap_done();
}
