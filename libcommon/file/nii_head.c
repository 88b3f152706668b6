/* nii_head.c - NIfTI-1 and -2 headers off a stream, and the canonical axis order */
#include "nii_in.h"
#include "../base/mem.h"
#include "sniff.h" /* dorg_sniff_foreign */

static int exactly(struct dorg_in *in, void *buf, size_t n, const char *what,
                   struct dorg_err *e)
{
    size_t got;
    if (dorg_in_read(in, buf, n, &got, e)) return e->code;
    if (got < n) return dorg_fail(e, DORG_EDATA, "%s stops at byte %zu of %zu", what, got, n);
    return 0;
}

enum dorg_intent dorg_nii_intent(int datatype, int code, double lo, double hi)
{
    bool real = datatype == DT_FLOAT32 || datatype == DT_FLOAT64;
    return code == NIFTI_INTENT_LABEL   ? DORG_INTENT_LABELS
           : real && lo == 0 && hi == 1 ? DORG_INTENT_MAP
                                        : DORG_INTENT_NONE;
}

int dorg_nii_skip(struct dorg_in *in, int64_t n, struct dorg_err *e)
{
    char hole[4096];
    while (n > 0) {
        size_t k = n < (int64_t)sizeof hole ? (size_t)n : sizeof hole;
        if (exactly(in, hole, k, "the header", e)) return e->code;
        n -= (int64_t)k;
    }
    return 0;
}

/* Not NIfTI: what else it may be, for which some more bytes tell. */
static int refuse_foreign(int32_t size, struct dorg_in *in, struct dorg_err *e)
{
    uint8_t first[132];
    size_t got;
    memcpy(first, &size, 4);
    if (dorg_in_read(in, first + 4, sizeof first - 4, &got, e)) return e->code;
    const char *what = dorg_sniff_foreign(first, 4 + got);
    if (what) return dorg_fail(e, DORG_EDATA, "not NIfTI but %s", what);
    return dorg_fail(e, DORG_EDATA, "not NIfTI: header size %d, expected 348 or 540", size);
}

static int read_raw(struct dorg_nii_head *h, struct dorg_in *in, struct dorg_err *e)
{
    int32_t size;
    char *b1 = (char *)&h->h1, *b2 = (char *)&h->h2;
    if (exactly(in, &size, 4, "the header", e)) return e->code;
    int32_t turned = (int32_t)__builtin_bswap32((uint32_t)size);
    h->swapped = turned == 348 || turned == 540;
    int32_t real = h->swapped ? turned : size;
    if (real == 348) {
        h->version = 1;
        memcpy(b1, &size, 4);
        if (exactly(in, b1 + 4, 344, "the header", e)) return e->code;
        if (h->swapped) swap_nifti_header(&h->h1, 1);
        if (memcmp(h->h1.magic, "n+1", 4) != 0 && memcmp(h->h1.magic, "ni1", 4) != 0)
            return dorg_fail(e, DORG_EDATA, "not NIfTI: no magic number (Analyze 7.5?)");
        h->pair = h->h1.magic[1] == 'i';
    } else if (real == 540) {
        h->version = 2;
        memcpy(b2, &size, 4);
        if (exactly(in, b2 + 4, 536, "the header", e)) return e->code;
        if (h->swapped) swap_nifti_header(&h->h2, 2);
        if (memcmp(h->h2.magic, "n+2\0\r\n\032\n", 8) != 0 &&
            memcmp(h->h2.magic, "ni2\0\r\n\032\n", 8) != 0)
            return dorg_fail(e, DORG_EDATA, "not NIfTI-2: a damaged magic number");
        h->pair = h->h2.magic[1] == 'i';
    } else {
        return refuse_foreign(size, in, e);
    }
    return 0;
}

static int check_type(int t, struct dorg_err *e)
{
    switch (t) {
    case DT_UINT8:
    case DT_INT8:
    case DT_UINT16:
    case DT_INT16:
    case DT_UINT32:
    case DT_INT32:
    case DT_UINT64:
    case DT_INT64:
    case DT_FLOAT32:
    case DT_FLOAT64:
    case DT_FLOAT128:
        return 0;
    case DT_RGB24:
    case DT_RGBA32:
        return dorg_fail(e, DORG_EDATA,
                         "colour voxels (datatype %d); expected one number each", t);
    case DT_COMPLEX64:
    case DT_COMPLEX128:
    case DT_COMPLEX256:
        return dorg_fail(e, DORG_EDATA, "complex voxels (datatype %d); expected real ones", t);
    default:
        return dorg_fail(e, DORG_EDATA, "unknown datatype %d", t);
    }
}

static int64_t dim_of(const struct dorg_nii_head *h, int i)
{
    return h->version == 1 ? h->h1.dim[i] : h->h2.dim[i];
}

static double pix_of(const struct dorg_nii_head *h, int i)
{
    return h->version == 1 ? (double)h->h1.pixdim[i] : h->h2.pixdim[i];
}

/* A pitch that is one in any of NIfTI's units, as a float and as a double. */
static bool is_pitch(double mm)
{
    return mm >= 1e-9 && mm <= 1e9;
}

/* The sign of a pitch has no meaning in NIfTI, though some tools store one; a single slice may
 * do without a pitch, and has 1 then. */
static void mend_pitches(struct dorg_nii_head *h)
{
    for (int i = 1; i <= 3; i++) {
        h->h1.pixdim[i] = fabsf(h->h1.pixdim[i]);
        h->h2.pixdim[i] = fabs(h->h2.pixdim[i]);
        if (pix_of(h, i) == 0 && (i > dim_of(h, 0) || dim_of(h, i) == 1))
            h->h1.pixdim[i] = 1, h->h2.pixdim[i] = 1;
    }
}

static int check_dims(struct dorg_nii_head *h, struct dorg_err *e)
{
    int64_t nd = dim_of(h, 0);
    if (nd < 1 || nd > 7) return dorg_fail(e, DORG_EDATA, "%lld dimensions", (long long)nd);
    for (int i = (int)nd + 1; i <= 7; i++) /* a dimension that is not there is 1 */
        h->h1.dim[i] = 1, h->h2.dim[i] = 1;
    h->n_vox = 1;
    for (int i = 1; i <= nd; i++) {
        int64_t n = dim_of(h, i);
        if (n < 1) return dorg_fail(e, DORG_EDATA, "dimension %d is %lld", i, (long long)n);
        if (i > 3 && n > 1)
            return dorg_fail(e, DORG_EDATA, "%d dimensions (the %dth is %lld); expected 3",
                             (int)nd, i, (long long)n);
        if (n > INT32_MAX || __builtin_mul_overflow(h->n_vox, n, &h->n_vox) ||
            h->n_vox > (int64_t)1 << 33)
            return dorg_fail(e, DORG_EDATA, "more than 2^33 voxels: a damaged header?");
        double mm = pix_of(h, i);
        if (i <= 3 && !is_pitch(mm))
            return dorg_fail(e, DORG_EDATA, "voxel pitch %g along axis %d", mm, i);
    }
    return check_type(h->version == 1 ? h->h1.datatype : h->h2.datatype, e);
}

static int take_lines(struct dorg_lines *l, char *text, struct dorg_err *e)
{
    char *line = text, *next; /* stored with "#@ " before each line, kept without */
    for (; line && *line && !e->code; line = next) {
        if ((next = strchr(line, '\n'))) *next++ = 0;
        if (strncmp(line, "#@ ", 3) == 0) line += 3;
        dorg_lines_add(l, line, strlen(line), e);
    }
    return e->code;
}

/* Our own lines out of the comment extension (ecode 6); others' extensions are passed over. */
int dorg_nii_extensions(char **history, const struct dorg_nii_head *h, struct dorg_in *in,
                        int64_t left, struct dorg_err *e)
{
    char flag[4];
    struct dorg_lines lines = {0};
    if (left < 4) return dorg_nii_skip(in, left, e);
    if (exactly(in, flag, 4, "the header", e)) return e->code;
    left -= 4;
    while (flag[0] && left >= 16) {
        int32_t head[2];
        if (exactly(in, head, 8, "the header", e)) return e->code;
        if (h->swapped) nifti_swap_4bytes(2, head);
        left -= 8;
        int64_t n = (int64_t)head[0] - 8;
        if (n < 0 || n > left)
            return dorg_fail(e, DORG_EDATA, "a header extension of %d bytes in %lld", head[0],
                             (long long)left + 8);
        left -= n;
        if (head[1] != NIFTI_ECODE_COMMENT || n > DORG_HISTORY_MAX) {
            if (dorg_nii_skip(in, n, e)) return e->code;
            continue;
        }
        char *text = dorg_zeroed((size_t)n + 1, 1, e);
        if (!text) return e->code;
        if (!exactly(in, text, (size_t)n, "the header", e) && strncmp(text, "#@ ", 3) == 0)
            take_lines(&lines, text, e);
        *history = lines.text;
        free(text);
        if (e->code) return e->code;
    }
    return dorg_nii_skip(in, left, e);
}

int dorg_nii_parse(struct dorg_nii_head *h, struct dorg_in *in, bool paired,
                   struct dorg_err *e)
{
    if (read_raw(h, in, e)) return e->code;
    mend_pitches(h);
    if (check_dims(h, e)) return e->code;
    if (h->pair && !paired)
        return dorg_fail(e, DORG_EDATA, "the header of a .hdr/.img pair: name the .hdr file");
    double at = h->version == 1 ? (double)h->h1.vox_offset : (double)h->h2.vox_offset;
    double least = h->pair ? 0 : h->version == 1 ? 352 : 544;
    if (!(at >= least && at <= 0x1p26) || at != floor(at))
        return dorg_fail(e, DORG_EDATA, "voxel data at byte %g; expected %g to 2^26", at,
                         least);
    h->data_at = (int64_t)at;
    nifti_set_debug_level(0);
    bool sound =
        h->version == 1 ? nifti_hdr1_looks_good(&h->h1) : nifti_hdr2_looks_good(&h->h2);
    if (!sound) return dorg_fail(e, DORG_EDATA, "not a sound NIfTI header");
    h->nim = h->version == 1 ? nifti_convert_n1hdr2nim(h->h1, NULL)
                             : nifti_convert_n2hdr2nim(h->h2, NULL);
    if (!h->nim) return dorg_fail(e, DORG_EIO, "no memory for a NIfTI header");
    return 0;
}

/* The matrix that quaternion, offsets and pitches come to, in the header's unit. */
static nifti_dmat44 qform_of(const struct dorg_stored *s)
{
    return nifti_quatern_to_dmat44((double)s->quatern[0], (double)s->quatern[1],
                                   (double)s->quatern[2], (double)s->qoffset[0],
                                   (double)s->qoffset[1], (double)s->qoffset[2],
                                   (double)s->pixdim[1], (double)s->pixdim[2],
                                   (double)s->pixdim[3], (double)s->pixdim[0]);
}

static double unit_of(const struct dorg_stored *s)
{
    return s->units == NIFTI_UNITS_METER ? 1e3 : s->units == NIFTI_UNITS_MICRON ? 1e-3 : 1;
}

void dorg_nii_shift(struct dorg_stored *s, const int32_t steps[3])
{
    nifti_dmat44 q = qform_of(s);
    for (int r = 0; r < 3; r++)
        for (int t = 0; t < 3; t++) {
            s->srow[r][3] += (float)((double)s->srow[r][t] * steps[t]);
            s->qoffset[r] += (float)(q.m[r][t] * steps[t]);
        }
}

double dorg_grid_forms_apart(const struct dorg_grid *g)
{
    const struct dorg_stored *s = &g->stored;
    nifti_dmat44 q = qform_of(s);
    double most = 0;
    if (s->qform_code <= 0 || s->sform_code <= 0) return 0;
    for (int corner = 0; corner < 8; corner++) {
        double sum = 0;
        for (int r = 0; r < 3; r++) {
            double d = q.m[r][3] - (double)s->srow[r][3];
            for (int t = 0; t < 3; t++)
                if (corner >> t & 1)
                    d += (q.m[r][t] - (double)s->srow[r][t]) * (g->n[s->axis[t]] - 1);
            sum += d * d;
        }
        most = fmax(most, sqrt(sum));
    }
    return most * unit_of(s);
}

static void keep_stored(struct dorg_stored *s, const struct dorg_nii_head *h)
{
    const nifti_image *m = h->nim;
    s->qform_code = (int16_t)m->qform_code;
    s->sform_code = (int16_t)m->sform_code;
    s->units = (int8_t)m->xyz_units;
    s->pixdim[0] = m->qfac < 0 ? -1.0f : 1.0f;
    memcpy(s->descrip, h->version == 1 ? h->h1.descrip : h->h2.descrip, sizeof s->descrip);
    memcpy(s->aux_file, h->version == 1 ? h->h1.aux_file : h->h2.aux_file, sizeof s->aux_file);
    s->pixdim[1] = (float)m->dx, s->pixdim[2] = (float)m->dy, s->pixdim[3] = (float)m->dz;
    if (m->qform_code > 0) {
        const double q[6] = {m->quatern_b, m->quatern_c, m->quatern_d,
                             m->qoffset_x, m->qoffset_y, m->qoffset_z};
        for (int a = 0; a < 3; a++) {
            s->quatern[a] = (float)q[a];
            s->qoffset[a] = (float)q[a + 3];
        }
    }
    for (int r = 0; r < 3 && m->sform_code > 0; r++)
        for (int c = 0; c < 4; c++)
            s->srow[r][c] = (float)m->sto_xyz.m[r][c];
}

/* The stored axis that each canonical axis runs along: of the six orders the one whose axes
 * lie nearest RAS+, by the sum of the cosines.  Of orders that are equally near (planes at 45
 * degrees; numbers of a float) that one whose x axis points furthest to the front, then
 * up, then whose y axis points furthest up: a rule about directions in the patient, so that it
 * does not matter how the file stores them. */
static bool nearest_order(int stored[3], const nifti_dmat44 *a)
{
    static const int order[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                    {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    double u[3][3], best[4] = {-1}; /* u: unit vectors of the stored axes */
    for (int t = 0; t < 3; t++) {
        const double v[3] = {a->m[0][t], a->m[1][t], a->m[2][t]};
        double norm = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
        if (!(norm > 0) || !isfinite(norm)) return false;
        for (int r = 0; r < 3; r++)
            u[t][r] = v[r] / norm;
    }
    double volume = u[0][0] * (u[1][1] * u[2][2] - u[1][2] * u[2][1]) -
                    u[0][1] * (u[1][0] * u[2][2] - u[1][2] * u[2][0]) +
                    u[0][2] * (u[1][0] * u[2][1] - u[1][1] * u[2][0]);
    if (!(fabs(volume) > 1e-6)) return false;
    for (int o = 0; o < 6; o++) {
        const int *t = order[o];
        double x = u[t[0]][0] < 0 ? -1 : 1, y = u[t[1]][1] < 0 ? -1 : 1;
        const double now[4] = {fabs(u[t[0]][0]) + fabs(u[t[1]][1]) + fabs(u[t[2]][2]),
                               x * u[t[0]][1], x * u[t[0]][2], y * u[t[1]][2]};
        int k = 0; /* the first number in which they differ */
        while (k < 3 && fabs(now[k] - best[k]) <= 1e-4)
            k++;
        if (now[k] <= best[k]) continue;
        memcpy(best, now, sizeof best);
        memcpy(stored, t, 3 * sizeof *stored);
    }
    return true;
}

/* The canonical grid: permute and flip the stored axes to the order nearest RAS+. */
int dorg_nii_canonical(struct dorg_grid *g, const struct dorg_nii_head *h, struct dorg_err *e)
{
    const nifti_image *m = h->nim;
    struct dorg_stored *s = &g->stored;
    keep_stored(s, h);
    double unit = unit_of(s);
    nifti_dmat44 a = m->sform_code > 0 ? m->sto_xyz : m->qto_xyz;
    const double pitch[3] = {m->dx, m->dy, m->dz};
    if (m->sform_code <= 0 && m->qform_code <= 0)
        for (int r = 0; r < 3; r++)
            for (int c = 0; c < 4; c++)
                a.m[r][c] = r == c ? pitch[r] : 0;
    int stored[3];
    if (!nearest_order(stored, &a))
        return dorg_fail(e, DORG_EDATA, "the header's affine matrix is singular");
    const int64_t n[3] = {m->nx, m->ny, m->nz};
    for (int r = 0; r < 3; r++)
        g->to_mm[r][3] = (float)(a.m[r][3] * unit);
    double origin[3] = {a.m[0][3], a.m[1][3], a.m[2][3]};
    for (int c = 0; c < 3; c++) {
        int t = stored[c];
        s->axis[t] = (int8_t)c;
        s->flip[t] = a.m[c][t] < 0;
        g->n[c] = (int32_t)n[t];
        double norm = 0, sign = s->flip[t] ? -1 : 1;
        for (int r = 0; r < 3; r++) {
            norm += a.m[r][t] * a.m[r][t];
            g->to_mm[r][c] = (float)(sign * a.m[r][t] * unit);
            if (s->flip[t]) origin[r] += a.m[r][t] * (double)(n[t] - 1);
        }
        g->mm[c] = (float)(sqrt(norm) * unit);
        if (!is_pitch((double)g->mm[c]))
            return dorg_fail(e, DORG_EDATA, "voxel pitch %g mm along axis %d",
                             (double)g->mm[c], t);
    }
    for (int r = 0; r < 3; r++)
        g->to_mm[r][3] = (float)(origin[r] * unit);
    return 0;
}
