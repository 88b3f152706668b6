/* paintvox.h - one number per superpixel onto every voxel of it.
 *
 *   dst[i] = value[index of label[i] in ids], 0 where label[i] is 0
 *
 * Source   Roth et al. 2015, sec. 2.4 (paint.h).
 * Shapes   label: int32[count], every one 0 or an id of `ids`; value: float[ids->n]; dst:
 *          float[count], or uint8[count] if `whole`: values are then whole, 0..255.
 * Fails    DORG_EIO if memory cannot be had. */
#ifndef DORG_PAINTVOX_H
#define DORG_PAINTVOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../libcommon/base/err.h"
#include "../libcommon/base/ids.h"

typedef int dorg_paintvox_fn(void *dst, const int32_t *label, size_t count,
                             const struct dorg_ids *ids, const float *value, bool whole,
                             int jobs, struct dorg_err *e);

dorg_paintvox_fn dorg_paintvox_cpu;
dorg_paintvox_fn dorg_paintvox_cuda;

#endif
