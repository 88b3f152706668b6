/* train_front.c - dorg-train: options checked, progress lines, signals */
#include "../libcommon/base/mem.h"
#include "train_front.h"

#include <sys/stat.h>
#include <unistd.h>

static volatile sig_atomic_t stop; /* the signal that asked for the end */
static const char *log_path;
static char *own_ckpt; /* NAME.ckpt */

static void on_stop(int sig)
{
    stop = sig;
}

/* "44 m", "2 h 10 m": a length of time for people. */
static const char *span(char *to, size_t n, double s)
{
    if (s < 100)
        snprintf(to, n, "%.0f s", s);
    else if (s < 3600)
        snprintf(to, n, "%.0f m", s / 60);
    else
        snprintf(to, n, "%.0f h %02.0f m", floor(s / 3600), floor(fmod(s, 3600) / 60));
    return to;
}

static int on_epoch(void *ctx, const struct dorg_train_line *l, struct dorg_err *e)
{
    char val[100] = "", left[40];
    (void)ctx;
    (void)e;
    if (!isnan(l->val_loss))
        snprintf(val, sizeof val, ", validation loss %.4f error %.4f AUC %.4f%s", l->val_loss,
                 l->val_error, l->val_auc, l->best ? " *" : "");
    dorg_note("epoch %d/%d: loss %.4f error %.4f%s, %.0f images/s, %s left", l->epoch,
              l->epochs, l->loss, l->error, val, l->images_per_s,
              span(left, sizeof left, l->eta_s));
    dorg_debug("%.2f%% of the time outside the engine", 100 * l->outside);
    return 0;
}

static int on_log(void *ctx, const char *log, struct dorg_err *e)
{
    struct dorg_out o;
    (void)ctx;
    if (dorg_out_open(&o, log_path, e)) return e->code;
    dorg_out_write(&o, log, strlen(log), e);
    return dorg_out_close(&o, e);
}

static void on_step(void *ctx, uint64_t step, uint64_t steps)
{
    (void)ctx;
    if (isatty(2)) dorg_progress("step", step, steps);
}

static int name_checkpoint(struct dorg_train_opts *o, struct dorg_err *e)
{
    if (!o->ckpt && dorg_std.out) {
        size_t n = strlen(dorg_std.out) + 6;
        if (!(own_ckpt = dorg_array(n, 1, e))) return e->code;
        snprintf(own_ckpt, n, "%s.ckpt", dorg_std.out);
        o->ckpt = own_ckpt;
    }
    if (o->resume && !o->ckpt)
        return dorg_fail(e, DORG_EUSAGE, "--resume needs -o or --checkpoint");
    if (!o->ckpt) return 0;
    o->stop = &stop;
    signal(SIGTERM, on_stop);
    signal(SIGINT, on_stop);
    return 0;
}

int dorg_train_words(struct dorg_train_opts *o, struct dorg_train_setup *s,
                     struct dorg_trainset_opts *d, const struct dorg_train_words *w,
                     struct dorg_err *e)
{
    s->he = w->init == 1;
    o->keep_last = w->keep == 1;
    if (!s->cfg && !s->warm)
        return dorg_fail(e, DORG_EUSAGE, "no net: give --cfg net.cfg or --warm warm.net");
    if (o->patience && !w->val.n && !(d->val_fraction > 0))
        return dorg_fail(e, DORG_EUSAGE, "--patience needs --val or --val-fraction");
    if (w->val.n && d->val_fraction > 0)
        return dorg_fail(e, DORG_EUSAGE, "--val and --val-fraction: give one of them");
    o->engine.jobs = d->jobs = dorg_std.jobs;
    d->seed = o->feed.seed = s->seed;
    o->feed.flip = !w->no_flip;
    if (w->vary.n && w->vary.n != 3 && w->vary.n != 4)
        return dorg_fail(e, DORG_EUSAGE, "--vary: zoom,degrees,grey, and odds if wanted");
    if (w->vary.v[0] < 0 || w->vary.v[0] > 1 || w->vary.v[2] > 1 || w->vary.v[1] < 0)
        return dorg_fail(e, DORG_EUSAGE, "--vary: zoom and grey are within 0 to 1");
    o->feed.vary = (struct dorg_vary){w->vary.v[0], w->vary.v[1], w->vary.v[2], w->vary.v[3]};
    o->on_epoch = on_epoch;
    o->on_step = on_step;
    if ((log_path = w->log)) o->on_log = on_log;
    if (dorg_out_check(log_path, e)) return e->code;
    return name_checkpoint(o, e);
}

void dorg_train_introduce(const struct dorg_trainset *t, const struct dorg_net *n,
                          const struct dorg_train_setup *s, const struct dorg_train_opts *o)
{
    char counts[200] = "";
    for (int k = 0, at = 0; k < t->classes; k++) {
        at += snprintf(counts + at, sizeof counts - (size_t)at, "%s%u", k ? " + " : "",
                       t->n_of[k]);
        if (t->n_of[k] == 0) dorg_warn("no record to train on is of class %d", k);
    }
    dorg_say("%s records to train on, %u to validate on, %u of unknown class left out", counts,
             t->n_held, t->n_unknown);
    dorg_say("%zu parameters, %.1f M multiply-adds an image; %llu steps of %d images an epoch",
             n->cfg.n_params, 1e-6 * n->cfg.macs,
             (unsigned long long)dorg_feed_steps(t, &o->feed), dorg_feed_batch(t, &o->feed));
    if (s->warm) dorg_say("%d of %d layers taken from %s", s->n_taken, s->n_all, s->warm);
}

void dorg_train_forget(const struct dorg_train_opts *o)
{
    if (o->ckpt) unlink(o->ckpt);
}

int dorg_train_finish(bool stopped, const struct dorg_train_opts *o, const struct dorg_err *e)
{
    int code;
    if (stopped && !e->code) dorg_note("stopped; --resume goes on from %s", o->ckpt);
    code = dorg_finish(e);
    free(own_ckpt);
    if (!stopped || code) return code;
    signal((int)stop, SIG_DFL);
    raise((int)stop);
    return 128 + (int)stop;
}
