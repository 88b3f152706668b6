/* vary.c - fresh variations of an image */
#include "vary.h"
#include "../libcommon/base/rng.h"

int dorg_vary_any(const struct dorg_vary *v)
{
    return v->zoom > 0 || v->turn > 0 || v->grey > 0 || v->odds > 0;
}

/* Uniform in [-1, 1]. */
static double draw(uint64_t seed, uint64_t item, uint32_t which)
{
    return 2 * dorg_rng_unit(seed, DORG_RNG_VARY, item, which) - 1;
}

static int clamp(int i, int most)
{
    return i < 0 ? 0 : i > most ? most : i;
}

static void grey_table(uint8_t table[256], double gain, double shift)
{
    for (int i = 0; i < 256; i++) {
        double v = floor(127.5 + gain * (i - 127.5) + 127.5 * shift + 0.5);
        table[i] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
    }
}

static void odds_table(uint8_t table[256], double factor)
{
    for (int i = 0; i < 256; i++) {
        double p = i / 255.0;
        table[i] = (uint8_t)floor(255 * p * factor / (1 - p + p * factor) + 0.5);
    }
}

/* One row of one channel; (x, y) is where its first pixel comes from, (dx, dy) a step, all in
 * 1/65536 pixels: whole numbers, so that every machine rounds alike. */
static void sample_row(uint8_t *to, const uint8_t *from, int h, int w, int64_t x, int64_t y,
                       int64_t dx, int64_t dy, const uint8_t *table)
{
    for (int i = 0; i < w; i++, x += dx, y += dy) {
        int x0 = (int)(x >> 16), y0 = (int)(y >> 16);
        int fx = (int)(x & 65535) >> 8, fy = (int)(y & 65535) >> 8;
        int xa = clamp(x0, w - 1), xb = clamp(x0 + 1, w - 1);
        const uint8_t *a = from + clamp(y0, h - 1) * w;
        const uint8_t *b = from + clamp(y0 + 1, h - 1) * w;
        int top = a[xa] * (256 - fx) + a[xb] * fx, low = b[xa] * (256 - fx) + b[xb] * fx;
        to[i] = table[(top * (256 - fy) + low * fy + 32768) >> 16];
    }
}

void dorg_vary_draw(struct dorg_vary_move *m, int h, int w, const struct dorg_vary *v,
                    uint64_t seed, uint64_t item)
{
    double t = draw(seed, item, 0), a = draw(seed, item, 1) * v->turn * 0.017453292519943295;
    double zoom = t >= 0 ? 1 + v->zoom * t : 1 / (1 - v->zoom * t);
    double cx = 0.5 * (w - 1), cy = 0.5 * (h - 1), unit = 65536 / zoom;
    m->dx = llrint(cos(a) * unit);
    m->dy = llrint(sin(a) * unit);
    m->x0 = llrint(cx * 65536) - llrint(cx * (double)m->dx - cy * (double)m->dy);
    m->y0 = llrint(cy * 65536) - llrint(cx * (double)m->dy + cy * (double)m->dx);
    m->gain = 1 + v->grey * draw(seed, item, 2);
    m->shift = v->grey * draw(seed, item, 3);
    m->odds = exp(v->odds * draw(seed, item, 4));
}

void dorg_vary(uint8_t *to, const uint8_t *from, int c, int h, int w, int n_grey,
               const struct dorg_vary *v, uint64_t seed, uint64_t item)
{
    uint8_t changed[256], odds[256];
    struct dorg_vary_move m;
    dorg_vary_draw(&m, h, w, v, seed, item);
    grey_table(changed, m.gain, m.shift);
    odds_table(odds, m.odds);
    for (int k = 0; k < c; k++, from += h * w)
        for (int j = 0; j < h; j++, to += w)
            sample_row(to, from, h, w, m.x0 - j * m.dy, m.y0 + j * m.dx, m.dx, m.dy,
                       k < n_grey ? changed : odds);
}
