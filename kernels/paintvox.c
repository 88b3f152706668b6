/* paintvox.c - superpixel values onto voxels: a table look-up a voxel */
#include "paintvox.h"

#include "../libcommon/base/par.h"

enum { RUN = 1 << 18 }; /* voxels of a piece of work */

struct job {
    const int32_t *label;
    const float *value;
    const struct dorg_ids *ids;
    float *f32;
    uint8_t *u8;
    size_t count;
};

static int one_run(void *ctx, size_t k, size_t worker, struct dorg_err *e)
{
    struct job *t = ctx;
    size_t first = k * RUN, last = first + RUN < t->count ? first + RUN : t->count;
    (void)worker;
    for (size_t i = first; i < last; i++) {
        float x = t->label[i] ? t->value[dorg_ids_at(t->ids, t->label[i])] : 0.0f;
        if (t->f32)
            t->f32[i] = x;
        else
            t->u8[i] = (uint8_t)x;
    }
    return e->code;
}

int dorg_paintvox_cpu(void *dst, const int32_t *label, size_t count,
                      const struct dorg_ids *ids, const float *value, bool whole, int jobs,
                      struct dorg_err *e)
{
    struct job t = {.label = label, .value = value, .ids = ids, .count = count};
    if (whole)
        t.u8 = dst;
    else
        t.f32 = dst;
    return dorg_par((count + RUN - 1) / RUN, jobs, one_run, &t, e);
}
