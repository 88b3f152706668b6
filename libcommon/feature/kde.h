/* kde.h - how organ-like a HU value is: class-conditional densities of the training cohort.
 *
 *   y(u) = f+(u) / (f+(u) + f-(u))
 *
 *   f+(u) the density at u HU of the organ's voxels, f-(u) of the body's other voxels, both by
 *   a Gaussian kernel of bandwidth h:
 *
 *   f(u) = sum_j w_j exp(-(u - u_j)^2 / (2 h^2)) / (n h sqrt(2 pi))
 *   h    = 0.9 min(s, IQR / 1.34) n^(-1/5), at least 1 HU
 *
 * Source  the KDE response of Farag et al.; paper.md 3.2.  h is Silverman's rule (Density
 *         Estimation, 1986, eq. 3.31).
 * Silent  bandwidth, background, range: values are binned to 1 HU on -1024..3071 and clamped
 *         to that range; the background is what lies in the body's box (body.h) above
 *         -500 HU.  Where both densities are below 1e-9 per HU, y is 0. */
#ifndef DORG_KDE_H
#define DORG_KDE_H

#include <stddef.h>
#include <stdint.h>

#include "../file/tab.h"
#include "../file/vol.h"

enum { DORG_KDE_LO = -1024, DORG_KDE_N = 4096 };

struct dorg_kde {
    float y[DORG_KDE_N]; /* y at DORG_KDE_LO + i HU */
    char *history;       /* owned: of the table it comes from, or NULL */
};

/* y of one value: the nearest whole HU, clamped. */
static inline float dorg_kde_at(const struct dorg_kde *k, float hu)
{
    float u = hu - (float)DORG_KDE_LO + 0.5f;
    return k->y[u < 0 ? 0 : u >= (float)DORG_KDE_N ? DORG_KDE_N - 1 : (int)u];
}

struct dorg_kde_counts { /* [0] background, [1] organ */
    uint64_t n[2][DORG_KDE_N];
};

/* Count one training scan, once with each of shift[n] HU added: patients differ in contrast,
 * and one of them does not show it.  ct DORG_F32, truth DORG_U8.  DORG_EDATA when grids
 * disagree. */
int dorg_kde_count(struct dorg_kde_counts *c, const struct dorg_vol *ct,
                   const struct dorg_vol *truth, const double *shift, int n, int jobs,
                   struct dorg_err *e);

/* The table: columns id, hu, f_out, f_in, y; a row per HU.  DORG_EDATA when a class has no
 * voxel. */
int dorg_kde_table(struct dorg_tab *t, const struct dorg_kde_counts *c, struct dorg_err *e);

/* Back from a table (hu consecutive from -1024, y within 0..1, else DORG_EDATA); without a path
 * *k is NULL. */
int dorg_kde_load(struct dorg_kde **k, const char *path, struct dorg_err *e);
void dorg_kde_free(struct dorg_kde *k); /* NULL is allowed */

/* The response volume: DORG_F32 in [0, 1]. */
int dorg_kde_map(struct dorg_vol *map, const struct dorg_kde *k, const struct dorg_vol *ct,
                 struct dorg_err *e);

#endif
