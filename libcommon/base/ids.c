/* ids.c - the ids of a label volume, numbered in ascending order */
#include "ids.h"

#include "mem.h"

int dorg_ids_make(struct dorg_ids *m, const int32_t *label, size_t count, struct dorg_err *e)
{
    *m = DORG_IDS_INIT;
    int32_t lo = 0, hi = 0;
    for (size_t i = 0; i < count; i++) {
        lo = label[i] < lo ? label[i] : lo;
        hi = label[i] > hi ? label[i] : hi;
    }
    if (lo < 0)
        return dorg_fail(e, DORG_EDATA, "superpixel ids must be 0 or above, found %d", lo);

    size_t words = ((size_t)hi >> 6) + 1;
    m->max_id = hi;
    m->bits = dorg_zeroed(words, sizeof *m->bits, e);
    m->rank = dorg_array(words, sizeof *m->rank, e);
    if (e->code) {
        dorg_ids_free(m);
        return e->code;
    }
    for (size_t i = 0; i < count; i++)
        m->bits[(size_t)label[i] >> 6] |= UINT64_C(1) << ((uint32_t)label[i] & 63);
    m->bits[0] &= ~UINT64_C(1); /* 0 is no superpixel */
    uint32_t n = 0;
    for (size_t w = 0; w < words; w++) {
        m->rank[w] = n;
        n += (uint32_t)__builtin_popcountll(m->bits[w]);
    }
    m->n = n;
    return 0;
}

void dorg_ids_free(struct dorg_ids *m)
{
    free(m->bits);
    free(m->rank);
    *m = DORG_IDS_INIT;
}
