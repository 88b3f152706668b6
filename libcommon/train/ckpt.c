/* ckpt.c - training half-way, saved and taken up again */
#include "ckpt.h"
#include "../file/io.h"
#include "../base/mem.h"

#include <errno.h>
#include <unistd.h>

static const char head_magic[] = "DORGCKP\n", tail_magic[] = "DORGEND\n";
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

struct sum {
    struct dorg_out o;
    uint32_t crc;
};

static void put(struct sum *s, const void *p, size_t n, struct dorg_err *e)
{
    s->crc = dorg_crc32(s->crc, p, n);
    if (!e->code) dorg_out_write(&s->o, p, n, e);
}

int dorg_ckpt_save(const struct dorg_ckpt *c, const char *path, struct dorg_err *e)
{
    struct sum s = {.o = DORG_OUT_INIT};
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
    if (dorg_out_open(&s.o, path, e)) return e->code;
    put(&s, &h, sizeof h, e);
    if (h.n_log) put(&s, c->log, h.n_log, e);
    put(&s, c->params, c->n_params * sizeof(float), e);
    put(&s, c->momentum, c->n_params * sizeof(float), e);
    if (c->best) put(&s, c->best, c->n_params * sizeof(float), e);
    put(&s, tail_magic, 8, e);
    uint32_t crc = s.crc;
    put(&s, &crc, sizeof crc, e);
    return dorg_out_close(&s.o, e);
}

struct source {
    struct dorg_in *in;
    uint32_t crc;
};

static int take(struct source *s, void *p, size_t n, struct dorg_err *e)
{
    size_t got;
    if (e->code || dorg_in_read(s->in, p, n, &got, e)) return e->code;
    if (got < n) return dorg_fail(e, DORG_EDATA, "the checkpoint is cut short");
    s->crc = dorg_crc32(s->crc, p, n);
    return 0;
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

static int load_body(struct dorg_ckpt *c, const struct head *h, struct source *s,
                     struct dorg_err *e)
{
    char magic[8];
    uint32_t crc, stated;
    size_t got;
    char *log = h->n_log ? dorg_zeroed((size_t)h->n_log + 1, 1, e) : NULL;
    if (log) take(s, log, h->n_log, e);
    free(c->log);
    c->log = log;
    take(s, c->params, c->n_params * sizeof(float), e);
    take(s, c->momentum, c->n_params * sizeof(float), e);
    if (c->best) take(s, c->best, c->n_params * sizeof(float), e);
    take(s, magic, sizeof magic, e);
    crc = s->crc;
    if (take(s, &stated, sizeof stated, e)) return e->code;
    if (memcmp(magic, tail_magic, 8) != 0 || stated != crc)
        return dorg_fail(e, DORG_EDATA, "the checkpoint and its CRC-32 disagree");
    if (dorg_in_read(s->in, magic, 1, &got, e)) return e->code;
    if (got) return dorg_fail(e, DORG_EDATA, "the checkpoint runs on past its end");
    return 0;
}

int dorg_ckpt_load(struct dorg_ckpt *c, const char *path, int *found, struct dorg_err *e)
{
    struct source s = {0};
    struct head h = {0};
    *found = 0;
    if (access(path, F_OK) != 0 && errno == ENOENT) return 0;
    if (dorg_in_open(&s.in, path, e)) return e->code;
    if (!take(&s, &h, sizeof h, e) && !check_head(&h, c, e)) load_body(c, &h, &s, e);
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
