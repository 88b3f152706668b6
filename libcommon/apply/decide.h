/* decide.h - from a map to a mask, of a plausible volume where that is asked for.
 *
 *   mask = map >= c',   c' = c, or the cut nearest to c that leaves a volume within [lo, hi]
 *
 * A map's own values decide: c' is raised to the smallest value that leaves at most hi mL, or
 * lowered to the largest that leaves at least lo mL (and never to 0, which is no opinion).
 * Values that are equal stay together, so a volume may miss the range by them.
 *
 * Source   the paper calibrates one cut for all (sec. 3, Fig. 5); a net that meets another
 *          scanner is surer or less sure of itself, while the organ's volume hardly differs.
 * Numbers  compared in float, as maps are stored. */
#ifndef DORG_DECIDE_H
#define DORG_DECIDE_H

#include "../file/vol.h"

struct dorg_decide {
    double cut;
    double ml[2]; /* lo <= hi; both 0: no range */
};

/* mask becomes a DORG_U8 volume like map, which is DORG_F32; *used: the cut that was made.
 * DORG_EUSAGE for a range that is none, DORG_EIO without memory. */
int dorg_decide(struct dorg_vol *mask, float *used, const struct dorg_vol *map,
                const struct dorg_decide *o, struct dorg_err *e);

#endif
