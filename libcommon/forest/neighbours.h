/* neighbours.h - features from the neighbours' probabilities, for a cascade's second level.
 *
 * Neighbours of a superpixel are the 6 nearest by centroid in its slice and the 3 nearest in
 * each of the slices z - 1 and z + 1; only rows of the table count.  From first-level
 * probabilities p1:
 *
 *   p1                           its own
 *   nb_min, nb_mean, nb_max      over the 6 in its slice
 *   adj_min, adj_mean, adj_max   over those of the slices beside it
 *   near_2, near_4, near_8       p1 after 2, 4, 8 rounds of q_i <- (q_i + sum of q over the
 *                                neighbours) / (1 + their number)
 *
 * Without any neighbour of a kind, a row's own p1 stands in.
 *
 * Source  "two-level cascade of random forests": Roth et al. 2015, sec. 2.1; paper.md 3.3.
 * Silent  which neighbours, which statistics: our choice.  Needs columns z, x_mm, y_mm. */
#ifndef DORG_NEIGHBOURS_H
#define DORG_NEIGHBOURS_H

#include "../file/tab.h"

enum { DORG_NEIGHBOURS = 10 };
extern const char *const dorg_neighbours_name[DORG_NEIGHBOURS];

/* out[n_rows][DORG_NEIGHBOURS] from p1[n_rows].  DORG_EDATA when a column is missing. */
int dorg_neighbours(float (*out)[DORG_NEIGHBOURS], const struct dorg_tab *t, const float *p1,
                    int jobs, struct dorg_err *e);

/* p[n_rows] averaged up and down: over the row itself and, in each other slice within 2.5 sigma
 * (mm), the row whose centroid is nearest, with weights exp(-d^2 / (2 sigma^2)), d the
 * distance of the slices.  What one slice alone takes for the organ seldom is.  Needs column z_mm
 * too; a lone slice stays as it is. */
int dorg_neighbours_along(float *p, const struct dorg_tab *t, double sigma, int jobs,
                          struct dorg_err *e);

#endif
