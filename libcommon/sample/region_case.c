/* region_case.c - one case: from what was loaded to what examples are cut from */
#include "region.h"

#include "../file/window.h"

int dorg_region_case_boxes(struct dorg_region_case *c, struct dorg_err *e)
{
    const struct dorg_tab *t = c->tab.n_cols ? &c->tab : NULL;
    if (c->edges.n_cols)
        dorg_regions_pairs(&c->regions, &c->labels, &c->edges, t, e);
    else
        dorg_regions_rows(&c->regions, &c->labels, &c->tab, e);
    free(c->labels.data);
    c->labels.data = NULL;
    return e->code;
}

static int of_scan(const struct dorg_tab *t, uint64_t key, struct dorg_err *e)
{
    if (!t->key || t->key == key) return 0;
    return dorg_fail(
        e, DORG_EDATA,
        "the table was made from another scan: its key is %016llx, the CT's %016llx",
        (unsigned long long)t->key, (unsigned long long)key);
}

int dorg_region_case_pixels(struct dorg_region_case *c, const float window_hu[2],
                            struct dorg_err *e)
{
    if (dorg_grid_same(&c->ct.grid, &c->labels.grid, e)) return e->code;
    if (c->map.data && dorg_grid_same(&c->ct.grid, &c->map.grid, e)) return e->code;
    uint64_t key = c->tab.key || c->edges.key ? dorg_vol_key(&c->ct) : 0;
    if (of_scan(&c->tab, key, e) || of_scan(&c->edges, key, e)) return e->code;
    if (dorg_vol_window(&c->ct, window_hu, e)) return e->code;
    return c->map.data ? dorg_vol_prob(&c->map, e) : 0;
}

int dorg_region_case_history(char **h, const struct dorg_region_case *c, struct dorg_err *e)
{
    *h = NULL;
    dorg_history_add(h, c->ct.history, e);
    dorg_history_add(h, c->tab.history, e);
    dorg_history_add(h, c->edges.history, e);
    return dorg_history_add(h, c->map.history, e);
}

struct dorg_region_view dorg_region_case_view(const struct dorg_region_case *c,
                                              const struct dorg_region *p,
                                              const struct dorg_kernels *k)
{
    return (struct dorg_region_view){p, &c->regions, &c->ct, c->map.data ? &c->map : NULL, k};
}

void dorg_region_case_free(struct dorg_region_case *c)
{
    dorg_vol_free(&c->ct);
    dorg_vol_free(&c->map);
    dorg_vol_free(&c->labels);
    dorg_tab_free(&c->tab);
    dorg_tab_free(&c->edges);
    dorg_regions_free(&c->regions);
}
