/* ckpt.c - training half-way, saved and taken up again */
#include "ckpt.h"
#include "../file/io.h"
#include "../base/mem.h"

#include <errno.h>
#include <unistd.h>

static const char head_magic[] = "DORGCKP\n";
enum { LOG_MAX = 1 << 26 };

struct head {
    char magic[8];
    uint32_t version, n_log;
    uint64_t identity, n_params, step;
    int32_t best_epoch, since_best;
    double best_auc, best_loss, loss_sum, seconds;
    uint32_t has_best, zero[3];
};
_Static_assert(sizeof(struct head) == 96, "no holes");

int dorg_ckpt_new(struct dorg_ckpt *c, size_t n_params, int best, struct dorg_err *e)
{
    *c = (struct dorg_ckpt){.n_params = n_params};
    c->params = dorg_zeroed(n_params, sizeof(float), e);
    c->momentum = dorg_zeroed(n_params, sizeof(float), e);
    if (best) c->best = dorg_zeroed(n_params, sizeof(float), e);
    if (e->code) dorg_ckpt_free(c);
    return e->code;
}

void dorg_ckpt_free(struct dorg_ckpt *c)
{
    free(c->params);
    free(c->momentum);
    free(c->best);
    free(c->log);
    *c = DORG_CKPT_INIT;
}

int dorg_ckpt_save(const struct dorg_ckpt *c, const char *path, struct dorg_err *e)
{
    struct dorg_out o = DORG_OUT_INIT;
    struct dorg_sink s = {.out = &o};
    struct head h = {
        .version = 1,
        .n_log = c->log ? (uint32_t)strlen(c->log) : 0,
        .identity = c->identity,
        .n_params = c->n_params,
        .step = c->step,
        .best_epoch = c->best_epoch,
        .since_best = c->since_best,
        .best_auc = c->best_auc,
        .best_loss = c->best_loss,
        .loss_sum = c->loss_sum,
        .seconds = c->seconds,
        .has_best = c->best != NULL,
    };
    memcpy(h.magic, head_magic, 8);
    if (dorg_out_open(&o, path, e)) return e->code;
    dorg_sink_put(&s, &h, sizeof h, e);
    dorg_sink_put(&s, c->log, h.n_log, e);
    dorg_sink_put(&s, c->params, c->n_params * sizeof(float), e);
    dorg_sink_put(&s, c->momentum, c->n_params * sizeof(float), e);
    if (c->best) dorg_sink_put(&s, c->best, c->n_params * sizeof(float), e);
    dorg_sink_end(&s, e);
    return dorg_out_close(&o, e);
}

static int check_head(const struct head *h, const struct dorg_ckpt *c, struct dorg_err *e)
{
    if (memcmp(h->magic, head_magic, 8) != 0 || h->version != 1)
        return dorg_fail(e, DORG_EDATA, "not a checkpoint of training");
    if (h->identity != c->identity || h->n_params != c->n_params ||
        h->has_best != (c->best != NULL) || h->n_log > LOG_MAX)
        return dorg_fail(e, DORG_EDATA,
                         "the checkpoint was made with another net, other records or options");
    return 0;
}

static int load_body(struct dorg_ckpt *c, const struct head *h, struct dorg_source *s,
                     struct dorg_err *e)
{
    char *log = h->n_log ? dorg_zeroed((size_t)h->n_log + 1, 1, e) : NULL;
    if (log) dorg_source_take(s, log, h->n_log, e);
    free(c->log);
    c->log = log;
    dorg_source_take(s, c->params, c->n_params * sizeof(float), e);
    dorg_source_take(s, c->momentum, c->n_params * sizeof(float), e);
    if (c->best) dorg_source_take(s, c->best, c->n_params * sizeof(float), e);
    return dorg_source_end(s, e);
}

int dorg_ckpt_load(struct dorg_ckpt *c, const char *path, int *found, struct dorg_err *e)
{
    struct dorg_source s = {.what = "checkpoint"};
    struct head h = {0};
    *found = 0;
    if (access(path, F_OK) != 0 && errno == ENOENT) return 0;
    if (dorg_in_open(&s.in, path, e)) return e->code;
    if (!dorg_source_take(&s, &h, sizeof h, e) && !check_head(&h, c, e))
        load_body(c, &h, &s, e);
    dorg_in_close(s.in);
    if (e->code) return dorg_err_at(e, path);
    c->step = h.step;
    c->best_epoch = h.best_epoch;
    c->since_best = h.since_best;
    c->best_auc = h.best_auc;
    c->best_loss = h.best_loss;
    c->loss_sum = h.loss_sum;
    c->seconds = h.seconds;
    *found = 1;
    return 0;
}
