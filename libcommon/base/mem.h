/* mem.h - arrays whose size cannot overflow.
 *
 * All give NULL and fill *e (DORG_EIO) when count*size overflows or memory is refused;
 * a count of 0 gives a valid pointer.  Free with free(). */
#ifndef DORG_MEM_H
#define DORG_MEM_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

void *dorg_array(size_t count, size_t size, struct dorg_err *e);  /* contents undefined */
void *dorg_zeroed(size_t count, size_t size, struct dorg_err *e); /* all bytes 0 */

/* realloc to count*size bytes: *p moves on success and is untouched on failure. */
int dorg_resize(void *p, size_t count, size_t size, struct dorg_err *e);

/* Make room for one more element: doubles *cap when n == *cap.  p is a pointer to the
 * array pointer. */
int dorg_grow(void *p, size_t n, size_t *cap, size_t size, struct dorg_err *e);

char *dorg_strdup(const char *s, struct dorg_err *e);

/* Where pixel (x, y) lies in an image with rows of nx, and voxel (x, y, z) in an array
 * [n[2]][n[1]][n[0]]; how many pixels make a slice, and voxels the array. */
static inline size_t dorg_pixel(int32_t nx, int32_t x, int32_t y)
{
    return (size_t)y * (size_t)nx + (size_t)x;
}
static inline size_t dorg_at(const int32_t n[3], int32_t x, int32_t y, int32_t z)
{
    return ((size_t)z * (size_t)n[1] + (size_t)y) * (size_t)n[0] + (size_t)x;
}
static inline size_t dorg_area(const int32_t n[2])
{
    return (size_t)n[0] * (size_t)n[1];
}
static inline size_t dorg_voxels(const int32_t n[3])
{
    return dorg_area(n) * (size_t)n[2];
}

/* The voxel whose place is i. */
static inline void dorg_voxel(int32_t xyz[3], const int32_t n[3], size_t i)
{
    const size_t nx = (size_t)n[0], ny = (size_t)n[1];
    xyz[0] = (int32_t)(i % nx);
    xyz[1] = (int32_t)(i / nx % ny);
    xyz[2] = (int32_t)(i / nx / ny);
}

#endif
