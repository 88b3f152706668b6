/* sample.c - which voxels, superpixels or pairs become examples */
#include "sample.h"
#include "../base/mem.h"
#include "../file/rec.h" /* DORG_LABEL_UNKNOWN */
#include "../base/rng.h"

static int collect(uint64_t **at, size_t *n, const struct dorg_vol *mask, int32_t step,
                   int32_t step_z, struct dorg_err *e)
{
    const int32_t *dim = mask->grid.n;
    const uint8_t *m = mask->data;
    size_t cap = 0;
    for (int32_t z = 0; z < dim[2]; z += step_z)
        for (int32_t y = 0; y < dim[1]; y += step)
            for (int32_t x = 0; x < dim[0]; x += step) {
                size_t i = dorg_at(dim, x, y, z);
                if (!m[i]) continue;
                if (dorg_grow(at, *n, &cap, sizeof **at, e)) return e->code;
                (*at)[(*n)++] = i;
            }
    return 0;
}

int dorg_sample_grid(uint64_t **at, size_t *n, const struct dorg_vol *mask, int stride,
                     int stride_z, struct dorg_err *e)
{
    *at = NULL;
    *n = 0;
    collect(at, n, mask, stride, stride_z, e);
    if (!e->code && *n == 0) collect(at, n, mask, 1, 1, e);
    if (!e->code && !*at) *at = dorg_array(0, sizeof **at, e);
    if (e->code) {
        free(*at);
        *at = NULL;
    }
    return e->code;
}

struct draw {
    uint64_t key;
    size_t i;
};

static int by_key(const void *a, const void *b)
{
    const struct draw *p = a, *q = b;
    if (p->key != q->key) return p->key < q->key ? -1 : 1;
    return p->i < q->i ? -1 : p->i > q->i;
}

/* Keep `most` of the examples of one class, or of all classes (cls < 0). */
static void keep_some(uint8_t *keep, struct draw *d, const uint8_t *label, const uint64_t *id,
                      size_t n, int cls, uint64_t most, uint64_t seed)
{
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        if (cls >= 0 && label[i] != cls) continue;
        uint32_t w[4];
        dorg_rng4(w, seed, DORG_RNG_SAMPLE, id[i], 0);
        d[m++] = (struct draw){(uint64_t)w[0] << 32 | w[1], i};
    }
    if (m > most) qsort(d, m, sizeof *d, by_key);
    for (size_t j = 0; j < m && j < most; j++)
        keep[d[j].i] = 1;
}

int dorg_sample_choose(uint8_t *keep, const uint8_t *label, const uint64_t *id, size_t n,
                       const struct dorg_choice *c, struct dorg_err *e)
{
    uint64_t most = UINT64_MAX, count = 0;
    for (size_t i = 0; i < n; i++) {
        keep[i] = 0;
        count += label[i] == c->reference;
        if (c->balance && label[i] == DORG_LABEL_UNKNOWN)
            return dorg_fail(e, DORG_EDATA, "balancing needs the truth of every example");
    }
    struct draw *d = dorg_array(n, sizeof *d, e);
    if (!d) return e->code;
    if (c->balance) {
        if (c->max_n && c->max_n / c->classes < count) count = c->max_n / c->classes;
        for (uint32_t k = 0; k < c->classes; k++)
            keep_some(keep, d, label, id, n, (int)k, count, c->seed);
    } else {
        if (c->max_n) most = c->max_n;
        keep_some(keep, d, label, id, n, -1, most, c->seed);
    }
    free(d);
    return 0;
}

static int voxels(double mm, float pitch)
{
    double n = floor(mm / (double)pitch + 0.5);
    return n < 1 ? 1 : n > 1000 ? 1000 : (int)n;
}

void dorg_sample_every(int *stride, int *stride_z, const double mm[2], const float pitch[3])
{
    if (mm[0] > 0) *stride = voxels(mm[0], pitch[0]);
    if (mm[1] > 0) *stride_z = voxels(mm[1], pitch[2]);
}
