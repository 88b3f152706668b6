/* plausible.c - is a volume what was asked for? */
#include "plausible.h"

/* Nothing but 0 and 1, of values from 0 to 1. */
static bool only_ends(const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (x[i] > 0 && x[i] < 1) return false;
    return true;
}

const char *dorg_plausible_ct(const struct dorg_vol *v)
{
    const float *x = v->data;
    size_t n = dorg_grid_count(&v->grid);
    float lo = x[0], hi = x[0];
    for (size_t i = 0; i < n; i++) {
        lo = x[i] < lo ? x[i] : lo;
        hi = x[i] > hi ? x[i] : hi;
    }
    if (v->intent == DORG_INTENT_LABELS) return "labels, its header says";
    if (lo >= 0 && hi <= 1 && hi > 0)
        return only_ends(x, n) ? "only 0 and 1, as a mask has"
                               : "values from 0 to 1, as a map has";
    if (lo >= 0 && hi > 1500)
        return "no value below 0: stored without their offset of 1024, or an MR image?";
    if (lo < -32768 || hi > 65535) return "values that no CT scanner gives";
    return NULL;
}

int dorg_plausible_map(const struct dorg_vol *v, struct dorg_err *e)
{
    const float *x = v->data;
    for (size_t i = 0, n = dorg_grid_count(&v->grid); i < n; i++)
        if (!(x[i] >= 0 && x[i] <= 1))
            return dorg_fail(e, DORG_EDATA, "a map value is %.9g; expected 0 to 1%s",
                             (double)x[i], x[i] < -1 || x[i] > 255 ? " (is it a CT?)" : "");
    return 0;
}

int dorg_plausible_labels(const struct dorg_vol *v, struct dorg_err *e)
{
    const int32_t *x = v->data;
    for (size_t i = 0, n = v->type == DORG_U8 ? 0 : dorg_grid_count(&v->grid); i < n; i++)
        if (x[i] < 0)
            return dorg_fail(e, DORG_EDATA, "a label is %d; expected 0 or above (is it a CT?)",
                             x[i]);
    return 0;
}
