/* spfeat.h - one row of features per superpixel.
 *
 *   12 statistics (order.h) of every channel over the superpixel's voxels: the CT, maps on
 *   its grid, and y(HU) of a density table; area; place and extent; place in the body; what
 *   lies around it (context.h)
 *
 * Source  Farag et al. as far as known: paper.md 3.2, 3.3.
 * Silent  the exact list.  Columns, units and formulas are in dorg-spfeat(1).
 * Shapes  ct and maps DORG_F32, labels DORG_I32 (0 = none), truth DORG_U8, all on one grid.
 *         A label that occurs in two slices is DORG_EDATA. */
#ifndef DORG_SPFEAT_H
#define DORG_SPFEAT_H

#include <stdbool.h>

#include "kde.h"
#include "../superpix/truth.h"
#include "../file/tab.h"
#include "../file/vol.h"

enum { DORG_SPFEAT_MAPS = 64 };

struct dorg_spfeat {
    const struct dorg_vol *ct, *labels;
    const struct dorg_vol *truth; /* or NULL: no columns coverage and truth */
    struct dorg_truth_rule rule;  /* of column truth */
    const struct dorg_kde *kde;   /* or NULL */
    bool context;                 /* also the columns of context.h */
    bool landmarks;               /* also those of landmarks.h, volume_mm3 and below_lungs_mm;
                                     and nothing that depends on the field of view or on HU
                                     beyond a soft-tissue window: no rel_, slice_, _hu */
    int n_maps;
    struct dorg_vol map[DORG_SPFEAT_MAPS];
    char map_name[DORG_SPFEAT_MAPS][64]; /* goes into the column names */
};

/* The table, rows ascending in id; its key is the CT's. */
int dorg_spfeat(struct dorg_tab *t, const struct dorg_spfeat *in, int jobs,
                struct dorg_err *e);

/* Name of a map from its path: without folders, .gz, .zst, .nii; letters, digits and _ kept,
 * others become _. */
void dorg_spfeat_map_name(char name[64], const char *path);

#endif
