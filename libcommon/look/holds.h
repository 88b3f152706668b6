/* holds.h - what a mask or labels hold: volume, and the scan's HU inside.
 *
 *   ml = n v       v: a voxel's volume        mean, sd (with n - 1) of the scan over n voxels
 *
 * Fails    DORG_EDATA when the two grids differ; DORG_EIO without memory. */
#ifndef DORG_HOLDS_H
#define DORG_HOLDS_H

#include "../file/vol.h"

struct dorg_holds {
    int32_t label;
    uint64_t n;
    double ml, mean, sd, min, max; /* of no voxels NaN, but for ml */
};

/* *h becomes an array of *n, the labels that are there in ascending order; of a volume without
 * any one for label 1.  labels: uint8 or int32, of which at most DORG_HOLDS_MAX; ct: float32.
 * The caller frees. */
enum { DORG_HOLDS_MAX = 65535 };
int dorg_holds(struct dorg_holds **h, size_t *n, const struct dorg_vol *labels,
               const struct dorg_vol *ct, struct dorg_err *e);

/* How a table is written, and what is said beside it. */
struct dorg_holds_style {
    bool json;
    const char *stage, *version; /* the command line; name and version */
    const char *const *note;     /* NAME=VALUE, each name once */
    const char *const *warning;  /* sentences */
    int n_notes, n_warnings;
    const char *history; /* of the labels, or NULL */
};
/* Tab-separated, or one JSON object. */
int dorg_holds_write(struct dorg_out *o, const struct dorg_holds *h, size_t n,
                     const struct dorg_holds_style *style, struct dorg_err *e);

#endif
