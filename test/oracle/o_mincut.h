/* o_mincut.h - minimum cuts by trying all 2^n of them, from the equation of the energy alone
 */
#ifndef DORG_O_MINCUT_H
#define DORG_O_MINCUT_H

#include <stdint.h>

struct o_cut {
    int n, m;                    /* nodes (at most 20), edges */
    double source[20], sink[20]; /* cost of being on the sink's side, the source's */
    int a[200], b[200];
    double ab[200], ba[200]; /* cost of a on the source's side and b not; the other way */
};

/* Cost of the cut whose source side is the set bits of x. */
double o_cut_cost(const struct o_cut *g, uint32_t x);

/* The least cost, and the intersection of the source sides of all cuts that have it. */
double o_cut_least(const struct o_cut *g, uint32_t *smallest);

#endif
