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

/* Where voxel (x, y, z) lies in an array [n[2]][n[1]][n[0]], and how many make a slice. */
static inline size_t dorg_at(const int32_t n[3], int32_t x, int32_t y, int32_t z)
{
    return ((size_t)z * (size_t)n[1] + (size_t)y) * (size_t)n[0] + (size_t)x;
}
static inline size_t dorg_area(const int32_t n[2])
{
    return (size_t)n[0] * (size_t)n[1];
}

#endif
