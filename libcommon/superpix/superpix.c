/* superpix.c - the superpixels of a volume, axial slice by axial slice */
#include "superpix.h"

#include "ers.h"
#include "../base/mem.h"
#include "../base/par.h"
#include "slic.h"

enum { MAX_JOBS = 256 };

struct work {
    const struct dorg_superpix *p;
    struct dorg_vol *labels;
    const struct dorg_vol *grey;
    int32_t nx, ny;
    uint32_t k;
    int32_t *count;                 /* superpixels of each slice */
    struct dorg_ers *ers[MAX_JOBS]; /* one per worker, made at its first slice */
};

uint32_t dorg_superpix_count(double k, int32_t nx, int32_t ny)
{
    double pixels = (double)nx * (double)ny;
    double n = floor(k * pixels / (512.0 * 512.0) + 0.5);
    return n < 1 ? 1 : n > pixels ? (uint32_t)pixels : (uint32_t)n;
}

static int one_slice(void *ctx, size_t z, size_t worker, struct dorg_err *e)
{
    struct work *w = ctx;
    size_t pixels = dorg_area(w->labels->grid.n);
    int32_t *label = (int32_t *)w->labels->data + z * pixels;
    const uint8_t *grey = (const uint8_t *)w->grey->data + z * pixels;
    switch (w->p->method) {
    case DORG_SUPERPIX_ERS: {
        struct dorg_ers_param p = {
            .k = w->k, .lambda = w->p->lambda, .sigma = w->p->sigma, .skip_air = !w->p->air};
        if (!w->ers[worker] && dorg_ers_open(&w->ers[worker], w->nx, w->ny, &p, e))
            return e->code;
        if (dorg_ers_run(w->ers[worker], label, grey, e)) return e->code;
        w->count[z] = dorg_ers_labels(w->ers[worker]);
        return 0;
    }
    case DORG_SUPERPIX_SLIC:
        return dorg_slic(label, &w->count[z], grey, w->nx, w->ny, w->k, w->p->compactness, e);
    case DORG_SUPERPIX_GRID:
        w->count[z] = dorg_slic_grid(label, w->nx, w->ny, w->k);
    }
    return 0;
}

/* Slices number their superpixels from 1; make the ids unique in the volume. */
static int make_unique(struct work *w, struct dorg_err *e)
{
    size_t pixels = dorg_area(w->labels->grid.n);
    int32_t *label = w->labels->data;
    int64_t base = 0;
    for (int32_t z = 0; z < w->labels->grid.n[2]; z++) {
        if (base + w->count[z] > INT32_MAX)
            return dorg_fail(e, DORG_EDATA, "slice %d needs superpixel ids above %d", z,
                             INT32_MAX);
        for (size_t i = 0; base && i < pixels; i++)
            label[i] += (int32_t)base;
        label += pixels;
        base += w->count[z];
    }
    return 0;
}

int dorg_superpix_run(struct dorg_vol *labels, const struct dorg_vol *grey,
                      const struct dorg_superpix *p, int jobs, struct dorg_err *e)
{
    const int32_t *n = grey->grid.n;
    struct work w = {.p = p,
                     .labels = labels,
                     .grey = grey,
                     .nx = n[0],
                     .ny = n[1],
                     .k = dorg_superpix_count(p->k, n[0], n[1])};
    w.count = dorg_zeroed((size_t)n[2], sizeof *w.count, e);
    if (!e->code) dorg_vol_like(labels, grey, DORG_I32, e);
    if (!e->code) dorg_par((size_t)n[2], jobs, one_slice, &w, e);
    for (int i = 0; i < MAX_JOBS; i++)
        dorg_ers_close(w.ers[i]);
    if (!e->code) make_unique(&w, e);
    if (e->code) dorg_vol_free(labels);
    free(w.count);
    return e->code;
}
