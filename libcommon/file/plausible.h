/* plausible.h - is a volume what was asked for?
 *
 *   CT    HU of a body.  What is not one is often read all the same, so this is a doubt, in words:
 *         a mask (0 and 1, or labels by its header), a map (0 to 1), values that were stored
 *         without their offset or are of an MR image (none below 0, some above 1500), values that
 *         no scanner gives (beyond -32768 to 65535).
 *   map   probabilities: each from 0 to 1, else DORG_EDATA.
 *   labels, masks: none below 0, else DORG_EDATA. */
#ifndef DORG_PLAUSIBLE_H
#define DORG_PLAUSIBLE_H

#include "vol.h"

/* Why this is hardly a CT; NULL where nothing speaks against it.  v: float32. */
const char *dorg_plausible_ct(const struct dorg_vol *v);

int dorg_plausible_map(const struct dorg_vol *v, struct dorg_err *e);

/* v: uint8 or int32. */
int dorg_plausible_labels(const struct dorg_vol *v, struct dorg_err *e);

#endif
