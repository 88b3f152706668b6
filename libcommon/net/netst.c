/* netst.c - nets as safetensors and back */
#include "../base/mem.h"
#include "net.h"
#include "safetensors.h"
#include "../file/vol.h" /* dorg_history_stage */

enum { MAX_TENSORS = 4 * DORG_MAX_LAYERS + 1, NAME = 64 };

struct parts { /* the tensors that a net's arrays are, in their places */
    int n;
    char name[MAX_TENSORS][NAME];
    struct dorg_st_tensor t[MAX_TENSORS];
};

static void add(struct parts *p, const struct dorg_layer *l, const char *what, const float *at,
                int n_dims, const uint64_t *shape)
{
    struct dorg_st_tensor *t = &p->t[p->n];
    snprintf(p->name[p->n], NAME, "%s%s%s", l ? l->name : "", l ? "." : "", what);
    *t = (struct dorg_st_tensor){
        .name = p->name[p->n++], .dtype = "F32", .n_dims = n_dims, .n = 1, .data = at};
    for (int i = 0; i < n_dims; i++) {
        t->shape[i] = shape[i];
        t->n *= (size_t)shape[i];
    }
}

static void list_layer(struct parts *p, const struct dorg_layer *l, const float *params)
{
    uint64_t out = (uint64_t)l->out[0], k = (uint64_t)l->kernel;
    const float *w = params + l->w_at;
    if (l->type == DORG_BNORM) {
        add(p, l, "weight", w, 1, &out);
        add(p, l, "running_mean", w + out, 1, &out);
        add(p, l, "running_var", w + 2 * out, 1, &out);
    } else if (l->type == DORG_CONV) {
        add(p, l, "weight", w, 4, (uint64_t[]){out, (uint64_t)l->in[0], k, k});
    } else {
        add(p, l, "weight", w, 2, (uint64_t[]){out, l->n_w / out});
    }
    add(p, l, "bias", params + l->b_at, 1, &out);
}

static void list(struct parts *p, const struct dorg_net *n)
{
    const struct dorg_netcfg *c = &n->cfg;
    uint64_t side = (uint64_t)c->size;
    p->n = 0;
    for (int i = 0; i < c->n_layers; i++)
        if (c->layer[i].n_w + c->layer[i].n_b) list_layer(p, &c->layer[i], n->params);
    add(p, NULL, "mean", n->mean, 3, (uint64_t[]){(uint64_t)c->channels, side, side});
}

int dorg_net_to_st(struct dorg_out *o, const struct dorg_net *n, const char *stage,
                   struct dorg_err *e)
{
    char window[64], pitch[32], kind[16], *history = NULL;
    struct parts *p = dorg_zeroed(1, sizeof *p, e);
    if (!p) return e->code;
    if (n->history && !(history = dorg_strdup(n->history, e))) goto done;
    if (dorg_history_stage(&history, stage, e)) goto done;
    snprintf(window, sizeof window, "%.9g,%.9g", (double)n->window_hu[0],
             (double)n->window_hu[1]);
    snprintf(pitch, sizeof pitch, "%.9g", (double)n->pitch_mm);
    snprintf(kind, sizeof kind, "%u", n->kind);
    struct dorg_st_text text[] = {{"format", "pt"},           {"dorg.cfg", n->cfg.text},
                                  {"dorg.window_hu", window}, {"dorg.pitch_mm", pitch},
                                  {"dorg.kind", kind},        {"dorg.history", history}};
    list(p, n);
    struct dorg_st s = {p->n, history ? 6 : 5, p->t, text};
    dorg_st_write(o, &s, e);
done:
    free(history);
    free(p);
    return e->code;
}

/* ---- back --------------------------------------------------------------------------------
 */

static int number(const struct dorg_st *s, const char *key, double *v, int n,
                  struct dorg_err *e)
{
    const char *p = dorg_st_text(s, key);
    if (!p) return dorg_fail(e, DORG_EDATA, "no text %s", key);
    for (int i = 0; i < n; i++) {
        char *end;
        v[i] = strtod(p, &end);
        if (end == p || !isfinite(v[i]) || *end != (i < n - 1 ? ',' : 0))
            return dorg_fail(e, DORG_EDATA, "text %s is not %d numbers", key, n);
        p = end + 1;
    }
    return 0;
}

static int take_texts(struct dorg_net *n, const struct dorg_st *s, const char *cfg,
                      struct dorg_err *e)
{
    double window[2], pitch, kind;
    const char *history = dorg_st_text(s, "dorg.history");
    const char *text = dorg_st_text(s, "dorg.cfg");
    if (!cfg && !text) return dorg_fail(e, DORG_EDATA, "no text dorg.cfg: give -n net.cfg");
    if (cfg ? dorg_netcfg_load(&n->cfg, cfg, e)
            : dorg_netcfg_parse(&n->cfg, text, "text dorg.cfg", e))
        return e->code;
    if (number(s, "dorg.window_hu", window, 2, e) ||
        number(s, "dorg.pitch_mm", &pitch, 1, e) || number(s, "dorg.kind", &kind, 1, e))
        return e->code;
    if (!(window[0] < window[1]) || !(pitch >= 0) || !(kind >= 0 && kind <= 3))
        return dorg_fail(e, DORG_EDATA, "window %g,%g, pitch %g, kind %g", window[0],
                         window[1], pitch, kind);
    n->window_hu[0] = (float)window[0];
    n->window_hu[1] = (float)window[1];
    n->pitch_mm = (float)pitch;
    n->kind = (uint32_t)kind;
    return history ? dorg_history_add(&n->history, history, e) : 0;
}

static int take_tensors(struct dorg_net *n, const struct dorg_st *s, struct dorg_err *e)
{
    size_t side = (size_t)n->cfg.size;
    struct parts *p = dorg_zeroed(1, sizeof *p, e);
    n->mean = dorg_array((size_t)n->cfg.channels * side, side * sizeof(float), e);
    n->params = dorg_array(n->cfg.n_params, sizeof(float), e);
    if (e->code) goto done;
    list(p, n);
    for (int i = 0; i < p->n; i++) {
        const struct dorg_st_tensor *want = &p->t[i], *t = dorg_st_find(s, want->name);
        if (!t) {
            dorg_fail(e, DORG_EDATA, "no tensor %s", want->name);
            goto done;
        }
        if (t->n_dims != want->n_dims ||
            memcmp(t->shape, want->shape, (size_t)t->n_dims * sizeof *t->shape) != 0) {
            dorg_fail(e, DORG_EDATA, "tensor %s has not the shape the net's layers want",
                      want->name);
            goto done;
        }
        size_t at = (size_t)((const float *)want->data - n->params);
        float *to = strcmp(want->name, "mean") == 0 ? n->mean : n->params + at;
        if (dorg_st_floats(to, t, e)) goto done;
    }
done:
    free(p);
    return e->code;
}

int dorg_net_from_st(struct dorg_net *n, const char *path, const char *cfg, struct dorg_err *e)
{
    struct dorg_in *in = NULL;
    struct dorg_st s = DORG_ST_INIT;
    uint8_t *bytes = NULL;
    size_t size = 0, cap = 0, got = 1;
    *n = DORG_NET_INIT;
    if (dorg_in_open(&in, path, e)) return e->code;
    while (got && !e->code) {
        if (size == cap && dorg_resize(&bytes, cap = cap ? 2 * cap : 1 << 20, 1, e)) break;
        if (dorg_in_read(in, bytes + size, cap - size, &got, e)) break;
        size += got;
    }
    if (!e->code && (dorg_st_parse(&s, bytes, size, e) || take_texts(n, &s, cfg, e) ||
                     take_tensors(n, &s, e)))
        dorg_err_at(e, dorg_in_name(in));
    dorg_st_free(&s);
    free(bytes);
    dorg_in_close(in);
    if (e->code) dorg_net_free(n);
    return e->code;
}
