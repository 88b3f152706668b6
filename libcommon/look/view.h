/* view.h - looking at volumes, records and nets
 *
 * Slices are shown as radiologists hang them, in true proportions: the patient's right on the
 * left, axial ones with the front up, coronal ones with the head up; sagittal ones with the
 * front on the left and the head up.  Contours follow the half-level of the linearly
 * interpolated mask. Source   contours after Figs. 3 and 6 of Roth et al. 2015 (truth red,
 * result green); the filters after Fig. 2. */
#ifndef DORG_VIEW_H
#define DORG_VIEW_H

#include <stdbool.h>

#include "image.h"
#include "../net/net.h"
#include "../file/rec.h"
#include "../file/vol.h"

enum { DORG_VIEW_MASKS = 8 };
enum dorg_plane { DORG_AXIAL, DORG_CORONAL, DORG_SAGITTAL, DORG_PLANES_ALL };

struct dorg_view {
    const struct dorg_vol *ct;                    /* DORG_F32, HU */
    const struct dorg_vol *mask[DORG_VIEW_MASKS]; /* DORG_U8; 0 is outside */
    char name[DORG_VIEW_MASKS][32];               /* for the legend; "": not in it */
    int n_masks;
    const struct dorg_vol *map;    /* DORG_F32 or NULL: probabilities as colours */
    const struct dorg_vol *labels; /* DORG_I32 or NULL: borders of superpixels */
    bool fill;                     /* and their areas, each in its colour */
    double window[2];              /* HU shown black and white */
    double scale;                  /* pixels per smaller voxel side; 0: at least 400 across */
    double crop_mm;                /* margin around the first mask; < 0: the whole slice */
    double alpha;                  /* strength of map and fill, 0 to 1 */
    int line;                      /* width of contours in pixels, 1 to 16 */
    enum dorg_plane plane;         /* ALL: the three side by side */
    int slice;                     /* of the plane (ALL: of the axial one); -1: the best */
    int montage;                   /* so many slices over the first mask's extent */
};

/* The picture of v; DORG_EDATA if grids disagree, DORG_EUSAGE for a slice that is not there,
 * DORG_EDATA for a crop around an empty mask. */
int dorg_view_render(struct dorg_image *m, const struct dorg_view *v, struct dorg_err *e);

/* Name mask k in the legend after its file, without folder and endings. */
void dorg_view_name(struct dorg_view *v, int k, const char *path);

/* The slice with the most voxels of the first mask, or the middle one without. */
int dorg_view_best(const struct dorg_view *v, enum dorg_plane plane);

/* Of sheets, scale 0 makes the whole at least 400 pixels across.
 *
 * The first `count` records, channels side by side, framed by label: 0 blue, 1 green,
 * 2 orange, unknown grey.  Reads to the end, so that a damaged stream is noticed. */
int dorg_view_records(struct dorg_image *m, struct dorg_rec_reader *r, int count, int scale,
                      struct dorg_err *e);

/* The filters of the first convolution, each by its own range about 0 (mid-grey): as colours
 * with 3 channels, else channels side by side. */
int dorg_view_kernels(struct dorg_image *m, const struct dorg_net *n, int scale,
                      struct dorg_err *e);

#endif
