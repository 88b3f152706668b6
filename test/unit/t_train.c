/* t_train - the training loop, on an engine that only writes down what it is asked: the rates
 * of every step, its number (dropout's masks are drawn from it), the labels of its batch; which
 * epoch's net is kept; and that every step of the plain engine drops other numbers */
#include "../nets.h"
#include "../../kernels/engine_images.h"
#include "../../libcommon/train/train.h"

enum { C = 1, S = 4, N = 90, MOST = 200, EPOCHS = 12 };

static struct {
    int steps, tries;
    struct dorg_sgd sgd[MOST];
    float w;  /* the one parameter that is looked at: the number of steps */
    size_t n; /* parameters */
    int best; /* steps after which validation is perfect */
} seen;

static int open_it(struct dorg_engine **g, const struct dorg_netcfg *c,
                   const struct dorg_engine_opts *o, struct dorg_err *e)
{
    (void)o;
    (void)e;
    seen.n = c->n_params;
    *g = (struct dorg_engine *)(void *)&seen;
    return 0;
}

static void close_it(struct dorg_engine *g)
{
    (void)g;
}

static int set(struct dorg_engine *g, const float *w, size_t n, struct dorg_err *e)
{
    (void)g;
    (void)w;
    (void)n;
    return e->code;
}

static int get(struct dorg_engine *g, float *w, size_t n, struct dorg_err *e)
{
    (void)g;
    for (size_t i = 0; i < n; i++)
        w[i] = seen.w;
    return e->code;
}

/* Images of class 1 are bright.  It tells them apart after `best` steps, and never else. */
static int forward(struct dorg_engine *g, const float *x, int n, float *p, struct dorg_err *e)
{
    (void)g;
    seen.tries++;
    for (int i = 0; i < n; i++) {
        float bright = x[i * C * S * S] > 0 ? 0.9f : 0.1f;
        p[2 * i + 1] = seen.steps == seen.best ? bright : 1 - bright;
        p[2 * i] = 1 - p[2 * i + 1];
    }
    return e->code;
}

static int train(struct dorg_engine *g, const float *x, const uint8_t *y, int n,
                 const struct dorg_sgd *sgd, float *loss, struct dorg_err *e)
{
    (void)g;
    for (int i = 0; i < n; i++)
        if ((x[i * C * S * S] > 0) != (y[i] == 1)) seen.sgd[seen.steps].seed = 0;
    seen.sgd[seen.steps++] = *sgd;
    seen.w = (float)seen.steps;
    *loss = 1;
    return e->code;
}

static const struct dorg_engine_ops writes_down = {.abi = DORG_ENGINE_ABI,
                                                   .name = "none",
                                                   .open = open_it,
                                                   .close = close_it,
                                                   .set_params = set,
                                                   .get_params = get,
                                                   .set_momentum = set,
                                                   .get_momentum = get,
                                                   .forward = forward,
                                                   .train = train};

static void records(const char *path)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_out o;
    struct dorg_rec_writer w;
    struct dorg_rec_shape s = {.kind = DORG_REC_PATCH,
                               .c = C,
                               .h = S,
                               .w = S,
                               .window_hu = {-100, 200},
                               .pitch_mm = 1};
    uint8_t p[C * S * S];
    dorg_out_open(&o, path, &e);
    dorg_rec_begin(&w, &o, &s, NULL, "test", &e);
    for (int k = 0; k < N; k++) {
        struct dorg_rec r = {
            .id = (uint64_t)k, .slice = (uint32_t)k, .label = (uint8_t)(k % 2)};
        memset(p, k % 2 ? 220 : 30, sizeof p);
        dorg_rec_put(&w, &r, p, &e);
    }
    dorg_rec_end(&w, &e);
    ok(!dorg_out_close(&o, &e), "records %s", e.text);
}

static const char text[] = "input channels=1 size=4\nfc outputs=2\nsoftmax\n"
                           "train batch=16 epochs=12 momentum=0.8 decay=0.003 warmup=2 "
                           "rate_w=dexp:0.01,250,4 rate_b=cosine:0.02,10\n";

/* The rate of an epoch by the sentences of netcfg.h. */
static double rate(int biases, double epoch)
{
    double part = epoch / EPOCHS, warm = fmin(1, (epoch + 1) / 3);
    if (biases) return warm * (0.002 + 0.018 * (1 + cos(acos(-1) * part)) / 2);
    return warm * 0.01 / pow(250, floor(part * 4) / 3);
}

static void loop(struct dorg_trainset *t, int keep_last)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_net n = DORG_NET_INIT;
    struct dorg_train_opts o = {
        .ops = &writes_down,
        .keep_last = keep_last,
        .feed = {.batch = 16, .balance = DORG_BALANCE_NONE, .seed = 77, .readers = 1}};
    bool stopped = false;
    memset(&seen, 0, sizeof seen);
    if (!ok(!dorg_netcfg_parse(&n.cfg, text, "t_train", &e), "a net %s", e.text)) return;
    n.params = calloc(n.cfg.n_params, sizeof *n.params);
    n.mean = calloc(C * S * S, sizeof *n.mean);
    int steps = (int)dorg_feed_steps(t, &o.feed), wrong = 0, late = 0, other = 0;
    seen.best = 7 * steps;
    ok(!dorg_train(&n, t, &o, &stopped, &e) && !stopped, "trained %s", e.text);
    ok(seen.steps == EPOCHS * steps && steps > 3, "%d epochs of %d steps", EPOCHS, steps);
    for (int i = 0; i < seen.steps; i++) {
        const struct dorg_sgd *s = &seen.sgd[i];
        double epoch = (double)i / steps;
        wrong += fabs((double)s->rate_w - rate(0, epoch)) > 1e-8;
        wrong += fabs((double)s->rate_b - rate(1, epoch)) > 1e-8;
        late += s->step != (uint64_t)i;
        other += s->seed != 77 || fabs((double)s->momentum - 0.8) > 1e-7 ||
                 fabs((double)s->decay - 0.003) > 1e-9;
    }
    ok(wrong == 0, "every step has the schedules' rates, weights' and biases' (%d not)",
       wrong);
    ok(late == 0, "and its own number, from which dropout's masks are drawn (%d not)", late);
    ok(other == 0, "momentum, decay, seed and labels (%d not)", other);
    near((double)n.params[0], keep_last ? seen.steps : seen.best, 0,
         keep_last ? "the last net is kept" : "the net that was best on the held-out records");
    dorg_net_free(&n);
}

/* ---- an engine that makes its own images, as the GPU's does: which records it is told of --- */

static struct {
    const struct dorg_trainset *t;
    uint32_t *order; /* of the epoch under way */
    int batches, wrong, repeated;
    uint32_t first[EPOCHS]; /* record of every epoch */
} told;

static int images(struct dorg_engine *g, const struct dorg_images *im, struct dorg_err *e)
{
    (void)g;
    told.wrong += im->count != told.t->recs.count || im->mean != told.t->mean;
    return e->code;
}

static int train_images(struct dorg_engine *g, const struct dorg_batch *b,
                        const struct dorg_sgd *sgd, float *loss, struct dorg_err *e)
{
    uint32_t steps = dorg_epoch_size(told.t, DORG_BALANCE_NONE) / (uint32_t)b->n;
    uint32_t epoch = (uint32_t)told.batches / steps, at = (uint32_t)told.batches % steps;
    (void)g;
    if (at == 0) {
        dorg_epoch_order(told.order, told.t, DORG_BALANCE_NONE, 77, epoch, e);
        told.first[epoch] = b->which[0];
        for (uint32_t k = 0; k < epoch; k++)
            told.repeated += told.first[k] == told.first[epoch];
    }
    for (int i = 0; i < b->n; i++) {
        told.wrong += b->which[i] != told.order[at * (uint32_t)b->n + (uint32_t)i];
        told.wrong += b->label[i] != told.t->label[b->which[i]];
    }
    told.wrong += b->item != (uint64_t)told.batches * (uint64_t)b->n;
    told.wrong += at + 1 < steps ? b->next != b->which + b->n : b->next != NULL;
    told.wrong += sgd->step != (uint64_t)told.batches++;
    *loss = 1;
    return e->code;
}

static void own_images(struct dorg_trainset *t)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_net n = DORG_NET_INIT;
    struct dorg_engine_ops ops = writes_down;
    struct dorg_train_opts o = {
        .ops = &ops,
        .keep_last = 1,
        .feed = {.batch = 16, .balance = DORG_BALANCE_NONE, .seed = 77, .readers = 1}};
    bool stopped = false;
    ops.images = images;
    ops.train_images = train_images;
    memset(&seen, 0, sizeof seen);
    if (!ok(!dorg_netcfg_parse(&n.cfg, text, "t_train", &e), "a net %s", e.text)) return;
    n.params = calloc(n.cfg.n_params, sizeof *n.params);
    n.mean = calloc(C * S * S, sizeof *n.mean);
    told.t = t;
    told.order = calloc(N, sizeof *told.order);
    ok(!dorg_train(&n, t, &o, &stopped, &e), "trained %s", e.text);
    ok(told.batches == EPOCHS * (int)dorg_feed_steps(t, &o.feed) && told.wrong == 0,
       "an engine's own images: each epoch's records in its order, labels and numbers (%d "
       "not)",
       told.wrong);
    ok(told.repeated < EPOCHS, "every epoch in another order");
    free(told.order);
    dorg_net_free(&n);
}

/* A net of one layer of dropout before a sum: the loss tells what was dropped. */
static void masks(void)
{
    static const char net[] =
        "input channels=1 size=6\ndropout keep=0.5\nfc outputs=2\nsoftmax\n";
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_engine *g = NULL;
    struct trial t;
    if (trial_make(&t, net, 4, 3)) return;
    struct dorg_engine_opts o = {.max_batch = 4, .jobs = 1, .training = 1};
    float *grad = calloc(t.cfg.n_params, sizeof *grad), loss[6];
    int same = 0;
    dorg_engine_ref.open(&g, &t.cfg, &o, &e);
    dorg_engine_ref.set_params(g, t.w, t.cfg.n_params, &e);
    for (int i = 0; i < 6; i++) {
        t.sgd.step = (uint64_t)(i < 5 ? i : 0);
        dorg_engine_ref.gradient(g, t.x, t.y, t.n, &t.sgd, grad, &loss[i], &e);
        for (int j = 0; j < i && i < 5; j++)
            same += !(loss[i] < loss[j]) && !(loss[i] > loss[j]);
    }
    ok(!e.code && same == 0, "each step drops other numbers %s", e.text);
    ok(!(loss[5] < loss[0]) && !(loss[5] > loss[0]), "a step again drops the same");
    dorg_engine_ref.close(g);
    free(grad);
    trial_free(&t);
}

int main(void)
{
    char dir[] = "/tmp/t_train.XXXXXX";
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_trainset t;
    struct dorg_trainset_opts o = {.val_fraction = 0.2, .seed = 1, .jobs = 1};
    if (!mkdtemp(dir) || chdir(dir)) return 1;
    records("a.rec");
    if (ok(!dorg_trainset_open(&t, (const char *const[]){"a.rec"}, 1, NULL, 0, &o, &e),
           "a set %s", e.text)) {
        loop(&t, 0);
        loop(&t, 1);
        own_images(&t);
        dorg_trainset_close(&t);
    }
    masks();
    unlink("a.rec");
    return rmdir(dir) || tap_done();
}
