/* netcfg.c - net descriptions: shapes and parameters, parsing, changes */
#include <stdbool.h>

#include "netcfg.h"
#include "../libcommon/base/rng.h"
#include "../libcommon/base/mem.h"

/* ---- shapes, parameters, multiply-adds, rates and first weights ---------------------- */

enum { MOST_NUMBERS = 1 << 26, MOST_PARAMS = 1 << 30 };

const char *dorg_layer_type_name(enum dorg_layer_type t)
{
    static const char *const names[] = {
        [DORG_CONV] = "conv",   [DORG_RELU] = "relu", [DORG_LRN] = "lrn",
        [DORG_POOL] = "pool",   [DORG_FC] = "fc",     [DORG_DROPOUT] = "dropout",
        [DORG_BNORM] = "bnorm", [DORG_GAP] = "gap",   [DORG_SOFTMAX] = "softmax",
    };
    return names[t];
}

static size_t count(const int s[3])
{
    return dorg_voxels(s);
}

size_t dorg_layer_in(const struct dorg_layer *l)
{
    return count(l->in);
}

size_t dorg_layer_out(const struct dorg_layer *l)
{
    return count(l->out);
}

/* Both windows' sides along one axis: floor for conv, ceil for pool, whose last window may
 * overhang the edge but, as stride <= kernel, never misses the image. */
static int side(const struct dorg_layer *l, int in)
{
    int room = in + 2 * l->pad - l->kernel;
    if (l->type == DORG_POOL) room += l->stride - 1;
    return room / l->stride + 1;
}

static int window(struct dorg_layer *l, struct dorg_err *e)
{
    const char *what = dorg_layer_type_name(l->type);
    for (int a = 1; a < 3; a++) {
        if (l->kernel > l->in[a] + 2 * l->pad)
            return dorg_fail(e, DORG_EDATA, "%s: kernel %d does not fit into %d + 2*%d", what,
                             l->kernel, l->in[a], l->pad);
        l->out[a] = side(l, l->in[a]);
    }
    if (l->pad >= l->kernel)
        return dorg_fail(e, DORG_EDATA, "%s: pad %d is not below kernel %d", what, l->pad,
                         l->kernel);
    if (l->type == DORG_POOL && l->stride > l->kernel)
        return dorg_fail(e, DORG_EDATA, "%s: stride %d is above kernel %d", what, l->stride,
                         l->kernel);
    return 0;
}

static void shape_and_size(struct dorg_netcfg *c, struct dorg_layer *l)
{
    size_t maps = (size_t)l->in[0], outs = (size_t)l->out[0];
    switch (l->type) {
    case DORG_CONV:
        l->n_w = outs * maps * (size_t)l->kernel * (size_t)l->kernel;
        l->n_b = outs;
        c->macs += (double)l->n_w * l->out[1] * l->out[2];
        break;
    case DORG_FC:
        l->n_w = outs * dorg_layer_in(l);
        l->n_b = outs;
        c->macs += (double)l->n_w;
        break;
    case DORG_BNORM:
        l->n_w = 3 * maps;
        l->n_b = maps;
        break;
    default:
        break;
    }
}

/* Fit the newest layer, whose own numbers are set, behind `in`: shapes, its place in the
 * parameter array, multiply-adds.  A sentence without a place in *e if it does not fit. */
static int place(struct dorg_netcfg *c, struct dorg_layer *l, const int in[3],
                 struct dorg_err *e)
{
    memcpy(l->in, in, sizeof l->in);
    if (l->type != DORG_CONV && l->type != DORG_FC) l->out[0] = in[0];
    l->out[1] = l->out[2] = 1;
    if (l->type == DORG_CONV || l->type == DORG_POOL) {
        if (window(l, e)) return e->code;
    } else if (l->type != DORG_FC && l->type != DORG_GAP) {
        memcpy(l->out, l->in, sizeof l->out);
    }
    if (dorg_layer_in(l) > MOST_NUMBERS)
        return dorg_fail(e, DORG_EDATA, "%d x %d x %d inputs are too many", l->in[0], l->in[1],
                         l->in[2]);
    if (dorg_layer_out(l) > MOST_NUMBERS)
        return dorg_fail(e, DORG_EDATA, "%s: %d x %d x %d outputs are too many",
                         dorg_layer_type_name(l->type), l->out[0], l->out[1], l->out[2]);
    shape_and_size(c, l);
    l->w_at = c->n_params;
    l->b_at = l->w_at + l->n_w;
    c->n_params = l->b_at + l->n_b;
    if (l->n_w > MOST_PARAMS || c->n_params > MOST_PARAMS)
        return dorg_fail(e, DORG_EDATA, "%s: more than %d parameters",
                         dorg_layer_type_name(l->type), MOST_PARAMS);
    return 0;
}

double dorg_rate_at(const struct dorg_rate *r, double epoch, int epochs, int warmup)
{
    double p = epoch / epochs, rate = r->base;
    if (p > 1) p = 1;
    if (r->kind == DORG_DEXP && r->steps > 1) {
        double part = fmin(floor(p * r->steps), r->steps - 1);
        rate = r->base / pow(r->factor, part / (r->steps - 1));
    } else if (r->kind == DORG_COSINE) {
        double lo = r->base / r->factor;
        rate = lo + (r->base - lo) * 0.5 * (1 + cos(3.14159265358979323846 * p));
    }
    return rate * fmin(1, (epoch + 1) / (warmup + 1));
}

static void init_layer(float *params, const struct dorg_layer *l, uint64_t seed)
{
    float *w = params + l->w_at, *b = params + l->b_at;
    double fan_in = (double)l->n_w / (l->out[0] ? l->out[0] : 1);
    double sd = l->init_w < 0 ? sqrt(2 / fan_in) : (double)l->init_w;
    for (size_t i = 0; i < l->n_w; i++)
        w[i] = (float)(sd * dorg_rng_normal(seed, DORG_RNG_INIT, l->w_at + i, 0));
    for (size_t i = 0; i < l->n_b; i++)
        b[i] = l->init_b;
}

void dorg_netcfg_init(float *params, const struct dorg_netcfg *c, uint64_t seed)
{
    for (int k = 0; k < c->n_layers; k++) {
        const struct dorg_layer *l = &c->layer[k];
        if (l->type != DORG_BNORM) {
            init_layer(params, l, seed);
            continue;
        }
        for (size_t i = 0; i < l->n_b; i++) {
            params[l->w_at + i] = 1;              /* scale */
            params[l->w_at + l->n_b + i] = 0;     /* running mean */
            params[l->w_at + 2 * l->n_b + i] = 1; /* running variance */
            params[l->b_at + i] = l->init_b;      /* shift */
        }
    }
}

/* ---- parsing ------------------------------------------------------------------------- */

enum { INPUT = DORG_SOFTMAX + 1, TRAIN, N_LINE_TYPES, NONE = -1 };
enum kind { WHOLE, REAL32, REAL64, NAME, SPREAD, RATE };

struct key {
    unsigned lines; /* bit t: allowed on lines of type t */
    const char *name;
    enum kind kind;
    size_t at; /* offset in struct dorg_layer, or in struct dorg_netcfg for input, train */
    double min, max;
    unsigned needed; /* bit t: must be given on lines of type t */
};

#define BIT(t) (1u << (t))
#define WEIGHTED (BIT(DORG_CONV) | BIT(DORG_FC))
#define LEARNED (WEIGHTED | BIT(DORG_BNORM))
#define WINDOWED (BIT(DORG_CONV) | BIT(DORG_POOL))
#define L(field) offsetof(struct dorg_layer, field)
#define C(field) offsetof(struct dorg_netcfg, field)

static const struct key keys[] = {
    {BIT(INPUT), "channels", WHOLE, C(channels), 1, 4096, BIT(INPUT)},
    {BIT(INPUT), "size", WHOLE, C(size), 1, 4096, BIT(INPUT)},
    {LEARNED, "name", NAME, L(name), 0, 0, 0},
    {BIT(DORG_CONV), "filters", WHOLE, L(out), 1, 65536, BIT(DORG_CONV)},
    {BIT(DORG_FC), "outputs", WHOLE, L(out), 1, 65536, BIT(DORG_FC)},
    {WINDOWED, "kernel", WHOLE, L(kernel), 1, 1024, WINDOWED},
    {WINDOWED, "stride", WHOLE, L(stride), 1, 1024, 0},
    {BIT(DORG_CONV), "pad", WHOLE, L(pad), 0, 1023, 0},
    {BIT(DORG_LRN), "size", WHOLE, L(lrn_size), 1, 99, 0},
    {BIT(DORG_LRN), "alpha", REAL32, L(lrn_alpha), 0, 1e6, 0},
    {BIT(DORG_LRN), "beta", REAL32, L(lrn_beta), 0, 10, 0},
    {BIT(DORG_LRN), "k", REAL32, L(lrn_k), 1e-6, 1e6, 0},
    {BIT(DORG_DROPOUT), "keep", REAL32, L(keep), 1e-3, 1, 0},
    {BIT(DORG_BNORM), "eps", REAL32, L(bn_eps), 1e-12, 1, 0},
    {BIT(DORG_BNORM), "momentum", REAL32, L(bn_momentum), 0, 1, 0},
    {WEIGHTED, "init_w", SPREAD, L(init_w), 0, 1e3, 0},
    {LEARNED, "init_b", REAL32, L(init_b), -1e3, 1e3, 0},
    {LEARNED, "rate_w", REAL32, L(rate_w), 0, 1e3, 0},
    {LEARNED, "rate_b", REAL32, L(rate_b), 0, 1e3, 0},
    {LEARNED, "decay", REAL32, L(decay), 0, 1e6, 0},
    {BIT(TRAIN), "batch", WHOLE, C(batch), 1, 65536, 0},
    {BIT(TRAIN), "epochs", WHOLE, C(epochs), 1, 1000000, 0},
    {BIT(TRAIN), "warmup", WHOLE, C(warmup), 0, 1000000, 0},
    {BIT(TRAIN), "momentum", REAL64, C(momentum), 0, 0.9999, 0},
    {BIT(TRAIN), "decay", REAL64, C(decay), 0, 1, 0},
    {BIT(TRAIN), "rate_w", RATE, C(rate_w), 0, 100, 0},
    {BIT(TRAIN), "rate_b", RATE, C(rate_b), 0, 100, 0},
};
enum { N_KEYS = sizeof keys / sizeof *keys };

static const char *line_name(int t)
{
    return t == INPUT ? "input" : t == TRAIN ? "train" : dorg_layer_type_name(t);
}

static int line_type(const char *word)
{
    for (int t = 0; t < N_LINE_TYPES; t++)
        if (strcmp(line_name(t), word) == 0) return t;
    return NONE;
}

static bool number(double *x, const char *s, const char **end)
{
    char *stop;
    *x = strtod(s, &stop);
    *end = stop;
    return stop != s && isfinite(*x);
}

/* dexp:base,factor,steps   cosine:base,factor   const:base */
static bool take_rate(struct dorg_rate *r, const char *s, double max)
{
    static const char *const names[] = {"dexp:", "cosine:", "const:"};
    static const int n_numbers[] = {3, 2, 1};
    double v[3] = {0, 1, 1};
    for (int kind = 0; kind < 3; kind++) {
        size_t n = strlen(names[kind]);
        if (strncmp(s, names[kind], n) != 0) continue;
        s += n;
        for (int i = 0; i < n_numbers[kind]; i++) {
            if (i && *s++ != ',') return false;
            if (!number(&v[i], s, &s)) return false;
        }
        if (*s || v[0] < 0 || v[0] > max || v[1] < 1 || v[1] > 1e9 || v[2] < 1 || v[2] > 1e6 ||
            v[2] != floor(v[2]))
            return false;
        *r = (struct dorg_rate){(enum dorg_schedule)kind, v[0], v[1], (int)v[2]};
        return true;
    }
    return false;
}

static bool take_name(char to[32], const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    if (n < 1 || n > 31 || s[n]) return false;
    memcpy(to, s, n + 1);
    return true;
}

static int take_value(void *base, const struct key *k, const char *s, struct dorg_err *e)
{
    char *at = (char *)base + k->at;
    const char *end = s;
    double x = 0;
    float f;
    bool good;
    if (k->kind == NAME) {
        good = take_name(at, s);
    } else if (k->kind == RATE) {
        struct dorg_rate r;
        if ((good = take_rate(&r, s, k->max))) memcpy(at, &r, sizeof r);
    } else if (k->kind == SPREAD && strcmp(s, "he") == 0) {
        f = -1;
        good = true;
        memcpy(at, &f, sizeof f);
    } else {
        good = number(&x, s, &end) && !*end && x >= k->min && x <= k->max;
        if (k->kind == WHOLE && x != floor(x)) good = false;
        int whole = good && k->kind == WHOLE ? (int)x : 0;
        f = (float)x;
        if (good && k->kind == WHOLE) memcpy(at, &whole, sizeof whole);
        if (good && (k->kind == REAL32 || k->kind == SPREAD)) memcpy(at, &f, sizeof f);
        if (good && k->kind == REAL64) memcpy(at, &x, sizeof x);
    }
    if (good) return 0;
    if (k->kind == RATE)
        return dorg_fail(e, DORG_EDATA,
                         "%s=%s: not dexp:base,factor,steps, cosine:base,factor or const:base",
                         k->name, s);
    if (k->kind != NAME)
        return dorg_fail(e, DORG_EDATA, "%s=%s: not a value within %g to %g", k->name, s,
                         k->min, k->max);
    return dorg_fail(e, DORG_EDATA, "%s=%s: not a name of 1 to 31 letters", k->name, s);
}

/* The words after the first: key=value, each key once, all the needed ones. */
static int take_words(void *base, int type, char *rest, struct dorg_err *e)
{
    uint64_t seen = 0;
    for (char *w, *save = NULL; (w = strtok_r(rest, " \t\r", &save)); rest = NULL) {
        char *eq = strchr(w, '=');
        if (!eq) return dorg_fail(e, DORG_EDATA, "not key=value: %s", w);
        *eq = '\0';
        int k = 0;
        while (k < N_KEYS && !(keys[k].lines & BIT(type) && strcmp(keys[k].name, w) == 0))
            k++;
        if (k == N_KEYS)
            return dorg_fail(e, DORG_EDATA, "%s has no key %s", line_name(type), w);
        if (seen >> k & 1) return dorg_fail(e, DORG_EDATA, "%s is given twice", w);
        seen |= (uint64_t)1 << k;
        if (take_value(base, &keys[k], eq + 1, e)) return e->code;
    }
    for (int k = 0; k < N_KEYS; k++)
        if (keys[k].needed & BIT(type) && !(seen >> k & 1))
            return dorg_fail(e, DORG_EDATA, "%s needs %s=", line_name(type), keys[k].name);
    return 0;
}

/* A name for a layer that has parameters and was given none: its type and number. */
static int settle_name(struct dorg_netcfg *c, struct dorg_layer *l, struct dorg_err *e)
{
    int same = 1;
    if (!(BIT(l->type) & LEARNED)) return 0;
    for (int k = 0; k < c->n_layers; k++)
        same += c->layer[k].type == l->type;
    if (!l->name[0])
        snprintf(l->name, sizeof l->name, "%s%d", dorg_layer_type_name(l->type), same);
    for (int k = 0; k < c->n_layers; k++)
        if (strcmp(c->layer[k].name, l->name) == 0)
            return dorg_fail(e, DORG_EDATA, "a second layer named %s", l->name);
    return 0;
}

static int take_layer(struct dorg_netcfg *c, int type, char *rest, struct dorg_err *e)
{
    int input[3] = {c->channels, c->size, c->size};
    struct dorg_layer l = {.type = (enum dorg_layer_type)type,
                           .stride = 1,
                           .keep = 0.5f,
                           .lrn_size = 5,
                           .lrn_alpha = 1e-4f,
                           .lrn_beta = 0.75f,
                           .lrn_k = 2,
                           .init_w = -1,
                           .rate_w = 1,
                           .rate_b = 1,
                           .bn_eps = 1e-5f,
                           .bn_momentum = 0.1f,
                           .decay = type == DORG_BNORM ? 0.0f : 1.0f};
    if (!c->channels) return dorg_fail(e, DORG_EDATA, "a layer before the input line");
    if (c->classes) return dorg_fail(e, DORG_EDATA, "a layer behind the softmax");
    if (c->n_layers == DORG_MAX_LAYERS)
        return dorg_fail(e, DORG_EDATA, "more than %d layers", DORG_MAX_LAYERS);
    if (take_words(&l, type, rest, e) || settle_name(c, &l, e)) return e->code;
    if (type == DORG_LRN && l.lrn_size % 2 == 0)
        return dorg_fail(e, DORG_EDATA, "lrn: size %d is not odd", l.lrn_size);
    if (place(c, &l, c->n_layers ? c->layer[c->n_layers - 1].out : input, e)) return e->code;
    if (type == DORG_SOFTMAX) {
        if (l.in[1] != 1 || l.in[2] != 1 || l.in[0] < 2 || l.in[0] > DORG_MAX_CLASSES)
            return dorg_fail(e, DORG_EDATA, "softmax: %d x %d x %d is not 2 to %d classes",
                             l.in[0], l.in[1], l.in[2], DORG_MAX_CLASSES);
        c->classes = l.in[0];
    }
    c->layer[c->n_layers++] = l;
    return 0;
}

static int take_line(struct dorg_netcfg *c, char *line, bool *trained, struct dorg_err *e)
{
    char *save, *word;
    line[strcspn(line, "#")] = '\0';
    if (!(word = strtok_r(line, " \t\r", &save))) return 0;
    int type = line_type(word);
    if (type == NONE) return dorg_fail(e, DORG_EDATA, "unknown layer %s", word);
    if (type == INPUT && c->channels) return dorg_fail(e, DORG_EDATA, "a second input line");
    if (type == TRAIN && *trained) return dorg_fail(e, DORG_EDATA, "a second train line");
    *trained |= type == TRAIN;
    if (type == INPUT || type == TRAIN) return take_words(c, type, save, e);
    return take_layer(c, type, save, e);
}

static int take_text(struct dorg_netcfg *c, const char *where, struct dorg_err *e)
{
    bool trained = false;
    char at[64];
    int n_line = 0;
    char *copy = dorg_strdup(c->text, e);
    for (char *line = copy, *next; line && !e->code; line = next) {
        if ((next = strchr(line, '\n'))) *next++ = '\0';
        n_line++;
        if (take_line(c, line, &trained, e)) {
            snprintf(at, sizeof at, "line %d", n_line);
            dorg_err_at(e, at);
        }
    }
    free(copy);
    if (!e->code && !c->classes) dorg_fail(e, DORG_EDATA, "no softmax line at the end");
    return e->code ? dorg_err_at(e, where) : 0;
}

int dorg_netcfg_parse(struct dorg_netcfg *c, const char *text, const char *where,
                      struct dorg_err *e)
{
    *c = (struct dorg_netcfg){.batch = 128,
                              .epochs = 100,
                              .momentum = 0.9,
                              .decay = 5e-4,
                              .rate_w = {DORG_DEXP, 0.01, 250, 4},
                              .rate_b = {DORG_DEXP, 0.02, 10, 2}};
    if (!(c->text = dorg_strdup(text, e))) return e->code;
    if (take_text(c, where, e)) dorg_netcfg_free(c);
    return e->code;
}

void dorg_netcfg_free(struct dorg_netcfg *c)
{
    free(c->text);
    *c = (struct dorg_netcfg){0};
}

/* ---- changes ------------------------------------------------------------------- */

/* First word of a line is `word`? */
static bool begins(const char *line, const char *word)
{
    size_t n = strlen(word);
    line += strspn(line, " \t\r");
    return strncmp(line, word, n) == 0 && strchr(" \t\r\n#", line[n]) != NULL;
}

static const char *line_after(const char *line)
{
    const char *end = strchr(line, '\n');
    return end ? end + 1 : line + strlen(line);
}

/* Where key=... stands in the line, or NULL; *end: behind the last word before a comment. */
static const char *find_key(const char *line, const char *key, const char **end)
{
    size_t n = strlen(key);
    const char *found = NULL;
    *end = line;
    for (const char *p = line;; p += strcspn(p, " \t\r\n#")) {
        if (p > line) *end = p;
        p += strspn(p, " \t\r");
        if (!*p || *p == '\n' || *p == '#') return found;
        if (strncmp(p, key, n) == 0 && p[n] == '=') found = p;
    }
}

int dorg_netcfg_set(struct dorg_netcfg *c, const char *type, const char *key,
                    const char *value, struct dorg_err *e)
{
    const char *line = NULL, *end, *old = c->text;
    for (const char *p = c->text; *p; p = line_after(p))
        if (begins(p, type)) line = p;
    size_t room = strlen(old) + strlen(type) + strlen(key) + strlen(value) + 8;
    struct dorg_netcfg changed;
    char *text = dorg_array(room, 1, e);
    if (!text) return e->code;
    if (!line) { /* a train line may be absent */
        bool whole = !*old || old[strlen(old) - 1] == '\n';
        snprintf(text, room, "%s%s%s %s=%s\n", old, whole ? "" : "\n", type, key, value);
    } else {
        const char *word = find_key(line, key, &end);
        const char *from = word ? word : end;
        const char *rest = word ? word + strcspn(word, " \t\r\n#") : end;
        snprintf(text, room, "%.*s%s%s=%s%s", (int)(from - old), old, word ? "" : " ", key,
                 value, rest);
    }
    if (!dorg_netcfg_parse(&changed, text, "net description", e)) {
        dorg_netcfg_free(c);
        *c = changed;
    }
    free(text);
    return e->code;
}

static int set_int(struct dorg_netcfg *c, const char *type, const char *key, int was, int now,
                   struct dorg_err *e)
{
    char value[16];
    if (!now || now == was) return 0;
    snprintf(value, sizeof value, "%d", now);
    return dorg_netcfg_set(c, type, key, value, e);
}

int dorg_netcfg_adapt(struct dorg_netcfg *c, int channels, int size, int classes,
                      struct dorg_err *e)
{
    const struct dorg_layer *last = NULL;
    for (int k = 0; k < c->n_layers; k++)
        if (c->layer[k].type == DORG_FC || c->layer[k].type == DORG_CONV) last = &c->layer[k];
    if (set_int(c, "input", "channels", c->channels, channels, e)) return e->code;
    if (set_int(c, "input", "size", c->size, size, e)) return e->code;
    if (!last) return 0;
    bool fc = last->type == DORG_FC;
    return set_int(c, fc ? "fc" : "conv", fc ? "outputs" : "filters", c->classes, classes, e);
}
