/* sample.h - which voxels, superpixels or pairs become examples.
 *
 * Grid: the voxels of a mask whose x and y are multiples of `stride` and whose z is one of
 * `stride_z` (canonical indices, from 0).  A mask that has voxels, but none of these, gives
 * all its voxels, so that nothing is lost silently.
 *
 * Choice: balance keeps every example of the reference class (pancreas; the border, for
 * pairs) and of each other class a random subset no larger than that; max_n limits what is
 * kept to floor(max_n / classes) of each class (balance), or to max_n in all (without).
 * Random means: the examples with the smallest Philox(seed, DORG_RNG_SAMPLE, id), so that
 * neither order nor threads matter, and a larger max_n keeps what a smaller one kept.
 *
 * Source   Roth et al. 2015, sec. 2.2, "every n voxels".  Balance as the first author's
 *          balancing script: all positives, as many negatives at random (paper.md 4).
 * Silent   n, and the balance: dorg-choices(7). */
#ifndef DORG_SAMPLE_H
#define DORG_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "../base/err.h"
#include "../file/vol.h"

/* *at: owned by the caller, *n ascending voxel indices.  mask: DORG_U8. */
int dorg_sample_grid(uint64_t **at, size_t *n, const struct dorg_vol *mask, int stride,
                     int stride_z, struct dorg_err *e);

/* The strides that take a voxel about every mm[0] in x and y and every mm[1] in z: the whole
 * number of voxels nearest to that, at least 1.  mm[i] = 0 leaves a stride as it is. */
void dorg_sample_every(int *stride, int *stride_z, const double mm[2], const float pitch[3]);

struct dorg_choice {
    bool balance;
    uint64_t max_n; /* 0: no limit */
    uint64_t seed;
    uint32_t classes;   /* 2 or 3 */
    uint32_t reference; /* the class that balance keeps whole */
};

/* keep[i] = 1 for the chosen of n examples.  label[i]: class, or DORG_LABEL_UNKNOWN;
 * DORG_EDATA if balance is asked of an unknown one. */
int dorg_sample_choose(uint8_t *keep, const uint8_t *label, const uint64_t *id, size_t n,
                       const struct dorg_choice *c, struct dorg_err *e);

#endif
