/* patch25.c - 2.5-D patches
 *
 * Every centre is a whole voxel, so where a sample falls between voxels is the same for all
 * patches: one table per axis and call.  The usual case, whole steps in x and y, needs no
 * interpolation along a row: the axial plane is a copy of rows, the coronal one a blend of
 * two rows, the sagittal one a blend of two strided reads. */
#include "patch25.h"

#include <stdbool.h>

#include "../libcommon/base/mem.h"
#include "../libcommon/base/par.h"

#define CLONES __attribute__((target_clones("avx512f", "avx2", "default")))

struct axis {
    int32_t *off; /* owned: whole voxels from the centre to the lower neighbour */
    float *frac;  /* owned: and the rest, in [0, 1) */
    bool whole;   /* frac is 0 everywhere and off goes up by one */
};

struct tap { /* the two voxels of a sample; a weight is 0 for one outside the volume */
    ptrdiff_t at[2];
    float w[2];
};

struct job {
    uint8_t *dst;
    const uint8_t *src;
    const uint64_t *at;
    int32_t n[3];
    ptrdiff_t step[3]; /* bytes from voxel to voxel along each axis */
    int32_t size;
    struct axis axis[3];
    struct tap *taps; /* owned: [worker][3][size] */
};

static int make_axis(struct axis *a, int32_t size, double step, struct dorg_err *e)
{
    a->off = dorg_array((size_t)size, sizeof *a->off, e);
    a->frac = dorg_array((size_t)size, sizeof *a->frac, e);
    a->whole = step == 1;
    for (int32_t s = 0; s < size && !e->code; s++) {
        double u = (s - size / 2) * step, lower = floor(u);
        lower = lower < -1e8 ? -1e8 : lower > 1e8 ? 1e8 : lower; /* far outside stays so */
        a->off[s] = (int32_t)lower;
        a->frac[s] = (float)(u - lower);
    }
    return e->code;
}

static void make_taps(struct tap *t, const struct axis *a, int32_t size, int32_t centre,
                      int32_t n, ptrdiff_t step)
{
    for (int32_t s = 0; s < size; s++) {
        int32_t i = centre + a->off[s];
        bool in0 = i >= 0 && i < n, in1 = i + 1 >= 0 && i + 1 < n;
        t[s].at[0] = in0 ? i * step : 0;
        t[s].at[1] = in1 ? (i + 1) * step : 0;
        t[s].w[0] = in0 ? 1 - a->frac[s] : 0;
        t[s].w[1] = in1 ? a->frac[s] : 0;
    }
}

/* Two rows of n neighbouring voxels, blended. */
CLONES static void blend_rows(uint8_t *dst, const uint8_t *a, const uint8_t *b, float wa,
                              float wb, int32_t n)
{
    for (int32_t i = 0; i < n; i++)
        dst[i] = (uint8_t)(int)(wa * (float)a[i] + wb * (float)b[i] + 0.5f);
}

/* The same with voxels `step` apart. */
static void blend_strided(uint8_t *dst, const uint8_t *a, const uint8_t *b, float wa, float wb,
                          int32_t n, ptrdiff_t step)
{
    for (int32_t i = 0; i < n; i++, a += step, b += step)
        dst[i] = (uint8_t)(int)(wa * (float)*a + wb * (float)*b + 0.5f);
}

/* Samples between voxels along the row too. */
static void blend_taps(uint8_t *dst, const uint8_t *a, const uint8_t *b, float wa, float wb,
                       int32_t n, const struct tap *u)
{
    for (int32_t i = 0; i < n; i++, u++) {
        float p = u->w[0] * (float)a[u->at[0]] + u->w[1] * (float)a[u->at[1]];
        float q = u->w[0] * (float)b[u->at[0]] + u->w[1] * (float)b[u->at[1]];
        dst[i] = (uint8_t)(int)(wa * p + wb * q + 0.5f);
    }
}

/* One plane: columns along axis u, rows along axis v, base: the centre's third index. */
static void plane(uint8_t *dst, const struct job *t, const uint8_t *base, int u, int v,
                  int32_t centre_u, const struct tap *taps)
{
    const struct tap *tu = taps + u * t->size, *tv = taps + v * t->size;
    int32_t size = t->size, first = centre_u - size / 2, lo = 0, hi = size;
    if (t->axis[u].whole) { /* the samples lo..hi-1 lie inside */
        lo = first < 0 ? -first : 0;
        hi = t->n[u] - first < size ? t->n[u] - first : size;
    }
    for (int32_t r = 0; r < size; r++, dst += size) {
        float wa = tv[r].w[0], wb = tv[r].w[1];
        const uint8_t *a = base + tv[r].at[0], *b = base + tv[r].at[1];
        if (wa == 0 && wb == 0) {
            memset(dst, 0, (size_t)size);
            continue;
        }
        if (!t->axis[u].whole) {
            blend_taps(dst, a, b, wa, wb, size, tu);
            continue;
        }
        ptrdiff_t skip = (first + lo) * t->step[u];
        memset(dst, 0, (size_t)lo);
        memset(dst + hi, 0, (size_t)(size - hi));
        if (u != 0)
            blend_strided(dst + lo, a + skip, b + skip, wa, wb, hi - lo, t->step[u]);
        else if (wa == 1)
            memcpy(dst + lo, a + skip, (size_t)(hi - lo));
        else
            blend_rows(dst + lo, a + skip, b + skip, wa, wb, hi - lo);
    }
}

static int one(void *ctx, size_t i, size_t worker, struct dorg_err *e)
{
    const struct job *t = ctx;
    size_t side = (size_t)t->size, area = side * side;
    int32_t c[3];
    struct tap *taps = t->taps + worker * 3 * side;
    uint8_t *dst = t->dst + i * 3 * area;
    dorg_voxel(c, t->n, t->at[i]);
    for (int a = 0; a < 3; a++)
        make_taps(taps + a * t->size, &t->axis[a], t->size, c[a], t->n[a], t->step[a]);
    plane(dst, t, t->src + c[2] * t->step[2], 0, 1, c[0], taps);
    plane(dst + area, t, t->src + c[0], 1, 2, c[1], taps);
    plane(dst + 2 * area, t, t->src + c[1] * t->step[1], 0, 2, c[0], taps);
    return e->code;
}

int dorg_patch25_cpu(uint8_t *dst, const uint8_t *src, const int32_t n[3], const uint64_t *at,
                     size_t count, const struct dorg_patch25 *p, int jobs, struct dorg_err *e)
{
    struct job t = {.dst = dst, .src = src, .at = at, .size = p->size};
    for (int a = 0; a < 3; a++) {
        t.n[a] = n[a];
        t.step[a] = a ? t.step[a - 1] * n[a - 1] : 1;
        if (make_axis(&t.axis[a], p->size, p->step[a], e)) goto done;
    }
    t.taps = dorg_array(dorg_par_team(jobs) * 3 * (size_t)p->size, sizeof *t.taps, e);
    if (t.taps) dorg_par(count, jobs, one, &t, e);
done:
    for (int a = 0; a < 3; a++) {
        free(t.axis[a].off);
        free(t.axis[a].frac);
    }
    free(t.taps);
    return e->code;
}
