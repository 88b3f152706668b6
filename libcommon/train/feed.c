/* feed.c - a ring of batches between a thread that makes them and the engine that eats them */
#include "feed.h"
#include "../net/net.h" /* dorg_net_centre */
#include "../base/mem.h"
#include "../base/par.h"
#include "../base/rng.h"

#include <pthread.h>

enum { DEPTH = 3, AHEAD = 6 }; /* batches made ahead; batches whose pages are asked for */

struct batch {
    float *x;
    uint8_t *y;
};

struct dorg_feed {
    const struct dorg_trainset *t;
    struct dorg_feed_opts o;
    size_t pixels;
    uint64_t steps, first, last; /* of an epoch; the range to make */
    uint32_t *order;             /* of the epoch being made */
    struct dorg_tps tps;
    float *scratch;  /* readers x tps scratch */
    uint8_t *warped; /* readers x 2 x pixels: deformed; varied */
    struct batch ring[DEPTH];
    uint64_t made; /* the step being made: the maker's own */

    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t moved;
    uint64_t ready, taken; /* steps made; steps whose batch may be overwritten */
    bool stop;
    struct dorg_err err;
    uint64_t next; /* the eater's own: its next step */
};

int dorg_feed_batch(const struct dorg_trainset *t, const struct dorg_feed_opts *o)
{
    uint32_t n = dorg_epoch_size(t, o->balance);
    return n < (uint32_t)o->batch ? (int)n : o->batch;
}

uint64_t dorg_feed_steps(const struct dorg_trainset *t, const struct dorg_feed_opts *o)
{
    return dorg_epoch_size(t, o->balance) / (uint32_t)dorg_feed_batch(t, o);
}

static void centre_flipped(float *restrict x, const uint8_t *restrict p,
                           const float *restrict mean, size_t rows, size_t w)
{
    for (size_t y = 0; y < rows; y++, x += w, p += w, mean += w)
        for (size_t i = 0; i < w; i++)
            x[i] = (float)p[w - 1 - i] - mean[i];
}

static int make_one(void *ctx, size_t j, size_t worker, struct dorg_err *e)
{
    struct dorg_feed *f = ctx;
    const struct dorg_rec_shape *s = &f->t->recs.shape;
    uint64_t step = f->made, n = (uint64_t)f->o.batch, g = step * n + j;
    uint32_t i = f->order[(step % f->steps) * n + j];
    struct batch *b = &f->ring[step % DEPTH];
    const uint8_t *p = dorg_recset_get(&f->t->recs, i, NULL);
    (void)e;
    if (f->o.tps > 0) {
        float d[2 * DORG_TPS_MAX_MOVE];
        uint8_t *to = f->warped + 2 * worker * f->pixels;
        dorg_tps_draw(&f->tps, d, g, 0);
        dorg_tps_warp(to, p, (int)s->c, &f->tps, d,
                      f->scratch + worker * dorg_tps_scratch(&f->tps));
        p = to;
    }
    if (dorg_vary_any(&f->o.vary)) {
        uint8_t *to = f->warped + (2 * worker + 1) * f->pixels;
        dorg_vary(to, p, (int)s->c, (int)s->h, (int)s->w, dorg_rec_grey(s), &f->o.vary,
                  f->o.seed, g);
        p = to;
    }
    b->y[j] = f->t->label[i];
    if (f->o.flip && dorg_rng_u32(f->o.seed, DORG_RNG_FLIP, g, 0) >> 31)
        centre_flipped(b->x + j * f->pixels, p, f->t->mean, (size_t)s->c * s->h, s->w);
    else
        dorg_net_centre(b->x + j * f->pixels, p, f->t->mean, f->pixels);
    return 0;
}

/* Ask for the pages of a batch to come, within this epoch. */
static void ask_ahead(const struct dorg_feed *f)
{
    uint64_t s = f->made % f->steps + AHEAD, n = (uint64_t)f->o.batch;
    if (s >= f->steps) return;
    for (uint64_t j = 0; j < n; j++)
        dorg_recset_soon(&f->t->recs, f->order[s * n + j]);
}

static int make_batch(struct dorg_feed *f, struct dorg_err *e)
{
    if (f->made % f->steps == 0 || f->made == f->first) {
        uint32_t epoch = (uint32_t)(f->made / f->steps);
        if (dorg_epoch_order(f->order, f->t, f->o.balance, f->o.seed, epoch, e))
            return e->code;
    }
    ask_ahead(f);
    return dorg_par((size_t)f->o.batch, f->o.readers, make_one, f, e);
}

static void *maker(void *arg)
{
    struct dorg_feed *f = arg;
    struct dorg_err e = DORG_ERR_INIT;
    for (f->made = f->first; f->made < f->last; f->made++) {
        pthread_mutex_lock(&f->lock);
        while (!f->stop && f->made >= f->taken + DEPTH)
            pthread_cond_wait(&f->moved, &f->lock);
        bool stop = f->stop;
        pthread_mutex_unlock(&f->lock);
        if (stop) break;
        make_batch(f, &e);
        pthread_mutex_lock(&f->lock);
        f->ready = f->made + 1;
        f->err = e;
        pthread_cond_broadcast(&f->moved);
        pthread_mutex_unlock(&f->lock);
        if (e.code) break;
    }
    return NULL;
}

static int make_room(struct dorg_feed *f, struct dorg_err *e)
{
    const struct dorg_rec_shape *s = &f->t->recs.shape;
    const struct dorg_tps_opts o = {.amplitude = f->o.tps, .points = 5, .seed = f->o.seed};
    size_t team = (size_t)f->o.readers;
    f->order = dorg_array(dorg_epoch_size(f->t, f->o.balance), sizeof *f->order, e);
    for (int i = 0; i < DEPTH; i++) {
        f->ring[i].x = dorg_array((size_t)f->o.batch, f->pixels * sizeof(float), e);
        f->ring[i].y = dorg_array((size_t)f->o.batch, 1, e);
    }
    f->warped = dorg_array(2 * team, f->pixels, e);
    if (e->code || !(f->o.tps > 0)) return e->code;
    if (dorg_tps_new(&f->tps, (int)s->w, (int)s->h, &o, e)) return e->code;
    f->scratch = dorg_array(team * dorg_tps_scratch(&f->tps), sizeof *f->scratch, e);
    return e->code;
}

int dorg_feed_start(struct dorg_feed **to, const struct dorg_trainset *t,
                    const struct dorg_feed_opts *o, uint64_t first, uint64_t last,
                    struct dorg_err *e)
{
    struct dorg_feed *f = dorg_zeroed(1, sizeof *f, e);
    if (!(*to = f)) return e->code;
    f->t = t;
    f->o = *o;
    f->o.batch = dorg_feed_batch(t, o);
    f->o.readers = o->readers < 1 ? 1 : o->readers;
    f->steps = dorg_feed_steps(t, o);
    f->first = f->next = f->ready = f->taken = first;
    f->last = last;
    f->pixels = dorg_rec_pixels(&t->recs.shape);
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->moved, NULL);
    if (!make_room(f, e)) {
        f->started = pthread_create(&f->thread, NULL, maker, f) == 0;
        if (!f->started) dorg_fail(e, DORG_EIO, "a thread cannot be started");
    }
    if (e->code) {
        dorg_feed_stop(f);
        *to = NULL;
    }
    return e->code;
}

int dorg_feed_next(struct dorg_feed *f, const float **x, const uint8_t **y, struct dorg_err *e)
{
    pthread_mutex_lock(&f->lock);
    uint64_t step = f->next++;
    f->taken = step; /* the batch before this one may go */
    pthread_cond_broadcast(&f->moved);
    while (f->ready <= step && !f->err.code)
        pthread_cond_wait(&f->moved, &f->lock);
    if (f->err.code && f->ready <= step + 1) *e = f->err;
    pthread_mutex_unlock(&f->lock);
    *x = f->ring[step % DEPTH].x;
    *y = f->ring[step % DEPTH].y;
    return e->code;
}

void dorg_feed_stop(struct dorg_feed *f)
{
    if (!f) return;
    pthread_mutex_lock(&f->lock);
    f->stop = true;
    pthread_cond_broadcast(&f->moved);
    pthread_mutex_unlock(&f->lock);
    if (f->started) pthread_join(f->thread, NULL);
    for (int i = 0; i < DEPTH; i++) {
        free(f->ring[i].x);
        free(f->ring[i].y);
    }
    free(f->order);
    free(f->scratch);
    free(f->warped);
    dorg_tps_free(&f->tps);
    pthread_mutex_destroy(&f->lock);
    pthread_cond_destroy(&f->moved);
    free(f);
}

struct plain {
    float *x;
    const struct dorg_recset *s;
    const uint32_t *which;
    const float *mean;
};

static int plain_one(void *ctx, size_t j, size_t worker, struct dorg_err *e)
{
    const struct plain *p = ctx;
    size_t pixels = dorg_rec_pixels(&p->s->shape);
    (void)worker;
    (void)e;
    dorg_net_centre(p->x + j * pixels, dorg_recset_get(p->s, p->which[j], NULL), p->mean,
                    pixels);
    return 0;
}

int dorg_feed_plain(float *x, const struct dorg_recset *s, const uint32_t *which, int n,
                    const float *mean, int readers, struct dorg_err *e)
{
    struct plain p = {x, s, which, mean};
    return dorg_par((size_t)n, readers, plain_one, &p, e);
}
