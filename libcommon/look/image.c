/* image.c - pictures in memory: dots, frames, digits */
#include "image.h"
#include "../base/mem.h"

int dorg_image_new(struct dorg_image *m, int w, int h, struct dorg_err *e)
{
    *m = DORG_IMAGE_INIT;
    if (w < 1 || h < 1 || w > 30000 || h > 30000)
        return dorg_fail(e, DORG_EUSAGE, "a picture of %d x %d pixels", w, h);
    if (!(m->rgb = dorg_zeroed((size_t)w * (size_t)h, 3, e))) return e->code;
    m->w = w;
    m->h = h;
    return 0;
}

void dorg_image_free(struct dorg_image *m)
{
    free(m->rgb);
    *m = DORG_IMAGE_INIT;
}

static uint8_t *at(struct dorg_image *m, int x, int y)
{
    if (x < 0 || y < 0 || x >= m->w || y >= m->h) return NULL;
    return m->rgb + 3 * ((size_t)y * (size_t)m->w + (size_t)x);
}

void dorg_image_dot(struct dorg_image *m, int x, int y, const uint8_t rgb[3])
{
    uint8_t *p = at(m, x, y);
    if (p) memcpy(p, rgb, 3);
}

void dorg_image_mix(struct dorg_image *m, int x, int y, const uint8_t rgb[3], double share)
{
    uint8_t *p = at(m, x, y);
    for (int c = 0; p && c < 3; c++)
        p[c] = (uint8_t)(p[c] + share * (rgb[c] - p[c]) + 0.5);
}

void dorg_image_paste(struct dorg_image *m, const struct dorg_image *from, int x, int y)
{
    for (int j = 0; j < from->h; j++)
        for (int i = 0; i < from->w; i++)
            dorg_image_dot(m, x + i, y + j,
                           from->rgb + 3 * ((size_t)j * (size_t)from->w + (size_t)i));
}

void dorg_image_frame(struct dorg_image *m, int x, int y, int w, int h, const uint8_t rgb[3])
{
    for (int i = 0; i < w; i++) {
        dorg_image_dot(m, x + i, y, rgb);
        dorg_image_dot(m, x + i, y + h - 1, rgb);
    }
    for (int j = 0; j < h; j++) {
        dorg_image_dot(m, x, y + j, rgb);
        dorg_image_dot(m, x + w - 1, y + j, rgb);
    }
}

/* Fifteen dots, row by row, three bits a row. */
static unsigned glyph(char c)
{
    static const struct {
        char c;
        unsigned dots; /* octal: one digit a row */
    } font[] = {{'0', 075557}, {'1', 026227}, {'2', 071747}, {'3', 071717}, {'4', 055711},
                {'5', 074717}, {'6', 074757}, {'7', 071111}, {'8', 075757}, {'9', 075717},
                {'-', 000700}, {'.', 000002}, {'R', 065655}, {'L', 044447}};
    for (size_t i = 0; i < sizeof font / sizeof *font; i++)
        if (font[i].c == c) return font[i].dots;
    return 0;
}

void dorg_image_text(struct dorg_image *m, int x, int y, int size, const char *text,
                     const uint8_t rgb[3])
{
    for (; *text; text++, x += 4 * size)
        for (int k = 0; k < 15 * size * size; k++) {
            int i = k % (3 * size), j = k / (3 * size);
            if (glyph(*text) >> (14 - (j / size * 3 + i / size)) & 1)
                dorg_image_dot(m, x + i, y + j, rgb);
        }
}
