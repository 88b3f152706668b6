/* ensemble.c - run a net over many examples, cutting the next ones while it works */
#include "ensemble.h"
#include "../../kernels/engine_pick.h"

#include <pthread.h>

#include "../base/mem.h"
#include "../file/rec.h"

static int fits(const struct dorg_net *net, uint32_t kind, int channels, int classes,
                struct dorg_err *e)
{
    if (net->kind != kind)
        return dorg_fail(e, DORG_EDATA, "the net was trained on %s; expected one for %s",
                         dorg_rec_of(net->kind), dorg_rec_of(kind));
    if (net->cfg.channels != channels)
        return dorg_fail(e, DORG_EDATA, "the net takes %d channels, %d are given%s",
                         net->cfg.channels, channels,
                         (kind == DORG_REC_REGION || kind == DORG_REC_PAIR) &&
                                 net->cfg.channels == 2
                             ? ": it needs a probability map"
                             : "");
    if (net->cfg.classes != classes)
        return dorg_fail(e, DORG_EDATA, "the net has %d classes; expected %d",
                         net->cfg.classes, classes);
    return 0;
}

/* The engine of the net after the last, and room for its batches. */
static int add(struct dorg_ensemble *a, const struct dorg_net *net, struct dorg_err *e)
{
    struct dorg_engine **g = &a->engines[a->n_nets];
    if (a->ops->open(g, &net->cfg, &a->engine_opts, e)) return e->code;
    a->nets[a->n_nets++] = net;
    if (a->ops->set_params(*g, net->params, net->cfg.n_params, e)) return e->code;
    for (int i = 0; i < 2; i++) {
        free(a->x[i]);
        a->x[i] = dorg_array(a->batch, (size_t)a->n_nets * a->pixels * sizeof **a->x, e);
        if (!a->x[i]) return e->code;
    }
    return 0;
}

int dorg_ensemble_open(struct dorg_ensemble *a, const struct dorg_net *net, uint32_t kind,
                       int channels, int classes, const struct dorg_ensemble_opts *o,
                       struct dorg_err *e)
{
    struct dorg_engine_opts *eo = &a->engine_opts;
    *a = (struct dorg_ensemble){.net = net, .opts = *o, .engine_opts.jobs = o->jobs};
    a->pixels = (size_t)channels * dorg_pixel(net->cfg.size, 0, net->cfg.size);
    a->classes = (size_t)classes;
    if (fits(net, kind, channels, classes, e)) goto fail;
    eo->precision = o->precision;
    if (!(a->ops = dorg_engine_pick(o->engine, o->device, &eo->device, e))) goto fail;
    eo->max_batch = o->batch > 0    ? o->batch
                    : a->ops->batch ? a->ops->batch
                                    : DORG_ENSEMBLE_BATCH;
    a->batch = (size_t)eo->max_batch;
    if (add(a, net, e)) goto fail;
    if (!(a->bytes = dorg_array(a->batch, a->pixels, e))) goto fail;
    if (o->picked) o->picked(o->engine, a->ops);
    return 0;
fail:
    dorg_ensemble_close(a);
    return e->code;
}

int dorg_ensemble_add(struct dorg_ensemble *a, const struct dorg_net *net, struct dorg_err *e)
{
    const struct dorg_net *one = a->net;
    if (a->n_nets == DORG_ENSEMBLE_NETS)
        return dorg_fail(e, DORG_EUSAGE, "more than %d nets", DORG_ENSEMBLE_NETS);
    if (fits(net, one->kind, one->cfg.channels, one->cfg.classes, e)) return e->code;
    if (net->cfg.size != one->cfg.size)
        return dorg_fail(e, DORG_EDATA, "nets of sides %d and %d do not go together",
                         one->cfg.size, net->cfg.size);
    if (memcmp(net->window_hu, one->window_hu, sizeof net->window_hu) != 0 ||
        memcmp(&net->pitch_mm, &one->pitch_mm, sizeof net->pitch_mm) != 0 ||
        memcmp(net->wider_mm, one->wider_mm, sizeof net->wider_mm) != 0)
        return dorg_fail(e, DORG_EDATA,
                         "nets of different windows or pitches: %g,%g HU, %g mm "
                         "and %g,%g HU, %g mm",
                         (double)one->window_hu[0], (double)one->window_hu[1],
                         (double)one->pitch_mm, (double)net->window_hu[0],
                         (double)net->window_hu[1], (double)net->pitch_mm);
    return add(a, net, e);
}

void dorg_ensemble_close(struct dorg_ensemble *a)
{
    for (int i = 0; a->ops && i < DORG_ENSEMBLE_NETS; i++)
        if (a->engines[i]) a->ops->close(a->engines[i]);
    free(a->x[0]);
    free(a->x[1]);
    free(a->bytes);
    *a = DORG_ENSEMBLE_INIT;
}

struct belt { /* between the thread that cuts and the one that runs the net */
    struct dorg_ensemble *a;
    dorg_ensemble_cut_fn *cut;
    void *ctx;
    size_t n, batches;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    size_t cut_done, run_done; /* batches; cut_done - run_done is at most 2 */
    bool stop, cut_failed;     /* the runner has failed; the last batch cut has */
    struct dorg_err err;       /* the cutter's, until it has ended */
};

static size_t batch_at(const struct belt *b, size_t k, size_t *first)
{
    size_t batch = b->a->batch;
    *first = k * batch;
    return b->n - *first < batch ? b->n - *first : batch;
}

/* Where the k-th net's centred examples begin. */
static float *batch_of(const struct dorg_ensemble *a, float *x, int k)
{
    return x + (size_t)k * a->batch * a->pixels;
}

static int fill(struct belt *b, size_t which)
{
    struct dorg_ensemble *a = b->a;
    size_t first, m = batch_at(b, which, &first);
    float *x = a->x[which % 2];
    if (b->cut(a->bytes, b->ctx, first, m, &b->err)) return b->err.code;
    for (int k = 0; k < a->n_nets; k++)
        for (size_t i = 0; i < m; i++)
            dorg_net_centre(batch_of(a, x, k) + i * a->pixels, a->bytes + i * a->pixels,
                            a->nets[k]->mean, a->pixels);
    return 0;
}

static void *cutter(void *arg)
{
    struct belt *b = arg;
    for (size_t k = 0; k < b->batches; k++) {
        pthread_mutex_lock(&b->lock);
        while (!b->stop && k >= b->run_done + 2)
            pthread_cond_wait(&b->moved, &b->lock);
        bool stop = b->stop;
        pthread_mutex_unlock(&b->lock);
        if (stop) break;
        int bad = fill(b, k);
        pthread_mutex_lock(&b->lock);
        b->cut_done = k + 1;
        b->cut_failed = bad;
        pthread_cond_signal(&b->moved);
        pthread_mutex_unlock(&b->lock);
        if (bad) break;
    }
    return NULL;
}

/* Wait for batch k; false if it could not be cut. */
static bool wait_for(struct belt *b, size_t k)
{
    pthread_mutex_lock(&b->lock);
    while (b->cut_done <= k)
        pthread_cond_wait(&b->moved, &b->lock);
    bool good = b->cut_done > k + 1 || !b->cut_failed;
    pthread_mutex_unlock(&b->lock);
    return good;
}

static void let_go(struct belt *b, bool stop)
{
    pthread_mutex_lock(&b->lock);
    b->run_done++;
    b->stop = stop;
    pthread_cond_signal(&b->moved);
    pthread_mutex_unlock(&b->lock);
}

/* The mean of the nets' probabilities of m examples; sum: double[m][classes]. */
static int forward(float *p, struct dorg_ensemble *a, float *x, size_t m, double *sum,
                   struct dorg_err *e)
{
    size_t n = m * a->classes;
    memset(sum, 0, n * sizeof *sum);
    for (int k = 0; k < a->n_nets; k++) {
        if (a->ops->forward(a->engines[k], batch_of(a, x, k), (int)m, p, e)) return e->code;
        for (size_t i = 0; i < n; i++)
            sum[i] += (double)p[i];
    }
    for (size_t i = 0; i < n; i++)
        p[i] = (float)(sum[i] / a->n_nets);
    return 0;
}

static int consume(float *p, struct belt *b, double *sum, bool threaded, struct dorg_err *e)
{
    struct dorg_ensemble *a = b->a;
    for (size_t k = 0; k < b->batches; k++) {
        size_t first, m = batch_at(b, k, &first);
        float *to = p + first * a->classes;
        if (threaded ? !wait_for(b, k) : fill(b, k)) break;
        int bad = forward(to, a, a->x[k % 2], m, sum, e);
        if (threaded) let_go(b, bad);
        if (bad) return e->code;
        if (a->opts.progress) a->opts.progress("examples", first + m, b->n);
    }
    return 0;
}

int dorg_ensemble_run(float *p, struct dorg_ensemble *a, size_t n, dorg_ensemble_cut_fn *cut,
                      void *ctx, struct dorg_err *e)
{
    struct belt b = {.a = a, .cut = cut, .ctx = ctx, .n = n};
    b.batches = n / a->batch + (n % a->batch > 0);
    double *sum = dorg_array(a->batch, a->classes * sizeof *sum, e);
    if (!sum) return e->code;
    pthread_t thread;
    pthread_mutex_init(&b.lock, NULL);
    pthread_cond_init(&b.moved, NULL);
    bool threaded = pthread_create(&thread, NULL, cutter, &b) == 0;
    consume(p, &b, sum, threaded, e);
    if (threaded) pthread_join(thread, NULL);
    pthread_cond_destroy(&b.moved);
    pthread_mutex_destroy(&b.lock);
    free(sum);
    if (b.err.code && !e->code) *e = b.err;
    return e->code;
}

int dorg_ensemble_cut(float *p, struct dorg_ensemble *a, const struct dorg_cut *c,
                      dorg_ensemble_cut_fn *cut, void *ctx, struct dorg_err *e)
{
    struct dorg_cut own = *c;
    size_t n = c->count * a->classes;
    double *sum = NULL;
    if (!a->ops->forward_cut) return dorg_ensemble_run(p, a, c->count, cut, ctx, e);
    if (a->n_nets > 1 && !(sum = dorg_zeroed(n, sizeof *sum, e))) return e->code;
    own.progress = a->opts.progress;
    for (int k = 0; k < a->n_nets && !e->code; k++) {
        own.mean = a->nets[k]->mean;
        if (a->ops->forward_cut(a->engines[k], &own, p, e)) break;
        for (size_t i = 0; sum && i < n; i++)
            sum[i] += (double)p[i];
    }
    for (size_t i = 0; sum && i < n; i++)
        p[i] = (float)(sum[i] / a->n_nets);
    free(sum);
    return e->code;
}
