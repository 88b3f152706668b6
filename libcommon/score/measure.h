/* measure.h - how well a mask agrees with the truth: one row of measures per case and label.
 *
 *   fp = n_pred - tp, fn = n_ref - tp
 *   DSC = 2 tp / (n_ref + n_pred)          Jaccard = tp / (n_ref + n_pred - tp)
 *   precision = tp / n_pred                recall = tp / n_ref
 *   volume error = (n_pred - n_ref) / n_ref
 *   volumes in mL: n_ref and n_pred voxels of the truth's grid; difference = mask - truth
 *   ASSD, HD, HD95, NSD: surf.h; thresholds of a probability map: sweep.h
 *
 * A mask without a voxel.  A missed organ (pred empty, ref not) or an invented one (ref
 * empty, pred not) has DSC, Jaccard and NSD 0 and distances INFINITY, whatever the rule.
 * With both empty they are 0/0, and the rule decides: NaN ("NA"; the default), or 1 and
 * distance 0 (one, and roth: the authors' evaluation code), or 0 and INFINITY (zero).
 * Precision with no prediction and recall with no truth are 0/0: NaN, under `zero` 0, and
 * under `one` or `roth` 1 when both are empty.
 *
 * Source   Roth et al. 2015, sec. 3; paper.md 10.3.
 * Silent   the empty rule, the surface distance: dorg-choices(7).
 * Fails    DORG_EDATA when the grids disagree by more than the tolerance; DORG_EIO. */
#ifndef DORG_MEASURE_H
#define DORG_MEASURE_H

#include "overlap.h"

enum dorg_measure {
    DORG_N_REF,
    DORG_N_PRED,
    DORG_TP,
    DORG_FP,
    DORG_FN,
    DORG_DSC,
    DORG_JACCARD,
    DORG_PRECISION,
    DORG_RECALL,
    DORG_VOLUME_ERROR,
    DORG_ASSD,
    DORG_HD,
    DORG_HD95,
    DORG_NSD,
    DORG_REF_ML,
    DORG_PRED_ML,
    DORG_DIFF_ML,
    DORG_N_MEASURES
};
extern const char *const dorg_measure_name[DORG_N_MEASURES]; /* column names, units in them */

enum dorg_empty { DORG_EMPTY_NAN, DORG_EMPTY_ONE, DORG_EMPTY_ZERO };

struct dorg_score {
    int32_t label;                 /* DORG_LABEL_ANY: whatever is not 0 */
    double threshold;              /* of the map; NaN for a mask */
    double value[DORG_N_MEASURES]; /* NaN: undefined */
    char status[160];              /* ok, ref_empty, pred_empty, both_empty, failed: why */
};

struct dorg_score_opt {
    enum dorg_empty empty;
    double tolerance_mm;  /* of NSD */
    double grid_mm;       /* corners of the two grids may lie this far apart */
    bool ignore_geometry; /* compare the stored voxels one by one, in ref's millimetres */
    bool no_surface;      /* leave distances NaN */
    const int32_t *label; /* the labels to score ... */
    size_t n_labels;      /* ... 0: all that either volume holds */
    int jobs;
};

/* *s becomes an array of *n scores in the order of the labels; the caller's. */
int dorg_score(struct dorg_score **s, size_t *n, const struct dorg_vol *pred,
               const struct dorg_vol *ref, const struct dorg_score_opt *opt,
               struct dorg_err *e);

/* The measures that need only counts, from n_ref, n_pred and tp; status; empty rule. */
void dorg_score_counts(struct dorg_score *s, uint64_t n_ref, uint64_t n_pred, uint64_t tp,
                       enum dorg_empty rule);

/* The measures in mL, from n_ref and n_pred; ml: of one voxel. */
void dorg_score_volumes(struct dorg_score *s, double ml);

/* The row of a label that neither volume holds, as dorg_score would have given it. */
void dorg_score_absent(struct dorg_score *s, const struct dorg_score_opt *opt);

/* The row of a case that could not be scored: every measure NaN, status "failed: why". */
void dorg_score_failed(struct dorg_score *s, const char *why);

/* The worst a measure can be: what a failed case counts as.  NaN if it has none. */
double dorg_measure_worst(int measure);

#endif
