/* pconv.c - the P-ConvNet's map of a scan */
#include "pconv.h"

#include "../base/mem.h"
#include "../sample/nearest.h"
#include "../file/rec.h"
#include "../sample/patch.h"
#include "../file/pixels.h"

struct source {
    const struct dorg_vol *ct;
    const uint64_t *at;
    const struct dorg_kernels *k;
    struct dorg_patch25 cut;
    struct dorg_axial axial;
};

static int cut(uint8_t *dst, void *ctx, size_t first, size_t n, struct dorg_err *e)
{
    const struct source *s = ctx;
    if (s->axial.channels)
        return dorg_axial(dst, s->ct->data, s->ct->grid.n, s->at + first, n, &s->axial, 1, e);
    return s->k->patch25(dst, s->ct->data, s->ct->grid.n, s->at + first, n, &s->cut, 1, e);
}

/* Every engine is given these patches: none cuts them itself. */
static int axial(float *prob, struct dorg_ensemble *a, struct source *s, size_t n,
                 struct dorg_err *e)
{
    const struct dorg_net *net = a->net;
    float mm[DORG_AXIAL_MAX] = {net->pitch_mm};
    memcpy(mm + 1, net->wider_mm, sizeof net->wider_mm);
    dorg_patch_axial(&s->axial, &s->ct->grid, net->cfg.size, net->cfg.channels, mm);
    return dorg_ensemble_run(prob, a, n, cut, s, e);
}

int dorg_pconv_open(struct dorg_ensemble *a, const struct dorg_net *net,
                    const struct dorg_ensemble_opts *o, struct dorg_err *e)
{
    bool wide = net->kind == DORG_REC_AXIAL;
    if (wide && net->cfg.channels > DORG_AXIAL_MAX)
        return dorg_fail(e, DORG_EDATA, "a net of %d axial channels; at most %d",
                         net->cfg.channels, DORG_AXIAL_MAX);
    return dorg_ensemble_open(a, net, wide ? DORG_REC_AXIAL : DORG_REC_PATCH,
                              wide ? net->cfg.channels : 3, 2, o, e);
}

int dorg_pconv(struct dorg_vol *map, struct dorg_vol *ct, const struct dorg_vol *mask,
               struct dorg_ensemble *a, const struct dorg_kernels *k,
               const struct dorg_pconv *p, struct dorg_err *e)
{
    struct source s = {.ct = ct, .k = k};
    uint64_t *at = NULL;
    float *prob = NULL;
    size_t n = 0, classes = a->classes;
    if (dorg_grid_same(&ct->grid, &mask->grid, e)) goto done;
    if (dorg_pixels_ct_vol(ct, a->net->window_hu, e)) goto done;
    if (dorg_sample_grid(&at, &n, mask, p->stride, p->stride_z, e)) goto done;
    if (!(prob = dorg_array(n, classes * sizeof *prob, e))) goto done;
    s.at = at;
    dorg_patch_steps(&s.cut, &ct->grid, a->net->cfg.size, a->net->pitch_mm);
    struct dorg_cut c = {.volume = {ct->data}, .count = n, .at = at, .patch = s.cut};
    memcpy(c.n, ct->grid.n, sizeof c.n);
    if (a->net->kind == DORG_REC_AXIAL ? axial(prob, a, &s, n, e)
                                       : dorg_ensemble_cut(prob, a, &c, cut, &s, e))
        goto done;
    if (dorg_vol_like(map, ct, DORG_F32, e)) goto done;
    map->intent = DORG_INTENT_MAP;
    if (dorg_history_add(&map->history, mask->history, e)) goto done;
    for (size_t i = 0; i < n; i++)
        ((float *)map->data)[at[i]] = prob[i * classes + 1];
    dorg_nearest_fill(map, mask, at, n, p->jobs, e);
done:
    free(at);
    free(prob);
    return e->code;
}
