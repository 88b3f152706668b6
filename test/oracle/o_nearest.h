/* o_nearest.h - the nearest known voxel by looking at all of them */
#ifndef O_NEAREST_H
#define O_NEAREST_H

#include <stddef.h>
#include <stdint.h>

/* Index into at[] of the voxel nearest to (x, y, z), the first of several; pitches in whole
 * units, at[]: x + nx (y + ny z), ascending. */
size_t o_nearest(const int n[3], const int64_t pitch[3], const uint64_t *at, size_t count,
                 int x, int y, int z);

#endif
