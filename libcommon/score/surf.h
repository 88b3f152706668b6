/* surf.h - distances between the surfaces of two masks, in millimetres.
 *
 * The surface of a mask is its voxels with at least one of six face neighbours outside it
 * (what lies outside the volume is outside the mask); distances are between voxel centres.
 * With S and T the two surfaces and d(s, T) = min over t in T of |s - t|:
 *
 *   ASSD   (sum_S d(s, T) + sum_T d(t, S)) / (|S| + |T|)            mean over both together
 *   HD     max(max_S d(s, T), max_T d(t, S))
 *   HD95   max(P95_S d(s, T), P95_T d(t, S))     the larger of the two directed percentiles,
 *          each by linear interpolation between order statistics (position 0.95 (n - 1))
 *   NSD    (#{S: d <= tau} + #{T: d <= tau}) / (|S| + |T|)
 *
 * Source   Roth et al. 2015, sec. 3, "surface-to-surface distance" (ASSD);
 *          Heimann et al., IEEE TMI 28 (2009); Huttenlocher et al. (1993); Nikolov et al.
 *          (2018), here on voxels instead of surface elements.
 * Silent   the paper does not define its surface distance: dorg-choices(7).
 * Silent   a pitch of 0.8 mm is a float a little off 0.8: tau is taken a millionth longer.
 * Bounds   0 <= ASSD <= HD, 0 <= HD95 <= HD, 0 <= NSD <= 1; swapping the masks changes
 *          nothing but the last bit of ASSD.
 * Fails    DORG_EIO without memory. */
#ifndef DORG_SURF_H
#define DORG_SURF_H

#include "bits.h"

struct dorg_surf {
    double assd, hd, hd95, nsd;
};

/* Between the box's two masks, neither empty. */
int dorg_surf(struct dorg_surf *s, const struct dorg_bits *b, double tolerance_mm, int jobs,
              struct dorg_err *e);

#endif
