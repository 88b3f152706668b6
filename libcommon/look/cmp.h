/* cmp.h - are two files of one kind equal within a tolerance?
 *
 * Two numbers agree when |a - b| <= absolute + relative * max(|a|, |b|).  Histories are not
 * compared: they say how, not what.  Everything else is: grids (0.01 mm) and voxels, whatever
 * type they are stored as; column names, row count, ids and values; record shapes, windows,
 * fields (exactly) and pixels; net layers (text), mean images and parameters; forest operating
 * points, features, and every node of every tree.
 *
 * A comparison that cannot be made is never "equal": an empty stream, NaN, a stream cut
 * short, junk, or two kinds are DORG_EDATA. */
#ifndef DORG_CMP_H
#define DORG_CMP_H

#include <stdbool.h>

#include "../file/sniff.h"

struct dorg_cmp {
    double absolute, relative; /* tolerance; each >= 0 */
    bool differ;               /* the answer */
    char text[512];            /* the kind when equal; else what differs, worst first */
};

/* Compare a with b. */
int dorg_cmp_inputs(struct dorg_cmp *c, struct dorg_in *a, struct dorg_in *b,
                    struct dorg_err *e);

#endif
