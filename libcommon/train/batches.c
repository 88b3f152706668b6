/* batches.c - training steps on the feed's images, or on those the engine makes itself */
#include "batches.h"

#include <time.h>

#include "../../kernels/engine_images.h"
#include "../base/mem.h"

struct dorg_batches {
    const struct dorg_trainset *t;
    struct dorg_feed_opts o;
    const struct dorg_engine_ops *ops;
    struct dorg_engine *g;
    int n;                  /* images of a step */
    struct dorg_feed *feed; /* or NULL: the engine's own images */
    struct dorg_tps tps;
    uint64_t steps, first; /* of an epoch; the first step here */
    uint32_t *order;       /* of the epoch */
    uint8_t *label;        /* of a batch */
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static const uint8_t *pixels_of(const void *recs, uint64_t i)
{
    return dorg_recset_get(recs, i, NULL);
}

/* Hand the engine the records and how they are to be changed. */
static int give_images(struct dorg_batches *b, size_t most, struct dorg_err *e)
{
    const struct dorg_rec_shape *s = &b->t->recs.shape;
    const struct dorg_tps_opts deform = {
        .amplitude = b->o.tps, .points = 5, .seed = b->o.seed};
    struct dorg_images im = {
        .record = pixels_of,
        .records = &b->t->recs,
        .count = b->t->recs.count,
        .c = (int)s->c,
        .h = (int)s->h,
        .w = (int)s->w,
        .mean = b->t->mean,
        .vary = b->o.vary,
        .n_grey = dorg_rec_grey(s),
        .flip = b->o.flip,
        .seed = b->o.seed,
        .most = most,
    };
    if (!(b->order = dorg_array(dorg_epoch_size(b->t, b->o.balance), sizeof *b->order, e)) ||
        !(b->label = dorg_array((size_t)b->n, 1, e)))
        return e->code;
    if (b->o.tps > 0) {
        if (dorg_tps_new(&b->tps, (int)s->w, (int)s->h, &deform, e)) return e->code;
        im.deform = (struct dorg_deform){
            .n_move = b->tps.n_move, .basis = b->tps.basis, .seed = deform.seed};
        dorg_tps_reach(im.deform.reach, &b->tps);
    }
    return b->ops->images(b->g, &im, e);
}

int dorg_batches_start(struct dorg_batches **to, const struct dorg_trainset *t,
                       const struct dorg_feed_opts *o, const struct dorg_engine_ops *ops,
                       struct dorg_engine *g, uint64_t first, uint64_t last, size_t most,
                       struct dorg_err *e)
{
    struct dorg_batches *b = dorg_zeroed(1, sizeof *b, e);
    if (!(*to = b)) return e->code;
    *b = (struct dorg_batches){.t = t,
                               .o = *o,
                               .ops = ops,
                               .g = g,
                               .n = dorg_feed_batch(t, o),
                               .steps = dorg_feed_steps(t, o),
                               .first = first};
    if (ops->images && ops->train_images ? give_images(b, most, e)
                                         : dorg_feed_start(&b->feed, t, o, first, last, e)) {
        dorg_batches_stop(b);
        *to = NULL;
    }
    return e->code;
}

static int own_images(struct dorg_batches *b, const struct dorg_sgd *sgd, float *loss,
                      struct dorg_err *e)
{
    uint64_t in_epoch = sgd->step % b->steps, n = (uint64_t)b->n;
    if (in_epoch == 0 || sgd->step == b->first) {
        uint32_t epoch = (uint32_t)(sgd->step / b->steps);
        if (dorg_epoch_order(b->order, b->t, b->o.balance, b->o.seed, epoch, e))
            return e->code;
    }
    const uint32_t *which = b->order + in_epoch * n;
    struct dorg_batch batch = {.which = which,
                               .label = b->label,
                               .n = b->n,
                               .item = sgd->step * n,
                               .next = in_epoch + 1 < b->steps ? which + n : NULL};
    for (int j = 0; j < b->n; j++)
        b->label[j] = b->t->label[which[j]];
    return b->ops->train_images(b->g, &batch, sgd, loss, e);
}

int dorg_batches_train(struct dorg_batches *b, const struct dorg_sgd *sgd, float *loss,
                       double *seconds, struct dorg_err *e)
{
    const float *x = NULL;
    const uint8_t *y = NULL;
    if (b->feed && dorg_feed_next(b->feed, &x, &y, e)) return e->code;
    double since = now();
    if (b->feed)
        b->ops->train(b->g, x, y, b->n, sgd, loss, e);
    else
        own_images(b, sgd, loss, e);
    *seconds = now() - since;
    return e->code;
}

void dorg_batches_stop(struct dorg_batches *b)
{
    if (!b) return;
    dorg_feed_stop(b->feed);
    dorg_tps_free(&b->tps);
    free(b->order);
    free(b->label);
    free(b);
}
