/* st_parse.c - the JSON header of a safetensors file */
#include "../base/mem.h"
#include "safetensors.h"

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
