/* train_try.c - a net tried on records; nets taken over from others; what a training is of */
#include "../base/mem.h"
#include "train.h"

static uint8_t label_of(const struct dorg_trial_set *s, uint32_t i)
{
    return s->label[s->by_record ? s->which[i] : i];
}

/* Probabilities of all n records: p[n][k]. */
static int apply(float *p, const struct dorg_trial_set *s, const struct dorg_engine_ops *ops,
                 struct dorg_engine *g, int classes, const float *mean, int batch, int readers,
                 struct dorg_err *e)
{
    float *x = dorg_array((size_t)batch, dorg_rec_pixels(&s->recs->shape) * sizeof *x, e);
    if (!x) return e->code;
    for (uint32_t i = 0; i < s->n; i += (uint32_t)batch) {
        int n = s->n - i < (uint32_t)batch ? (int)(s->n - i) : batch;
        if (dorg_feed_plain(x, s->recs, s->which + i, n, mean, readers, e)) break;
        if (ops->forward(g, x, n, p + (size_t)i * (size_t)classes, e)) break;
    }
    free(x);
    return e->code;
}

static double mean_auc(const float *p, const struct dorg_trial_set *s, int classes,
                       struct dorg_err *e)
{
    double sum = 0;
    int used = 0;
    float *score = dorg_array(s->n, sizeof *score, e);
    uint8_t *positive = dorg_array(s->n, 1, e);
    for (int k = classes == 2; k < classes && !e->code; k++) {
        for (uint32_t i = 0; i < s->n; i++) {
            score[i] = p[(size_t)i * (size_t)classes + (size_t)k];
            positive[i] = label_of(s, i) == k;
        }
        double auc = dorg_auc(score, positive, s->n, e);
        if (isnan(auc)) continue;
        sum += auc;
        used++;
    }
    free(score);
    free(positive);
    return used ? sum / used : (double)NAN;
}

int dorg_train_try(struct dorg_trial *r, const struct dorg_trial_set *s,
                   const struct dorg_engine_ops *ops, struct dorg_engine *g,
                   const struct dorg_netcfg *c, const float *mean, int batch, int readers,
                   struct dorg_err *e)
{
    size_t k = (size_t)c->classes;
    double loss = 0, wrong = 0;
    float *p = dorg_array(s->n, k * sizeof *p, e);
    if (!p) return e->code;
    if (apply(p, s, ops, g, c->classes, mean, batch, readers, e)) goto done;
    for (uint32_t i = 0; i < s->n; i++) {
        const float *row = p + i * k;
        size_t best = 0, y = label_of(s, i);
        for (size_t j = 1; j < k; j++)
            if (row[j] > row[best]) best = j;
        loss -= log(fmax((double)row[y], 1e-30));
        wrong += best != y;
    }
    *r = (struct dorg_trial){loss / s->n, wrong / s->n, mean_auc(p, s, c->classes, e)};
done:
    free(p);
    return e->code;
}

static uint64_t mix(uint64_t h, const void *p, size_t n)
{
    const uint8_t *b = p;
    for (size_t i = 0; i < n; i++)
        h = (h ^ b[i]) * 0x100000001b3u; /* FNV-1a */
    return h;
}

uint64_t dorg_train_identity(const char *cmdline, const char *cfg,
                             const struct dorg_trainset *t)
{
    uint64_t h = 0xcbf29ce484222325u;
    const struct dorg_recset *sets[2] = {&t->recs, &t->vals};
    h = mix(h, cmdline, strlen(cmdline) + 1);
    h = mix(h, cfg, strlen(cfg) + 1);
    for (int s = 0; s < 2; s++)
        for (int i = 0; i < sets[s]->n_files; i++) {
            h = mix(h, &sets[s]->file[i].count, sizeof sets[s]->file[i].count);
            h = mix(h, &sets[s]->file[i].crc, sizeof sets[s]->file[i].crc);
        }
    return h;
}

static const struct dorg_layer *same_layer(const struct dorg_netcfg *c,
                                           const struct dorg_layer *l)
{
    for (int i = 0; i < c->n_layers; i++) {
        const struct dorg_layer *m = &c->layer[i];
        if (m->type == l->type && strcmp(m->name, l->name) == 0 && m->n_w == l->n_w &&
            m->n_b == l->n_b && m->in[0] == l->in[0] && m->out[0] == l->out[0])
            return m;
    }
    return NULL;
}

int dorg_train_warm(float *params, const struct dorg_netcfg *c, const struct dorg_net *from,
                    int *n_taken, int *n_all, struct dorg_err *e)
{
    *n_taken = *n_all = 0;
    for (int i = 0; i < c->n_layers; i++) {
        const struct dorg_layer *l = &c->layer[i];
        if (l->n_w + l->n_b == 0) continue;
        const struct dorg_layer *m = same_layer(&from->cfg, l);
        ++*n_all;
        if (!m) continue;
        ++*n_taken;
        memcpy(params + l->w_at, from->params + m->w_at, l->n_w * sizeof *params);
        memcpy(params + l->b_at, from->params + m->b_at, l->n_b * sizeof *params);
    }
    if (*n_taken == 0)
        return dorg_fail(e, DORG_EDATA,
                         "the net to start from has no layer like this one's in name and "
                         "shape");
    return 0;
}
