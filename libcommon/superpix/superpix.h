/* superpix.h - the superpixels of a volume, axial slice by axial slice.
 *
 *   ers   entropy rate superpixels: ers.h
 *   slic  simple linear iterative clustering: slic.h, the predecessor paper's method
 *   grid  squares, the null method
 *
 * Of a slice of nx * ny pixels K = max(1, min(nx ny, round(k nx ny / 512^2))) superpixels
 * are made: exactly K by ers with `air`, else its share of K for the body and one for each
 * piece of air outside it (ers.h); about K by the others.
 *
 * Source   Roth et al. 2015, sec. 2.1.
 * Shapes   grey: DORG_U8 volume; labels: DORG_I32 on the same grid, every voxel labelled,
 *          ids 1..n ascending slice by slice and, in a slice, in raster order.
 * Fails    DORG_EDATA when a volume would need more ids than an int32 holds; DORG_EIO for
 *          memory.  The result does not depend on `jobs`. */
#ifndef DORG_SUPERPIX_H
#define DORG_SUPERPIX_H

#include <stdbool.h>
#include <stdint.h>

#include "../base/err.h"
#include "../file/vol.h"

enum dorg_superpix_method { DORG_SUPERPIX_ERS, DORG_SUPERPIX_SLIC, DORG_SUPERPIX_GRID };

struct dorg_superpix {
    enum dorg_superpix_method method;
    double k;           /* superpixels per 512 * 512 pixels, > 0 */
    double lambda;      /* ers: lambda', >= 0 */
    double sigma;       /* ers: grey levels, > 0 */
    bool air;           /* ers: cut air outside the body up like the rest */
    double compactness; /* slic: m, grey levels, > 0 */
};

/* K of a slice. */
uint32_t dorg_superpix_count(double k, int32_t nx, int32_t ny);

/* Fill *labels (empty on entry); the caller frees it. */
int dorg_superpix_run(struct dorg_vol *labels, const struct dorg_vol *grey,
                      const struct dorg_superpix *p, int jobs, struct dorg_err *e);

#endif
