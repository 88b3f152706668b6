/* bins.h - training rows of a forest, a byte per value.
 *
 * Each feature is cut into at most 255 bins; bin b holds edge[b-1] < x <= edge[b].  Edges lie
 * midway between neighbouring values of a sample: all distinct values when there are few,
 * else 127 quantiles of each class, so that a rare class is resolved as well as a common one.
 *
 * Bounds  memory is n_features + 42 bytes per row, 2 * 32768 sampled rows of floats, and one
 *         table at a time where rows need their neighbours.  Rows beyond `max_rows` are
 *         avoided by leaving out rows of the larger class at random, which -v reports. */
#ifndef DORG_BINS_H
#define DORG_BINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/err.h"
#include "rows.h"

enum { DORG_BINS_MOST = 255 };

struct dorg_bins {
    size_t n, cap;
    uint32_t n_features;
    float **edge; /* owned: edge[f][0..n_edges[f]), ascending */
    uint32_t *n_edges;
    uint8_t **col;  /* owned: col[f][row], the bin */
    uint8_t *flag;  /* DORG_BINS_TRUTH, DORG_BINS_TRAIN */
    uint8_t *share; /* of DORG_BINS_SHARES, how much of the row is class 1 */
    uint64_t *row_key, *unit_key;
    float *inside; /* truth voxels (or mm2) of the row: what recall counts */
    float *area;   /* all voxels (or mm2) of the row */
    uint32_t *case_no;
    uint32_t n_cases;
    double *case_total; /* [n_cases]: truth of all rows, those not kept here included */
    size_t n_train[2];  /* training rows per class */
    uint64_t shares[2]; /* of the training rows, per class */
    size_t n_ambiguous, n_left_out, n_dropped; /* not trained on; over max_rows; by level 1 */
};
#define DORG_BINS_INIT ((struct dorg_bins){0})
enum { DORG_BINS_TRUTH = 1, DORG_BINS_TRAIN = 2, DORG_BINS_SHARES = 64 };

struct dorg_bins_opt {
    size_t max_rows;
    bool hard; /* a row is of class `truth`; else its coverage counts for class 1 and the rest
                  for class 0, so that p estimates the coverage (up to class weights) */
    double
        ambiguous[2]; /* rows with truth 0 and coverage strictly between are not trained on */
    uint64_t seed;
};

/* Two passes over the source, for f, of which case_key and what tells units apart are set.
 * DORG_EDATA when a class has no row. */
int dorg_bins_read(struct dorg_bins *d, struct dorg_rows *s, const struct dorg_bins_opt *o,
                   const struct dorg_forest *f, struct dorg_err *e);
void dorg_bins_free(struct dorg_bins *d);

/* Bin of x: the number of edges below x. */
static inline uint8_t dorg_bins_of(const float *edge, uint32_t n, float x)
{
    uint32_t lo = 0;
    while (n > 0) { /* branch-free in effect: both arms are moves */
        uint32_t half = (n + 1) / 2;
        if (edge[lo + half - 1] < x) {
            lo += half;
            n -= half;
        } else {
            n = half - 1;
        }
    }
    return (uint8_t)lo;
}

#endif
