/* confide.h - what to think of a mask that no truth is known of, by what a model has seen.
 *
 *   nothing found; a volume below half the least or above twice the most that the organ has
 *                                                              not to be trusted
 *   what the map takes for the organ at its own cut, before any volume was asked for, is below
 *   the least or above the most; half of it, twice of it       1; 2
 *   the mask is less than 0.6 of all that was cut: in pieces   1
 *   soft tissue is darker or brighter: another contrast phase  2
 *   pixels of another pitch; slices that are thicker           1 each
 *
 * Without a doubt a mask is good, with doubts of 2 and more together doubtful, else fair.
 *
 * Source   not in the paper; weights chosen by us.
 * Numbers  measures are rounded as dorg-info and dorg-tissue write them, so that a limit given in
 *          decimals is met by what is shown as it. */
#ifndef DORG_CONFIDE_H
#define DORG_CONFIDE_H

#include <stdbool.h>

#include "../file/vol.h"

struct dorg_confide { /* measured */
    double ml;        /* of the mask, */
    double cut_ml;    /* of all that was cut, */
    double map_ml;    /* of the map at its own cut */
    double mean;      /* of the map in the mask */
    double bright;    /* mean HU of the soft tissue */
    float mm[3];      /* the scan's pitch */
};
struct dorg_confide_known {                          /* lo, hi of each */
    const double *volume, *bright, *pixels, *slices; /* volume 0,0: of a part of a body */
};

/* The mask's voxels that are not 0 (DORG_U8), in mL. */
double dorg_confide_ml(const struct dorg_vol *mask);

/* Lines NAME=value: volume_ml, certainty, confidence (good, fair or doubtful), and a line
 * doubt=... for each reason.  *trusted: as above. */
int dorg_confide(struct dorg_out *o, bool *trusted, const struct dorg_confide *c,
                 const struct dorg_confide_known *k, struct dorg_err *e);

/* A sentence if pixels or slices are a quarter or more outside of what is known, else nothing. */
int dorg_confide_far(struct dorg_out *o, const float mm[3], const struct dorg_confide_known *k,
                     struct dorg_err *e);

#endif
