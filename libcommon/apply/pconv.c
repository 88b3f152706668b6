/* pconv.c - the P-ConvNet's map of a scan */
#include "pconv.h"

#include "../base/mem.h"
#include "../sample/nearest.h"
#include "../sample/patch.h"
#include "../file/pixels.h"

struct source {
    const struct dorg_vol *ct;
    const uint64_t *at;
    const struct dorg_kernels *k;
    struct dorg_patch25 cut;
};

static int cut(uint8_t *dst, void *ctx, size_t first, size_t n, struct dorg_err *e)
{
    const struct source *s = ctx;
    return s->k->patch25(dst, s->ct->data, s->ct->grid.n, s->at + first, n, &s->cut, 1, e);
}

int dorg_pconv(struct dorg_vol *map, struct dorg_vol *ct, const struct dorg_vol *mask,
               struct dorg_ensemble *a, const struct dorg_kernels *k,
               const struct dorg_pconv *p, struct dorg_err *e)
{
    struct source s = {.ct = ct, .k = k};
    uint64_t *at = NULL;
    float *prob = NULL;
    size_t n = 0, classes = (size_t)a->net->cfg.classes;
    if (dorg_grid_same(&ct->grid, &mask->grid, e)) goto done;
    if (dorg_pixels_ct_vol(ct, a->net->window_hu, e)) goto done;
    if (dorg_sample_grid(&at, &n, mask, p->stride, p->stride_z, e)) goto done;
    if (!(prob = dorg_array(n, classes * sizeof *prob, e))) goto done;
    s.at = at;
    dorg_patch_steps(&s.cut, &ct->grid, a->net->cfg.size, a->net->pitch_mm);
    struct dorg_cut c = {.volume = {ct->data}, .count = n, .at = at, .patch = s.cut};
    memcpy(c.n, ct->grid.n, sizeof c.n);
    if (dorg_ensemble_cut(prob, a, &c, cut, &s, e)) goto done;
    if (dorg_vol_like(map, ct, DORG_F32, e)) goto done;
    if (dorg_history_add(&map->history, mask->history, e)) goto done;
    for (size_t i = 0; i < n; i++)
        ((float *)map->data)[at[i]] = prob[i * classes + 1];
    dorg_nearest_fill(map, mask, at, n, p->jobs, e);
done:
    free(at);
    free(prob);
    return e->code;
}
