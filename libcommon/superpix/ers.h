/* ers.h - entropy rate superpixels of one grey slice, by exact greedy.
 *
 * The pixels are the nodes of a graph, each joined to its 8 neighbours with weight
 *
 *   w = exp(-d^2 / (2 sigma^2)),  d = |I_a - I_b|, times sqrt(2) for a diagonal pair.
 *
 * With c_a = sum of the weights at a, W = sum of all c_a, and N pixels, the edge set A starts
 * empty and grows by the edge between two components that adds most to
 *
 *   F(A) = H(A) + lambda B(A)
 *   H(A) = -sum_a (c_a / W) sum_b p_ab log2 p_ab,  p_ab = w_ab / c_a for edges in A,
 *          p_aa = 1 - the rest                            the entropy rate of a random walk
 *   B(A) = -sum_i S_i log2 S_i - n_A,  S_i = component i's share of the pixels, n_A components
 *   lambda = lambda' K max_e dH_e / max_e dB_e, both over the single edges at A = {}
 *
 * until K components are left; those are the superpixels.  F is submodular: the gain of an
 * edge never grows, so a stored gain is an upper bound and only the best stored one need be
 * evaluated again; and an edge that is the best at both its components is taken sooner or
 * later, so tiles of the slice can be worked on one by one (ers_tile.c).  The result is that
 * of evaluating every edge at every step.
 *
 * Order.  Weights are rounded to multiples of 2^-50, so that the sums and differences the
 * gains are made of are exact whatever the order of merging, and W dH to multiples of 2^-36
 * (of about 9 at most), so that gains equal but for rounding are equal.  The largest gain goes
 * first; of equal gains, the edge whose first pixel comes first in raster order, and of its
 * edges right, down-left, down, down-right.  So the labels are unique, whatever the machine.
 * If all weights vanish, lambda is 0 and this order alone decides; so it is for N = 2.
 *
 * Air.  With skip_air, the pixels about which 7 by 7 pixels are 0 (beyond the slice counts as
 * 0) and that are 4-connected, through such pixels, to the border of the slice are no nodes
 * of the graph: each 4-connected piece of them is one component, whatever the rest.  Of the
 * N' pixels left, the body and three pixels about it,
 *
 *   K' = K N' / (N' + 0.2 (N - N')), rounded, 1..N',
 *
 * components are made, or one of each 8-connected piece if those are more.  Air being
 * constant, greedy cuts it about a fifth as finely as the body (real slices, K = 250 to 2000,
 * border components counted to the body), so this is what the body gets without skip_air.
 * Apart from K', nothing in the body depends on the air.
 *
 * Source   Liu et al., "Entropy rate superpixel segmentation", CVPR 2011; Roth et al. 2015,
 *          sec. 2.1, for superpixels on axial slices.
 * Silent   K, lambda', sigma, connectivity, window: dorg-choices(7).
 * Shapes   grey uint8[ny][nx]; label int32[ny][nx], from 1 in raster order of first pixels.
 * Bounds   exactly K components (without skip_air), each 8-connected, every pixel in one;
 *          1 <= K <= N. */
#ifndef DORG_ERS_H
#define DORG_ERS_H

#include <stdbool.h>
#include <stdint.h>

#include "../base/err.h"

#define DORG_ERS_AIR_SHARE 0.2 /* of a pixel of the body: above */

struct dorg_ers_param {
    uint32_t k;    /* components, 1..nx*ny */
    double lambda; /* lambda', >= 0 */
    double sigma;  /* grey levels, > 0 */
    bool skip_air; /* leave the air outside the body out */
    uint32_t tile; /* side of a tile, pixels; 0 for 256; the result does not depend on it */
};

struct dorg_ers; /* scratch for slices of one size, reused from slice to slice */

/* DORG_EIO when memory is refused, DORG_EDATA for more than 2^28 pixels.  The caller closes
 * *s. */
int dorg_ers_open(struct dorg_ers **s, int32_t nx, int32_t ny, const struct dorg_ers_param *p,
                  struct dorg_err *e);
void dorg_ers_close(struct dorg_ers *s); /* NULL is allowed */

/* Segment one slice.  DORG_EIO when memory is refused. */
int dorg_ers_run(struct dorg_ers *s, int32_t *label, const uint8_t *grey, struct dorg_err *e);

/* Labels of the slice just run. */
int32_t dorg_ers_labels(const struct dorg_ers *s);

/* F(A) of the slice just run, normalised as above, summed from the gains taken; and the
 * number of gains evaluated on the way. */
double dorg_ers_objective(const struct dorg_ers *s);
uint64_t dorg_ers_evaluated(const struct dorg_ers *s);

#endif
