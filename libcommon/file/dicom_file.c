/* dicom_file.c - the elements of one DICOM file that place a CT slice */
#include "dicom_in.h"
#include "../base/mem.h"

enum { UNDEFINED = -1, FILE_MOST = 1 << 28, DEEPEST = 32 };

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
    bool sequence, unknown; /* VR SQ, VR UN */
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
    x->unknown = explicit_vr && memcmp(p + 4, "UN", 2) == 0;
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
    } place[] = {{0x00280002, &d->samples},  {0x00280010, &d->rows},   {0x00280011, &d->cols},
                 {0x00280100, &d->bits},     {0x00280101, &d->stored}, {0x00280102, &d->high},
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
        if (numbers(&v, 1, x)) d->instance = v;
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
    case 0x00280008:
        if (numbers(&v, 1, x)) d->frames = v;
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

static const char *syntax_name(const char *uid)
{
    static const struct {
        const char *uid, *name;
    } known[] = {{"1.2.840.10008.1.2.2", "big-endian"},
                 {"1.2.840.10008.1.2.1.99", "compressed: deflate"},
                 {"1.2.840.10008.1.2.4.50", "compressed: JPEG, with loss"},
                 {"1.2.840.10008.1.2.4.51", "compressed: JPEG, with loss"},
                 {"1.2.840.10008.1.2.4.57", "compressed: JPEG lossless"},
                 {"1.2.840.10008.1.2.4.70", "compressed: JPEG lossless"},
                 {"1.2.840.10008.1.2.4.80", "compressed: JPEG-LS"},
                 {"1.2.840.10008.1.2.4.81", "compressed: JPEG-LS, with loss"},
                 {"1.2.840.10008.1.2.4.90", "compressed: JPEG 2000 lossless"},
                 {"1.2.840.10008.1.2.4.91", "compressed: JPEG 2000"},
                 {"1.2.840.10008.1.2.5", "compressed: run lengths"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(uid, known[i].uid) == 0) return known[i].name;
    return "compressed, or of an unknown kind";
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
            uid[strcspn(uid, " ")] = 0;
            *explicit_vr = strcmp(uid, "1.2.840.10008.1.2.1") == 0;
            if (!*explicit_vr && strcmp(uid, "1.2.840.10008.1.2") != 0)
                return dorg_fail(e, DORG_EDATA,
                                 "%s (transfer syntax %.40s); dcm2niix converts it",
                                 syntax_name(uid), uid);
        }
        *at += (size_t)x.n;
    }
    return 0;
}

/* Over the elements of an item, or the items of a sequence, up to their delimiter.  What an
 * element of VR UN and undefined length holds is implicit (PS3.5 6.2.2, note 2). */
static int pass_over(const struct dorg_dicom *d, size_t *at, bool explicit_vr, int depth,
                     struct dorg_err *e)
{
    struct element x;
    if (depth > DEEPEST)
        return dorg_fail(e, DORG_EDATA, "sequences more than %d deep", DEEPEST);
    for (;;) {
        if (next(&x, d, at, explicit_vr, e)) return e->code;
        if (x.tag == 0xfffee00d || x.tag == 0xfffee0dd) return 0;
        if (x.n != UNDEFINED)
            *at += (size_t)x.n;
        else if (pass_over(d, at, explicit_vr && !x.unknown, depth + 1, e))
            return e->code;
    }
}

/* Up to the pixels; what comes after them is padding of one kind or another. */
static int elements(struct dorg_dicom *d, struct dorg_err *e)
{
    size_t at = 132;
    bool explicit_vr;
    if (d->n_bytes < 132 || memcmp(d->bytes + 128, "DICM", 4) != 0)
        return dorg_fail(e, DORG_EDATA, "not DICOM");
    if (meta(&explicit_vr, &at, d, e)) return e->code;
    while (at < d->n_bytes && !d->pixels) {
        struct element x;
        if (next(&x, d, &at, explicit_vr, e)) return e->code;
        if (x.n == UNDEFINED) {
            if (x.tag == 0x7fe00010)
                return dorg_fail(e, DORG_EDATA, "compressed pixels; dcm2niix converts them");
            if (pass_over(d, &at, explicit_vr && !x.unknown, 1, e)) return e->code;
        } else {
            if (!x.sequence) take(d, &x);
            at += (size_t)x.n;
        }
    }
    return 0;
}

/* Bits stored, where the highest one is, and how many bytes that makes. */
static int check_pixels(struct dorg_dicom *d, struct dorg_err *e)
{
    if (d->frames != 1)
        return dorg_fail(
            e, DORG_EDATA,
            "a multi-frame file of %g frames, expected one slice a file; dcm2niix "
            "converts it",
            d->frames);
    if (d->bits != 16 || d->samples != 1 || d->rows < 1 || d->cols < 1)
        return dorg_fail(e, DORG_EDATA,
                         "%d x %d pixels of %d bits and %d samples, expected 16-bit grey",
                         d->cols, d->rows, d->bits, d->samples);
    if (d->high < 0) d->high = d->stored - 1;
    if (d->stored < 1 || d->stored > 16 || d->high < d->stored - 1 || d->high > 15)
        return dorg_fail(e, DORG_EDATA, "%d bits stored, the highest of them bit %d of 16",
                         d->stored, d->high);
    size_t want = 2 * dorg_pixel(d->cols, 0, d->rows);
    if (!d->pixels || d->n_pixels < want || d->n_pixels >= 2 * want + 2)
        return dorg_fail(e, DORG_EDATA, "%zu bytes of pixels, expected %d x %d x 2",
                         d->n_pixels, d->cols, d->rows);
    if (d->slope == 0) return dorg_fail(e, DORG_EDATA, "a RescaleSlope of 0");
    return 0;
}

static double length(const double *v)
{
    return sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
}

static int check_place(const struct dorg_dicom *d, struct dorg_err *e)
{
    const double *o = d->orientation;
    if (d->n_position != 3 || d->n_orientation != 6 || d->n_spacing != 2 ||
        !(d->spacing[0] > 0) || !(d->spacing[1] > 0))
        return dorg_fail(e, DORG_EDATA,
                         "its place is not stated: position, orientation or pixel spacing "
                         "missing");
    double dot = o[0] * o[3] + o[1] * o[4] + o[2] * o[5];
    if (!(fabs(length(o) - 1) < 1e-3 && fabs(length(o + 3) - 1) < 1e-3 && fabs(dot) < 1e-3))
        return dorg_fail(e, DORG_EDATA,
                         "its rows and columns are no unit vectors at right "
                         "angles");
    return 0;
}

int dorg_dicom_file(struct dorg_dicom *d, const char *path, struct dorg_err *e)
{
    *d = (struct dorg_dicom){.instance = NAN,
                             .samples = 1,
                             .slope = 1,
                             .thickness = 1,
                             .frames = 1,
                             .stored = 16,
                             .high = -1};
    if (!read_all(d, path, e) && !elements(d, e) && !check_pixels(d, e)) check_place(d, e);
    if (e->code) {
        dorg_dicom_free(d);
        if (strncmp(e->text, path, strlen(path)) != 0) dorg_err_at(e, path);
    }
    return e->code;
}

int dorg_dicom_pixel(const struct dorg_dicom *d, size_t i)
{
    int v = (int)u16(d->pixels + 2 * i) >> (d->high + 1 - d->stored);
    v &= (1 << d->stored) - 1; /* what lies above is an overlay's */
    return d->is_signed && v >> (d->stored - 1) ? v - (1 << d->stored) : v;
}

void dorg_dicom_free(struct dorg_dicom *d)
{
    free(d->bytes);
    *d = (struct dorg_dicom){0};
}
