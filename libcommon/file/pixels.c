/* pixels.c - CT and probabilities as 8-bit pixels */
#include "pixels.h"
#include "../base/mem.h"

enum {
    BLOCK = 1024
}; /* through a buffer, so that dst may be src and the loop has no hazard */

int dorg_pixels_window(float lo_hi[2], const double *v, int n, struct dorg_err *e)
{
    if (n != 2 || !((float)v[0] < (float)v[1]))
        return dorg_fail(e, DORG_EUSAGE, "a window is two numbers, lo,hi, with lo below hi");
    lo_hi[0] = (float)v[0];
    lo_hi[1] = (float)v[1];
    return 0;
}

/* Below lo is clamped to 0, so halves go up. */
static void window_block(uint8_t *to, const float *from, size_t n, double lo, double span)
{
    for (size_t i = 0; i < n; i++) {
        double y = 255 * (((double)from[i] - lo) / span);
        y = y < 0 ? 0 : y > 255 ? 255 : y;
        to[i] = (uint8_t)(int)(y + 0.5);
    }
}

int dorg_pixels_ct(uint8_t *dst, const float *src, size_t n, const float lo_hi[2],
                   struct dorg_err *e)
{
    uint8_t block[BLOCK];
    double lo = (double)lo_hi[0], span = (double)lo_hi[1] - lo;
    if (!(span > 0) || !isfinite(span))
        return dorg_fail(e, DORG_EUSAGE, "window %g,%g: the first must be below the second",
                         lo, (double)lo_hi[1]);
    for (size_t i = 0; i < n; i += BLOCK) {
        size_t m = n - i < BLOCK ? n - i : BLOCK;
        window_block(block, src + i, m, lo, span);
        memcpy(dst + i, block, m);
    }
    return 0;
}

int dorg_pixels_map(uint8_t *dst, const float *src, size_t n, struct dorg_err *e)
{
    for (size_t i = 0; i < n; i++) {
        double p = (double)src[i];
        if (!(p >= -1e-6 && p <= 1 + 1e-6))
            return dorg_fail(e, DORG_EDATA, "a map value is %.9g; expected 0 to 1", p);
        p = p < 0 ? 0 : p > 1 ? 1 : p;
        dst[i] = (uint8_t)(255 * p + 0.5);
    }
    return 0;
}

/* A byte never lies beyond the float it came from, so the array can be narrowed where it is.
 */
static int narrowed(struct dorg_vol *v, struct dorg_err *e)
{
    if (e->code) return e->code;
    v->type = DORG_U8;
    return dorg_resize(&v->data, dorg_grid_count(&v->grid), 1, e);
}

int dorg_pixels_ct_vol(struct dorg_vol *v, const float lo_hi[2], struct dorg_err *e)
{
    dorg_pixels_ct(v->data, v->data, dorg_grid_count(&v->grid), lo_hi, e);
    return narrowed(v, e);
}

int dorg_pixels_map_vol(struct dorg_vol *v, struct dorg_err *e)
{
    dorg_pixels_map(v->data, v->data, dorg_grid_count(&v->grid), e);
    return narrowed(v, e);
}
