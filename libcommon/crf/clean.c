/* clean.c - choose components, write runs */
#include "clean.h"
#include "../base/components.h"
#include "../base/mem.h"

struct ranked {
    size_t size;
    uint32_t comp;
};

static int larger_first(const void *x, const void *y)
{
    const struct ranked *p = x, *q = y;
    if (p->size != q->size) return p->size > q->size ? -1 : 1;
    return (p->comp > q->comp) - (p->comp < q->comp);
}

static void set_run(uint8_t *mask, const struct dorg_run *r, const int32_t n[3], int value)
{
    size_t row = dorg_at(n, 0, r->y, r->z);
    memset(mask + row + (size_t)r->from, value, (size_t)(r->to - r->from));
}

/* keep[c] = 1 for the components that stay. */
static int choose(uint8_t *keep, const struct dorg_components *c, const struct dorg_clean *p,
                  double voxel_ml, struct dorg_clean_sum *s, struct dorg_err *e)
{
    struct ranked *r = dorg_array(c->n, sizeof *r, e);
    if (!r) return e->code;
    for (size_t i = 0; i < c->n; i++)
        r[i] = (struct ranked){c->size[i], (uint32_t)i};
    qsort(r, c->n, sizeof *r, larger_first);
    for (size_t i = 0; i < c->n; i++) {
        bool stays =
            (double)r[i].size * voxel_ml >= p->min_ml && (!p->keep || i < (size_t)p->keep);
        keep[r[i].comp] = stays;
        s->n_kept += stays;
        s->n_dropped += stays ? 0 : r[i].size;
    }
    free(r);
    return 0;
}

static int drop(uint8_t *mask, const struct dorg_grid *g, const struct dorg_clean *p,
                struct dorg_clean_sum *s, struct dorg_err *e)
{
    struct dorg_components c;
    uint8_t *keep = NULL;
    double voxel_ml = dorg_grid_voxel_ml(g);
    if (dorg_components(&c, mask, g->n, p->connect, false, e)) return e->code;
    if (!(keep = dorg_zeroed(c.n, 1, e)) || choose(keep, &c, p, voxel_ml, s, e)) goto done;
    s->n_found = c.n;
    for (size_t i = 0; i < c.n_runs; i++)
        set_run(mask, &c.run[i], g->n, keep[c.run[i].comp]);
done:
    free(keep);
    dorg_components_free(&c);
    return e->code;
}

/* Fill the background that reaches no side; of a single slice, z has no sides. */
static int fill(uint8_t *mask, const int32_t n[3], int connect, bool slice, size_t *filled,
                struct dorg_err *e)
{
    struct dorg_components c;
    uint8_t *open = NULL;
    if (dorg_components(&c, mask, n, connect == 6 ? 26 : 6, true, e)) return e->code;
    if (!(open = dorg_zeroed(c.n, 1, e))) goto done;
    for (size_t i = 0; i < c.n_runs; i++) {
        const struct dorg_run *r = &c.run[i];
        if (r->from == 0 || r->to == n[0] || r->y == 0 || r->y == n[1] - 1 ||
            (!slice && (r->z == 0 || r->z == n[2] - 1)))
            open[r->comp] = 1;
    }
    for (size_t i = 0; i < c.n_runs; i++) {
        if (open[c.run[i].comp]) continue;
        set_run(mask, &c.run[i], n, 1);
        *filled += (size_t)(c.run[i].to - c.run[i].from);
    }
done:
    free(open);
    dorg_components_free(&c);
    return e->code;
}

int dorg_clean(struct dorg_vol *mask, const struct dorg_clean *p, struct dorg_clean_sum *sum,
               struct dorg_err *e)
{
    const struct dorg_grid *g = &mask->grid;
    const int32_t one[3] = {g->n[0], g->n[1], 1};
    *sum = (struct dorg_clean_sum){0};
    if (p->connect != 6 && p->connect != 18 && p->connect != 26)
        return dorg_fail(e, DORG_EUSAGE,
                         "voxels are joined over 6, 18 or 26 neighbours, not %d", p->connect);
    if (drop(mask->data, g, p, sum, e)) return e->code;
    if (p->fill && fill(mask->data, g->n, p->connect, false, &sum->n_filled, e))
        return e->code;
    for (int32_t z = 0; p->fill_slices && z < g->n[2]; z++)
        if (fill((uint8_t *)mask->data + dorg_at(g->n, 0, 0, z), one, p->connect, true,
                 &sum->n_filled, e))
            return e->code;
    return 0;
}
