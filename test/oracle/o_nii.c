/* o_nii.c - NIfTI, byte by byte */
#include "o_nii.h"

static uint8_t *base;
static int big_endian;

static void put(size_t at, const void *v, size_t n)
{
    const uint8_t *b = v;
    if (!base) return;
    for (size_t i = 0; i < n; i++)
        base[at + i] = big_endian ? b[n - 1 - i] : b[i];
}

/* One number as NIfTI type `type`; gives its size. */
static size_t put_as(size_t at, int type, double x)
{
#define AS(ctype)                                                                             \
    {                                                                                         \
        ctype v = (ctype)x;                                                                   \
        put(at, &v, sizeof v);                                                                \
        return sizeof v;                                                                      \
    }
    __extension__ typedef __float128 quad;
    switch (type) {
    case 2:
        AS(uint8_t)
    case 256:
        AS(int8_t)
    case 4:
        AS(int16_t)
    case 512:
        AS(uint16_t)
    case 8:
        AS(int32_t)
    case 768:
        AS(uint32_t)
    case 1024:
        AS(int64_t)
    case 1280:
        AS(uint64_t)
    case 16:
        AS(float)
    case 64:
        AS(double)
    default:
        AS(quad)
    }
#undef AS
}

enum { I16 = 4, I32 = 8, I64 = 1024, F32 = 16, F64 = 64 };

/* The k-th number of a header field that starts at byte a1 in NIfTI-1 and a2 in NIfTI-2. */
static void field(const struct o_nii *s, size_t k, size_t a1, int t1, size_t a2, int t2,
                  double x)
{
    if (s->version == 2)
        put_as(a2 + k * (t2 == I16 ? 2 : t2 == I32 ? 4 : 8), t2, x);
    else
        put_as(a1 + k * (t1 == I16 ? 2 : 4), t1, x);
}

static void affine(const struct o_nii *s)
{
    if (s->form == 1) { /* quaternion zero: the identity rotation */
        field(s, 0, 252, I16, 344, I32, 1);
        for (size_t r = 0; r < 3; r++)
            field(s, r, 268, F32, 376, F64, s->origin[r]);
    }
    if (s->form != 2) return;
    field(s, 0, 254, I16, 348, I32, 1);
    for (size_t r = 0; r < 3; r++) {
        double origin = s->origin[r];
        for (size_t t = 0; t < 3; t++) {
            int along = s->axis[t] == (int)r;
            double v = !along ? 0 : s->flip[t] ? -s->mm[r] : s->mm[r];
            field(s, 4 * r + t, 280, F32, 400, F64, v);
            if (along && s->flip[t]) origin += s->mm[r] * (s->n[r] - 1);
        }
        field(s, 4 * r + 3, 280, F32, 400, F64, origin);
    }
}

static size_t header(const struct o_nii *s, size_t size)
{
    int two = s->version == 2;
    size_t at = (two ? 544u : 352u) + (s->text ? 32u : 0u);
    put_as(0, I32, two ? 540 : 348);
    const char *magic = two ? "n+2\0\r\n\032\n" : "n+1";
    for (size_t i = 0; base && i < (two ? 8u : 4u); i++)
        base[(two ? 4 : 344) + i] = (uint8_t)magic[i];
    field(s, 0, 70, I16, 12, I16, s->datatype);
    field(s, 0, 72, I16, 14, I16, (double)size * 8);
    for (size_t d = 0; d < 8; d++) {
        field(s, d, 40, I16, 16, I64, d == 0 ? s->n_dims : d <= 3 ? s->n[s->axis[d - 1]] : 1);
        field(s, d, 76, F32, 104, F64, d >= 1 && d <= 3 ? s->mm[s->axis[d - 1]] : 1);
    }
    field(s, 0, 108, F32, 168, I64, (double)at);
    field(s, 0, 112, F32, 176, F64, s->slope);
    field(s, 0, 116, F32, 184, F64, s->inter);
    affine(s);
    if (s->text && base) { /* one foreign extension of 32 bytes, code 4 (AFNI) */
        base[at - 36] = 1;
        put_as(at - 32, I32, 32);
        put_as(at - 28, I32, 4);
    }
    return at;
}

size_t o_nii_write(uint8_t *out, const struct o_nii *s, double (*value)(int, int, int))
{
    base = NULL;
    size_t size = put_as(0, s->datatype, 0);
    base = out;
    big_endian = s->big;
    size_t total = (s->version == 2 ? 544u : 352u) + (s->text ? 32u : 0u) +
                   size * (size_t)s->n[0] * (size_t)s->n[1] * (size_t)s->n[2];
    for (size_t i = 0; base && i < total; i++)
        base[i] = 0;
    size_t at = header(s, size);
    int c[3] = {0}, m[3];
    for (int t = 0; t < 3; t++)
        m[t] = s->n[s->axis[t]];
    for (int k = 0; k < m[2]; k++)
        for (int j = 0; j < m[1]; j++)
            for (int i = 0; i < m[0]; i++) {
                const int stored[3] = {i, j, k};
                for (int t = 0; t < 3; t++)
                    c[s->axis[t]] = s->flip[t] ? m[t] - 1 - stored[t] : stored[t];
                at += put_as(at, s->datatype, value(c[0], c[1], c[2]));
            }
    return at;
}
