/* components.h - connected components of a mask, as runs of voxels along x.
 *
 * Voxels are joined over faces (connect 6), faces and edges (18) or faces, edges and corners
 * (26).  Runs of a row are found eight voxels at a time; a union-find over runs joins what
 * touches in the rows before, the earlier run being the root, so components are numbered in
 * the order of their first voxel whatever their shape.
 *
 * Source   Tarjan, "Efficiency of a good but not linear set union algorithm", JACM 22 (1975).
 * Fails    DORG_EIO without memory; DORG_EDATA for 2^32 runs or more. */
#ifndef DORG_COMPONENTS_H
#define DORG_COMPONENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct dorg_run {
    int32_t from, to; /* x of the first voxel, and of the one after the last */
    int32_t y, z;
    uint32_t comp;
};

struct dorg_components {
    struct dorg_run *run; /* owned: z, y, x ascending */
    size_t n_runs;
    size_t n;     /* components, numbered 0..n-1 */
    size_t *size; /* owned: voxels of each */
};
#define DORG_COMPONENTS_INIT ((struct dorg_components){0})

/* The components of the voxels of mask: uint8[n[2]][n[1]][n[0]] that are 0 (of_zero) or not 0
 * (otherwise).  The caller frees *c. */
int dorg_components(struct dorg_components *c, const uint8_t *mask, const int32_t n[3],
                    int connect, bool of_zero, struct dorg_err *e);
void dorg_components_free(struct dorg_components *c);

#endif
