/* measure.c - the measures of one pair of volumes */
#include "measure.h"
#include "../file/grid.h"
#include "../base/mem.h"
#include "surf.h"

const char *const dorg_measure_name[DORG_N_MEASURES] = {
    "n_ref",   "n_pred",    "tp",     "fp",           "fn",      "dsc",
    "jaccard", "precision", "recall", "volume_error", "assd_mm", "hd_mm",
    "hd95_mm", "nsd",       "ref_ml", "pred_ml",      "diff_ml"};

double dorg_measure_worst(int measure)
{
    switch (measure) {
    case DORG_DSC:
    case DORG_JACCARD:
    case DORG_PRECISION:
    case DORG_RECALL:
    case DORG_NSD:
        return 0;
    case DORG_ASSD:
    case DORG_HD:
    case DORG_HD95:
        return INFINITY;
    default:
        return NAN;
    }
}

void dorg_score_failed(struct dorg_score *s, const char *why)
{
    for (int m = 0; m < DORG_N_MEASURES; m++)
        s->value[m] = NAN;
    s->threshold = NAN;
    snprintf(s->status, sizeof s->status, "failed: %s", why);
    for (char *p = s->status; *p; p++)
        if ((unsigned char)*p < ' ') *p = ' ';
}

static double ratio(double a, double b, double if_none)
{
    return b > 0 ? a / b : if_none;
}

void dorg_score_counts(struct dorg_score *s, uint64_t n_ref, uint64_t n_pred, uint64_t tp,
                       enum dorg_empty rule)
{
    bool both = n_ref == 0 && n_pred == 0;
    bool good = rule == DORG_EMPTY_ONE;
    double r = (double)n_ref, p = (double)n_pred, t = (double)tp, *v = s->value;
    double none = rule == DORG_EMPTY_ZERO ? 0 : good && both ? 1 : NAN;
    double far = isnan(none) ? NAN : good ? 0 : INFINITY;
    v[DORG_N_REF] = r;
    v[DORG_N_PRED] = p;
    v[DORG_TP] = t;
    v[DORG_FP] = p - t;
    v[DORG_FN] = r - t;
    v[DORG_DSC] = ratio(2 * t, r + p, none);
    v[DORG_JACCARD] = ratio(t, r + p - t, none);
    v[DORG_PRECISION] = ratio(t, p, none);
    v[DORG_RECALL] = ratio(t, r, none);
    v[DORG_VOLUME_ERROR] = ratio(p - r, r, p > 0 ? INFINITY : NAN);
    v[DORG_ASSD] = v[DORG_HD] = v[DORG_HD95] = both ? far : n_ref && n_pred ? NAN : INFINITY;
    v[DORG_NSD] = both ? none : n_ref && n_pred ? NAN : 0;
    snprintf(s->status, sizeof s->status, "%s",
             both          ? "both_empty"
             : n_ref == 0  ? "ref_empty"
             : n_pred == 0 ? "pred_empty"
                           : "ok");
}

void dorg_score_volumes(struct dorg_score *s, double ml)
{
    double *v = s->value;
    v[DORG_REF_ML] = v[DORG_N_REF] * ml;
    v[DORG_PRED_ML] = v[DORG_N_PRED] * ml;
    v[DORG_DIFF_ML] = (v[DORG_N_PRED] - v[DORG_N_REF]) * ml;
}

static void no_distances(struct dorg_score *s)
{
    for (int m = DORG_ASSD; m <= DORG_NSD; m++)
        s->value[m] = NAN;
}

void dorg_score_absent(struct dorg_score *s, const struct dorg_score_opt *opt)
{
    s->threshold = NAN;
    dorg_score_counts(s, 0, 0, 0, opt->empty);
    dorg_score_volumes(s, 0);
    if (opt->no_surface) no_distances(s);
}

static int one_label(struct dorg_score *s, const struct dorg_shared *o,
                     const struct dorg_vol *pred, const struct dorg_vol *ref,
                     const struct dorg_score_opt *opt, struct dorg_err *e)
{
    struct dorg_bits b = {0};
    struct dorg_surf d;
    s->label = o->label;
    s->threshold = NAN;
    dorg_score_counts(s, o->n_ref, o->n_pred, o->tp, opt->empty);
    dorg_score_volumes(s, dorg_grid_voxel_ml(&ref->grid));
    if (opt->no_surface) {
        no_distances(s);
        return 0;
    }
    if (o->n_ref == 0 || o->n_pred == 0) return 0;
    if (dorg_overlap_box(&b, o, pred, ref, opt->jobs, e)) return e->code;
    if (!dorg_surf(&d, &b, opt->tolerance_mm, opt->jobs, e)) {
        s->value[DORG_ASSD] = d.assd;
        s->value[DORG_HD] = d.hd;
        s->value[DORG_HD95] = d.hd95;
        s->value[DORG_NSD] = d.nsd;
    }
    dorg_bits_free(&b);
    return e->code;
}

static int all_labels(struct dorg_score **s, size_t *n, const struct dorg_vol *pred,
                      const struct dorg_vol *ref, const struct dorg_score_opt *opt,
                      struct dorg_err *e)
{
    int32_t *found = NULL;
    const int32_t *label = opt->label;
    struct dorg_shared *o = NULL;
    *n = opt->n_labels;
    if (!*n) {
        if (dorg_overlap_labels(&found, n, pred, ref, e)) return e->code;
        label = found;
    }
    if (!(o = dorg_array(*n, sizeof *o, e))) goto done;
    if (!(*s = dorg_zeroed(*n, sizeof **s, e))) goto done;
    if (*n && dorg_overlap(o, label, *n, pred, ref, opt->jobs, e)) goto done;
    for (size_t i = 0; i < *n && !e->code; i++)
        one_label(*s + i, o + i, pred, ref, opt, e);
done:
    free(found);
    free(o);
    if (e->code) {
        free(*s);
        *s = NULL;
    }
    return e->code;
}

int dorg_score(struct dorg_score **s, size_t *n, const struct dorg_vol *pred,
               const struct dorg_vol *ref, const struct dorg_score_opt *opt,
               struct dorg_err *e)
{
    struct dorg_vol turned = DORG_VOL_INIT;
    *s = NULL;
    *n = 0;
    if (!opt->ignore_geometry) {
        if (dorg_grid_within(&pred->grid, &ref->grid, opt->grid_mm, e)) return e->code;
        return all_labels(s, n, pred, ref, opt, e);
    }
    if (dorg_grid_by_index(&turned, pred, &ref->grid, (const bool[3]){false}, e))
        return e->code;
    all_labels(s, n, &turned, ref, opt, e);
    dorg_vol_free(&turned);
    return e->code;
}
