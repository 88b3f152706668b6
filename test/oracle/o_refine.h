/* o_refine.h - the border band and the least energy, by trying everything */
#ifndef DORG_O_REFINE_H
#define DORG_O_REFINE_H

#include <stdint.h>

struct o_refine {
    int n[3];
    double mm[3];
    const uint8_t *mask;
    const float *hu, *map;
    const float *llr; /* or NULL */
    double width, lambda, sigma, cut, clamp, intensity;
};

/* 1 where a voxel of the other side of the mask is within width. */
void o_band(uint8_t *band, const struct o_refine *r);

/* The energy of a labelling: regional terms of the band, boundary terms of pairs touching it.
 */
double o_refine_energy(const struct o_refine *r, const uint8_t *band, const uint8_t *x);

/* The least energy over all labellings that agree with the mask outside the band, which must
 * hold at most 16 voxels. */
double o_refine_least(const struct o_refine *r, const uint8_t *band);

/* ln of the ratio of the two HU distributions, for voxel i. */
void o_llr(float *llr, const struct o_refine *r, const uint8_t *band);

#endif
