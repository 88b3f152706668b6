/* train.c - the training loop */
#include "train.h"
#include "batches.h"
#include "ckpt.h"
#include "../base/mem.h"
#include "../base/rng.h"

#include <time.h>

struct run {
    struct dorg_net *n;
    const struct dorg_trainset *t;
    const struct dorg_train_opts *o;
    struct dorg_engine *g;
    struct dorg_batches *batches;
    struct dorg_ckpt c;
    uint64_t steps, total; /* of an epoch; of training */
    int batch;
    uint32_t *sample; /* training records the error is measured on */
    uint32_t n_sample;
    double began, epoch_began, in_engine; /* seconds */
    double before;                        /* seconds of earlier runs */
    uint64_t epoch_first, first;          /* steps at which epoch and run began here */
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A fixed sample of the training records, a tenth of an epoch, 100 to 1000. */
static int choose_sample(struct run *r, struct dorg_err *e)
{
    uint32_t n = dorg_epoch_size(r->t, r->o->feed.balance), want = n / 10;
    want = want < 100 ? 100 : want > 1000 ? 1000 : want;
    r->n_sample = want < n ? want : n;
    if (!(r->sample = dorg_array(n, sizeof *r->sample, e))) return e->code;
    return dorg_epoch_order(r->sample, r->t, r->o->feed.balance, r->o->feed.seed, UINT32_MAX,
                            e);
}

static int fetch(struct run *r, struct dorg_err *e)
{
    const struct dorg_engine_ops *ops = r->o->ops;
    if (ops->get_params(r->g, r->c.params, r->c.n_params, e)) return e->code;
    return ops->get_momentum(r->g, r->c.momentum, r->c.n_params, e);
}

static int save(struct run *r, struct dorg_err *e)
{
    if (!r->o->ckpt) return 0;
    r->c.seconds = r->before + now() - r->began;
    return fetch(r, e) ? e->code : dorg_ckpt_save(&r->c, r->o->ckpt, e);
}

static int tell_log(const struct run *r, struct dorg_err *e)
{
    return r->o->on_log && r->c.log ? r->o->on_log(r->o->ctx, r->c.log, e) : 0;
}

static int start(struct run *r, struct dorg_err *e)
{
    const struct dorg_train_opts *o = r->o;
    struct dorg_engine_opts eo = o->engine;
    int found = 0, keep_best = r->t->n_held && !o->keep_last;
    r->batch = eo.max_batch = dorg_feed_batch(r->t, &o->feed);
    r->steps = dorg_feed_steps(r->t, &o->feed);
    r->total = r->steps * (uint64_t)r->n->cfg.epochs;
    eo.training = 1;
    if (eo.gpus > 1 && strcmp(o->ops->name, "cuda") != 0)
        return dorg_fail(e, DORG_EUSAGE, "--gpus %d: engine %s uses no GPU", eo.gpus,
                         o->ops->name);
    if (dorg_ckpt_new(&r->c, r->n->cfg.n_params, keep_best, e)) return e->code;
    memcpy(r->c.params, r->n->params, r->c.n_params * sizeof(float));
    r->c.identity = o->identity;
    r->c.best_auc = -1;
    if (o->ckpt && o->resume && dorg_ckpt_load(&r->c, o->ckpt, &found, e)) return e->code;
    if (found && tell_log(r, e)) return e->code;
    if (choose_sample(r, e) || o->ops->open(&r->g, &r->n->cfg, &eo, e)) return e->code;
    if (o->ops->set_params(r->g, r->c.params, r->c.n_params, e)) return e->code;
    if (o->ops->set_momentum(r->g, r->c.momentum, r->c.n_params, e)) return e->code;
    r->before = r->c.seconds;
    r->first = r->c.step;
    if (r->c.step == r->total) return 0;
    return dorg_batches_start(&r->batches, r->t, &o->feed, o->ops, r->g, r->c.step, r->total,
                              0, e);
}

static int diverged(const struct run *r, struct dorg_err *e)
{
    struct dorg_err was = *e;
    if (was.code != DORG_EDATA) return was.code;
    *e = DORG_ERR_INIT;
    return dorg_fail(
        e, DORG_EDATA,
        "training diverged in epoch %llu, step %llu of %llu: %s; a lower --rate may "
        "help",
        (unsigned long long)(r->c.step / r->steps + 1),
        (unsigned long long)(r->c.step % r->steps + 1), (unsigned long long)r->steps,
        was.text);
}

static int one_step(struct run *r, struct dorg_err *e)
{
    const struct dorg_netcfg *c = &r->n->cfg;
    float loss = 0;
    double seconds = 0, epoch = (double)r->c.step / (double)r->steps;
    struct dorg_sgd sgd = {
        .rate_w = (float)dorg_rate_at(&c->rate_w, epoch, c->epochs, c->warmup),
        .rate_b = (float)dorg_rate_at(&c->rate_b, epoch, c->epochs, c->warmup),
        .momentum = (float)c->momentum,
        .decay = (float)c->decay,
        .seed = r->o->feed.seed,
        .step = r->c.step,
    };
    if (dorg_batches_train(r->batches, &sgd, &loss, &seconds, e)) return diverged(r, e);
    r->in_engine += seconds;
    r->c.loss_sum += (double)loss;
    r->c.step++;
    return 0;
}

/* Is this epoch better on the held-out records than all before? */
static int judge(struct run *r, struct dorg_train_line *l, struct dorg_err *e)
{
    double auc = isnan(l->val_auc) ? 0 : l->val_auc;
    if (r->t->n_held == 0) return 0;
    l->best = auc > r->c.best_auc || (!(auc < r->c.best_auc) && l->val_loss < r->c.best_loss);
    r->c.since_best = l->best ? 0 : r->c.since_best + 1;
    if (!l->best) return 0;
    r->c.best_auc = auc;
    r->c.best_loss = l->val_loss;
    r->c.best_epoch = l->epoch;
    if (!r->c.best) return 0;
    return r->o->ops->get_params(r->g, r->c.best, r->c.n_params, e);
}

/* The numbers that do not depend on the clock come first: see add_to_text. */
static const char log_names[] = "epoch\trate_w\tloss\terror\tval_loss\tval_error\tval_auc\t"
                                "images_per_s\toutside\tseconds\n";
enum { STEADY = 7 };

static int add_to_log(struct run *r, const struct dorg_train_line *l, struct dorg_err *e)
{
    const double v[9] = {l->rate_w,  l->loss,         l->error,   l->val_loss, l->val_error,
                         l->val_auc, l->images_per_s, l->outside, l->seconds};
    size_t n = r->c.log ? strlen(r->c.log) : 0, room = n + sizeof log_names + 300;
    if (dorg_resize(&r->c.log, room, 1, e)) return e->code;
    if (n == 0) n = (size_t)snprintf(r->c.log, room, "%s", log_names);
    n += (size_t)snprintf(r->c.log + n, room - n, "%d", l->epoch);
    for (int i = 0; i < 9; i++)
        n += (size_t)snprintf(r->c.log + n, room - n, isnan(v[i]) ? "\tNA" : "\t%.6g", v[i]);
    snprintf(r->c.log + n, room - n, "\n");
    return 0;
}

static int try_net(struct run *r, struct dorg_train_line *l, struct dorg_err *e)
{
    const struct dorg_trainset *t = r->t;
    struct dorg_trial_set s = {&t->recs, r->sample, t->label, r->n_sample, true};
    struct dorg_trial seen;
    int readers = r->o->feed.readers;
    if (dorg_train_try(&seen, &s, r->o->ops, r->g, &r->n->cfg, t->mean, r->batch, readers, e))
        return e->code;
    l->error = seen.error;
    if (t->n_held == 0) return 0;
    s = (struct dorg_trial_set){t->vals.n_files ? &t->vals : &t->recs, t->held, t->held_label,
                                t->n_held, false};
    if (dorg_train_try(&seen, &s, r->o->ops, r->g, &r->n->cfg, t->mean, r->batch, readers, e))
        return e->code;
    l->val_loss = seen.loss;
    l->val_error = seen.error;
    l->val_auc = seen.auc;
    return 0;
}

static int end_epoch(struct run *r, struct dorg_err *e)
{
    const struct dorg_netcfg *c = &r->n->cfg;
    double spent = now() - r->epoch_began;
    uint64_t done = r->c.step - r->epoch_first;
    int epoch = (int)(r->c.step / r->steps);
    struct dorg_train_line l = {
        .epoch = epoch,
        .epochs = c->epochs,
        .rate_w = dorg_rate_at(&c->rate_w, epoch - 1, c->epochs, c->warmup),
        .loss = r->c.loss_sum / (double)r->steps,
        .val_loss = (double)NAN,
        .val_error = (double)NAN,
        .val_auc = (double)NAN,
        .images_per_s = (double)done * r->batch / spent,
        .outside = 1 - r->in_engine / spent,
    };
    if (try_net(r, &l, e) || judge(r, &l, e)) return e->code;
    double run = now() - r->began;
    l.seconds = r->before + run;
    l.eta_s = run / (double)(r->c.step - r->first) * (double)(r->total - r->c.step);
    r->c.loss_sum = 0;
    if (add_to_log(r, &l, e) || save(r, e)) return e->code;
    if (tell_log(r, e)) return e->code;
    if (r->o->on_epoch && r->o->on_epoch(r->o->ctx, &l, e)) return e->code;
    r->epoch_first = r->c.step;
    r->in_engine = 0;
    r->epoch_began = now();
    return 0;
}

static int loop(struct run *r, bool *stopped, struct dorg_err *e)
{
    const struct dorg_train_opts *o = r->o;
    r->began = r->epoch_began = now();
    r->epoch_first = r->c.step;
    while (r->c.step < r->total && !(o->patience && r->c.since_best >= o->patience)) {
        if (one_step(r, e)) return e->code;
        uint64_t in_epoch = r->c.step % r->steps;
        if (o->on_step) o->on_step(o->ctx, in_epoch ? in_epoch : r->steps, r->steps);
        if (in_epoch == 0 && end_epoch(r, e)) return e->code;
        if (o->stop && *o->stop) {
            *stopped = r->c.step < r->total;
            return in_epoch ? save(r, e) : 0;
        }
        if (o->save_steps && in_epoch && in_epoch % o->save_steps == 0 && save(r, e))
            return e->code;
    }
    return 0;
}

/* Epoch lines, without what the clock told, into the .cfg text. */
static int add_to_text(struct dorg_netcfg *c, const char *log, struct dorg_err *e)
{
    size_t n = strlen(c->text), room = n + 2;
    for (const char *p = log; p && *p; p++)
        room += *p == '\n' ? sizeof DORG_NET_LOG + 1 : 1;
    if (dorg_resize(&c->text, room, 1, e)) return e->code;
    if (n && c->text[n - 1] != '\n') c->text[n++] = '\n';
    for (const char *p = log; p && *p; p += strcspn(p, "\n") + 1) {
        const char *end = p;
        for (int k = 0; k < STEADY && *end != '\n'; k++)
            end += strcspn(end + (k > 0), "\t\n") + (k > 0);
        n += (size_t)snprintf(c->text + n, room - n, "%s%.*s\n", DORG_NET_LOG, (int)(end - p),
                              p);
    }
    c->text[n] = 0;
    return 0;
}

static int finish(struct run *r, struct dorg_err *e)
{
    const float *from = r->c.best && r->c.best_epoch ? r->c.best : r->c.params;
    if (from == r->c.params && fetch(r, e)) return e->code;
    for (size_t i = 0; i < r->c.n_params; i++)
        if (!isfinite(from[i]))
            return dorg_fail(e, DORG_EDATA, "training diverged: parameter %zu is not finite",
                             i);
    memcpy(r->n->params, from, r->c.n_params * sizeof(float));
    memcpy(r->n->mean, r->t->mean, dorg_rec_pixels(&r->t->recs.shape) * sizeof(float));
    return add_to_text(&r->n->cfg, r->c.log, e);
}

int dorg_train(struct dorg_net *n, const struct dorg_trainset *t,
               const struct dorg_train_opts *o, bool *stopped, struct dorg_err *e)
{
    struct run r = {.n = n, .t = t, .o = o};
    *stopped = false;
    if (!start(&r, e) && !loop(&r, stopped, e) && !*stopped) finish(&r, e);
    dorg_batches_stop(r.batches);
    if (r.g) o->ops->close(r.g);
    dorg_ckpt_free(&r.c);
    free(r.sample);
    return e->code;
}
