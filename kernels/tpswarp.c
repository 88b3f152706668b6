/* tpswarp.c - the warp of tpswarp.h.
 *
 * Two columns of two channels are one 32-bit word.  Words are fetched by a plain loop (a
 * gather instruction is slower here: it costs more than a load and a store a pixel) and
 * blended by vectors. */
#include "tpswarp.h"

#include <stdbool.h>

#include "../libcommon/base/mem.h"
#include "../libcommon/base/par.h"

#ifdef __SANITIZE_THREAD__ /* its resolvers run before the sanitizer is ready */
#define CLONES
#else
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#endif

size_t dorg_tpswarp_scratch(int h, int w)
{
    return dorg_pixel(w, 0, h + 7);
}

/* word[y][x], from the low byte up: a(x), a(x + 1), b(x), b(x + 1); the last column and row
 * are repeated, so that a tap there reads itself. */
CLONES static void pack_row(uint32_t *restrict word, const uint8_t *restrict a,
                            const uint8_t *restrict b, int w)
{
    for (int x = 0; x < w - 1; x++)
        word[x] = (uint32_t)a[x] | (uint32_t)a[x + 1] << 8 | (uint32_t)b[x] << 16 |
                  (uint32_t)b[x + 1] << 24;
    word[w - 1] = (uint32_t)a[w - 1] * 0x101u | (uint32_t)b[w - 1] * 0x1010000u;
}

static void pack(uint32_t *word, const uint8_t *a, const uint8_t *b, int h, int w)
{
    for (int y = 0; y <= h; y++) {
        int row = (y < h ? y : h - 1) * w;
        pack_row(word + y * w, a + row, b + row, w);
    }
}

/* One row of u: sums over k in order, three at a time so as to touch u less often. */
CLONES static void field_row(float *restrict ux, float *restrict uy,
                             const float *restrict basis, const float *restrict d, int n,
                             int w)
{
    const float *dx = d, *dy = d + n;
    for (int x = 0; x < w; x++)
        ux[x] = uy[x] = 0;
    int k = 0;
    for (; k + 2 < n; k += 3) {
        const float *b0 = basis + k * w, *b1 = b0 + w, *b2 = b1 + w;
        float x0 = dx[k], x1 = dx[k + 1], x2 = dx[k + 2];
        float y0 = dy[k], y1 = dy[k + 1], y2 = dy[k + 2];
        for (int x = 0; x < w; x++) {
            ux[x] = ux[x] + x0 * b0[x] + x1 * b1[x] + x2 * b2[x];
            uy[x] = uy[x] + y0 * b0[x] + y1 * b1[x] + y2 * b2[x];
        }
    }
    for (; k < n; k++)
        for (int x = 0; x < w; x++) {
            ux[x] += dx[k] * basis[k * w + x];
            uy[x] += dy[k] * basis[k * w + x];
        }
}

/* Turn u into the first tap's index and the fractions beyond it (in ux and uy). */
CLONES static void taps_row(int32_t *restrict at, float *restrict ux, float *restrict uy,
                            int y, int h, int w)
{
    float right = (float)(w - 1), bottom = (float)(h - 1);
    for (int x = 0; x < w; x++) {
        float sx = (float)x + ux[x], sy = (float)y + uy[x];
        sx = sx < 0 ? 0 : sx;
        sx = sx > right ? right : sx;
        sy = sy < 0 ? 0 : sy;
        sy = sy > bottom ? bottom : sy;
        int32_t x0 = (int32_t)sx, y0 = (int32_t)sy;
        at[x] = y0 * w + x0;
        ux[x] = sx - (float)x0;
        uy[x] = sy - (float)y0;
    }
}

/* Neither cloned nor restrict, on purpose: a vector of words from anywhere takes longer than the
 * words. */
static void fetch_row(uint32_t *top, uint32_t *low, const uint32_t *word, const int32_t *at,
                      int w)
{
    for (int x = 0; x < w; x++) {
        top[x] = word[at[x]];
        low[x] = word[at[x] + w];
    }
}

static inline __attribute__((always_inline)) float blend(uint32_t top, uint32_t low, float fx,
                                                         float fy)
{
    float t0 = (float)(int32_t)(top & 255), t1 = (float)(int32_t)(top >> 8 & 255);
    float l0 = (float)(int32_t)(low & 255), l1 = (float)(int32_t)(low >> 8 & 255);
    float t = t0 + fx * (t1 - t0), l = l0 + fx * (l1 - l0);
    return t + fy * (l - t) + 0.5f;
}

CLONES static void blend_row(uint8_t *restrict da, uint8_t *restrict db,
                             const uint32_t *restrict top, const uint32_t *restrict low,
                             const float *restrict fx, const float *restrict fy, int w)
{
    for (int x = 0; x < w; x++) {
        da[x] = (uint8_t)(int32_t)blend(top[x], low[x], fx[x], fy[x]);
        db[x] = (uint8_t)(int32_t)blend(top[x] >> 16, low[x] >> 16, fx[x], fy[x]);
    }
}

void dorg_tpswarp(uint8_t *dst, const uint8_t *src, int c, int h, int w, const float *basis,
                  const float *d, int n, float *scratch)
{
    size_t plane = dorg_pixel(w, 0, h), row = (size_t)w;
    uint32_t *word = (uint32_t *)scratch, *top = word + plane + row, *low = top + row;
    float *ux = (float *)(low + row), *uy = ux + row;
    int32_t *at = (int32_t *)(uy + row);
    uint8_t *spare = (uint8_t *)(at + row);
    for (int k = 0; k < c; k += 2, src += 2 * plane, dst += plane) {
        const float *of_row = basis;
        bool pair = k + 1 < c;
        pack(word, src, pair ? src + plane : src, h, w);
        for (int y = 0; y < h; y++, of_row += n * w, dst += w) {
            field_row(ux, uy, of_row, d, n, w);
            taps_row(at, ux, uy, y, h, w);
            fetch_row(top, low, word, at, w);
            blend_row(dst, pair ? dst + plane : spare, top, low, ux, uy, w);
        }
    }
}

struct many {
    uint8_t *dst;
    const uint8_t *src;
    const float *d;
    const struct dorg_tpswarps *p;
    float *scratch; /* owned: workers x one_scratch */
    size_t one_scratch;
};

static int warp_one(void *ctx, size_t i, size_t worker, struct dorg_err *e)
{
    const struct many *m = ctx;
    const struct dorg_tpswarps *p = m->p;
    size_t pixels = (size_t)p->c * dorg_pixel(p->w, 0, p->h), copies = (size_t)p->copies;
    for (size_t k = i * copies; k < (i + 1) * copies; k++)
        dorg_tpswarp(m->dst + k * pixels, m->src + i * pixels, p->c, p->h, p->w, p->basis,
                     m->d + k * 2 * (size_t)p->n, p->n, m->scratch + worker * m->one_scratch);
    return e->code;
}

int dorg_tpswarps_cpu(uint8_t *dst, const uint8_t *src, size_t count,
                      const struct dorg_tpswarps *p, const float *d, int jobs,
                      struct dorg_err *e)
{
    struct many m = {dst, src, d, p, NULL, dorg_tpswarp_scratch(p->h, p->w)};
    if ((m.scratch = dorg_array(dorg_par_team(jobs) * m.one_scratch, sizeof *m.scratch, e)))
        dorg_par(count, jobs, warp_one, &m, e);
    free(m.scratch);
    return e->code;
}
