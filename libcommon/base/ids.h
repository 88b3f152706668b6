/* ids.h - the ids of a label volume, numbered 0..n-1 in ascending order.
 *
 * A bit per possible id and a running count per 64 of them: looking an id up costs one
 * popcount, and max_id may be anything an int32 holds (0.19 bytes per possible id). */
#ifndef DORG_IDS_H
#define DORG_IDS_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct dorg_ids {
    int32_t max_id; /* 0: no superpixel at all */
    size_t n;       /* distinct ids above 0 */
    uint64_t *bits; /* owned: bit id is set where id occurs */
    uint32_t *rank; /* owned: rank[w] = bits set in words before w */
};
#define DORG_IDS_INIT ((struct dorg_ids){0})

/* Collect the ids above 0 of label[0..count).  DORG_EDATA if one is negative. */
int dorg_ids_make(struct dorg_ids *m, const int32_t *label, size_t count, struct dorg_err *e);

void dorg_ids_free(struct dorg_ids *m);

/* Index of an id that occurs; 1 <= id <= max_id and its bit is set. */
static inline size_t dorg_ids_at(const struct dorg_ids *m, int32_t id)
{
    size_t w = (size_t)id >> 6;
    uint64_t below = m->bits[w] & ((UINT64_C(1) << ((uint32_t)id & 63)) - 1);
    return m->rank[w] + (size_t)__builtin_popcountll(below);
}

/* Index of any id, or n if it does not occur. */
static inline size_t dorg_ids_find(const struct dorg_ids *m, int64_t id)
{
    if (id < 1 || id > m->max_id) return m->n;
    if (!(m->bits[(size_t)id >> 6] >> ((uint64_t)id & 63) & 1)) return m->n;
    return dorg_ids_at(m, (int32_t)id);
}

#endif
