/* truth.h - superpixels against the truth: overlaps, label rules, the optimal DSC.
 *
 * For superpixel i of a label volume and a truth mask G:
 *
 *   area_i = voxels,  inside_i = voxels in G,  f_i = inside_i / area_i
 *   coverage:F   label 1  iff  f >= F
 *   dice:D       label 1  iff  2f / (1 + f) >= D   (the Dice of the superpixel and the part
 *                              of it inside G)
 *   optimal      the labels x in {0,1}^n that maximise
 *                DSC(x) = 2 sum x_i inside_i / (sum x_i area_i + |G|)
 *
 * The maximum is linear-fractional: it keeps exactly the superpixels with f > DSC* / 2, so
 * sorting by f and trying every prefix finds it.  All comparisons that decide a label are
 * exact.  Ties: when f = DSC* / 2 either label is optimal, and the label is 0; so of all
 * optimal labellings it is the smallest, and it is unique.
 *
 * Source   Roth et al. 2015, sec. 2.1, "optimal superpixel labels achieve a DSC upper-bound
 *          and are used for supervised learning"; the column Opt. of Table 1.
 * Silent   which rule gave the training labels: dorg-choices(7), coverage:0.5. */
#ifndef DORG_TRUTH_H
#define DORG_TRUTH_H

#include <stddef.h>
#include <stdint.h>

#include "../base/err.h"
#include "../file/vol.h"

enum dorg_truth_kind { DORG_TRUTH_COVERAGE, DORG_TRUTH_DICE, DORG_TRUTH_OPTIMAL };

struct dorg_truth_rule {
    enum dorg_truth_kind kind;
    double cut; /* F or D, in (0, 1]; unused by optimal */
};
#define DORG_TRUTH_RULE_DEFAULT "coverage:0.5"

/* "coverage:F", "dice:D" (a number in (0, 1], 0.5 when ":..." is left out) or "optimal".
 * DORG_EUSAGE for anything else. */
int dorg_truth_rule_parse(struct dorg_truth_rule *r, const char *s, struct dorg_err *e);

struct dorg_truth_overlap { /* one superpixel */
    int32_t id;
    int32_t z;      /* its lowest slice */
    int64_t area;   /* voxels, at least 1 */
    int64_t inside; /* of them, in the truth */
};

struct dorg_truth {
    size_t n;
    struct dorg_truth_overlap *sp; /* owned: n superpixels, ascending in id */
    int64_t truth_voxels;          /* |G|, counting voxels that no superpixel covers too */
};
#define DORG_TRUTH_INIT ((struct dorg_truth){0})

/* Count.  labels: DORG_I32, 0 = none; truth: DORG_U8, anything but 0 is inside.
 * DORG_EDATA when the grids disagree or a label is negative. */
int dorg_truth_count(struct dorg_truth *s, const struct dorg_vol *labels,
                     const struct dorg_vol *truth, struct dorg_err *e);

void dorg_truth_free(struct dorg_truth *s);

/* f of superpixel i, in [0, 1]. */
double dorg_truth_coverage(const struct dorg_truth *s, size_t i);

/* Label all superpixels: truth[i] = 0 or 1, i < n.  With no truth voxel all are 0. */
int dorg_truth_apply(uint8_t *truth, const struct dorg_truth *s,
                     const struct dorg_truth_rule *r, struct dorg_err *e);

/* The upper bound (column Opt.): DSC of the optimal labelling; NaN when G is empty. */
int dorg_truth_optimum(double *dsc, const struct dorg_truth *s, struct dorg_err *e);

#endif
