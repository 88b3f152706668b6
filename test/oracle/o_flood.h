/* o_flood.h - connected components by flooding, one voxel at a time */
#ifndef DORG_O_FLOOD_H
#define DORG_O_FLOOD_H

#include <stdint.h>

/* comp[i] = number of the component of voxel i (from 1, in order of first voxels), 0 where
 * the mask's being 0 is not `zero`; gives how many there are.  At most 4096 voxels. */
int o_flood(int *comp, const uint8_t *mask, const int32_t n[3], int connect, int zero);

/* What is left of the mask after keeping the `keep` largest (0: all) of at least `least`
 * voxels, then filling the background parts that touch no face (z faces only if deep). */
void o_keep(uint8_t *mask, const int32_t n[3], int connect, int keep, int least);
void o_fill(uint8_t *mask, const int32_t n[3], int connect, int deep);

#endif
