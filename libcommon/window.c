/* window.c - CT and probabilities as 8-bit pixels */
#include "window.h"
#include "mem.h"

int dorg_window_u8(uint8_t *dst, const float *src, size_t n, const float lo_hi[2],
                   struct dorg_err *e)
{
    double lo = (double)lo_hi[0], span = (double)lo_hi[1] - lo;
    if (!(span > 0) || !isfinite(span))
        return dorg_fail(e, DORG_EUSAGE, "window %g,%g: the first must be below the second",
                         lo, (double)lo_hi[1]);
    for (size_t i = 0; i < n; i++) { /* below lo is clamped, so floor(y + 0.5) rounds away */
        double y = 255 * (((double)src[i] - lo) / span);
        y = y < 0 ? 0 : y > 255 ? 255 : y;
        dst[i] = (uint8_t)(y + 0.5);
    }
    return 0;
}

int dorg_prob_u8(uint8_t *dst, const float *src, size_t n, struct dorg_err *e)
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

int dorg_vol_window(struct dorg_vol *v, const float lo_hi[2], struct dorg_err *e)
{
    dorg_window_u8(v->data, v->data, dorg_grid_count(&v->grid), lo_hi, e);
    return narrowed(v, e);
}

int dorg_vol_prob(struct dorg_vol *v, struct dorg_err *e)
{
    dorg_prob_u8(v->data, v->data, dorg_grid_count(&v->grid), e);
    return narrowed(v, e);
}
