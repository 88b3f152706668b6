/* dicom_file.c - the elements of one DICOM file that place a CT slice */
#include "dicom_in.h"
#include "../base/mem.h"

enum { UNDEFINED = -1, FILE_MOST = 1 << 28 };

static int read_all(struct dorg_dicom *d, const char *path, struct dorg_err *e)
{
    struct dorg_in *in;
    if (dorg_in_open(&in, path, e)) return e->code;
    dorg_in_all(&d->bytes, &d->n_bytes, FILE_MOST, in, e);
    dorg_in_close(in);
    return e->code;
}

static uint32_t u16(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t u32(const uint8_t *p)
{
    return u16(p) | u16(p + 2) << 16;
}

struct element {
    uint32_t tag;
    int64_t n; /* bytes of value, or UNDEFINED */
    const uint8_t *value;
    bool sequence;
};

/* The element at byte *at, which moves to its value. */
static int next(struct element *x, const struct dorg_dicom *d, size_t *at, bool explicit_vr,
                struct dorg_err *e)
{
    static const char long_vr[][3] = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ",
                                      "SV", "UC", "UN", "UR", "UT", "UV"};
    const uint8_t *p = d->bytes + *at;
    size_t left = d->n_bytes - *at, head = 8;
    if (left < 8) return dorg_fail(e, DORG_EDATA, "an element stops at byte %zu", *at);
    x->tag = u16(p) << 16 | u16(p + 2);
    bool is_long = !explicit_vr || x->tag >> 16 == 0xfffe;
    bool wide = false;
    for (size_t i = 0; i < sizeof long_vr / sizeof *long_vr && !is_long; i++)
        wide = wide || memcmp(p + 4, long_vr[i], 2) == 0;
    x->sequence = explicit_vr && memcmp(p + 4, "SQ", 2) == 0;
    if (wide) head = 12;
    if (left < head) return dorg_fail(e, DORG_EDATA, "an element stops at byte %zu", *at);
    uint32_t n = wide ? u32(p + 8) : is_long ? u32(p + 4) : u16(p + 6);
    x->n = n == 0xffffffff ? UNDEFINED : (int64_t)n;
    x->value = p + head;
    if (x->n > (int64_t)(left - head))
        return dorg_fail(e, DORG_EDATA, "element %08x runs past the end of the file", x->tag);
    *at += head;
    return 0;
}

/* Backslash-separated numbers; gives how many were sound. */
static int numbers(double *to, int most, const struct element *x)
{
    char text[200];
    size_t k = x->n < (int64_t)sizeof text ? (size_t)x->n : sizeof text - 1;
    memcpy(text, x->value, k);
    text[k] = 0;
    int n = 0;
    for (char *p = text, *end; n < most; p = end + 1) {
        double v = strtod(p, &end);
        if (end == p || !isfinite(v)) break;
        to[n++] = v;
        while (*end == ' ')
            end++;
        if (*end != '\\') break;
    }
    return n;
}

/* Elements that hold one 16-bit number. */
static void take_whole(struct dorg_dicom *d, const struct element *x)
{
    const struct {
        uint32_t tag;
        int *to;
    } place[] = {{0x00280002, &d->samples},
                 {0x00280010, &d->rows},
                 {0x00280011, &d->cols},
                 {0x00280100, &d->bits},
                 {0x00280103, &d->is_signed}};
    for (size_t i = 0; i < sizeof place / sizeof *place; i++)
        if (x->tag == place[i].tag) *place[i].to = x->n >= 2 ? (int)u16(x->value) : -1;
}

static void take(struct dorg_dicom *d, const struct element *x)
{
    double v;
    take_whole(d, x);
    switch (x->tag) {
    case 0x0020000e: {
        size_t k = x->n < 65 ? (size_t)x->n : 65;
        memcpy(d->series, x->value, k);
        break;
    }
    case 0x00200013:
        if (numbers(&v, 1, x) && fabs(v) < 1e9) d->instance = (int)v;
        break;
    case 0x00200032:
        d->n_position = numbers(d->position, 3, x);
        break;
    case 0x00200037:
        d->n_orientation = numbers(d->orientation, 6, x);
        break;
    case 0x00180050:
        if (numbers(&v, 1, x)) d->thickness = v;
        break;
    case 0x00280030:
        d->n_spacing = numbers(d->spacing, 2, x);
        break;
    case 0x00281052:
        if (numbers(&v, 1, x)) d->intercept = v;
        break;
    case 0x00281053:
        if (numbers(&v, 1, x)) d->slope = v;
        break;
    case 0x7fe00010:
        d->pixels = x->value;
        d->n_pixels = (size_t)x->n;
        break;
    }
}

/* The file's own header, always explicit; gives how the rest is written. */
static int meta(bool *explicit_vr, size_t *at, const struct dorg_dicom *d, struct dorg_err *e)
{
    struct element x;
    *explicit_vr = false;
    while (*at + 8 <= d->n_bytes && u16(d->bytes + *at) == 2) {
        if (next(&x, d, at, true, e)) return e->code;
        if (x.n == UNDEFINED) return dorg_fail(e, DORG_EDATA, "a damaged header");
        if (x.tag == 0x00020010) {
            char uid[65] = {0};
            memcpy(uid, x.value, x.n < 64 ? (size_t)x.n : 64);
            *explicit_vr = strcmp(uid, "1.2.840.10008.1.2.1") == 0;
            if (!*explicit_vr && strcmp(uid, "1.2.840.10008.1.2") != 0)
                return dorg_fail(e, DORG_EDATA,
                                 "compressed or big-endian (transfer syntax %.40s)", uid);
        }
        *at += (size_t)x.n;
    }
    return 0;
}

static int elements(struct dorg_dicom *d, struct dorg_err *e)
{
    size_t at = 132;
    int depth = 0; /* inside sequences of undefined length */
    bool explicit_vr;
    if (d->n_bytes < 132 || memcmp(d->bytes + 128, "DICM", 4) != 0)
        return dorg_fail(e, DORG_EDATA, "not DICOM");
    if (meta(&explicit_vr, &at, d, e)) return e->code;
    while (at < d->n_bytes) {
        struct element x;
        if (next(&x, d, &at, explicit_vr, e)) return e->code;
        if (x.tag == 0xfffee00d || x.tag == 0xfffee0dd) {
            depth -= depth > 0;
        } else if (x.n == UNDEFINED) {
            if (x.tag == 0x7fe00010) return dorg_fail(e, DORG_EDATA, "compressed pixels");
            depth++;
        } else {
            if (depth == 0 && !x.sequence) take(d, &x);
            at += (size_t)x.n;
        }
    }
    return 0;
}

int dorg_dicom_file(struct dorg_dicom *d, const char *path, struct dorg_err *e)
{
    *d = (struct dorg_dicom){.instance = -1, .samples = 1, .slope = 1, .thickness = 1};
    if (!read_all(d, path, e)) elements(d, e);
    if (!e->code && (d->bits != 16 || d->samples != 1 || d->rows < 1 || d->cols < 1))
        dorg_fail(e, DORG_EDATA,
                  "%d x %d pixels of %d bits and %d samples, expected 16-bit grey", d->cols,
                  d->rows, d->bits, d->samples);
    if (!e->code && (!d->pixels || d->n_pixels < (size_t)d->rows * (size_t)d->cols * 2))
        dorg_fail(e, DORG_EDATA, "%zu bytes of pixels, expected %d x %d x 2", d->n_pixels,
                  d->cols, d->rows);
    if (!e->code && (d->n_position != 3 || d->n_orientation != 6 || d->n_spacing != 2 ||
                     d->instance < 0 || !(d->spacing[0] > 0) || !(d->spacing[1] > 0)))
        dorg_fail(e, DORG_EDATA,
                  "its place is not stated: position, orientation, pixel "
                  "spacing or instance number missing");
    if (e->code) {
        dorg_dicom_free(d);
        if (strncmp(e->text, path, strlen(path)) != 0) dorg_err_at(e, path);
    }
    return e->code;
}

void dorg_dicom_free(struct dorg_dicom *d)
{
    free(d->bytes);
    *d = (struct dorg_dicom){0};
}
