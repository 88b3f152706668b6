/* tps.h - thin-plate-spline deformations of small windows.
 *
 *   t(x) = x + u(x),   u(x) = sum_i c_i phi(|x - p_i|) + A x + b,   phi(r) = r
 *
 * with u(p_i) = d_i at every landmark p_i and the side conditions
 *
 *   sum_i c_i = 0,   sum_i c_i p_i = 0
 *
 * The landmarks never move, only their displacements change, and those on the border are 0: so
 * the system is solved once per window size, for one basis function per inner landmark, and a
 * field is
 *
 *   u = sum_k d_k B_k,   B_k(p_j) = 1 if j = k, else 0
 *
 * Source   Roth et al. 2015, sec. 2.4; landmarks and kernel as in the authors' library
 *          (paper.md 7): fixed ones along all four borders every ceil(side/3) pixels and on a
 *          ring one such step outside; moving ones on a grid about the centre, spaced
 *          side/sqrt(points), 3 x 3 for 5 points.
 * Silent   the amplitude (5% of the side, at least 1 pixel, uniform and independent per axis)
 *          and whether the far corner is pinned (it is): dorg-choices(7).
 * Shapes   uint8[c][h][w]; the same field moves every channel; the warp is backward (a pixel
 *          of the output is read at t(x)), linear, clamped at the border, rounded half up. */
#ifndef DORG_TPS_H
#define DORG_TPS_H

#include <stddef.h>
#include <stdint.h>

#include "../base/err.h"
#include "../file/io.h"

struct dorg_tps_opts {
    double amplitude; /* largest displacement as a fraction of the side; 0: none */
    int points;       /* the authors' number: floor(sqrt(points)/2) rings about the centre */
    int r2logr;       /* phi(r) = r^2 log r instead of r */
    uint64_t seed;
};
#define DORG_TPS_OPTS_INIT ((struct dorg_tps_opts){.amplitude = 0.05, .points = 5})

struct dorg_tps {
    struct dorg_tps_opts opts;
    int w, h, n_land, n_move; /* landmarks in all; the last n_move of them move */
    double *land;             /* owned: n_land x (x, y), in pixels */
    double *coef;             /* owned: n_move x (n_land + 3): c_i, then b, A x, A y */
    float *basis;             /* owned: float[h][n_move][w], the B_k at the pixels */
};
#define DORG_TPS_INIT ((struct dorg_tps){0})
enum { DORG_TPS_MAX_MOVE = 81 };

/* Landmarks, solution and basis images of a w x h window.  DORG_EUSAGE for a side below 4 or
 * above 1024, points outside 1..99, an amplitude outside 0..0.5. */
int dorg_tps_new(struct dorg_tps *t, int w, int h, const struct dorg_tps_opts *o,
                 struct dorg_err *e);
void dorg_tps_free(struct dorg_tps *t);

/* B_k at any point, in double, from the coefficients. */
double dorg_tps_basis(const struct dorg_tps *t, int k, double x, double y);

/* The largest displacement along x and y, in pixels: amplitude * side, and at least 1 unless
 * the amplitude is 0. */
void dorg_tps_reach(double reach[2], const struct dorg_tps *t);

/* Displacements of deformation `deform` of `item`: d[0..n_move) along x, then along y,
 * uniform in [-reach, reach]. */
void dorg_tps_draw(const struct dorg_tps *t, float *d, uint64_t item, uint32_t deform);

/* Floats of scratch that dorg_tps_warp needs. */
size_t dorg_tps_scratch(const struct dorg_tps *t);

/* dst: uint8[c][h][w], may not alias src. */
void dorg_tps_warp(uint8_t *dst, const uint8_t *src, int c, const struct dorg_tps *t,
                   const float *d, float *scratch);

struct dorg_kernels; /* ../kernels/kernels.h */

/* Records in, records out: each as it is (unless `only`) and then `count` deformed copies,
 * deform = 1..count.  A copy depends on the record's own numbers, not on its place in the
 * stream.  DORG_EDATA for a record that is a deformed copy already. */
int dorg_tps_stream(struct dorg_out *out, struct dorg_in *in, const struct dorg_tps_opts *o,
                    int count, int only, const char *stage, const struct dorg_kernels *k,
                    int jobs, struct dorg_err *e);

#endif
