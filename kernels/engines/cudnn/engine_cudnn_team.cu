/* engine_cudnn_team.cu - one batch over several devices, by one thread: all it does is launch
 */
#include <stdlib.h>

#include "engine_cudnn_images.h"
#include "engine_cudnn_team.h"

extern "C" {
#include "../../../libcommon/base/mem.h"
}

int dorg_cu_team_join(struct dorg_engine *leader, struct dorg_engine *const *member, int n,
                      struct dorg_err *e)
{
    struct dorg_cu_team *t = (struct dorg_cu_team *)dorg_zeroed(1, sizeof *t, e);
    if (!(leader->team = t)) return e->code;
    for (int i = 0; i < n; i++) {
        t->member[i] = member[i];
        member[i]->member = true;
    }
    t->n = n;
    return dorg_nccl_open(&t->nccl, leader->opts.device, n, e);
}

/* The part of member i in a batch of n images. */
static int part(const struct dorg_cu_team *t, int i, int n, int *first)
{
    *first = (int)((int64_t)n * i / t->n);
    return (int)((int64_t)n * (i + 1) / t->n) - *first;
}

static int enough(const struct dorg_cu_team *t, int n, struct dorg_err *e)
{
    if (n >= t->n && n <= t->n * t->member[0]->opts.max_batch) return 0;
    return dorg_fail(e, DORG_EUSAGE, "a batch of %d images on %d GPUs that take 1 to %d each",
                     n, t->n, t->member[0]->opts.max_batch);
}

int dorg_cu_team_gradient(struct dorg_engine *g, const float *x, const uint8_t *y, int n,
                          const struct dorg_sgd *sgd, struct dorg_err *e)
{
    struct dorg_cu_team *t = g->team;
    size_t in = dorg_layer_in(&g->cfg.layer[0]);
    if (enough(t, n, e)) return e->code;
    for (int i = 0; i < t->n; i++) {
        int first, mine = part(t, i, n, &first);
        struct dorg_cu_call c = {mine, n, false};
        if (dorg_cu_load(t->member[i], x + (size_t)first * in, mine, e) ||
            dorg_cu_say(t->member[i], y + first, mine, sgd, (uint64_t)first, e) ||
            dorg_cu_replay_gradient(t->member[i], &c, e))
            return e->code;
    }
    return dorg_nccl_sum(t->nccl, t->member, t->n, e);
}

int dorg_cu_team_records(struct dorg_engine *g, const struct dorg_batch *b,
                         const struct dorg_sgd *sgd, struct dorg_err *e)
{
    struct dorg_cu_team *t = g->team;
    if (enough(t, b->n, e)) return e->code;
    for (int i = 0; i < t->n; i++) {
        int first, mine = part(t, i, b->n, &first);
        struct dorg_engine *m = t->member[i];
        struct dorg_cu_call c = {mine, b->n, true};
        struct dorg_batch own = {b->which + first, b->label + first, mine,
                                 b->item + (uint64_t)first, b->next ? b->next + first : NULL};
        if (dorg_cuda_check(cudaSetDevice(m->opts.device), "choosing the device", e) ||
            dorg_cu_say(m, own.label, mine, sgd, (uint64_t)first, e) ||
            dorg_cu_images_take(m, &own, e) || dorg_cu_replay_gradient(m, &c, e))
            return e->code;
    }
    return dorg_nccl_sum(t->nccl, t->member, t->n, e);
}

int dorg_cu_team_ahead(struct dorg_engine *g, const struct dorg_batch *b, struct dorg_err *e)
{
    struct dorg_cu_team *t = g->team;
    for (int i = 0; i < t->n; i++) {
        int first, mine = part(t, i, b->n, &first);
        struct dorg_batch own = {b->which + first, b->label + first, mine,
                                 b->item + (uint64_t)first, b->next ? b->next + first : NULL};
        if (dorg_cuda_check(cudaSetDevice(t->member[i]->opts.device), "choosing the device",
                            e) ||
            dorg_cu_images_ahead(t->member[i], &own, e))
            return e->code;
    }
    return 0;
}

int dorg_cu_team_step(struct dorg_engine *g, int all, bool from_recs, struct dorg_err *e)
{
    struct dorg_cu_team *t = g->team;
    for (int i = 0; i < t->n; i++) {
        int first, mine = part(t, i, all, &first);
        struct dorg_cu_call c = {mine, all, from_recs};
        if (dorg_cuda_check(cudaSetDevice(t->member[i]->opts.device), "choosing the device",
                            e) ||
            dorg_cu_replay_step(t->member[i], &c, e))
            return e->code;
    }
    return 0;
}

int dorg_cu_team_hear(struct dorg_engine *g, float *loss, int all, struct dorg_err *e)
{
    struct dorg_cu_team *t = g->team;
    for (int i = t->n - 1; i >= 0; i--) { /* the leader last: its loss is the one returned */
        if (dorg_cuda_check(cudaSetDevice(t->member[i]->opts.device), "choosing the device",
                            e))
            return e->code;
        dorg_cu_hear(t->member[i], loss, all, e);
    }
    return e->code;
}
