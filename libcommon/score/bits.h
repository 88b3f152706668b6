/* bits.h - masks at one bit a voxel: two masks in one box, their surfaces, row by row.
 *
 * Voxel (x, y, z) of a mask is bit x % 64 of word x / 64 of row z n[1] + y.  Bits past the
 * end of a row are 0, and what lies outside the box is outside the mask.
 *
 * The surface of a mask is its voxels with at least one of six face neighbours outside it:
 *
 *   S = M and not (M(x-1) and M(x+1) and M(y-1) and M(y+1) and M(z-1) and M(z+1))
 *
 * for 64 voxels at a time. */
#ifndef DORG_BITS_H
#define DORG_BITS_H

#include <stddef.h>
#include <stdint.h>

#include "../file/vol.h"

struct dorg_bits {
    int32_t n[3];     /* each at most 32767 */
    double mm[3];     /* pitches; with a tilt, of the axes' perpendicular parts */
    double tilt[3];   /* x voxels per y and per z voxel, y per z: 0 for right angles */
    size_t words;     /* of a row */
    uint64_t *bit[2]; /* owned: the masks, each [n[2]][n[1]][words] */
};

/* The number of row (y, z); the words of a mask. */
static inline size_t dorg_bits_row(const struct dorg_bits *b, int32_t y, int32_t z)
{
    return dorg_pixel(b->n[1], y, z);
}
static inline size_t dorg_bits_words(const struct dorg_bits *b)
{
    return b->words * dorg_area(b->n + 1);
}

/* Room for two empty masks of n voxels; DORG_EIO without memory. */
int dorg_bits_make(struct dorg_bits *b, const int32_t n[3], const double mm[3],
                   struct dorg_err *e);
void dorg_bits_free(struct dorg_bits *b);

/* Voxels i to i + n - 1 of v, DORG_U8 or DORG_I32, n at most 64: where they are `label`, or
 * with label 0 where they are not 0. */
uint64_t dorg_bits_of(const struct dorg_vol *v, size_t i, int32_t n, int32_t label);

/* Bits set in each of the n[2] slices. */
void dorg_bits_count(size_t *per_slice, const struct dorg_bits *b, const uint64_t *mask);

/* The surface of a mask of the box, into as many words. */
int dorg_bits_surface(uint64_t *to, const struct dorg_bits *b, const uint64_t *mask, int jobs,
                      struct dorg_err *e);

#endif
