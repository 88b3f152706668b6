/* sweep.c - two histograms of a map, inside and outside the truth */
#include "sweep.h"
#include "../file/grid.h"
#include "../base/mem.h"
#include "../base/par.h"

int dorg_cuts_of(struct dorg_cuts *c, const double *v, int n, struct dorg_err *e)
{
    double lo = n == 3 ? v[0] : 0, hi = n == 3 ? v[1] : 1, step = n == 3 ? v[2] : n ? v[0] : 1;
    *c = (struct dorg_cuts){0, lo, step};
    if (n == 0) return 0;
    if ((n != 1 && n != 3) || !(step > 0) || !(hi >= lo))
        return dorg_fail(e, DORG_EUSAGE, "--sweep: expected step or lo,hi,step");
    if ((hi - lo) / step > 10000)
        return dorg_fail(e, DORG_EUSAGE, "--sweep: more than 10000 thresholds");
    c->n = (size_t)floor((hi - lo) / step + 1e-9) + 1;
    return 0;
}

double dorg_cut(const struct dorg_cuts *c, size_t i)
{
    return round((c->lo + (double)i * c->step) * 1e9) / 1e9; /* 0.15, no digits beyond */
}

struct sweep {
    const struct dorg_vol *map, *ref;
    int32_t label;
    const float *cut;
    size_t n_cuts;
    uint64_t *bin; /* [nz][2][n_cuts + 1]: truth no or yes, thresholds passed */
};

static size_t passed(const struct sweep *s, float p)
{
    size_t lo = 0, hi = s->n_cuts;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (p >= s->cut[mid])
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static int slice(void *ctx, size_t z, size_t worker, struct dorg_err *e)
{
    (void)worker, (void)e;
    const struct sweep *s = ctx;
    const int32_t *n = s->map->grid.n;
    size_t plane = dorg_area(n), width = s->n_cuts + 1;
    uint64_t *bin = s->bin + z * 2 * width;
    const float *p = dorg_vol_slice(s->map, z);
    const uint8_t *narrow = (const uint8_t *)s->ref->data + z * plane;
    const int32_t *wide = (const int32_t *)s->ref->data + z * plane;
    size_t of_zero = passed(s, 0.0f);
    for (size_t i = 0; i < plane; i++) {
        int32_t v = s->ref->type == DORG_U8 ? narrow[i] : wide[i];
        bool in = s->label == DORG_LABEL_ANY ? v != 0 : v == s->label;
        bin[in * width + (p[i] == 0 ? of_zero : passed(s, p[i]))]++;
    }
    return 0;
}

static int one_label(struct dorg_score *row, struct sweep *s, const struct dorg_cuts *cuts,
                     const struct dorg_score_opt *opt, struct dorg_err *e)
{
    size_t width = s->n_cuts + 1, nz = (size_t)s->map->grid.n[2];
    memset(s->bin, 0, nz * 2 * width * sizeof *s->bin);
    if (dorg_par(nz, opt->jobs, slice, s, e)) return e->code;
    uint64_t *sum = s->bin;
    for (size_t z = 1; z < nz; z++)
        for (size_t k = 0; k < 2 * width; k++)
            sum[k] += s->bin[z * 2 * width + k];
    uint64_t tp = 0, fp = 0, n_ref = 0;
    for (size_t k = 0; k < width; k++)
        n_ref += sum[width + k];
    for (size_t k = s->n_cuts; k > 0; k--) {
        tp += sum[width + k];
        fp += sum[k];
        struct dorg_score *r = row + k - 1;
        r->label = s->label;
        r->threshold = dorg_cut(cuts, k - 1);
        dorg_score_counts(r, n_ref, tp + fp, tp, opt->empty);
        dorg_score_volumes(r, dorg_grid_voxel_ml(&s->ref->grid));
        for (int m = DORG_ASSD; m <= DORG_NSD; m++)
            r->value[m] = NAN;
    }
    return 0;
}

static int all_labels(struct dorg_score **out, size_t *n, struct sweep *s,
                      const struct dorg_cuts *cuts, const struct dorg_score_opt *opt,
                      struct dorg_err *e)
{
    size_t labels = opt->n_labels ? opt->n_labels : 1;
    float *cut = dorg_array(s->n_cuts, sizeof *cut, e);
    s->cut = cut;
    for (size_t i = 0; cut && i < s->n_cuts; i++)
        cut[i] = (float)dorg_cut(cuts, i);
    s->bin = dorg_array((size_t)s->map->grid.n[2], 2 * (s->n_cuts + 1) * sizeof *s->bin, e);
    *out = dorg_zeroed(labels * s->n_cuts, sizeof **out, e);
    for (size_t i = 0; i < labels && !e->code; i++) {
        s->label = opt->n_labels ? opt->label[i] : DORG_LABEL_ANY;
        one_label(*out + i * s->n_cuts, s, cuts, opt, e);
    }
    *n = labels * s->n_cuts;
    free(cut);
    free(s->bin);
    if (e->code) {
        free(*out);
        *out = NULL;
        *n = 0;
    }
    return e->code;
}

int dorg_sweep(struct dorg_score **s, size_t *n, const struct dorg_vol *map,
               const struct dorg_vol *ref, const struct dorg_cuts *cuts,
               const struct dorg_score_opt *opt, struct dorg_err *e)
{
    struct dorg_vol turned = DORG_VOL_INIT;
    struct sweep w = {.map = map, .ref = ref, .n_cuts = cuts->n};
    *s = NULL;
    *n = 0;
    if (opt->ignore_geometry) {
        if (dorg_grid_by_index(&turned, map, &ref->grid, (const bool[3]){false}, e))
            return e->code;
        w.map = &turned;
    } else if (dorg_grid_within(&map->grid, &ref->grid, opt->grid_mm, e)) {
        return e->code;
    }
    all_labels(s, n, &w, cuts, opt, e);
    dorg_vol_free(&turned);
    return e->code;
}
