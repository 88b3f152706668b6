/* batches.h - a training step after another, on images from the feed or from the engine's own
 * copy of the records.
 *
 * An engine that has `images` keeps the records where it computes and makes each batch there:
 * the same records in the same order, deformed, varied and flipped by the same random numbers
 * as the feed's (feed.h).  Any other is handed the feed's batches. */
#ifndef DORG_BATCHES_H
#define DORG_BATCHES_H

#include "../../kernels/engine.h"
#include "../base/err.h"
#include "feed.h"
#include "trainset.h"

struct dorg_batches;

/* Begin with step `first` of first..last-1; t and g must outlive it.  most: bytes of records
 * that the engine may keep; 0: what it has room for. */
int dorg_batches_start(struct dorg_batches **b, const struct dorg_trainset *t,
                       const struct dorg_feed_opts *o, const struct dorg_engine_ops *ops,
                       struct dorg_engine *g, uint64_t first, uint64_t last, size_t most,
                       struct dorg_err *e);

/* The next step, which must be sgd->step; *seconds: what the engine took. */
int dorg_batches_train(struct dorg_batches *b, const struct dorg_sgd *sgd, float *loss,
                       double *seconds, struct dorg_err *e);

void dorg_batches_stop(struct dorg_batches *b); /* NULL is allowed; g is still open */

#endif
