/* safetensors.c - values and writing; reading the header is st_parse.c */
#include "safetensors.h"
#include "../base/mem.h"

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
