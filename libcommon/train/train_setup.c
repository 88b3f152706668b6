/* train_setup.c - the net that training begins with */
#include "../base/mem.h"
#include "train.h"
#include "../file/vol.h" /* dorg_history_add */

static int set_int(struct dorg_netcfg *c, const char *key, int v, struct dorg_err *e)
{
    char text[16];
    if (v == 0) return 0;
    snprintf(text, sizeof text, "%d", v);
    return dorg_netcfg_set(c, "train", key, text, e);
}

/* As the .cfg writes it: dexp:base,factor,steps  cosine:base,factor  const:base */
static int set_rate(struct dorg_netcfg *c, const char *key, const struct dorg_rate *r,
                    double base, struct dorg_err *e)
{
    char text[100];
    if (r->kind == DORG_DEXP)
        snprintf(text, sizeof text, "dexp:%.9g,%.9g,%d", base, r->factor, r->steps);
    else if (r->kind == DORG_COSINE)
        snprintf(text, sizeof text, "cosine:%.9g,%.9g", base, r->factor);
    else
        snprintf(text, sizeof text, "const:%.9g", base);
    return dorg_netcfg_set(c, "train", key, text, e);
}

/* The .cfg text without the epochs of an earlier training. */
static int load_cfg_of(struct dorg_netcfg *c, const struct dorg_net *from, struct dorg_err *e)
{
    char *text = dorg_strdup(from->cfg.text, e), *to = text;
    if (!text) return e->code;
    for (const char *p = from->cfg.text; *p;) {
        size_t n = strcspn(p, "\n");
        n += p[n] == '\n';
        if (strncmp(p, DORG_NET_LOG, strlen(DORG_NET_LOG)) != 0) {
            memcpy(to, p, n);
            to += n;
        }
        p += n;
    }
    *to = 0;
    dorg_netcfg_parse(c, text, "the net to start from", e);
    free(text);
    return e->code;
}

static int override(struct dorg_netcfg *c, const struct dorg_train_setup *s,
                    const struct dorg_trainset *t, struct dorg_err *e)
{
    const struct dorg_rec_shape *shape = &t->recs.shape;
    if (set_int(c, "epochs", s->epochs, e) || set_int(c, "batch", s->batch, e)) return e->code;
    if (s->rate > 0) {
        double ratio = c->rate_w.base > 0 ? c->rate_b.base / c->rate_w.base : 1;
        const struct dorg_rate w = c->rate_w, b = c->rate_b;
        if (set_rate(c, "rate_w", &w, s->rate, e)) return e->code;
        if (set_rate(c, "rate_b", &b, s->rate * ratio, e)) return e->code;
    }
    if (shape->h != shape->w || (int)shape->w != c->size)
        return dorg_fail(e, DORG_EDATA, "%s: records of %u x %u pixels; the net takes %d x %d",
                         t->recs.file[0].name, shape->h, shape->w, c->size, c->size);
    if (dorg_netcfg_adapt(c, (int)shape->c, 0, t->classes, e)) return e->code;
    for (int i = 0; s->he && i < c->n_layers; i++) {
        struct dorg_layer *l = &c->layer[i];
        if (l->type != DORG_CONV && l->type != DORG_FC) continue;
        l->init_w = -1;
        l->init_b = 0;
    }
    return 0;
}

int dorg_train_prepare(struct dorg_net *n, struct dorg_train_setup *s,
                       const struct dorg_trainset *t, struct dorg_err *e)
{
    struct dorg_net warm = DORG_NET_INIT;
    *n = DORG_NET_INIT;
    if (!s->cfg && !s->warm)
        return dorg_fail(e, DORG_EUSAGE, "no net: give -n net.cfg or -w warm.net");
    if (s->warm && dorg_net_load(&warm, s->warm, e)) goto done;
    if (s->cfg ? dorg_netcfg_load(&n->cfg, s->cfg, e) : load_cfg_of(&n->cfg, &warm, e))
        goto done;
    if (override(&n->cfg, s, t, e)) goto done;
    memcpy(n->window_hu, t->recs.shape.window_hu, sizeof n->window_hu);
    n->pitch_mm = t->recs.shape.pitch_mm;
    n->kind = t->recs.shape.kind;
    n->mean = dorg_zeroed(dorg_rec_pixels(&t->recs.shape), sizeof *n->mean, e);
    n->params = dorg_array(n->cfg.n_params, sizeof *n->params, e);
    for (int i = 0; i < t->recs.n_files; i++)
        if (dorg_history_add(&n->history, t->recs.file[i].history, e)) goto done;
    if (e->code) goto done;
    dorg_netcfg_init(n->params, &n->cfg, s->seed);
    if (s->warm) dorg_train_warm(n->params, &n->cfg, &warm, &s->n_taken, &s->n_all, e);
done:
    dorg_net_free(&warm);
    if (e->code) dorg_net_free(n);
    return e->code;
}
