/* mem.c - arrays whose size cannot overflow */
#include "mem.h"

#include <stdint.h>
#include <unistd.h>

static int size_of(size_t *bytes, size_t count, size_t size, struct dorg_err *e)
{
    if (__builtin_mul_overflow(count, size, bytes) || *bytes > PTRDIFF_MAX)
        return dorg_fail(e, DORG_EIO, "%zu elements of %zu bytes exceed memory", count, size);
    if (*bytes == 0) *bytes = 1;
    if (*bytes > 1u << 30) { /* what the machine cannot hold would be granted all the same */
        long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGE_SIZE);
        if (pages > 0 && page > 0 && *bytes / (size_t)page >= (size_t)pages)
            return dorg_fail(e, DORG_EIO, "%zu bytes are more than this machine's memory",
                             *bytes);
    }
    return 0;
}

static void *checked(void *p, size_t bytes, struct dorg_err *e)
{
    if (!p) dorg_fail(e, DORG_EIO, "out of memory for %zu bytes", bytes);
    return p;
}

void *dorg_array(size_t count, size_t size, struct dorg_err *e)
{
    size_t bytes;
    if (size_of(&bytes, count, size, e)) return NULL;
    return checked(malloc(bytes), bytes, e);
}

void *dorg_zeroed(size_t count, size_t size, struct dorg_err *e)
{
    size_t bytes;
    if (size_of(&bytes, count, size, e)) return NULL;
    return checked(calloc(1, bytes), bytes, e);
}

int dorg_resize(void *p, size_t count, size_t size, struct dorg_err *e)
{
    size_t bytes;
    void *old, *new;
    memcpy(&old, p, sizeof old); /* p is a void** in spirit; memcpy keeps aliasing rules */
    if (size_of(&bytes, count, size, e)) return e->code;
    if (!(new = checked(realloc(old, bytes), bytes, e))) return e->code;
    memcpy(p, &new, sizeof new);
    return 0;
}

int dorg_grow(void *p, size_t n, size_t *cap, size_t size, struct dorg_err *e)
{
    if (n < *cap) return 0;
    size_t more = *cap ? 2 * *cap : 16;
    if (dorg_resize(p, more, size, e)) return e->code;
    *cap = more;
    return 0;
}

char *dorg_strdup(const char *s, struct dorg_err *e)
{
    size_t n = strlen(s) + 1;
    char *d = dorg_array(n, 1, e);
    if (d) memcpy(d, s, n);
    return d;
}
