/* o_dist.h - surfaces and distances by looking at every pair of voxels */
#ifndef O_DIST_H
#define O_DIST_H

#include <stddef.h>
#include <stdint.h>

/* Distances of every surface voxel of mask a from the nearest of mask b, ascending; returns
 * how many.  Masks: n[0]*n[1]*n[2] bytes, x fastest, a bit set in `bit`. */
size_t o_dist(double *d, const uint8_t *mask, uint8_t a, uint8_t b, const int n[3],
              const double mm[3]);

/* Two-sided p of Wilcoxon's W+ for n untied ranks, by going through all 2^n signs. */
double o_wilcoxon_exact(int n, double w_plus);

/* P(|T| > t) of Student's t with df degrees of freedom, by Simpson's rule on the density. */
double o_student(double t, double df);

#endif
