/* warp2d.c - boxes of axial slices, stretched to a square
 *
 * An output row is first a blend of two rows of the box (neighbouring bytes, done in vectors),
 * then a walk along that row. */
#include "warp2d.h"

#include <stdbool.h>

#include "../libcommon/base/mem.h"
#include "../libcommon/base/par.h"

#define CLONES __attribute__((target_clones("avx512f", "avx2", "default")))

struct job {
    uint8_t *dst;
    const uint8_t *src;
    const int32_t *n;
    const struct dorg_box *box;
    struct dorg_warp2d p;
    size_t row_room; /* floats per worker */
    float *row;      /* owned: [worker][row_room]: a blended row of the box and one more */
    struct walk {
        int32_t at;
        float frac;
    } * walk; /* owned: [worker][size]: where the samples of a row fall */
};

/* Sample k of size over n pixels lies frac after pixel at. */
static struct walk place(int32_t k, int32_t n, int32_t size)
{
    int64_t pos = (int64_t)k * (n - 1);
    return (struct walk){(int32_t)(pos / size), (float)(pos % size) / (float)size};
}

CLONES static void blend(float *row, const uint8_t *a, const uint8_t *b, float wa, float wb,
                         int32_t n)
{
    for (int32_t i = 0; i < n; i++)
        row[i] = wa * (float)a[i] + wb * (float)b[i];
}

CLONES static void stretch(uint8_t *dst, const float *row, const struct walk *w, int32_t size)
{
    for (int32_t c = 0; c < size; c++) {
        const float *p = row + w[c].at;
        dst[c] = (uint8_t)(int)((1 - w[c].frac) * p[0] + w[c].frac * p[1] + 0.5f);
    }
}

static int one(void *ctx, size_t i, size_t worker, struct dorg_err *e)
{
    const struct job *t = ctx;
    const struct dorg_box *b = &t->box[i];
    int32_t size = t->p.size, nx = t->n[0], ny = t->n[1];
    int32_t lo = b->x < 0 ? -b->x : 0, hi = nx - b->x < b->nx ? nx - b->x : b->nx;
    const uint8_t *slice = t->src + dorg_at(t->n, 0, 0, b->z);
    float *row = t->row + worker * t->row_room;
    struct walk *walk = t->walk + worker * (size_t)size;
    uint8_t *dst = t->dst + i * t->p.stride;

    for (int32_t c = 0; c < size; c++)
        walk[c] = place(c, b->nx, size);
    memset(row, 0, ((size_t)b->nx + 1) * sizeof *row);
    for (int32_t r = 0; r < size; r++, dst += size) {
        struct walk w = place(r, b->ny, size);
        int32_t y = b->y + w.at;
        bool in0 = y >= 0 && y < ny, in1 = y + 1 >= 0 && y + 1 < ny;
        float w0 = in0 ? 1 - w.frac : 0, w1 = in1 ? w.frac : 0;
        if ((w0 == 0 && w1 == 0) || lo >= hi) {
            memset(dst, 0, (size_t)size);
            continue;
        }
        const uint8_t *from = slice + b->x + lo;
        blend(row + lo, from + (in0 ? y * nx : 0), from + (in1 ? (y + 1) * nx : 0), w0, w1,
              hi - lo);
        stretch(dst, row, walk, size);
    }
    return e->code;
}

int dorg_warp2d_cpu(uint8_t *dst, const uint8_t *src, const int32_t n[3],
                    const struct dorg_box *box, size_t count, const struct dorg_warp2d *p,
                    int jobs, struct dorg_err *e)
{
    struct job t = {.dst = dst, .src = src, .n = n, .box = box, .p = *p};
    size_t team = dorg_par_team(jobs);
    for (size_t i = 0; i < count; i++)
        if ((size_t)box[i].nx + 1 > t.row_room) t.row_room = (size_t)box[i].nx + 1;
    t.row = dorg_array(team * t.row_room, sizeof *t.row, e);
    t.walk = dorg_array(team * (size_t)p->size, sizeof *t.walk, e);
    if (!e->code) dorg_par(count, jobs, one, &t, e);
    free(t.row);
    free(t.walk);
    return e->code;
}
