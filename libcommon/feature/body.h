/* body.h - where the patient is: the frame for normalised positions.
 *
 *   body = largest 3-D component (6-neighbours) of the voxels above -500 HU, each slice
 *          eroded by a cross of radius 1 first so that table and sheets fall off
 *
 * Source  positions "in the patient's abdominal region": Farag et al.; paper.md 3.3.
 * Silent  threshold, clean-up: our choice.  Outside the image counts as body when eroding, so
 *         a cropped scan keeps its border.
 * Shapes  boxes are inclusive voxel bounds, grown back by the eroded voxel.  A scan without
 *         a voxel above -500 HU has the whole image as its box. */
#ifndef DORG_BODY_H
#define DORG_BODY_H

#include <stdint.h>

#include "../file/vol.h"

struct dorg_body {
    int32_t lo[3], hi[3]; /* the body's box */
    int32_t (*slice)[4];  /* owned: [z] = x lo, x hi, y lo, y hi of the body in slice z;
                             the whole box where the body has no voxel */
};
#define DORG_BODY_INIT ((struct dorg_body){0})

/* ct is DORG_F32, HU.  DORG_EIO when memory is refused. */
int dorg_body_find(struct dorg_body *b, const struct dorg_vol *ct, int jobs,
                   struct dorg_err *e);
void dorg_body_free(struct dorg_body *b);

#endif
