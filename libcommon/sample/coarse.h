/* coarse.h - samples in two steps: those of a coarse grid first, then those near a promising one.
 *
 *   C    the samples whose x, y and z are multiples of step[0..2]
 *   then the samples s outside C for which some c in C with |s_a - c_a| <= step[a], a = 0..2,
 *        has p(c) >= near, and those for which there is no such c in C at all
 *
 * With step 1 all samples are in C. */
#ifndef DORG_COARSE_H
#define DORG_COARSE_H

#include <stddef.h>
#include <stdint.h>

#include "../base/err.h"

struct dorg_coarse {
    int32_t n[3], step[3];
    uint64_t *first, *then; /* owned: voxel indices, ascending */
    size_t n_first, n_then;
};
#define DORG_COARSE_INIT ((struct dorg_coarse){0})

/* at: ascending indices of voxels of a grid of n.  first is C, then all others. */
int dorg_coarse_split(struct dorg_coarse *c, const uint64_t *at, size_t count,
                      const int32_t n[3], const int32_t step[3], struct dorg_err *e);

/* Leave in `then` what the definition says.  mask: uint8_t[voxels]; at multiples of the steps it
 * is not 0 exactly at C.  p: float[voxels], set at C. */
void dorg_coarse_near(struct dorg_coarse *c, const uint8_t *mask, const float *p, float near);

/* Both, ascending, into at, which has room for them; how many they are. */
size_t dorg_coarse_merge(uint64_t *at, const struct dorg_coarse *c);

void dorg_coarse_free(struct dorg_coarse *c);

#endif
