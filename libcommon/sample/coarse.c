/* coarse.c - samples in two steps */
#include "coarse.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../base/mem.h"

int dorg_coarse_split(struct dorg_coarse *c, const uint64_t *at, size_t count,
                      const int32_t n[3], const int32_t step[3], struct dorg_err *e)
{
    *c = DORG_COARSE_INIT;
    memcpy(c->n, n, sizeof c->n);
    memcpy(c->step, step, sizeof c->step);
    c->first = dorg_array(count, sizeof *c->first, e);
    c->then = c->first ? dorg_array(count, sizeof *c->then, e) : NULL;
    if (!c->then) return e->code;
    for (size_t i = 0; i < count; i++) {
        int32_t p[3];
        dorg_voxel(p, n, at[i]);
        if (p[0] % step[0] || p[1] % step[1] || p[2] % step[2])
            c->then[c->n_then++] = at[i];
        else
            c->first[c->n_first++] = at[i];
    }
    return 0;
}

/* Multiples of the step within it of x: from the first, which may lie outside, to the last. */
static int32_t reach(int32_t *last, int32_t x, int32_t step, int32_t n)
{
    int32_t first = x % step ? x - x % step : x - step;
    *last = x - x % step + step;
    if (*last >= n) *last -= step;
    return first < 0 ? 0 : first;
}

static bool promising(const struct dorg_coarse *c, const uint8_t *mask, uint64_t voxel,
                      const float *p, float near)
{
    int32_t at[3], lo[3], hi[3];
    bool any = false;
    dorg_voxel(at, c->n, voxel);
    for (int a = 0; a < 3; a++)
        lo[a] = reach(&hi[a], at[a], c->step[a], c->n[a]);
    for (int32_t z = lo[2]; z <= hi[2]; z += c->step[2])
        for (int32_t y = lo[1]; y <= hi[1]; y += c->step[1])
            for (int32_t x = lo[0]; x <= hi[0]; x += c->step[0]) {
                size_t i = dorg_at(c->n, x, y, z);
                if (!mask[i]) continue;
                if (p[i] >= near) return true;
                any = true;
            }
    return !any;
}

void dorg_coarse_near(struct dorg_coarse *c, const uint8_t *mask, const float *p, float near)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->n_then; i++)
        if (promising(c, mask, c->then[i], p, near)) c->then[kept++] = c->then[i];
    c->n_then = kept;
}

size_t dorg_coarse_merge(uint64_t *at, const struct dorg_coarse *c)
{
    size_t i = 0, j = 0, n = 0;
    while (i < c->n_first || j < c->n_then)
        if (j == c->n_then || (i < c->n_first && c->first[i] < c->then[j]))
            at[n++] = c->first[i++];
        else
            at[n++] = c->then[j++];
    return n;
}

void dorg_coarse_free(struct dorg_coarse *c)
{
    free(c->first);
    free(c->then);
    *c = DORG_COARSE_INIT;
}
