/* train.c - the training loop */
#include <time.h>

#include "../base/mem.h"
#include "../base/order.h"
#include "train.h"
#include "../file/vol.h" /* dorg_history_add */
#include "batches.h"
#include "ckpt.h"
#include "../base/rng.h"

/* ---- the net that training begins with ----------------------------------------------- */

static int set_int(struct dorg_netcfg *c, const char *key, int v, struct dorg_err *e)
{
    char text[16];
    if (v == 0) return 0;
    snprintf(text, sizeof text, "%d", v);
    return dorg_netcfg_set(c, "train", key, text, e);
}

/* As the .cfg writes it: dexp:base,factor,steps  cosine:base,factor  const:base */
static int set_rate(struct dorg_netcfg *c, const char *key, const struct dorg_rate *r,
                    double base, struct dorg_err *e)
{
    char text[100];
    if (r->kind == DORG_DEXP)
        snprintf(text, sizeof text, "dexp:%.9g,%.9g,%d", base, r->factor, r->steps);
    else if (r->kind == DORG_COSINE)
        snprintf(text, sizeof text, "cosine:%.9g,%.9g", base, r->factor);
    else
        snprintf(text, sizeof text, "const:%.9g", base);
    return dorg_netcfg_set(c, "train", key, text, e);
}

/* The .cfg text without the epochs of an earlier training. */
static int load_cfg_of(struct dorg_netcfg *c, const struct dorg_net *from, struct dorg_err *e)
{
    char *text = dorg_strdup(from->cfg.text, e), *to = text;
    if (!text) return e->code;
    for (const char *p = from->cfg.text; *p;) {
        size_t n = strcspn(p, "\n");
        n += p[n] == '\n';
        if (strncmp(p, DORG_NET_LOG, strlen(DORG_NET_LOG)) != 0) {
            memcpy(to, p, n);
            to += n;
        }
        p += n;
    }
    *to = 0;
    dorg_netcfg_parse(c, text, "the net to start from", e);
    free(text);
    return e->code;
}

static int override(struct dorg_netcfg *c, const struct dorg_train_setup *s,
                    const struct dorg_trainset *t, struct dorg_err *e)
{
    const struct dorg_rec_shape *shape = &t->recs.shape;
    if (set_int(c, "epochs", s->epochs, e) || set_int(c, "batch", s->batch, e)) return e->code;
    if (s->rate > 0) {
        double ratio = c->rate_w.base > 0 ? c->rate_b.base / c->rate_w.base : 1;
        const struct dorg_rate w = c->rate_w, b = c->rate_b;
        if (set_rate(c, "rate_w", &w, s->rate, e)) return e->code;
        if (set_rate(c, "rate_b", &b, s->rate * ratio, e)) return e->code;
    }
    if (shape->h != shape->w || (int)shape->w != c->size)
        return dorg_fail(e, DORG_EDATA, "%s: records of %u x %u pixels; the net takes %d x %d",
                         t->recs.file[0].name, shape->h, shape->w, c->size, c->size);
    if (dorg_netcfg_adapt(c, (int)shape->c, 0, t->classes, e)) return e->code;
    for (int i = 0; s->he && i < c->n_layers; i++) {
        struct dorg_layer *l = &c->layer[i];
        if (l->type != DORG_CONV && l->type != DORG_FC) continue;
        l->init_w = -1;
        l->init_b = 0;
    }
    return 0;
}

static const struct dorg_layer *same_layer(const struct dorg_netcfg *c,
                                           const struct dorg_layer *l)
{
    for (int i = 0; i < c->n_layers; i++) {
        const struct dorg_layer *m = &c->layer[i];
        if (m->type == l->type && strcmp(m->name, l->name) == 0 && m->n_w == l->n_w &&
            m->n_b == l->n_b && m->in[0] == l->in[0] && m->out[0] == l->out[0])
            return m;
    }
    return NULL;
}

/* Parameters of layers that are alike by name and shape in both nets, from `from` to params;
 * *n_taken layers of *n_all.  DORG_EDATA when there is none. */
static int warm_up(float *params, const struct dorg_netcfg *c, const struct dorg_net *from,
                   int *n_taken, int *n_all, struct dorg_err *e)
{
    *n_taken = *n_all = 0;
    for (int i = 0; i < c->n_layers; i++) {
        const struct dorg_layer *l = &c->layer[i];
        if (l->n_w + l->n_b == 0) continue;
        const struct dorg_layer *m = same_layer(&from->cfg, l);
        ++*n_all;
        if (!m) continue;
        ++*n_taken;
        memcpy(params + l->w_at, from->params + m->w_at, l->n_w * sizeof *params);
        memcpy(params + l->b_at, from->params + m->b_at, l->n_b * sizeof *params);
    }
    if (*n_taken == 0)
        return dorg_fail(e, DORG_EDATA,
                         "the net to start from has no layer like this one's in name and "
                         "shape");
    return 0;
}

int dorg_train_prepare(struct dorg_net *n, struct dorg_train_setup *s,
                       const struct dorg_trainset *t, struct dorg_err *e)
{
    struct dorg_net warm = DORG_NET_INIT;
    *n = DORG_NET_INIT;
    if (!s->cfg && !s->warm)
        return dorg_fail(e, DORG_EUSAGE, "no net: give --cfg net.cfg or --warm warm.net");
    if (s->warm && dorg_net_load(&warm, s->warm, e)) goto done;
    if (s->cfg ? dorg_net_load_cfg(&n->cfg, s->cfg, e) : load_cfg_of(&n->cfg, &warm, e))
        goto done;
    if (override(&n->cfg, s, t, e)) goto done;
    memcpy(n->window_hu, t->recs.shape.window_hu, sizeof n->window_hu);
    n->pitch_mm = t->recs.shape.pitch_mm;
    memcpy(n->wider_mm, t->recs.shape.wider_mm, sizeof n->wider_mm);
    n->kind = t->recs.shape.kind;
    n->mean = dorg_zeroed(dorg_rec_pixels(&t->recs.shape), sizeof *n->mean, e);
    n->params = dorg_array(n->cfg.n_params, sizeof *n->params, e);
    for (int i = 0; i < t->recs.n_files; i++)
        if (dorg_history_add(&n->history, t->recs.file[i].history, e)) goto done;
    if (e->code) goto done;
    dorg_netcfg_init(n->params, &n->cfg, s->seed);
    if (s->warm) warm_up(n->params, &n->cfg, &warm, &s->n_taken, &s->n_all, e);
done:
    dorg_net_free(&warm);
    if (e->code) dorg_net_free(n);
    return e->code;
}

/* ---- a net tried on records; what a training is of ------------------------------------- */

/* Mean loss, error, AUC (more than two classes: mean of one against the rest) of the records
 * `which` of s; class of the i-th: label[by_record ? which[i] : i]. */
struct trial {
    double loss, error, auc;
};
struct trial_set {
    const struct dorg_recset *recs;
    const uint32_t *which;
    const uint8_t *label;
    uint32_t n;
    bool by_record;
};

static uint8_t label_of(const struct trial_set *s, uint32_t i)
{
    return s->label[s->by_record ? s->which[i] : i];
}

/* Probabilities of all n records: p[n][k]. */
static int apply(float *p, const struct trial_set *s, const struct dorg_engine_ops *ops,
                 struct dorg_engine *g, int classes, const float *mean, int batch, int readers,
                 struct dorg_err *e)
{
    float *x = dorg_array((size_t)batch, dorg_rec_pixels(&s->recs->shape) * sizeof *x, e);
    if (!x) return e->code;
    for (uint32_t i = 0; i < s->n; i += (uint32_t)batch) {
        int n = s->n - i < (uint32_t)batch ? (int)(s->n - i) : batch;
        if (dorg_feed_plain(x, s->recs, s->which + i, n, mean, readers, e)) break;
        if (ops->forward(g, x, n, p + (size_t)i * (size_t)classes, e)) break;
    }
    free(x);
    return e->code;
}

static double mean_auc(const float *p, const struct trial_set *s, int classes,
                       struct dorg_err *e)
{
    double sum = 0;
    int used = 0;
    float *score = dorg_array(s->n, sizeof *score, e);
    uint8_t *positive = dorg_array(s->n, 1, e);
    for (int k = classes == 2; k < classes && !e->code; k++) {
        for (uint32_t i = 0; i < s->n; i++) {
            score[i] = p[(size_t)i * (size_t)classes + (size_t)k];
            positive[i] = label_of(s, i) == k;
        }
        double auc = dorg_order_auc(score, positive, s->n, e);
        if (isnan(auc)) continue;
        sum += auc;
        used++;
    }
    free(score);
    free(positive);
    return used ? sum / used : (double)NAN;
}

static int try_on(struct trial *r, const struct trial_set *s,
                  const struct dorg_engine_ops *ops, struct dorg_engine *g,
                  const struct dorg_netcfg *c, const float *mean, int batch, int readers,
                  struct dorg_err *e)
{
    size_t k = (size_t)c->classes;
    double loss = 0, wrong = 0;
    float *p = dorg_array(s->n, k * sizeof *p, e);
    if (!p) return e->code;
    if (apply(p, s, ops, g, c->classes, mean, batch, readers, e)) goto done;
    for (uint32_t i = 0; i < s->n; i++) {
        const float *row = p + i * k;
        size_t best = 0, y = label_of(s, i);
        for (size_t j = 1; j < k; j++)
            if (row[j] > row[best]) best = j;
        loss -= log(fmax((double)row[y], 1e-30));
        wrong += best != y;
    }
    *r = (struct trial){loss / s->n, wrong / s->n, mean_auc(p, s, c->classes, e)};
done:
    free(p);
    return e->code;
}

uint64_t dorg_train_identity(const char *cmdline, const char *cfg,
                             const struct dorg_trainset *t)
{
    const struct dorg_recset *sets[2] = {&t->recs, &t->vals};
    uint64_t h = dorg_fnv(DORG_FNV, cmdline, strlen(cmdline) + 1);
    h = dorg_fnv(h, cfg, strlen(cfg) + 1);
    for (int s = 0; s < 2; s++)
        for (int i = 0; i < sets[s]->n_files; i++) {
            h = dorg_fnv(h, &sets[s]->file[i].count, sizeof sets[s]->file[i].count);
            h = dorg_fnv(h, &sets[s]->file[i].crc, sizeof sets[s]->file[i].crc);
        }
    return h;
}

/* ---- training ------------------------------------------------------------------------ */

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
    struct trial_set s = {&t->recs, r->sample, t->label, r->n_sample, true};
    struct trial seen;
    int readers = r->o->feed.readers;
    if (try_on(&seen, &s, r->o->ops, r->g, &r->n->cfg, t->mean, r->batch, readers, e))
        return e->code;
    l->error = seen.error;
    if (t->n_held == 0) return 0;
    s = (struct trial_set){t->vals.n_files ? &t->vals : &t->recs, t->held, t->held_label,
                           t->n_held, false};
    if (try_on(&seen, &s, r->o->ops, r->g, &r->n->cfg, t->mean, r->batch, readers, e))
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

/* Epoch lines, without times, into the .cfg text. */
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
