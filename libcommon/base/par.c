/* par.c - a parallel for over items */
#include "par.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { MAX_JOBS = 256 };

static dorg_par_tell_fn *watcher;
static _Thread_local bool within; /* a dorg_par's item is being worked on */

void dorg_par_watch(dorg_par_tell_fn *tell)
{
    watcher = tell;
}

struct team {
    size_t n;
    dorg_par_fn *fn;
    void *ctx;
    atomic_size_t next, done;
    bool told; /* to the watcher */
    atomic_bool stop;
    pthread_mutex_t lock; /* guards failed and err */
    size_t failed;
    struct dorg_err err;
};

struct member {
    struct team *team;
    size_t worker;
    pthread_t thread;
};

static void note_failure(struct team *t, size_t item, const struct dorg_err *e)
{
    pthread_mutex_lock(&t->lock);
    if (item < t->failed) {
        t->failed = item;
        t->err = *e;
    }
    pthread_mutex_unlock(&t->lock);
    atomic_store(&t->stop, true);
}

static void *work(void *arg)
{
    struct member *m = arg;
    struct team *t = m->team;
    bool before = within;
    within = true;
    while (!atomic_load(&t->stop)) {
        size_t i = atomic_fetch_add(&t->next, 1);
        if (i >= t->n) break;
        struct dorg_err e = DORG_ERR_INIT;
        if (t->fn(t->ctx, i, m->worker, &e)) note_failure(t, i, &e);
        size_t done = atomic_fetch_add(&t->done, 1) + 1;
        if (t->told && m->worker == 0) watcher(done, t->n);
    }
    within = before;
    return NULL;
}

int dorg_par(size_t n, int jobs, dorg_par_fn *fn, void *ctx, struct dorg_err *e)
{
    struct team t = {.n = n, .fn = fn, .ctx = ctx, .failed = (size_t)-1};
    struct member m[MAX_JOBS];
    size_t want = dorg_par_team(jobs), started = 1; /* member 0 is the caller */
    pthread_mutex_init(&t.lock, NULL);
    t.told = watcher && !within && n > 1;
    m[0] = (struct member){.team = &t, .worker = 0};
    for (size_t w = 1; w < want && w < n; w++) {
        m[started] = (struct member){.team = &t, .worker = started};
        if (pthread_create(&m[started].thread, NULL, work, &m[started]) == 0) started++;
    }
    work(&m[0]);
    for (size_t w = 1; w < started; w++)
        pthread_join(m[w].thread, NULL);
    if (t.told) watcher(n, n);
    pthread_mutex_destroy(&t.lock);

    if (t.err.code && !e->code) *e = t.err;
    return e->code;
}

size_t dorg_par_team(int jobs)
{
    return jobs < 1 ? 1 : jobs > MAX_JOBS ? MAX_JOBS : (size_t)jobs;
}

int dorg_par_cpus(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return n < 1 ? 1 : n > MAX_JOBS ? MAX_JOBS : n;
}
