/* phantom.h - a made-up abdomen: CT, pancreas mask and organ labels from a seed.
 *
 * Every organ is a soft implicit surface: d(x) is its signed distance in mm (negative inside),
 * a(x) = clamp(1/2 - d(x)/w, 0, 1) its share of a voxel of in-plane pitch w, and organs are
 * painted one over the other, v <- v + a (hu - v); slices thicker than 1.6 mm are the mean of
 * several thinner ones.  That is the partial volume.  Noise is white, smoothed in the plane,
 * rounded with the value to whole HU.
 *
 * The pancreas lies in the C of the duodenum, runs over the splenic vein to the hilum of the
 * spleen, and has the HU of bowel wall, collapsed bowel and weakly filled vessels.  How much
 * fat lies around it, its shape, size and enhancement vary with the seed.
 *
 * Source   none: organ positions and HU are anatomy's, rounded; dorg-choices(7).
 * Frame    mm, RAS+: x to the patient's right, y to the front, z to the head.
 * Bytes    a function of the seed, the grid and the options alone: integer hashing and IEEE
 *          add, multiply, divide and square root, never libm, whatever the number of jobs. */
#ifndef DORG_PHANTOM_H
#define DORG_PHANTOM_H

#include <stdint.h>

#include "../base/err.h"
#include "../file/vol.h"

/* Values of the organ labels. */
enum dorg_organ {
    DORG_ORGAN_NONE, /* air, fat, table */
    DORG_ORGAN_PANCREAS,
    DORG_ORGAN_LIVER,
    DORG_ORGAN_SPLEEN,
    DORG_ORGAN_KIDNEY,
    DORG_ORGAN_STOMACH,
    DORG_ORGAN_DUODENUM,
    DORG_ORGAN_BOWEL,
    DORG_ORGAN_COLON,
    DORG_ORGAN_ARTERY,
    DORG_ORGAN_VEIN,
    DORG_ORGAN_GALLBLADDER, /* and bile duct */
    DORG_ORGAN_ADRENAL,
    DORG_ORGAN_NODE,
    DORG_ORGAN_MUSCLE, /* and skin */
    DORG_ORGAN_BONE,
    DORG_ORGAN_LUNG,
    DORG_ORGAN_COUNT
};

struct dorg_phantom {
    uint64_t seed;
    int32_t n[3];
    float mm[3];    /* pitch; 0: chosen so that the grid shows the whole patient */
    float noise_hu; /* standard deviation; negative: drawn from the seed, 10 to 18 */
    float fat;      /* 0 lean to 1; negative: drawn from the seed */
};
#define DORG_PHANTOM_INIT                                                                     \
    ((struct dorg_phantom){.n = {192, 192, 72}, .noise_hu = -1, .fat = -1})

/* ct becomes int16 HU; truth (may be NULL) uint8, 1 where at least half of the voxel is
 * pancreas; organs (may be NULL) uint8, enum dorg_organ.  The caller frees all three.
 * DORG_EUSAGE for a grid out of range (each n 16 to 2048, mm 0.1 to 20), DORG_EIO for memory.
 */
int dorg_phantom_make(struct dorg_vol *ct, struct dorg_vol *truth, struct dorg_vol *organs,
                      const struct dorg_phantom *p, int jobs, struct dorg_err *e);

#endif
