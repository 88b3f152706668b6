/* flow.h - family talk between maxflow.c (build, read off) and flow_trees.c (solve) */
#ifndef DORG_FLOW_H
#define DORG_FLOW_H

#include "maxflow.h"

enum flow_tree { FLOW_FREE = 0, FLOW_SOURCE = 1, FLOW_SINK = 2 };

#define FLOW_NONE UINT32_MAX           /* no parent; not in the queue */
#define FLOW_TERMINAL (UINT32_MAX - 1) /* the parent is the terminal itself */
#define FLOW_ORPHAN (UINT32_MAX - 2)   /* the parent was lost */

struct flow_node {
    uint32_t first;  /* its arcs are arc[first .. next node's first) */
    uint32_t parent; /* arc towards the parent, or one of the above */
    uint32_t stamp;  /* when dist was known to be right */
    uint32_t dist;   /* arcs to the terminal along the tree */
    uint32_t queued; /* next active node, itself if the last; FLOW_NONE: not active */
    int32_t rest;    /* > 0: residual from the source; < 0: minus that to the sink */
    uint32_t tree;   /* enum flow_tree */
};

struct flow_arc {
    uint32_t head;
    uint32_t twin;
    int32_t rest; /* residual capacity; with the twin's below 2^31 */
};

struct flow {
    uint32_t n_nodes, n_arcs;
    struct flow_node *node; /* n_nodes + 1 */
    struct flow_arc *arc;
    uint32_t queue_head, queue_tail; /* active nodes, first come first served */
    uint32_t *orphan;
    size_t n_orphan, orphan_cap, orphan_at;
    uint32_t time; /* one tick per augmentation */
    int64_t value; /* flow so far, in quanta */
};

/* Raise the flow to its maximum; then tree == FLOW_SOURCE exactly for the nodes the source
 * reaches.  DORG_EIO if memory for the orphans cannot be had. */
int dorg_flow_solve(struct flow *f, struct dorg_err *e);

#endif
