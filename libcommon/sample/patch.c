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

int dorg_patch_cut_axial(uint8_t *dst, const struct dorg_vol *ct, const struct dorg_vol *map,
                         const uint64_t *at, size_t n, const struct dorg_axial *k, int jobs,
                         struct dorg_err *e)
{
    struct dorg_axial one = *k;
    size_t grey = (size_t)k->channels * dorg_pixel(k->size, 0, k->size);
    if (map) one.apart = 2 * k->channels;
    if (dorg_axial(dst, ct->data, ct->grid.n, at, n, &one, jobs, e) || !map) return e->code;
    return dorg_axial(dst + grey, map->data, map->grid.n, at, n, &one, jobs, e);
}

static struct dorg_rec_shape shape_of(const struct dorg_patch *p, bool map)
{
    const uint32_t side = (uint32_t)p->size;
    struct dorg_rec_shape s = {DORG_REC_PATCH, 3, side, side, {0}, p->pitch_mm, {0}};
    memcpy(s.window_hu, p->window_hu, sizeof s.window_hu);
    if (!p->axial) return s;
    s.kind = map ? DORG_REC_AXIAL_MAP : DORG_REC_AXIAL;
    s.c = (uint32_t)p->axial * (map ? 2 : 1);
    s.pitch_mm = p->axial_mm[0];
    memcpy(s.wider_mm, p->axial_mm + 1, sizeof s.wider_mm);
    return s;
}

static int put_all(struct dorg_out *o, const struct dorg_patch_case *c, const uint64_t *at,
                   const uint8_t *label, size_t n, const struct dorg_patch *p,
                   const struct dorg_kernels *k, const char *history, const char *stage,
                   struct dorg_err *e)
{
    struct dorg_rec_writer w;
    const struct dorg_vol *ct = &c->ct, *map = c->map.data ? &c->map : NULL;
    struct dorg_rec_shape shape = shape_of(p, map != NULL);
    struct dorg_patch25 cut;
    struct dorg_axial axial;
    dorg_patch_steps(&cut, &ct->grid, p->size, p->pitch_mm);
    dorg_patch_axial(&axial, &ct->grid, p->size, p->axial, p->axial_mm);
    size_t one = dorg_rec_pixels(&shape), area = dorg_area(ct->grid.n);
    uint8_t *pixels = dorg_array(one, BLOCK, e);
    if (!pixels || dorg_rec_begin(&w, o, &shape, history, stage, e)) goto done;
    for (size_t i = 0; i < n; i += BLOCK) {
        size_t m = n - i < BLOCK ? n - i : BLOCK;
        if (p->axial ? dorg_patch_cut_axial(pixels, ct, map, at + i, m, &axial, p->jobs, e)
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

/* On one grid, and their histories after one another. */
static int together(char **history, const struct dorg_patch_case *c, struct dorg_err *e)
{
    const struct dorg_vol *all[] = {&c->ct, &c->mask, &c->truth, &c->map};
    for (int i = 0; i < 4; i++)
        if (all[i]->data && (dorg_grid_same(&c->ct.grid, &all[i]->grid, e) ||
                             dorg_history_add(history, all[i]->history, e)))
            return e->code;
    return 0;
}

int dorg_patch_write(struct dorg_out *o, struct dorg_patch_case *c, const struct dorg_patch *p,
                     const struct dorg_kernels *k, const char *stage, struct dorg_err *e)
{
    uint64_t *at = NULL;
    uint8_t *label = NULL, *keep = NULL;
    const uint8_t *truth = c->truth.data;
    char *history = NULL;
    size_t n = 0;
    if (c->map.data && !p->axial)
        return dorg_fail(e, DORG_EUSAGE, "a map goes with axial patches only");
    if (together(&history, c, e)) goto done;
    if (dorg_pixels_ct_vol(&c->ct, p->window_hu, e)) goto done;
    if (c->map.data && dorg_pixels_map_vol(&c->map, e)) goto done;
    if (dorg_sample_grid(&at, &n, &c->mask, p->stride, p->stride_z, e)) goto done;
    label = dorg_array(n, 1, e);
    keep = dorg_array(n, 1, e);
    if (e->code) goto done;
    for (size_t i = 0; i < n; i++)
        label[i] = truth ? truth[at[i]] != 0 : DORG_LABEL_UNKNOWN;
    if (dorg_sample_choose(keep, label, at, n, &p->choice, e)) goto done;
    n = squeeze(at, label, keep, n);
    put_all(o, c, at, label, n, p, k, history, stage, e);
done:
    free(at);
    free(label);
    free(keep);
    free(history);
    return e->code;
}

void dorg_patch_free(struct dorg_patch_case *c)
{
    dorg_vol_free(&c->ct);
    dorg_vol_free(&c->mask);
    dorg_vol_free(&c->truth);
    dorg_vol_free(&c->map);
}
