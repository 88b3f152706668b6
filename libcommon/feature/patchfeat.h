/* patchfeat.h - 48 features of the 25 x 25 patch around a voxel, for the forest that labels
 * patches before superpixels are looked at.
 *
 *   u = CT cut to -160..350 HU in steps of 2 HU;  over the patch's pixels (those inside the
 *   slice):  12 statistics (order.h) of u, skewness and excess kurtosis of u;
 *            12 statistics of y(u) (kde.h), when a density table is given;
 *            18 numbers from dense SIFT descriptors (dsift.h);
 *            mean of u over the middle 5 x 5; centre relative to the body's box
 *
 * Source  "patch-level ... random forest", "image histogram, location and texture
 *         features": Farag et al.; paper.md 3.1 to 3.3.
 * Silent  the exact 46.
 * Grid    one voxel per stride x stride cell of every slice, the cell's middle (rounded up,
 *         kept in the image); only where the middle 5 x 5 has a mean within (-150, 340) HU
 *         and the voxel is in the body's box (body.h): nothing else can be an organ. */
#ifndef DORG_PATCHFEAT_H
#define DORG_PATCHFEAT_H

#include <stdbool.h>

#include "body.h"
#include "../forest/forest.h"
#include "kde.h"
#include "../file/tab.h"
#include "../file/vol.h"

enum { DORG_PATCH_FEATURES = 48, DORG_PATCH_KDE_AT = 14 };
extern const char *const dorg_patch_name[DORG_PATCH_FEATURES];

struct dorg_patchgrid {
    const struct dorg_vol *ct;  /* DORG_F32 */
    const struct dorg_kde *kde; /* or NULL: those 12 features are 0 */
    struct dorg_body body;
    int32_t stride, n[2]; /* voxels; cells along x and y */
    float shift;          /* HU added to the scan before anything else */
};

struct dorg_patchrows { /* the grid voxels of one slice; all arrays owned */
    size_t n;
    float (*x)[DORG_PATCH_FEATURES]; /* [n] */
    uint32_t *cell;                  /* [n]: x + n[0] y, ascending */
    uint32_t *pixel;                 /* [n]: x + nx y of the voxel, not always ascending */
    void *scratch;
};

int dorg_patchgrid_make(struct dorg_patchgrid *g, const struct dorg_vol *ct,
                        const struct dorg_kde *kde, int32_t stride, int jobs,
                        struct dorg_err *e);
void dorg_patchgrid_free(struct dorg_patchgrid *g);

/* Fill rows, whose arrays are made or reused; free them at the end. */
int dorg_patchrows_slice(struct dorg_patchrows *r, const struct dorg_patchgrid *g, int32_t z,
                         struct dorg_err *e);
void dorg_patchrows_free(struct dorg_patchrows *r);

struct dorg_patch_pick {
    double share; /* rows of truth 0 are kept with this probability, by (seed, key, id) */
    uint64_t seed;
    const double *shift; /* HU: the whole table once with each of them added */
    int n_shifts;        /* at least 1 */
};

/* A training table: id, z, features, truth.  id is the voxel's number from 1, and with shift
 * k of shift[] further up by k times the number of voxels. */
int dorg_patchfeat(struct dorg_tab *t, const struct dorg_patchgrid *g,
                   const struct dorg_vol *truth, const struct dorg_patch_pick *pick, int jobs,
                   struct dorg_err *e);

/* The response: p of every cell's voxel, given to all voxels of the cell; 0 where there is
 * no grid voxel.  oob: as in dorg_cascade_level; group: of the case
 * (tab.h), or NULL. */
int dorg_response(struct dorg_vol *map, const struct dorg_forest *f,
                  const struct dorg_patchgrid *g, bool oob, const char *group, int jobs,
                  struct dorg_err *e);

#endif
