/* text.c - net descriptions from files; a net in words */
#include "../base/mem.h"
#include "net.h"
#include "../file/rec.h"

#include <stdarg.h>

enum { MOST_TEXT = 1 << 20 };

int dorg_net_load_cfg(struct dorg_netcfg *c, const char *path, struct dorg_err *e)
{
    struct dorg_in *in = NULL;
    uint8_t *text = NULL;
    size_t n;
    *c = (struct dorg_netcfg){0};
    if (dorg_in_open(&in, path, e)) return e->code;
    if (dorg_in_all(&text, &n, MOST_TEXT, in, e) || dorg_resize(&text, n + 1, 1, e)) goto done;
    text[n] = '\0';
    if (strlen((char *)text) < n)
        dorg_fail(e, DORG_EDATA, "byte %zu is NUL: not a net description",
                  strlen((char *)text));
done:
    if (e->code)
        dorg_err_at(e, dorg_in_name(in));
    else
        dorg_netcfg_parse(c, (char *)text, dorg_in_name(in), e);
    free(text);
    dorg_in_close(in);
    return e->code;
}

struct text {
    char *s;
    size_t n, cap;
};

static void say(struct text *t, struct dorg_err *e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void say(struct text *t, struct dorg_err *e, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (e->code || n < 0) return;
    size_t need = t->n + (size_t)n + 1;
    if (need > t->cap) {
        size_t cap = 2 * need;
        if (dorg_resize(&t->s, cap, 1, e)) return;
        t->cap = cap;
    }
    va_start(ap, fmt);
    vsnprintf(t->s + t->n, (size_t)n + 1, fmt, ap);
    va_end(ap);
    t->n += (size_t)n;
}

/* The words of a layer's line that are not its shape. */
static void details(char *to, size_t n, const struct dorg_layer *l)
{
    *to = 0;
    switch (l->type) {
    case DORG_CONV:
        snprintf(to, n, "%dx%d stride %d pad %d", l->kernel, l->kernel, l->stride, l->pad);
        break;
    case DORG_POOL:
        snprintf(to, n, "%dx%d stride %d", l->kernel, l->kernel, l->stride);
        break;
    case DORG_LRN:
        snprintf(to, n, "%d maps, alpha %g, beta %g, k %g", l->lrn_size, (double)l->lrn_alpha,
                 (double)l->lrn_beta, (double)l->lrn_k);
        break;
    case DORG_DROPOUT:
        snprintf(to, n, "keep %g", (double)l->keep);
        break;
    default:
        break;
    }
}

static double layer_macs(const struct dorg_layer *l)
{
    if (l->type == DORG_CONV) return (double)l->n_w * l->out[1] * l->out[2];
    return l->type == DORG_FC ? (double)l->n_w : 0;
}

static void layers(struct text *t, const struct dorg_netcfg *c, struct dorg_err *e)
{
    say(t, e, "%-8s %-10s %-16s %12s %12s\n", "layer", "name", "output", "parameters",
        "multiplies");
    say(t, e, "%-8s %-10s %4d x %3d x %3d\n", "input", "", c->channels, c->size, c->size);
    for (int i = 0; i < c->n_layers; i++) {
        const struct dorg_layer *l = &c->layer[i];
        char more[80];
        details(more, sizeof more, l);
        say(t, e, "%-8s %-10s %4d x %3d x %3d", dorg_layer_type_name(l->type), l->name,
            l->out[0], l->out[1], l->out[2]);
        if (l->n_w + l->n_b)
            say(t, e, " %12zu %12.0f", l->n_w + l->n_b, layer_macs(l));
        else if (*more)
            say(t, e, " %12s %12s", "", "");
        say(t, e, "%s%s\n", *more ? "  " : "", more);
    }
}

/* The lines of a text that begin with `mark`, without it, under a heading. */
static void lines(struct text *t, const char *heading, const char *s, const char *mark,
                  struct dorg_err *e)
{
    size_t n = strlen(mark), at = 0, shown = 0;
    while (s[at]) {
        size_t length = strcspn(s + at, "\n");
        if (strncmp(s + at, mark, n) == 0) {
            if (shown++ == 0) say(t, e, "%s:\n", heading);
            say(t, e, "  %.*s\n", (int)(length - n), &s[at + n]);
        }
        at += length + (s[at + length] == '\n');
    }
}

int dorg_net_describe(char **text, const struct dorg_net *n, struct dorg_err *e)
{
    const struct dorg_netcfg *c = &n->cfg;
    struct text t = {0};
    say(&t, e,
        "a net of %d layers: %zu parameters, %.1f M multiply-adds an image, %d classes\n",
        c->n_layers, c->n_params, 1e-6 * c->macs, c->classes);
    say(&t, e, "for %s of %d x %d x %d pixels, %g to %g HU shown as 0 to 255",
        dorg_rec_of(n->kind), c->channels, c->size, c->size, (double)n->window_hu[0],
        (double)n->window_hu[1]);
    if (n->pitch_mm > 0) say(&t, e, ", %g", (double)n->pitch_mm);
    for (int i = 0; i < DORG_REC_WIDER && n->wider_mm[i] > 0; i++)
        say(&t, e, ",%g", (double)n->wider_mm[i]);
    say(&t, e, n->pitch_mm > 0 ? " mm apart\n" : "\n");
    layers(&t, c, e);
    lines(&t, "training", c->text, DORG_NET_LOG, e);
    if (n->history) lines(&t, "history", n->history, "", e);
    if (e->code) {
        free(t.s);
        t.s = NULL;
    }
    *text = t.s;
    return e->code;
}
