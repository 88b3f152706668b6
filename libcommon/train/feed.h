/* feed.h - batches of training images, made ready by a thread while the engine computes.
 *
 *   x = flip(vary(warp(pixels))) - mean,   pixels in 0..255
 *
 * Position g = step * batch + j is record order[g mod epoch] of epoch g / epoch; whether it is
 * flipped and how it is deformed are functions of (seed, g) alone, so training can be taken up
 * at any step.  What does not fill a batch at the end of an epoch waits for another epoch's
 * order; an epoch smaller than a batch is one batch.
 *
 * Source   paper.md 5.3: horizontal flip of half the images, always on; one mean image,
 *          subtracted after the flip. */
#ifndef DORG_FEED_H
#define DORG_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "../base/err.h"
#include "../sample/tps.h"
#include "trainset.h"
#include "../../kernels/vary.h"

struct dorg_feed_opts {
    int batch; /* images of a step */
    enum dorg_balance balance;
    bool flip;
    double tps;            /* amplitude of fresh deformations (tps.h); 0: none */
    struct dorg_vary vary; /* fresh zoom, turn, grey values */
    uint64_t seed;
    int readers; /* threads that cut one batch */
};

struct dorg_feed;

/* Images of a step, and steps of an epoch, for this set. */
int dorg_feed_batch(const struct dorg_trainset *t, const struct dorg_feed_opts *o);
uint64_t dorg_feed_steps(const struct dorg_trainset *t, const struct dorg_feed_opts *o);

/* Begin making the batches of steps first..last-1; t must outlive the feed. */
int dorg_feed_start(struct dorg_feed **f, const struct dorg_trainset *t,
                    const struct dorg_feed_opts *o, uint64_t first, uint64_t last,
                    struct dorg_err *e);

/* The next batch: float[n][c][h][w] and labels, valid until the next call. */
int dorg_feed_next(struct dorg_feed *f, const float **x, const uint8_t **y,
                   struct dorg_err *e);

void dorg_feed_stop(struct dorg_feed *f); /* NULL is allowed */

/* n images of a set, one after another, neither flipped nor deformed, minus the mean. */
int dorg_feed_plain(float *x, const struct dorg_recset *s, const uint32_t *which, int n,
                    const float *mean, int readers, struct dorg_err *e);

#endif
