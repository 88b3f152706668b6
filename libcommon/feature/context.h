/* context.h - what lies around a point of an axial slice: organs are known by their
 * neighbours, and above all by the fat between them.
 *
 *   For a square box of half side h mm around (x, y), cut at the slice's border,
 *     fat  = share of its pixels with HU in [-150, -30]
 *     soft = mean HU of its pixels with HU in [-20, 240), HU taken to whole numbers;
 *            -50 where these are less than a fiftieth of the box
 *   for five boxes around the point itself (h = 3, 6, 12, 24, 48 mm), and for boxes of
 *   h = 0.35 d around the points d = 12, 24, 45, 70 mm away in 8 directions, 45 degrees apart
 *   from +x towards +y.
 *
 *   Place from the spine: s_x = mean x, s_y = 85th percentile of y (its front) of the bone:
 *   pixels above 180 HU in the body's box of the slice, within 0.15 of its width of its
 *   middle and in the rear 0.6 of its height; the middle, and 0.3 of the height, where there
 *   are less than 40 mm2 of them.  Offsets in mm, distance, direction atan2(dx, dy).
 *
 * Source  features by displaced boxes: Criminisi et al., "Decision forests with long-range
 *         spatial context for organ localization in CT volumes", MICCAI-PMMIA 2009.  The
 *         paper's own list is not known: dorg-choices(7).
 * Bounds  fat is rounded to 0.001 and soft to 0.1 HU: tables are text. */
#ifndef DORG_CONTEXT_H
#define DORG_CONTEXT_H

#include <stdint.h>

#include "../file/vol.h"

enum { DORG_CONTEXT = 78 };

struct dorg_context { /* one slice, made again for each */
    int32_t n[2];
    double mm[2];
    int64_t (*sum)[3]; /* owned [n1 + 1][n0 + 1]: fat, soft, soft's HU above -20 */
    double spine[2];   /* voxels */
    uint32_t *rows;    /* owned [n1] */
};
#define DORG_CONTEXT_INIT ((struct dorg_context){{0}, {0}, 0, {0}, 0})

/* The name of column k: fat_r3, soft_r3 ... fat_12_0 ... spine_turn. */
void dorg_context_name(char name[32], int k);

/* Look at slice z; box = x lo, x hi, y lo, y hi of the body in it.  Arrays are made or
 * reused.  DORG_EIO without memory. */
int dorg_context_slice(struct dorg_context *c, const struct dorg_vol *ct, size_t z,
                       const int32_t box[4], struct dorg_err *e);

/* v[DORG_CONTEXT] around (x, y), in voxels. */
void dorg_context_at(double v[DORG_CONTEXT], const struct dorg_context *c, double x, double y);
void dorg_context_free(struct dorg_context *c);

/* box = x lo, x hi, y lo, y hi of the pixels, those at hi left out, within half mm of (x, y), cut
 * at the border of n pixels of mm. */
void dorg_context_box(int32_t box[4], double x, double y, double half, const double mm[2],
                      const int32_t n[2]);

#endif
