/* landmarks.h - where a superpixel lies in the patient, and how bright it is beside the
 * patient's own tissues: features that survive another scanner, field of view and phase.
 *
 * All of it is seen in u = HU to the whole number, cut to 0...255, so a slice stored in a soft
 * tissue window gives the same features as the scan it was taken from.  In each slice:
 *
 *   box      of the soft tissue: pixels u >= 5 that are left by a square erosion of 4 mm; from
 *            quantile 0.02 to 0.98 of them along x, 0.005 to 0.995 along y, grown back
 *   spine    bone, u >= 200, within 45 mm of the box's middle and in the rear 0.6 of its height:
 *            the square of 40 mm around one of its pixels (every fourth is tried) that holds most
 *            of it; s_x the mean x of the bone within 25 and 45 mm (x, y) of that, four times
 *            over; s_y the quantile 0.85 of the y of the bone within 12 and 45 mm.  Less than
 *            100 mm2 of bone: the middle, and 0.4 of the height
 *   muscle   mode of u in [20, 120) beside and behind the spine: 12 < |x - s_x| < 65 mm,
 *            -85 < y - s_y < -30 mm
 *   vessel   greatest of (mean - standard deviation) over squares of half side 5 mm around
 *            points |x - s_x| < 40 mm, 2 < y - s_y < 40 mm: the aorta, as bright as the phase
 *   viscera  median of u in (20, 200) in front of s_y, within the box's x
 *
 * each, but the box, replaced by its median over the slices up to 15 mm away.  Modes are of
 * histograms smoothed twice over 9 bins.  Where a slice shows too few pixels for one (50), the
 * median of the others stands in, and 55, 150, 80 in a scan without any.
 *
 *   lungs    where the lungs end: lungs.h
 *
 * Source  distances to landmarks instead of places in the image: Criminisi et al. 2009 (see
 *         context.h).  The paper's own list is not known: dorg-choices(7). */
#ifndef DORG_LANDMARKS_H
#define DORG_LANDMARKS_H

#include <stdint.h>

#include "body.h"
#include "../base/order.h"

enum { DORG_LANDMARKS = 121 };

struct dorg_landmark {
    int32_t box[4]; /* x lo, x hi, y lo, y hi */
    double spine[2], muscle, vessel, viscera;
};

struct dorg_landmarks {
    struct dorg_landmark *slice; /* owned [nz] */
    double lungs;                /* slice; NaN where none is seen */
};
#define DORG_LANDMARKS_INIT ((struct dorg_landmarks){0, 0})

/* ct: DORG_F32, HU; body: of it. */
int dorg_landmarks_find(struct dorg_landmarks *l, const struct dorg_vol *ct,
                        const struct dorg_body *body, int jobs, struct dorg_err *e);
void dorg_landmarks_free(struct dorg_landmarks *l);

/* One slice, made ready for questions. */
struct dorg_landview {
    int32_t n[2];
    double mm[2];
    const struct dorg_landmark *at;
    int64_t (*sum)[4]; /* owned [n1 + 1][n0 + 1] */
    uint8_t *u;        /* owned [n1][n0] */
};
#define DORG_LANDVIEW_INIT ((struct dorg_landview){{0}, {0}, 0, 0, 0})

int dorg_landview_slice(struct dorg_landview *w, const struct dorg_vol *ct, size_t z,
                        const struct dorg_landmark *at, struct dorg_err *e);
void dorg_landview_free(struct dorg_landview *w);

/* Name of column k. */
void dorg_landmarks_name(char name[32], int k);

/* v[DORG_LANDMARKS] of the superpixel of n pixels whose centroid is (x, y), in voxels; value:
 * room for n floats. */
void dorg_landmarks_at(double v[DORG_LANDMARKS], const struct dorg_landview *w, double x,
                       double y, const uint32_t *pixel, size_t n, float *value);

#endif
