/* decide.c - from a map to a mask */
#include "decide.h"

#include "../base/mem.h"

static int descending(const void *a, const void *b)
{
    float x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x < y) - (x > y);
}

/* The values above 0, from the highest on. */
static float *sorted(size_t *n, const float *p, size_t all, struct dorg_err *e)
{
    size_t m = 0;
    for (size_t i = 0; i < all; i++)
        m += p[i] > 0;
    float *v = dorg_array(m + 1, sizeof *v, e);
    if (!v) return NULL;
    *n = m;
    m = 0;
    for (size_t i = 0; i < all; i++)
        if (p[i] > 0) v[m++] = p[i];
    qsort(v, m, sizeof *v, descending);
    return v;
}

/* How many of v, which descends, are at least c. */
static size_t above(const float *v, size_t n, float c)
{
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (v[mid] >= c)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static float within(const float *v, size_t n, float cut, double least, double most)
{
    size_t now = above(v, n, cut);
    if ((double)now > most) { /* v[k] is the first that is too many */
        size_t k = most > 0 ? (size_t)most : 0;
        return nextafterf(v[k], INFINITY);
    }
    if ((double)now >= least || n == 0) return cut;
    size_t k = (size_t)ceil(least);
    return v[(k < n ? k : n) - 1];
}

int dorg_decide(struct dorg_vol *mask, float *used, const struct dorg_vol *map,
                const struct dorg_decide *o, struct dorg_err *e)
{
    const struct dorg_grid *g = &map->grid;
    const float *p = map->data;
    size_t all = dorg_grid_count(g), n = 0;
    double ml = dorg_grid_voxel_ml(g);
    *used = (float)o->cut;
    if (!(o->ml[0] >= 0 && o->ml[0] <= o->ml[1]))
        return dorg_fail(e, DORG_EUSAGE, "volumes from %g to %g mL", o->ml[0], o->ml[1]);
    if (dorg_vol_like(mask, map, DORG_U8, e)) return e->code;
    if (o->ml[1] > 0) {
        float *v = sorted(&n, p, all, e);
        if (!v) return e->code;
        *used = within(v, n, *used, o->ml[0] / ml, o->ml[1] / ml);
        free(v);
    }
    uint8_t *m = mask->data;
    for (size_t i = 0; i < all; i++)
        m[i] = p[i] >= *used;
    return 0;
}
