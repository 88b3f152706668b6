/* safetensors.c - a JSON header read and written, tensors, nets as safetensors and back */
#include "../base/mem.h"
#include "safetensors.h"
#include "net.h"
#include "../file/vol.h" /* dorg_history_stage */

/* ---- the JSON header of a safetensors file ------------------------------------------- */

enum { MAX_ITEMS = 4096 };

struct cursor {
    const uint8_t *begin, *p, *end;
    struct dorg_err *e;
};

static int bad(struct cursor *c, const char *expected)
{
    return dorg_fail(c->e, DORG_EDATA, "safetensors header, byte %zu: expected %s",
                     (size_t)(c->p - c->begin), expected);
}

static void blanks(struct cursor *c)
{
    while (c->p < c->end && (*c->p == ' ' || *c->p == '\n' || *c->p == '\t' || *c->p == '\r'))
        c->p++;
}

/* The character ch, past blanks; 0 when it was there. */
static int need(struct cursor *c, char ch)
{
    char what[4] = {'\'', ch, '\'', 0};
    blanks(c);
    if (c->e->code) return c->e->code;
    if (c->p == c->end || *c->p != (uint8_t)ch) return bad(c, what);
    c->p++;
    return 0;
}

static int is_next(struct cursor *c, char ch)
{
    blanks(c);
    if (c->p == c->end || *c->p != (uint8_t)ch) return 0;
    c->p++;
    return 1;
}

static int hex4(struct cursor *c, uint32_t *u)
{
    *u = 0;
    for (int i = 0; i < 4; i++, c->p++) {
        int d = c->p < c->end ? *c->p : 0;
        int v = d >= '0' && d <= '9'   ? d - '0'
                : d >= 'a' && d <= 'f' ? d - 'a' + 10
                : d >= 'A' && d <= 'F' ? d - 'A' + 10
                                       : -1;
        if (v < 0) return bad(c, "four hexadecimal digits");
        *u = *u << 4 | (uint32_t)v;
    }
    return 0;
}

/* One code point as UTF-8; gives its bytes. */
static size_t utf8(char *to, uint32_t u)
{
    static const uint8_t lead[5] = {0, 0, 0xC0, 0xE0, 0xF0};
    size_t n = u < 0x80 ? 1 : u < 0x800 ? 2 : u < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 0; u >>= 6)
        to[i] = (char)(i ? 0x80 | (u & 63) : n == 1 ? u : lead[n] | u);
    return n;
}

static int escape(struct cursor *c, char *to, size_t *n)
{
    static const char from[] = "\"\\/bfnrt", is[] = "\"\\/\b\f\n\r\t";
    const char *at = c->p < c->end && *c->p ? strchr(from, *c->p) : NULL;
    uint32_t u, low;
    if (at) {
        to[(*n)++] = is[at - from];
        c->p++;
        return 0;
    }
    if (c->p == c->end || *c->p++ != 'u') return bad(c, "an escape of JSON");
    if (hex4(c, &u)) return c->e->code;
    if (u >= 0xD800 && u < 0xDC00) { /* the first of two */
        if (c->end - c->p < 2 || c->p[0] != '\\' || c->p[1] != 'u') return bad(c, "\\u");
        c->p += 2;
        if (hex4(c, &low)) return c->e->code;
        u = 0x10000 + ((u - 0xD800) << 10) + (low - 0xDC00);
        if (low < 0xDC00 || low > 0xDFFF) return bad(c, "the second of a pair");
    }
    if (u == 0) return bad(c, "no NUL");
    *n += utf8(to + *n, u);
    return 0;
}

/* A string of JSON, owned by the caller; NULL with *e filled. */
static char *string(struct cursor *c)
{
    size_t n = 0;
    if (need(c, '"')) return NULL;
    const uint8_t *close = c->p;
    while (close < c->end && *close != '"')
        close += 1 + (*close == '\\');
    char *s = close < c->end ? dorg_array((size_t)(close - c->p) + 1, 1, c->e) : NULL;
    if (close >= c->end) bad(c, "the end of a string");
    while (s && !c->e->code && c->p < close) {
        if (*c->p < 32)
            bad(c, "no control character in a string");
        else if (*c->p == '\\')
            c->p++, escape(c, s, &n);
        else
            s[n++] = (char)*c->p++;
    }
    if (c->e->code) {
        free(s);
        return NULL;
    }
    s[n] = 0;
    c->p = close + 1;
    return s;
}

static int whole(struct cursor *c, uint64_t *v)
{
    blanks(c);
    if (c->p == c->end || *c->p < '0' || *c->p > '9') return bad(c, "a whole number");
    for (*v = 0; c->p < c->end && *c->p >= '0' && *c->p <= '9'; c->p++) {
        if (*v > UINT64_MAX / 16) return bad(c, "a smaller number");
        *v = *v * 10 + (uint64_t)(*c->p - '0');
    }
    return 0;
}

/* [a, b, ...], at most `most` of them */
static int wholes(struct cursor *c, uint64_t *v, int most, int *n)
{
    *n = 0;
    if (need(c, '[')) return c->e->code;
    if (is_next(c, ']')) return 0;
    do {
        if (*n == most) return bad(c, "fewer numbers");
        if (whole(c, &v[(*n)++])) return c->e->code;
    } while (is_next(c, ','));
    return need(c, ']');
}

static int metadata(struct cursor *c, struct dorg_st *s)
{
    size_t cap = 0;
    if (s->n_texts) return bad(c, "one __metadata__");
    if (need(c, '{')) return c->e->code;
    if (is_next(c, '}')) return 0;
    do {
        if (s->n_texts == MAX_ITEMS) return bad(c, "fewer texts");
        if (dorg_grow(&s->text, (size_t)s->n_texts, &cap, sizeof *s->text, c->e))
            return c->e->code;
        struct dorg_st_text *t = &s->text[s->n_texts++];
        *t = (struct dorg_st_text){0};
        if (!(t->key = string(c)) || need(c, ':') || !(t->value = string(c)))
            return c->e->code;
    } while (is_next(c, ','));
    return need(c, '}');
}

static size_t type_size(const char *dtype)
{
    static const char *const names[] = {"BOOL", "U8",  "I8",  "F8_E5M2", "F8_E4M3",
                                        "I16",  "U16", "F16", "BF16",    "I32",
                                        "U32",  "F32", "I64", "U64",     "F64"};
    static const size_t sizes[] = {1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 8, 8, 8};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (strcmp(dtype, names[i]) == 0) return sizes[i];
    return 0;
}

/* Offsets against type, shape and the bytes there are. */
static int place(struct cursor *c, struct dorg_st_tensor *t, const uint64_t at[2],
                 size_t n_bytes)
{
    size_t n = 1, size = type_size(t->dtype);
    for (int i = 0; i < t->n_dims; i++)
        if (__builtin_mul_overflow(n, t->shape[i], &n)) return bad(c, "a smaller shape");
    t->n = n;
    if (size == 0) return bad(c, "a known dtype");
    if (__builtin_mul_overflow(n, size, &n) || at[0] > at[1] || at[1] > n_bytes ||
        at[1] - at[0] != n)
        return bad(c, "offsets that fit shape and file");
    t->data = c->end + at[0];
    return 0;
}

static int tensor(struct cursor *c, struct dorg_st_tensor *t, size_t n_bytes)
{
    uint64_t at[2];
    int n_at = 0, seen = 0;
    if (need(c, '{')) return c->e->code;
    do {
        char *key = string(c), *value = NULL;
        if (!key || need(c, ':')) {
            free(key);
            return c->e->code;
        }
        if (strcmp(key, "dtype") == 0 && (value = string(c))) {
            snprintf(t->dtype, sizeof t->dtype, "%.7s", value);
            seen |= 1;
        } else if (strcmp(key, "shape") == 0) {
            wholes(c, t->shape, DORG_ST_DIMS, &t->n_dims);
            seen |= 2;
        } else if (strcmp(key, "data_offsets") == 0) {
            wholes(c, at, 2, &n_at);
            seen |= 4;
        } else {
            bad(c, "dtype, shape or data_offsets");
        }
        free(key);
        free(value);
        if (c->e->code) return c->e->code;
    } while (is_next(c, ','));
    if (seen != 7 || n_at != 2) return bad(c, "dtype, shape and two data_offsets");
    return need(c, '}') ? c->e->code : place(c, t, at, n_bytes);
}

static int by_place(const void *a, const void *b)
{
    const uint8_t *x = ((const struct dorg_st_tensor *)a)->data;
    const uint8_t *y = ((const struct dorg_st_tensor *)b)->data;
    return (x > y) - (x < y);
}

/* Tensors one after another from the first byte to the last; names all different. */
static int check_whole(struct cursor *c, struct dorg_st *s, size_t n_bytes)
{
    const uint8_t *p = c->end;
    if (s->n_tensors) qsort(s->tensor, (size_t)s->n_tensors, sizeof *s->tensor, by_place);
    for (int i = 0; i < s->n_tensors; i++) {
        const struct dorg_st_tensor *t = &s->tensor[i];
        if (t->data != p) return bad(c, "tensors without holes or overlap");
        if (dorg_st_find(s, t->name) != t) return bad(c, "tensors of different names");
        p += t->n * type_size(t->dtype);
    }
    return p == c->end + n_bytes ? 0 : bad(c, "tensors to the end of the file");
}

static int entries(struct cursor *c, struct dorg_st *s, size_t n_bytes)
{
    size_t cap = 0;
    if (need(c, '{')) return c->e->code;
    if (is_next(c, '}')) return 0;
    do {
        char *name = string(c);
        if (!name || need(c, ':')) {
            free(name);
            return c->e->code;
        }
        if (strcmp(name, "__metadata__") == 0) {
            free(name);
            if (metadata(c, s)) return c->e->code;
            continue;
        }
        if (s->n_tensors == MAX_ITEMS) bad(c, "fewer tensors");
        if (dorg_grow(&s->tensor, (size_t)s->n_tensors, &cap, sizeof *s->tensor, c->e)) {
            free(name);
            return c->e->code;
        }
        struct dorg_st_tensor *t = &s->tensor[s->n_tensors++];
        *t = (struct dorg_st_tensor){.name = name};
        if (tensor(c, t, n_bytes)) return c->e->code;
    } while (is_next(c, ','));
    return need(c, '}');
}

int dorg_st_parse(struct dorg_st *s, const uint8_t *p, size_t size, struct dorg_err *e)
{
    uint64_t n;
    *s = DORG_ST_INIT;
    if (size < 8) return dorg_fail(e, DORG_EDATA, "not safetensors: %zu bytes", size);
    memcpy(&n, p, 8);
    if (n > size - 8)
        return dorg_fail(e, DORG_EDATA, "safetensors header of %llu bytes in a file of %zu",
                         (unsigned long long)n, size);
    struct cursor c = {.begin = p + 8, .p = p + 8, .end = p + 8 + n, .e = e};
    size_t n_bytes = size - 8 - (size_t)n;
    if (!entries(&c, s, n_bytes)) {
        blanks(&c);
        if (c.p != c.end) bad(&c, "the end of the header");
    }
    if (!e->code) check_whole(&c, s, n_bytes);
    if (e->code) dorg_st_free(s);
    return e->code;
}

/* ---- tensors ------------------------------------------------------------------------- */

void dorg_st_free(struct dorg_st *s)
{
    for (int i = 0; i < s->n_tensors; i++)
        free(s->tensor[i].name);
    for (int i = 0; i < s->n_texts; i++) {
        free(s->text[i].key);
        free(s->text[i].value);
    }
    free(s->tensor);
    free(s->text);
    *s = DORG_ST_INIT;
}

const struct dorg_st_tensor *dorg_st_find(const struct dorg_st *s, const char *name)
{
    for (int i = 0; i < s->n_tensors; i++)
        if (strcmp(s->tensor[i].name, name) == 0) return &s->tensor[i];
    return NULL;
}

const char *dorg_st_text(const struct dorg_st *s, const char *key)
{
    for (int i = 0; i < s->n_texts; i++)
        if (strcmp(s->text[i].key, key) == 0) return s->text[i].value;
    return NULL;
}

/* IEEE half precision: 1 sign, 5 exponent, 10 fraction bits. */
static float from_half(uint16_t h)
{
    int exponent = h >> 10 & 31, fraction = h & 1023;
    double v = exponent == 0    ? ldexp(fraction, -24)
               : exponent == 31 ? (double)INFINITY
                                : ldexp(1024 + fraction, exponent - 25);
    return (float)(h >> 15 ? -v : v);
}

static float from_bf16(uint16_t h)
{
    uint32_t u = (uint32_t)h << 16;
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

int dorg_st_floats(float *to, const struct dorg_st_tensor *t, struct dorg_err *e)
{
    const char *p = t->data;
    int half = strcmp(t->dtype, "F16") == 0, bf16 = strcmp(t->dtype, "BF16") == 0;
    int wide = strcmp(t->dtype, "F64") == 0;
    if (!half && !bf16 && !wide && strcmp(t->dtype, "F32") != 0)
        return dorg_fail(e, DORG_EDATA, "tensor %s is of type %s; expected a float type",
                         t->name, t->dtype);
    for (size_t i = 0; i < t->n; i++) {
        uint16_t h;
        double d;
        if (wide) {
            memcpy(&d, p + 8 * i, sizeof d);
            to[i] = fabs(d) < 3.4e38 ? (float)d : INFINITY;
        } else if (half || bf16) {
            memcpy(&h, p + 2 * i, sizeof h);
            to[i] = half ? from_half(h) : from_bf16(h);
        } else {
            memcpy(&to[i], p + 4 * i, sizeof to[i]);
        }
        if (!isfinite(to[i]))
            return dorg_fail(e, DORG_EDATA, "tensor %s holds a value that is not finite",
                             t->name);
    }
    return 0;
}

/* ---- writing ---------------------------------------------------------------------------- */

struct text {
    char *s;
    size_t n, cap;
};

static void add(struct text *t, const char *s, size_t n, struct dorg_err *e)
{
    if (t->n + n + 1 > t->cap) {
        size_t cap = 2 * (t->n + n + 1);
        if (e->code || dorg_resize(&t->s, cap, 1, e)) return;
        t->cap = cap;
    }
    memcpy(t->s + t->n, s, n);
    t->n += n;
}

static void add_text(struct text *t, const char *s, struct dorg_err *e)
{
    add(t, s, strlen(s), e);
}

static void add_string(struct text *t, const char *s, struct dorg_err *e)
{
    add(t, "\"", 1, e);
    for (; *s; s++) {
        char u[8];
        if (*s == '"' || *s == '\\')
            add(t, (char[]){'\\', *s}, 2, e);
        else if (*s == '\n')
            add(t, "\\n", 2, e);
        else if ((unsigned char)*s < 32)
            add(t, u, (size_t)snprintf(u, sizeof u, "\\u%04x", (unsigned)*s), e);
        else
            add(t, s, 1, e);
    }
    add(t, "\"", 1, e);
}

static void add_tensor(struct text *t, const struct dorg_st_tensor *a, size_t from,
                       struct dorg_err *e)
{
    char s[64];
    add_string(t, a->name, e);
    add_text(t, ":{\"dtype\":\"F32\",\"shape\":[", e);
    for (int i = 0; i < a->n_dims; i++)
        add(t, s,
            (size_t)snprintf(s, sizeof s, "%s%llu", i ? "," : "",
                             (unsigned long long)a->shape[i]),
            e);
    add(t, s,
        (size_t)snprintf(s, sizeof s, "],\"data_offsets\":[%zu,%zu]}", from, from + 4 * a->n),
        e);
}

int dorg_st_write(struct dorg_out *o, const struct dorg_st *s, struct dorg_err *e)
{
    struct text t = {0};
    size_t at = 0;
    add_text(&t, "{\"__metadata__\":{", e);
    for (int i = 0; i < s->n_texts; i++) {
        if (i) add_text(&t, ",", e);
        add_string(&t, s->text[i].key, e);
        add_text(&t, ":", e);
        add_string(&t, s->text[i].value, e);
    }
    add_text(&t, "}", e);
    for (int i = 0; i < s->n_tensors; i++) {
        add_text(&t, ",", e);
        add_tensor(&t, &s->tensor[i], at, e);
        at += 4 * s->tensor[i].n;
    }
    add_text(&t, "}", e);
    while (!e->code && t.n % 8)
        add_text(&t, " ", e);
    uint64_t n = t.n;
    if (e->code || dorg_out_write(o, &n, sizeof n, e)) goto done;
    if (dorg_out_write(o, t.s, t.n, e)) goto done;
    for (int i = 0; i < s->n_tensors; i++)
        if (dorg_out_write(o, s->tensor[i].data, 4 * s->tensor[i].n, e)) goto done;
done:
    free(t.s);
    return e->code;
}

/* ---- nets as safetensors and back ---------------------------------------------------- */

enum { MAX_TENSORS = 4 * DORG_MAX_LAYERS + 1, NAME = 64 };

struct parts { /* the tensors that a net's arrays are, in their places */
    int n;
    char name[MAX_TENSORS][NAME];
    struct dorg_st_tensor t[MAX_TENSORS];
};

static void put_tensor(struct parts *p, const struct dorg_layer *l, const char *what,
                       const float *at, int n_dims, const uint64_t *shape)
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
        put_tensor(p, l, "weight", w, 1, &out);
        put_tensor(p, l, "running_mean", w + out, 1, &out);
        put_tensor(p, l, "running_var", w + 2 * out, 1, &out);
    } else if (l->type == DORG_CONV) {
        put_tensor(p, l, "weight", w, 4, (uint64_t[]){out, (uint64_t)l->in[0], k, k});
    } else {
        put_tensor(p, l, "weight", w, 2, (uint64_t[]){out, l->n_w / out});
    }
    put_tensor(p, l, "bias", params + l->b_at, 1, &out);
}

static void list(struct parts *p, const struct dorg_net *n)
{
    const struct dorg_netcfg *c = &n->cfg;
    uint64_t side = (uint64_t)c->size;
    p->n = 0;
    for (int i = 0; i < c->n_layers; i++)
        if (c->layer[i].n_w + c->layer[i].n_b) list_layer(p, &c->layer[i], n->params);
    put_tensor(p, NULL, "mean", n->mean, 3, (uint64_t[]){(uint64_t)c->channels, side, side});
}

int dorg_net_to_st(struct dorg_out *o, const struct dorg_net *n, const char *stage,
                   struct dorg_err *e)
{
    char window[64], pitch[128], kind[16], *history = NULL;
    struct parts *p = dorg_zeroed(1, sizeof *p, e);
    if (!p) return e->code;
    if (n->history && !(history = dorg_strdup(n->history, e))) goto done;
    if (dorg_history_stage(&history, stage, e)) goto done;
    snprintf(window, sizeof window, "%.9g,%.9g", (double)n->window_hu[0],
             (double)n->window_hu[1]);
    int at = snprintf(pitch, sizeof pitch, "%.9g", (double)n->pitch_mm);
    for (int i = 0; i < DORG_REC_WIDER && n->wider_mm[i] > 0; i++)
        at += snprintf(pitch + at, sizeof pitch - (size_t)at, ",%.9g", (double)n->wider_mm[i]);
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
    double window[2], pitch[1 + DORG_REC_WIDER] = {0}, kind;
    const char *history = dorg_st_text(s, "dorg.history");
    const char *text = dorg_st_text(s, "dorg.cfg");
    if (!cfg && !text) return dorg_fail(e, DORG_EDATA, "no text dorg.cfg: give --cfg net.cfg");
    if (cfg ? dorg_net_load_cfg(&n->cfg, cfg, e)
            : dorg_netcfg_parse(&n->cfg, text, "text dorg.cfg", e))
        return e->code;
    if (number(s, "dorg.window_hu", window, 2, e) || number(s, "dorg.kind", &kind, 1, e))
        return e->code;
    bool known = kind >= 0 && kind < DORG_REC_KINDS && kind == floor(kind);
    n->kind = known ? (uint32_t)kind : UINT32_MAX;
    int pitches = dorg_rec_pitches(n->kind, n->cfg.channels);
    if (pitches > 1 + DORG_REC_WIDER)
        return dorg_fail(e, DORG_EDATA, "%d axial pitches; at most %d", pitches,
                         1 + DORG_REC_WIDER);
    if (number(s, "dorg.pitch_mm", pitch, pitches, e)) return e->code;
    n->window_hu[0] = (float)window[0];
    n->window_hu[1] = (float)window[1];
    n->pitch_mm = (float)pitch[0];
    for (int i = 0; i < DORG_REC_WIDER; i++)
        n->wider_mm[i] = (float)pitch[1 + i];
    if (dorg_net_check_frame(n->window_hu, n->pitch_mm, n->kind, e)) return e->code;
    return history ? dorg_history_add(&n->history, history, e) : 0;
}

static int take_tensors(struct dorg_net *n, const struct dorg_st *s, struct dorg_err *e)
{
    struct parts *p = dorg_zeroed(1, sizeof *p, e);
    n->mean = dorg_array(dorg_layer_in(n->cfg.layer), sizeof(float), e);
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

int dorg_net_from_st(struct dorg_net *n, struct dorg_in *in, const char *cfg,
                     struct dorg_err *e)
{
    struct dorg_st s = DORG_ST_INIT;
    uint8_t *bytes = NULL;
    size_t size = 0;
    *n = DORG_NET_INIT;
    if (!dorg_in_all(&bytes, &size, SIZE_MAX, in, e) &&
        (dorg_st_parse(&s, bytes, size, e) || take_texts(n, &s, cfg, e) ||
         take_tensors(n, &s, e)))
        dorg_err_at(e, dorg_in_name(in));
    dorg_st_free(&s);
    free(bytes);
    if (e->code) dorg_net_free(n);
    return e->code;
}
