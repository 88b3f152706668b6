/* patch.c - 2.5-D patches of a scan as records */
#include "patch.h"
#include "../base/mem.h"
#include "../file/rec.h"
#include "../file/pixels.h"

enum { BLOCK = 512 }; /* patches cut at a time */

void dorg_patch_steps(struct dorg_patch25 *k, const struct dorg_grid *g, int size,
                      float pitch_mm)
{
    double pitch = pitch_mm > 0 ? (double)pitch_mm : (double)g->mm[0];
    k->size = size;
    for (int a = 0; a < 3; a++)
        k->step[a] = pitch / (double)g->mm[a];
}

int dorg_patch_pitches(struct dorg_patch *p, const double *mm, int n, struct dorg_err *e)
{
    if (n > DORG_AXIAL_MAX)
        return dorg_fail(e, DORG_EUSAGE, "%d pitches; at most %d", n, DORG_AXIAL_MAX);
    p->axial = n;
    for (int i = 0; i < n; i++)
        p->axial_mm[i] = (float)mm[i];
    return 0;
}

void dorg_patch_axial(struct dorg_axial *k, const struct dorg_grid *g, int size, int channels,
                      const float *pitch_mm)
{
    *k = (struct dorg_axial){.size = size, .channels = channels};
    for (int i = 0; i < channels; i++)
        for (int a = 0; a < 2; a++)
            k->side[i][a] = (double)pitch_mm[i] / (double)g->mm[a];
}

/* Drop the voxels that are not chosen; gives how many stay. */
static size_t squeeze(uint64_t *at, uint8_t *label, const uint8_t *keep, size_t n)
{
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (keep[i]) {
            at[m] = at[i];
            label[m++] = label[i];
        }
    return m;
}

static int put_all(struct dorg_out *o, const struct dorg_vol *ct, const uint64_t *at,
                   const uint8_t *label, size_t n, const struct dorg_patch *p,
                   const struct dorg_kernels *k, const char *history, const char *stage,
                   struct dorg_err *e)
{
    struct dorg_rec_writer w;
    const uint32_t side = (uint32_t)p->size;
    struct dorg_rec_shape shape = {DORG_REC_PATCH, 3, side, side, {0}, p->pitch_mm, {0}};
    memcpy(shape.window_hu, p->window_hu, sizeof shape.window_hu);
    struct dorg_patch25 cut;
    struct dorg_axial axial;
    dorg_patch_steps(&cut, &ct->grid, p->size, p->pitch_mm);
    dorg_patch_axial(&axial, &ct->grid, p->size, p->axial, p->axial_mm);
    if (p->axial) {
        shape.kind = DORG_REC_AXIAL;
        shape.c = (uint32_t)p->axial;
        shape.pitch_mm = p->axial_mm[0];
        memcpy(shape.wider_mm, p->axial_mm + 1, sizeof shape.wider_mm);
    }
    size_t one = dorg_rec_pixels(&shape), area = dorg_area(ct->grid.n);
    uint8_t *pixels = dorg_array(one, BLOCK, e);
    if (!pixels || dorg_rec_begin(&w, o, &shape, history, stage, e)) goto done;
    for (size_t i = 0; i < n; i += BLOCK) {
        size_t m = n - i < BLOCK ? n - i : BLOCK;
        if (p->axial ? dorg_axial(pixels, ct->data, ct->grid.n, at + i, m, &axial, p->jobs, e)
                     : k->patch25(pixels, ct->data, ct->grid.n, at + i, m, &cut, p->jobs, e))
            goto done;
        for (size_t j = 0; j < m; j++) {
            struct dorg_rec r = {
                .id = at[i + j], .slice = (uint32_t)(at[i + j] / area), .label = label[i + j]};
            if (dorg_rec_put(&w, &r, pixels + j * one, e)) goto done;
        }
    }
    dorg_rec_end(&w, e);
done:
    free(pixels);
    return e->code;
}

int dorg_patch_write(struct dorg_out *o, struct dorg_vol *ct, const struct dorg_vol *mask,
                     const struct dorg_vol *truth, const struct dorg_patch *p,
                     const struct dorg_kernels *k, const char *stage, struct dorg_err *e)
{
    uint64_t *at = NULL;
    uint8_t *label = NULL, *keep = NULL;
    char *history = NULL;
    size_t n = 0;
    if (dorg_grid_same(&ct->grid, &mask->grid, e)) goto done;
    if (truth && dorg_grid_same(&ct->grid, &truth->grid, e)) goto done;
    if (dorg_history_add(&history, ct->history, e)) goto done;
    if (dorg_history_add(&history, mask->history, e)) goto done;
    if (truth && dorg_history_add(&history, truth->history, e)) goto done;
    if (dorg_pixels_ct_vol(ct, p->window_hu, e)) goto done;
    if (dorg_sample_grid(&at, &n, mask, p->stride, p->stride_z, e)) goto done;
    label = dorg_array(n, 1, e);
    keep = dorg_array(n, 1, e);
    if (e->code) goto done;
    for (size_t i = 0; i < n; i++)
        label[i] = truth ? ((const uint8_t *)truth->data)[at[i]] != 0 : DORG_LABEL_UNKNOWN;
    if (dorg_sample_choose(keep, label, at, n, &p->choice, e)) goto done;
    n = squeeze(at, label, keep, n);
    put_all(o, ct, at, label, n, p, k, history, stage, e);
done:
    free(at);
    free(label);
    free(keep);
    free(history);
    return e->code;
}
