/* maxflow.h - the exact minimum s-t cut of a graph, by maximum flow.
 *
 *   min over x in {0,1}^n (1: source side) of
 *     sum_i  sink[i] x_i + source[i] (1 - x_i)
 *   + sum_e  ab[e] x_a (1 - x_b) + ba[e] (1 - x_a) x_b
 *
 * Source   Roth et al. 2015, sec. 2.6, "min-cut/max-flow"; Boykov and Funka-Lea, IJCV 70
 *          (2006).  The method is the two search trees of Boykov and Kolmogorov, "An
 *          experimental comparison of min-cut/max-flow algorithms for energy minimization
 *          in vision", TPAMI 26 (2004), sec. 3, written from that description.
 * Exact    Capacities are rounded once, to whole multiples of a quantum, and from there on
 *          all arithmetic is on integers: the cut returned is a minimum of the rounded
 *          graph, with no tolerance.  The quantum is the power of two that puts the largest
 *          capacity between 2^29 and 2^30 quanta.  So a float32 capacity within a factor 64
 *          of the largest is not rounded at all, any other by at most 2^-30 of the largest.
 * Ties     Of several minimum cuts the one with the smallest source side is returned: the
 *          nodes the source can still reach.  It is unique: no order of arcs can change it.
 * Limits   Fewer than 2^32 - 3 nodes and 2^31 - 1 edges.  Memory: 24 bytes an edge, 28 a
 *          node.
 * Fails    DORG_EDATA for a capacity that is negative or not finite, or an edge whose end
 *          does not exist; DORG_EIO if memory cannot be had. */
#ifndef DORG_MAXFLOW_H
#define DORG_MAXFLOW_H

#include <stddef.h>
#include <stdint.h>

#include "../base/err.h"

struct dorg_graph { /* borrowed arrays; parallel edges and self-loops are allowed */
    size_t n_nodes, n_edges;
    const float *source, *sink; /* n_nodes: cost of leaving the source's side, the sink's */
    const uint32_t *a, *b;      /* n_edges: the ends */
    const float *ab;            /* n_edges: cost of a on the source side, b on the sink's */
    const float *ba;            /* n_edges: the other way; NULL: as ab */
};

/* side[i] = 1 on the source side, else 0; *cut (may be NULL) = the cost of the cut of the
 * rounded graph. */
int dorg_maxflow(uint8_t *side, double *cut, const struct dorg_graph *g, struct dorg_err *e);

/* The quantum for a largest capacity: a power of two; 1 for 0. */
double dorg_flow_quantum(float largest);

#endif
