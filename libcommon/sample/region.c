/* region.c - boxes at several scales, cut and written */
#include "region.h"
#include "../base/mem.h"
#include "../file/rec.h"

enum { BLOCK = 256 }; /* examples cut at a time */

int dorg_region_scales(struct dorg_region *p, const double *v, int n, struct dorg_err *e)
{
    if (n < 1 || n > DORG_MAX_SCALES)
        return dorg_fail(e, DORG_EUSAGE, "%d scales; expected 1 to %d", n, DORG_MAX_SCALES);
    if (2 * p->context > p->size / 2)
        return dorg_fail(e, DORG_EUSAGE, "--context %d leaves less than half of --size %d",
                         p->context, p->size);
    for (int s = 0; s < n; s++)
        p->scale[s] = v[s];
    p->n_scales = n;
    return 0;
}

int dorg_region_ambiguous(struct dorg_region *p, const double *v, int n, struct dorg_err *e)
{
    p->ambiguous[0] = p->ambiguous[1] = 0;
    if (n == 0) return 0;
    if (n != 2 || !(v[0] < v[1]))
        return dorg_fail(e, DORG_EUSAGE,
                         "--ambiguous takes two numbers, lo,hi, with lo below hi");
    p->ambiguous[0] = v[0];
    p->ambiguous[1] = v[1];
    return 0;
}

/* One axis: a box of n pixels at lo, around the same centre at another size. */
static void zoom_axis(int32_t *lo, int32_t *n, double factor, int min_side)
{
    int32_t side = *n < min_side ? min_side : *n;
    side = (int32_t)floor(side * factor + 0.5);
    side = side < 1 ? 1 : side;
    int32_t grown = side - *n;
    *lo -= grown >= 0 ? (grown + 1) / 2 : -(-grown / 2); /* lo + floor((n - side) / 2) */
    *n = side;
}

struct dorg_box dorg_region_zoom(const struct dorg_box *b, double scale,
                                 const struct dorg_region *p)
{
    struct dorg_box z = *b;
    double factor = scale * p->size / (p->size - 2 * p->context);
    zoom_axis(&z.x, &z.nx, factor, p->min_side);
    zoom_axis(&z.y, &z.ny, factor, p->min_side);
    return z;
}

void dorg_region_boxes(struct dorg_box *to, const struct dorg_region_view *v)
{
    size_t scales = (size_t)v->p->n_scales;
    for (size_t i = 0; i < v->r->n * scales; i++)
        to[i] = dorg_region_zoom(&v->r->box[i / scales], v->p->scale[i % scales], v->p);
}

int dorg_region_cut(uint8_t *dst, const struct dorg_region_view *v, size_t first, size_t n,
                    struct dorg_err *e)
{
    const struct dorg_region *p = v->p;
    struct dorg_box box[BLOCK];
    size_t area = (size_t)p->size * (size_t)p->size, scales = (size_t)p->n_scales;
    struct dorg_warp2d w = {p->size, area * (v->map ? 2 : 1)};
    for (size_t i = 0; i < n; i += BLOCK, dst += BLOCK * w.stride) {
        size_t m = n - i < BLOCK ? n - i : BLOCK;
        for (size_t j = 0; j < m; j++) {
            size_t at = first + i + j;
            box[j] = dorg_region_zoom(&v->r->box[at / scales], p->scale[at % scales], p);
        }
        if (v->k->warp2d(dst, v->ct->data, v->ct->grid.n, box, m, &w, p->jobs, e))
            return e->code;
        if (v->map &&
            v->k->warp2d(dst + area, v->map->data, v->map->grid.n, box, m, &w, p->jobs, e))
            return e->code;
    }
    return 0;
}

int dorg_region_write(struct dorg_out *o, const struct dorg_region_view *v, bool pairs,
                      const char *history, const char *stage, struct dorg_err *e)
{
    const struct dorg_regions *r = v->r;
    struct dorg_rec_writer w;
    uint32_t side = (uint32_t)v->p->size;
    struct dorg_rec_shape shape = {
        pairs ? DORG_REC_PAIR : DORG_REC_REGION, v->map ? 2 : 1, side, side, {0}, 0};
    memcpy(shape.window_hu, v->p->window_hu, sizeof shape.window_hu);
    size_t one = dorg_rec_pixels(&shape), scales = (size_t)v->p->n_scales;
    size_t total = r->n * scales;
    uint8_t *pixels = dorg_array(one, BLOCK, e);
    if (!pixels || dorg_rec_begin(&w, o, &shape, history, stage, e)) goto done;
    for (size_t i = 0; i < total; i += BLOCK) {
        size_t m = total - i < BLOCK ? total - i : BLOCK;
        if (dorg_region_cut(pixels, v, i, m, e)) goto done;
        for (size_t j = 0; j < m; j++) {
            size_t item = (i + j) / scales;
            struct dorg_rec rec = {.id = r->id[item],
                                   .id2 = r->id2[item],
                                   .slice = (uint32_t)r->box[item].z,
                                   .scale = (uint32_t)((i + j) % scales),
                                   .label = r->label[item]};
            if (dorg_rec_put(&w, &rec, pixels + j * one, e)) goto done;
        }
    }
    dorg_rec_end(&w, e);
done:
    free(pixels);
    return e->code;
}
