/* pconv.c - the P-ConvNet's map of a scan */
#include "pconv.h"

#include "../base/mem.h"
#include "../sample/nearest.h"
#include "../sample/coarse.h"
#include "../file/rec.h"
#include "../sample/patch.h"
#include "../file/pixels.h"

struct source {
    const struct dorg_vol *ct, *map; /* map: or NULL */
    const uint64_t *at;
    const struct dorg_kernels *k;
    struct dorg_patch25 cut;
    struct dorg_axial axial;
};

static int cut(uint8_t *dst, void *ctx, size_t first, size_t n, struct dorg_err *e)
{
    const struct source *s = ctx;
    if (s->axial.channels)
        return dorg_patch_cut_axial(dst, s->ct, s->map, s->at + first, n, &s->axial, 1, e);
    return s->k->patch25(dst, s->ct->data, s->ct->grid.n, s->at + first, n, &s->cut, 1, e);
}

static int axial(float *prob, struct dorg_ensemble *a, struct source *s, struct dorg_cut *c,
                 struct dorg_err *e)
{
    const struct dorg_net *net = a->net;
    float mm[DORG_AXIAL_MAX] = {net->pitch_mm};
    memcpy(mm + 1, net->wider_mm, sizeof net->wider_mm);
    dorg_patch_axial(&s->axial, &s->ct->grid, net->cfg.size,
                     dorg_rec_pitches(net->kind, net->cfg.channels), mm);
    /* engines cut from the scan alone */
    if (s->map || dorg_area(c->n) > DORG_AXIAL_CUT_MOST)
        return dorg_ensemble_run(prob, a, c->count, cut, s, e);
    c->axial = &s->axial;
    return dorg_ensemble_cut(prob, a, c, cut, s, e);
}

static bool takes_map(const struct dorg_net *net)
{
    return net->kind == DORG_REC_AXIAL_MAP;
}

static bool wide(const struct dorg_net *net)
{
    return net->kind == DORG_REC_AXIAL || net->kind == DORG_REC_AXIAL_MAP;
}

int dorg_pconv_open(struct dorg_ensemble *a, const struct dorg_net *net,
                    const struct dorg_ensemble_opts *o, struct dorg_err *e)
{
    int n = dorg_rec_pitches(net->kind, net->cfg.channels);
    if (n > DORG_AXIAL_MAX || n < 1)
        return dorg_fail(e, DORG_EDATA, "a net of %d axial pitches; at most %d", n,
                         DORG_AXIAL_MAX);
    if (!wide(net)) return dorg_ensemble_open(a, net, DORG_REC_PATCH, 3, 2, o, e);
    return dorg_ensemble_open(a, net, net->kind, takes_map(net) ? 2 * n : n, 2, o, e);
}

void dorg_pconv_free(struct dorg_pconv_case *c)
{
    dorg_vol_free(&c->ct);
    dorg_vol_free(&c->mask);
    dorg_vol_free(&c->map);
}

/* What the net takes is there, on one grid, as bytes. */
static int prepare(struct dorg_pconv_case *c, const struct dorg_net *net, struct dorg_err *e)
{
    bool map = c->map.data != NULL;
    if (map != takes_map(net))
        return dorg_fail(e, DORG_EDATA,
                         map ? "the net takes no probability map"
                             : "the net needs a probability map");
    if (dorg_grid_same(&c->ct.grid, &c->mask.grid, e)) return e->code;
    if (map &&
        (dorg_grid_same(&c->ct.grid, &c->map.grid, e) || dorg_pixels_map_vol(&c->map, e)))
        return e->code;
    return dorg_pixels_ct_vol(&c->ct, net->window_hu, e);
}

/* The nets' probability of class 1 at n voxels, into p0. */
static int look(struct dorg_vol *p0, const struct dorg_pconv_case *c, struct dorg_ensemble *a,
                const struct dorg_kernels *k, const uint64_t *at, size_t n, struct dorg_err *e)
{
    const struct dorg_net *net = a->net;
    struct source s = {.ct = &c->ct, .map = c->map.data ? &c->map : NULL, .at = at, .k = k};
    float *prob = n ? dorg_array(n, a->classes * sizeof *prob, e) : NULL;
    if (!prob) return e->code;
    dorg_patch_steps(&s.cut, &c->ct.grid, net->cfg.size, net->pitch_mm);
    struct dorg_cut plan = {.volume = {c->ct.data}, .count = n, .at = at, .patch = s.cut};
    memcpy(plan.n, c->ct.grid.n, sizeof plan.n);
    if (wide(net) ? !axial(prob, a, &s, &plan, e)
                  : !dorg_ensemble_cut(prob, a, &plan, cut, &s, e))
        for (size_t i = 0; i < n; i++)
            ((float *)p0->data)[at[i]] = prob[i * a->classes + 1];
    free(prob);
    return e->code;
}

int dorg_pconv(struct dorg_vol *p0, struct dorg_pconv_case *c, struct dorg_ensemble *a,
               const struct dorg_kernels *k, const struct dorg_pconv *p, struct dorg_err *e)
{
    struct dorg_coarse two = DORG_COARSE_INIT;
    uint64_t *at = NULL;
    size_t n = 0;
    if (prepare(c, a->net, e)) goto done;
    if (dorg_sample_grid(&at, &n, &c->mask, p->stride, p->stride_z, e)) goto done;
    if (dorg_vol_like(p0, &c->ct, DORG_F32, e)) goto done;
    p0->intent = DORG_INTENT_MAP;
    if (dorg_history_add(&p0->history, c->mask.history, e) ||
        dorg_history_add(&p0->history, c->map.history, e))
        goto done;
    const int32_t step[3] = {p->coarse * p->stride, p->coarse * p->stride,
                             p->coarse * p->stride_z};
    if (dorg_coarse_split(&two, at, n, c->ct.grid.n, step, e)) goto done;
    if (look(p0, c, a, k, two.first, two.n_first, e)) goto done;
    dorg_coarse_near(&two, c->mask.data, p0->data, p->near);
    if (look(p0, c, a, k, two.then, two.n_then, e)) goto done;
    dorg_nearest_fill(p0, &c->mask, at, dorg_coarse_merge(at, &two), p->jobs, e);
done:
    dorg_coarse_free(&two);
    free(at);
    return e->code;
}
