/* train.h - minibatch SGD over a training set, epoch after epoch.
 *
 * Every step's rates come from dorg_rate_at at the fraction of the epoch done; after each
 * epoch the net is tried on the held-out records and the state is saved.  Training taken up
 * from its checkpoint ends in the same parameters, to the bit, as training never interrupted,
 * if the engine gives the same bits for the same calls.
 *
 * Source   paper.md 5.3 (momentum, decay, schedules, batch, epochs: in the .cfg).
 * Silent   validation, early stopping, which epoch's net is kept: dorg-choices(7).
 * "error" of an epoch is measured after it, without dropout, flip or deformation, on a fixed
 * sample of the training records (a tenth of an epoch, 100 to 1000). */
#ifndef DORG_TRAIN_H
#define DORG_TRAIN_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "../../kernels/engine.h"
#include "../base/err.h"
#include "feed.h"
#include "../net/net.h"
#include "trainset.h"

struct dorg_train_line { /* the figures of an epoch; NaN where there are none */
    int epoch, epochs;
    double rate_w, loss, error; /* mean loss over the steps; error of the sample */
    double val_loss, val_error, val_auc;
    double images_per_s, outside; /* part of the time in which the engine did not compute */
    double seconds, eta_s;        /* since the beginning; to the end */
    bool best;                    /* the best on the held-out records so far */
};

struct dorg_train_opts {
    struct dorg_feed_opts feed;
    const struct dorg_engine_ops *ops;
    struct dorg_engine_opts engine; /* max_batch and training are set here */
    int patience;        /* stop after so many epochs without a better one; 0: never */
    bool keep_last;      /* the last epoch's net although another was better */
    const char *ckpt;    /* file; NULL: none */
    bool resume;         /* from ckpt, if it is there */
    uint64_t save_steps; /* save also after so many steps; 0: after epochs only */
    uint64_t identity;   /* dorg_train_identity */
    const volatile sig_atomic_t *stop; /* not 0: finish the step, save, come back; or NULL */
    int (*on_epoch)(void *ctx, const struct dorg_train_line *l, struct dorg_err *e);
    /* the table of the epochs so far, names first, tab-separated: after each of them, and of
     * those before when taken up again, which may have been killed on the way here; or NULL */
    int (*on_log)(void *ctx, const char *log, struct dorg_err *e);
    void (*on_step)(void *ctx, uint64_t step, uint64_t steps); /* of this epoch; or NULL */
    void *ctx;
};

/* Train n->params in place; n->mean becomes the set's and n->cfg.text gains a line per epoch
 * (DORG_NET_LOG).  *stopped: opts.stop was seen, n is unfinished, the checkpoint holds all.
 * DORG_EDATA when training diverges (a loss that is not finite) or the checkpoint is of
 * another training; it then names the epoch and step. */
int dorg_train(struct dorg_net *n, const struct dorg_trainset *t,
               const struct dorg_train_opts *o, bool *stopped, struct dorg_err *e);

/* The net to train: the .cfg at `cfg` (or that of the net at `warm`), with what is given here
 * put into it, fitted to the set's channels and classes; fresh parameters, then those of
 * `warm` that fit; window, pitch, kind and histories of the set.  DORG_EDATA when the records'
 * side is not the net's. */
struct dorg_train_setup {
    const char *cfg, *warm; /* at least one; NULL: not given */
    int epochs, batch;      /* 0: the .cfg's */
    double rate;            /* base of rate_w, rate_b in proportion; 0: the .cfg's */
    bool he; /* N(0, sqrt(2 / fan-in)) and zero biases, whatever the .cfg says */
    uint64_t seed;
    int n_taken, n_all; /* result: layers taken from `warm`, of so many */
};
int dorg_train_prepare(struct dorg_net *n, struct dorg_train_setup *s,
                       const struct dorg_trainset *t, struct dorg_err *e);

/* A number for what is trained on what how: the command line (as histories show it), the .cfg,
 * the records' CRCs. */
uint64_t dorg_train_identity(const char *cmdline, const char *cfg,
                             const struct dorg_trainset *t);

#endif
