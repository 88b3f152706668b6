/* nii_head.c - NIfTI-1 and -2 headers off a stream, and the canonical axis order */
#include "nii.h"
#include "../base/mem.h"

int dorg_nii_exactly(struct dorg_in *in, void *buf, size_t n, const char *what,
                     struct dorg_err *e)
{
    size_t got;
    if (dorg_in_read(in, buf, n, &got, e)) return e->code;
    if (got < n) return dorg_fail(e, DORG_EDATA, "%s stops at byte %zu of %zu", what, got, n);
    return 0;
}

int dorg_nii_skip(struct dorg_in *in, int64_t n, struct dorg_err *e)
{
    char hole[4096];
    while (n > 0) {
        size_t k = n < (int64_t)sizeof hole ? (size_t)n : sizeof hole;
        if (dorg_nii_exactly(in, hole, k, "the header", e)) return e->code;
        n -= (int64_t)k;
    }
    return 0;
}

static int read_raw(struct dorg_nii_head *h, struct dorg_in *in, struct dorg_err *e)
{
    int32_t size;
    char *b1 = (char *)&h->h1, *b2 = (char *)&h->h2;
    if (dorg_nii_exactly(in, &size, 4, "the header", e)) return e->code;
    int32_t turned = (int32_t)__builtin_bswap32((uint32_t)size);
    h->swapped = turned == 348 || turned == 540;
    int32_t real = h->swapped ? turned : size;
    if (real == 348) {
        h->version = 1;
        memcpy(b1, &size, 4);
        if (dorg_nii_exactly(in, b1 + 4, 344, "the header", e)) return e->code;
        if (h->swapped) swap_nifti_header(&h->h1, 1);
        if (memcmp(h->h1.magic, "n+1", 4) != 0 && memcmp(h->h1.magic, "ni1", 4) != 0)
            return dorg_fail(e, DORG_EDATA, "not NIfTI: no magic number (Analyze 7.5?)");
        h->pair = h->h1.magic[1] == 'i';
    } else if (real == 540) {
        h->version = 2;
        memcpy(b2, &size, 4);
        if (dorg_nii_exactly(in, b2 + 4, 536, "the header", e)) return e->code;
        if (h->swapped) swap_nifti_header(&h->h2, 2);
        if (memcmp(h->h2.magic, "n+2\0\r\n\032\n", 8) != 0 &&
            memcmp(h->h2.magic, "ni2\0\r\n\032\n", 8) != 0)
            return dorg_fail(e, DORG_EDATA, "not NIfTI-2: a damaged magic number");
        h->pair = h->h2.magic[1] == 'i';
    } else {
        return dorg_fail(e, DORG_EDATA, "not NIfTI: header size %d, expected 348 or 540",
                         size);
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

static int check_dims(struct dorg_nii_head *h, struct dorg_err *e)
{
    int64_t nd = dim_of(h, 0);
    if (nd < 1 || nd > 7) return dorg_fail(e, DORG_EDATA, "%lld dimensions", (long long)nd);
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
        if (i <= 3 && !(isfinite(mm) && (mm > 0 || (mm == 0 && n == 1))))
            return dorg_fail(e, DORG_EDATA, "voxel pitch %g along axis %d", mm, i);
    }
    return check_type(h->version == 1 ? h->h1.datatype : h->h2.datatype, e);
}

/* Our own lines out of the comment extension (ecode 6); others' extensions are passed over. */
int dorg_nii_extensions(char **history, const struct dorg_nii_head *h, struct dorg_in *in,
                        int64_t left, struct dorg_err *e)
{
    char flag[4];
    if (left < 4) return dorg_nii_skip(in, left, e);
    if (dorg_nii_exactly(in, flag, 4, "the header", e)) return e->code;
    left -= 4;
    while (flag[0] && left >= 16) {
        int32_t head[2];
        if (dorg_nii_exactly(in, head, 8, "the header", e)) return e->code;
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
        if (!dorg_nii_exactly(in, text, (size_t)n, "the header", e) &&
            strncmp(text, "#@ ", 3) == 0) {
            char *line = text, *next; /* stored with "#@ " before each line, kept without */
            for (; line && *line && !e->code; line = next) {
                if ((next = strchr(line, '\n'))) *next++ = 0;
                dorg_history_stage(history, strncmp(line, "#@ ", 3) ? line : line + 3, e);
            }
        }
        free(text);
        if (e->code) return e->code;
    }
    return dorg_nii_skip(in, left, e);
}

int dorg_nii_parse(struct dorg_nii_head *h, struct dorg_in *in, bool paired,
                   struct dorg_err *e)
{
    if (read_raw(h, in, e) || check_dims(h, e)) return e->code;
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

static void keep_stored(struct dorg_stored *s, const struct dorg_nii_head *h)
{
    const nifti_image *m = h->nim;
    s->qform_code = (int16_t)m->qform_code;
    s->sform_code = (int16_t)m->sform_code;
    s->units = (int8_t)m->xyz_units;
    s->pixdim[0] = m->qfac < 0 ? -1.0f : 1.0f;
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

/* The canonical grid: permute and flip the stored axes to the order nearest RAS+. */
int dorg_nii_canonical(struct dorg_grid *g, const struct dorg_nii_head *h, struct dorg_err *e)
{
    const nifti_image *m = h->nim;
    struct dorg_stored *s = &g->stored;
    keep_stored(s, h);
    double unit = m->xyz_units == NIFTI_UNITS_METER    ? 1e3
                  : m->xyz_units == NIFTI_UNITS_MICRON ? 1e-3
                                                       : 1;
    nifti_dmat44 a = m->sform_code > 0 ? m->sto_xyz : m->qto_xyz;
    const double pitch[3] = {m->dx, m->dy, m->dz};
    if (m->sform_code <= 0 && m->qform_code <= 0)
        for (int r = 0; r < 3; r++)
            for (int c = 0; c < 4; c++)
                a.m[r][c] = r == c ? pitch[r] : 0;
    int code[3] = {0};
    nifti_dmat44_to_orientation(a, &code[0], &code[1], &code[2]);
    if (!code[0] || !code[1] || !code[2])
        return dorg_fail(e, DORG_EDATA, "the header's affine matrix is singular");
    const int64_t n[3] = {m->nx, m->ny, m->nz};
    for (int r = 0; r < 3; r++)
        g->to_mm[r][3] = (float)(a.m[r][3] * unit);
    double origin[3] = {a.m[0][3], a.m[1][3], a.m[2][3]};
    for (int t = 0; t < 3; t++) {
        int c = (code[t] - 1) / 2;
        s->axis[t] = (int8_t)c;
        s->flip[t] = code[t] % 2 == 0; /* nifticlib's R2L, A2P, S2I are even */
        g->n[c] = (int32_t)n[t];
        double norm = 0, sign = s->flip[t] ? -1 : 1;
        for (int r = 0; r < 3; r++) {
            norm += a.m[r][t] * a.m[r][t];
            g->to_mm[r][c] = (float)(sign * a.m[r][t] * unit);
            if (s->flip[t]) origin[r] += a.m[r][t] * (double)(n[t] - 1);
        }
        g->mm[c] = (float)(sqrt(norm) * unit);
        if (!(isfinite(g->mm[c]) && g->mm[c] > 0))
            return dorg_fail(e, DORG_EDATA, "voxel pitch %g mm along axis %d",
                             (double)g->mm[c], t);
    }
    for (int r = 0; r < 3; r++)
        g->to_mm[r][3] = (float)(origin[r] * unit);
    return 0;
}
