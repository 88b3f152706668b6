/* texture.c - records of a texture problem: stripes across, stripes down, (checks) under noise
 *
 *   texture seed count channels size classes > rec */
#include "../../libcommon/file/rec.h"
#include "../../libcommon/base/rng.h"

static double unit(uint64_t seed, uint64_t item, uint32_t draw)
{
    return dorg_rng_unit(seed, DORG_RNG_TEST, item, draw);
}

static void paint(uint8_t *p, const struct dorg_rec_shape *s, uint64_t seed,
                  const struct dorg_rec *r)
{
    for (uint32_t c = 0; c < s->c; c++) {
        double pace = 0.6 + 0.6 * unit(seed, r->id, 10 + 4 * c);
        double phase = 6.28 * unit(seed, r->id, 11 + 4 * c);
        double base = 70 + 100 * unit(seed, r->id, 12 + 4 * c);
        double height = 12 + 20 * unit(seed, r->id, 13 + 4 * c);
        for (uint32_t y = 0; y < s->h; y++)
            for (uint32_t x = 0; x < s->w; x++) {
                double across = sin(pace * y + phase), down = sin(pace * x + phase);
                double wave = r->label == 0 ? across : r->label == 1 ? down : across * down;
                uint32_t draw = 1000 + (c * s->h + y) * s->w + x;
                double v = base + height * wave + 60 * (unit(seed, r->id, draw) - 0.5);
                *p++ = (uint8_t)fmin(fmax(v, 0), 255);
            }
    }
}

int main(int argc, char **argv)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_out o;
    struct dorg_rec_writer w;
    uint64_t v[5];
    if (argc != 6) return 2;
    for (int i = 0; i < 5; i++)
        v[i] = strtoull(argv[i + 1], NULL, 10);
    struct dorg_rec_shape s = {.kind = v[4] == 3 ? DORG_REC_PAIR : DORG_REC_REGION,
                               .c = (uint32_t)v[2],
                               .h = (uint32_t)v[3],
                               .w = (uint32_t)v[3],
                               .window_hu = {-100, 200}};
    uint8_t *p = malloc(dorg_rec_pixels(&s));
    if (!p || dorg_out_open(&o, NULL, &e)) return 4;
    dorg_rec_begin(&w, &o, &s, NULL, "texture", &e);
    for (uint64_t i = 0; i < v[1]; i++) {
        struct dorg_rec r = {.id = i, .slice = (uint32_t)(i / 16)};
        r.label = (uint32_t)dorg_rng_below(v[4], v[0], DORG_RNG_TEST, i, 0);
        paint(p, &s, v[0], &r);
        if (dorg_rec_put(&w, &r, p, &e)) break;
    }
    dorg_rec_end(&w, &e);
    dorg_out_close(&o, &e);
    free(p);
    return e.code;
}
