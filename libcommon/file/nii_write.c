/* nii_write.c - NIfTI-1 (or -2, when a dimension asks for it), back in the stored order */
#include "nii_in.h"
#include "../base/mem.h"

static void fill1(nifti_1_header *h, const struct dorg_vol *v, const struct dorg_walk *w,
                  int64_t at)
{
    const struct dorg_stored *s = &v->grid.stored;
    h->sizeof_hdr = 348;
    h->regular = 'r';
    h->dim[0] = 3;
    for (int t = 0; t < 7; t++)
        h->dim[t + 1] = (short)(t < 3 ? w->n[t] : 1);
    h->datatype = (short)v->type;
    h->bitpix = (short)(8 * dorg_type_size(v->type));
    for (int t = 0; t < 8; t++)
        h->pixdim[t] = t < 4 ? s->pixdim[t] : 1;
    h->vox_offset = (float)at;
    h->scl_slope = 1;
    h->xyzt_units = (char)s->units;
    h->qform_code = s->qform_code;
    h->sform_code = s->sform_code;
    h->quatern_b = s->quatern[0], h->quatern_c = s->quatern[1], h->quatern_d = s->quatern[2];
    h->qoffset_x = s->qoffset[0], h->qoffset_y = s->qoffset[1], h->qoffset_z = s->qoffset[2];
    memcpy(h->srow_x, s->srow[0], sizeof h->srow_x);
    memcpy(h->srow_y, s->srow[1], sizeof h->srow_y);
    memcpy(h->srow_z, s->srow[2], sizeof h->srow_z);
    memcpy(h->descrip, s->descrip, sizeof h->descrip);
    memcpy(h->aux_file, s->aux_file, sizeof h->aux_file);
    h->intent_code = v->intent == DORG_INTENT_LABELS ? NIFTI_INTENT_LABEL : NIFTI_INTENT_NONE;
    h->cal_max = v->intent == DORG_INTENT_MAP;
    memcpy(h->magic, "n+1", 4);
}

static void fill2(nifti_2_header *h, const struct dorg_vol *v, const struct dorg_walk *w,
                  int64_t at)
{
    const struct dorg_stored *s = &v->grid.stored;
    h->sizeof_hdr = 540;
    memcpy(h->magic, "n+2\0\r\n\032\n", 8);
    h->datatype = (int16_t)v->type;
    h->bitpix = (int16_t)(8 * dorg_type_size(v->type));
    h->dim[0] = 3;
    for (int t = 0; t < 7; t++)
        h->dim[t + 1] = t < 3 ? w->n[t] : 1;
    for (int t = 0; t < 8; t++)
        h->pixdim[t] = t < 4 ? (double)s->pixdim[t] : 1;
    h->vox_offset = at;
    h->scl_slope = 1;
    h->xyzt_units = s->units;
    h->qform_code = s->qform_code;
    h->sform_code = s->sform_code;
    h->quatern_b = (double)s->quatern[0];
    h->quatern_c = (double)s->quatern[1];
    h->quatern_d = (double)s->quatern[2];
    h->qoffset_x = (double)s->qoffset[0];
    h->qoffset_y = (double)s->qoffset[1];
    h->qoffset_z = (double)s->qoffset[2];
    for (int c = 0; c < 4; c++) {
        h->srow_x[c] = (double)s->srow[0][c];
        h->srow_y[c] = (double)s->srow[1][c];
        h->srow_z[c] = (double)s->srow[2][c];
    }
    memcpy(h->descrip, s->descrip, sizeof h->descrip);
    memcpy(h->aux_file, s->aux_file, sizeof h->aux_file);
    h->intent_code = v->intent == DORG_INTENT_LABELS ? NIFTI_INTENT_LABEL : NIFTI_INTENT_NONE;
    h->cal_max = v->intent == DORG_INTENT_MAP;
}

/* "#@ line\n" for each line of history and stage, NUL-padded so that the extension (8 bytes
 * of size and code before it) is a multiple of 16. */
static char *extension(const struct dorg_vol *v, const char *stage, int32_t *size,
                       struct dorg_err *e)
{
    char *lines = NULL, *ext = NULL;
    if (v->history && !(lines = dorg_strdup(v->history, e))) goto done;
    if (dorg_history_stage(&lines, stage, e)) goto done;
    size_t n = 0, at = 8;
    for (const char *p = lines; p && *p; p += strcspn(p, "\n") + 1)
        n += 3 + strcspn(p, "\n") + 1;
    size_t whole = n ? (8 + n + 1 + 15) / 16 * 16 : 0;
    if (whole > DORG_HISTORY_MAX) {
        dorg_fail(e, DORG_EDATA, "a history of more than %d bytes", DORG_HISTORY_MAX);
        goto done;
    }
    if (!(ext = dorg_zeroed(whole, 1, e))) goto done;
    *size = (int32_t)whole;
    int32_t code = NIFTI_ECODE_COMMENT;
    if (whole) memcpy(ext, size, 4), memcpy(ext + 4, &code, 4);
    for (const char *p = lines; p && *p; p += strcspn(p, "\n") + 1) {
        size_t k = strcspn(p, "\n") + 1;
        memcpy(ext + at, "#@ ", 3);
        memcpy(ext + at + 3, p, k);
        at += 3 + k;
    }
done:
    free(lines);
    return ext;
}

static int write_voxels(struct dorg_out *o, const struct dorg_vol *v,
                        const struct dorg_walk *w, struct dorg_err *e)
{
    size_t size = dorg_type_size(v->type), nx = (size_t)w->n[0];
    char *row = dorg_array(nx, size, e);
    for (int32_t k = 0; k < w->n[2] && !e->code; k++)
        for (int32_t j = 0; j < w->n[1] && !e->code; j++) {
            const char *p = (const char *)v->data +
                            (w->start + k * w->step[2] + j * w->step[1]) * (ptrdiff_t)size;
            if (w->step[0] == 1) {
                dorg_out_write(o, p, nx * size, e);
                continue;
            }
            for (size_t i = 0; i < nx; i++)
                memcpy(row + i * size, p + (ptrdiff_t)i * w->step[0] * (ptrdiff_t)size, size);
            dorg_out_write(o, row, nx * size, e);
        }
    free(row);
    return e->code;
}

int dorg_vol_write(struct dorg_out *o, const struct dorg_vol *v, const char *stage,
                   struct dorg_err *e)
{
    struct dorg_walk w;
    nifti_1_header h1 = {0};
    nifti_2_header h2 = {0};
    int32_t n_ext = 0;
    dorg_walk_stored(&w, &v->grid);
    bool two = w.n[0] > INT16_MAX || w.n[1] > INT16_MAX || w.n[2] > INT16_MAX;
    char *ext = extension(v, stage, &n_ext, e);
    if (!ext) return e->code;
    const char flag[4] = {n_ext > 0, 0, 0, 0};
    fill1(&h1, v, &w, 352 + n_ext);
    fill2(&h2, v, &w, 544 + n_ext);
    if (two ? dorg_out_write(o, &h2, sizeof h2, e) : dorg_out_write(o, &h1, sizeof h1, e))
        goto done;
    if (dorg_out_write(o, flag, 4, e) || dorg_out_write(o, ext, (size_t)n_ext, e)) goto done;
    write_voxels(o, v, &w, e);
done:
    free(ext);
    return e->code;
}
