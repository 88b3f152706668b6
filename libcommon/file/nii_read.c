/* nii_read.c - voxels off a stream, laid down in the canonical axis order */
#include "nii_in.h"
#include "../base/mem.h"

#include <unistd.h>

void dorg_walk_stored(struct dorg_walk *w, const struct dorg_grid *g)
{
    const ptrdiff_t step[3] = {1, g->n[0], (ptrdiff_t)g->n[0] * g->n[1]};
    w->start = 0;
    for (int t = 0; t < 3; t++) {
        int c = g->stored.axis[t];
        w->n[t] = g->n[c];
        w->step[t] = g->stored.flip[t] ? -step[c] : step[c];
        if (g->stored.flip[t]) w->start += step[c] * (g->n[c] - 1);
    }
}

/* n raw elements of NIfTI type t, host order, to double. */
static void widen(double *to, const void *raw, size_t n, int t)
{
#define WIDEN(ctype)                                                                          \
    for (size_t i = 0; i < n; i++) {                                                          \
        ctype x;                                                                              \
        memcpy(&x, (const char *)raw + i * sizeof x, sizeof x);                               \
        to[i] = (double)x;                                                                    \
    }                                                                                         \
    return
    __extension__ typedef __float128 quad;
    switch (t) {
    case DT_UINT8:
        WIDEN(uint8_t);
    case DT_INT8:
        WIDEN(int8_t);
    case DT_UINT16:
        WIDEN(uint16_t);
    case DT_INT16:
        WIDEN(int16_t);
    case DT_UINT32:
        WIDEN(uint32_t);
    case DT_INT32:
        WIDEN(int32_t);
    case DT_UINT64:
        WIDEN(uint64_t);
    case DT_INT64:
        WIDEN(int64_t);
    case DT_FLOAT32:
        WIDEN(float);
    case DT_FLOAT64:
        WIDEN(double);
    default:
        WIDEN(quad);
    }
#undef WIDEN
}

/* The whole number from lo to hi that x is, but for what float32 rounds off a scaled one; NAN if
 * there is none. */
static inline double whole_of(double x, double lo, double hi)
{
    if (!(x > lo - 1 && x < hi + 1)) return NAN;
    if (x == (double)(int32_t)x) return x;
    double whole = rint(x);
    bool near = fabs(x - whole) <= fmax(1e-4, 0x1p-23 * fabs(whole));
    return near && whole >= lo && whole <= hi ? whole : NAN;
}

/* One row as the type that is wanted; gives the first element that does not fit, or n. */
static size_t narrow(void *to, enum dorg_type want, const double *x, size_t n)
{
#define WHOLE(ctype, lo, hi)                                                                  \
    for (size_t i = 0; i < n; i++) {                                                          \
        double y = whole_of(x[i], lo, hi);                                                    \
        if (isnan(y)) return i;                                                               \
        ((ctype *)to)[i] = (ctype)y;                                                          \
    }                                                                                         \
    return n
#define FINITE(ctype)                                                                         \
    for (size_t i = 0; i < n; i++) {                                                          \
        ctype y = (ctype)x[i];                                                                \
        bad |= !isfinite(y);                                                                  \
        ((ctype *)to)[i] = y;                                                                 \
    }                                                                                         \
    for (size_t i = 0; bad && i < n; i++)                                                     \
        if (!isfinite(((ctype *)to)[i])) return i;                                            \
    return n
    int bad = 0;
    switch (want) {
    case DORG_U8:
        WHOLE(uint8_t, 0, UINT8_MAX);
    case DORG_I16:
        WHOLE(int16_t, INT16_MIN, INT16_MAX);
    case DORG_I32:
        WHOLE(int32_t, INT32_MIN, INT32_MAX);
    case DORG_F32:
        FINITE(float);
    default:
        FINITE(double);
    }
#undef WHOLE
#undef FINITE
}

/* A row to every step-th element. */
static void put_row(char *to, ptrdiff_t step, const char *row, size_t n, size_t size)
{
#define PUT(bytes)                                                                            \
    for (size_t i = 0; i < n; i++, to += step * (bytes))                                      \
        memcpy(to, row + i * (bytes), bytes);                                                 \
    return
    if (step == 1)
        memcpy(to, row, n * size);
    else
        switch (size) { /* of a size that is known, memcpy is one instruction */
        case 1:
            PUT(1);
        case 2:
            PUT(2);
        case 4:
            PUT(4);
        default:
            PUT(8);
        }
#undef PUT
}

static int misfit(double x, enum dorg_type want, int32_t i, int32_t j, int32_t k,
                  struct dorg_err *e)
{
    static const char *const name[] = {[DORG_U8] = "an integer from 0 to 255",
                                       [DORG_I16] = "a 16-bit integer",
                                       [DORG_I32] = "a 32-bit integer",
                                       [DORG_F32] = "a finite number",
                                       [DORG_F64] = "a finite number, up to 2^53 if whole"};
    return dorg_fail(e, DORG_EDATA, "stored voxel (%d, %d, %d) is %.9g; expected %s", i, j, k,
                     x, name[want]);
}

/* Labels that do not fit a byte after all: room for larger ones. */
static int to_i32(struct dorg_vol *v, struct dorg_err *e)
{
    size_t n = dorg_grid_count(&v->grid);
    const uint8_t *from = v->data;
    int32_t *to = dorg_array(n, sizeof *to, e);
    if (!to) return e->code;
    for (size_t i = 0; i < n; i++)
        to[i] = from[i];
    free(v->data);
    v->data = to;
    v->type = DORG_I32;
    return 0;
}

static bool is_scaled(const nifti_image *m)
{
    return m->scl_slope != 0 && (m->scl_slope != 1 || m->scl_inter != 0);
}

/* The type that holds every value that voxels of this header can have. */
static enum dorg_type type_of(const nifti_image *m)
{
    bool scaled = is_scaled(m);
    switch (m->datatype) {
    case DT_UINT8:
        return scaled ? DORG_F32 : DORG_U8;
    case DT_INT8:
    case DT_INT16:
        return scaled ? DORG_F32 : DORG_I16;
    case DT_UINT16:
        return scaled ? DORG_F32 : DORG_I32;
    case DT_INT32:
        return scaled ? DORG_F64 : DORG_I32;
    case DT_FLOAT32:
        return DORG_F32;
    default:
        return DORG_F64;
    }
}

/* Doubles of 64-bit integers: the first that may have been rounded, or n. */
static size_t beyond(const double *x, size_t n, int datatype)
{
    for (size_t i = 0; i < n && (datatype == DT_INT64 || datatype == DT_UINT64); i++)
        if (fabs(x[i]) > 0x1p53) return i;
    return n;
}

/* Stored in the very type that is wanted, which holds whatever is stored. */
static bool as_stored(const nifti_image *m, enum dorg_type want)
{
    return !is_scaled(m) && ((m->datatype == DT_UINT8 && want == DORG_U8) ||
                             (m->datatype == DT_INT16 && want == DORG_I16) ||
                             (m->datatype == DT_INT32 && want == DORG_I32));
}

static int read_voxels(struct dorg_vol *v, const struct dorg_nii_head *h, struct dorg_in *in,
                       enum dorg_type want, struct dorg_err *e)
{
    struct dorg_walk w;
    dorg_walk_stored(&w, &v->grid);
    const nifti_image *m = h->nim;
    size_t nx = (size_t)w.n[0], size = (size_t)m->nbyper, got;
    bool scaled = is_scaled(m);
    char *raw = dorg_array(nx, size, e), *row = dorg_array(nx, sizeof(double), e);
    double *x = dorg_array(nx, sizeof *x, e);
    if (!raw || !row || !x) goto done;
    for (int32_t k = 0; k < w.n[2]; k++)
        for (int32_t j = 0; j < w.n[1]; j++) {
            if (dorg_in_read(in, raw, nx * size, &got, e)) goto done;
            if (got < nx * size) {
                int64_t at =
                    (((int64_t)k * w.n[1] + j) * w.n[0]) * (int64_t)size + (int64_t)got;
                dorg_fail(e, DORG_EDATA, "voxel data stop at byte %lld of %lld", (long long)at,
                          (long long)(h->n_vox * (int64_t)size));
                goto done;
            }
            if (h->swapped && m->swapsize > 1)
                nifti_swap_Nbytes((int64_t)nx, m->swapsize, raw);
            const char *from = as_stored(m, v->type) ? raw : row;
            if (from == row) {
                widen(x, raw, nx, m->datatype);
                size_t bad = v->type == DORG_F64 ? beyond(x, nx, m->datatype) : nx;
                for (size_t i = 0; i < nx && scaled; i++)
                    x[i] = m->scl_slope * x[i] + m->scl_inter;
                if (bad == nx) bad = narrow(row, v->type, x, nx);
                if (bad < nx && want == DORG_LABELS && v->type == DORG_U8) {
                    if (to_i32(v, e)) goto done;
                    bad = narrow(row, v->type, x, nx);
                }
                if (bad < nx) {
                    misfit(x[bad], v->type, (int32_t)bad, j, k, e);
                    goto done;
                }
            }
            size_t bytes = dorg_type_size(v->type);
            ptrdiff_t to = w.start + k * w.step[2] + j * w.step[1];
            put_row((char *)v->data + to * (ptrdiff_t)bytes, w.step[0], from, nx, bytes);
        }
    if (dorg_in_read(in, raw, 1, &got, e)) goto done;
    if (got) dorg_fail(e, DORG_EDATA, "data run on past the last voxel");
done:
    free(raw);
    free(row);
    free(x);
    return e->code;
}

/* A plain file shows its size: refuse a header that promises more before making room. */
static int check_size(const struct dorg_nii_head *h, const struct dorg_in *data, int64_t at,
                      struct dorg_err *e)
{
    int64_t size = dorg_in_file_size(data), want = at + h->n_vox * h->nim->nbyper;
    if (size >= 0 && size < want)
        return dorg_fail(e, DORG_EDATA, "voxel data stop at byte %lld of %lld",
                         (long long)(size > at ? size - at : 0), (long long)(want - at));
    return 0;
}

/* Voxels' room; of labels zeros, since they may move before the last one is read. */
static void *room_for(const struct dorg_nii_head *h, enum dorg_type type, bool zeros,
                      struct dorg_err *e)
{
    size_t n = (size_t)h->n_vox, size = dorg_type_size(type);
    return zeros ? dorg_zeroed(n, size, e) : dorg_array(n, size, e);
}

static int read_from(struct dorg_vol *v, struct dorg_in *in, struct dorg_in *img,
                     enum dorg_type want, struct dorg_err *e)
{
    struct dorg_nii_head h = {0};
    struct dorg_vol r = {.type = want == DORG_LABELS ? DORG_U8 : want};
    int64_t head = 0;
    *v = DORG_VOL_INIT;
    if (dorg_nii_parse(&h, in, img != NULL, e)) goto done;
    head = h.version == 1 ? 348 : 540;
    if (h.pair ? dorg_nii_skip(img, h.data_at, e)
               : dorg_nii_extensions(&r.history, &h, in, h.data_at - head, e))
        goto done;
    if (dorg_nii_canonical(&r.grid, &h, e)) goto done;
    bool labels = want == DORG_U8 || want == DORG_I32 || want == DORG_LABELS;
    r.intent = labels ? DORG_INTENT_LABELS /* as who asks for integers reads them */
                      : dorg_nii_intent(h.nim->datatype, h.nim->intent_code, h.nim->cal_min,
                                        h.nim->cal_max);
    if (check_size(&h, h.pair ? img : in, h.data_at, e)) goto done;
    if (want == DORG_STORED) r.type = type_of(h.nim);
    if (!(r.data = room_for(&h, r.type, want == DORG_LABELS, e))) goto done;
    read_voxels(&r, &h, h.pair ? img : in, want, e);
done:
    if (h.nim) nifti_image_free(h.nim);
    if (e->code)
        dorg_vol_free(&r);
    else
        *v = r;
    return e->code;
}

int dorg_vol_read(struct dorg_vol *v, struct dorg_in *in, enum dorg_type want,
                  struct dorg_err *e)
{
    return read_from(v, in, NULL, want, e);
}

/* x.hdr or x.hdr.gz -> the first of x.img, x.img.gz that exists, else NULL */
static char *img_name(const char *path, struct dorg_err *e)
{
    size_t n = strlen(path);
    if (n > 3 && strcmp(path + n - 3, ".gz") == 0) n -= 3;
    if (n < 4 || memcmp(path + n - 4, ".hdr", 4) != 0) return NULL;
    char *img = dorg_array(n + 4, 1, e);
    if (!img) return NULL;
    memcpy(img, path, n - 4);
    memcpy(img + n - 4, ".img", 5);
    if (access(img, F_OK) == 0) return img;
    memcpy(img + n, ".gz", 4);
    if (access(img, F_OK) == 0) return img;
    dorg_fail(e, DORG_EIO, "%s: no .img or .img.gz beside it", path);
    free(img);
    return NULL;
}

int dorg_vol_load(struct dorg_vol *v, const char *path, enum dorg_type want,
                  struct dorg_err *e)
{
    struct dorg_in *in = NULL, *img = NULL;
    *v = DORG_VOL_INIT;
    char *name = path ? img_name(path, e) : NULL;
    if (e->code || dorg_in_open(&in, path, e)) goto done;
    if (name && dorg_in_open(&img, name, e)) goto done;
    if (read_from(v, in, img, want, e)) dorg_err_at(e, dorg_in_name(in));
done:
    dorg_in_close(in);
    dorg_in_close(img);
    free(name);
    return e->code;
}
