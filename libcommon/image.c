/* image.c - pictures and the PNG container (ISO/IEC 15948) over zlib */
#include "image.h"
#include "mem.h"

#include <zlib.h>

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

static void put_big(uint8_t *p, uint32_t x)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(x >> (24 - 8 * i));
}

static int chunk(struct dorg_out *o, const char *type, const void *data, size_t n,
                 struct dorg_err *e)
{
    uint8_t head[8], tail[4];
    put_big(head, (uint32_t)n);
    memcpy(head + 4, type, 4);
    put_big(tail, dorg_crc32(dorg_crc32(0, type, 4), data, n));
    if (dorg_out_write(o, head, 8, e)) return e->code;
    if (n && dorg_out_write(o, data, n, e)) return e->code;
    return dorg_out_write(o, tail, 4, e);
}

/* Rows as differences from the row above (filter 2), which anatomy likes. */
static int pixels(struct dorg_out *o, const struct dorg_image *m, struct dorg_err *e)
{
    size_t row = 3 * (size_t)m->w, n = (row + 1) * (size_t)m->h;
    uLongf packed_n = compressBound((uLong)n);
    uint8_t *raw = dorg_array(n, 1, e), *packed = dorg_array(packed_n, 1, e);
    if (e->code) goto done;
    for (size_t y = 0; y < (size_t)m->h; y++) {
        uint8_t *to = raw + y * (row + 1);
        const uint8_t *from = m->rgb + y * row;
        *to++ = y ? 2 : 0;
        for (size_t i = 0; i < row; i++)
            to[i] = (uint8_t)(from[i] - (y ? from[i - row] : 0));
    }
    if (compress2(packed, &packed_n, raw, (uLong)n, 6) != Z_OK)
        dorg_fail(e, DORG_EIO, "out of memory for the picture");
    else
        chunk(o, "IDAT", packed, packed_n, e);
done:
    free(raw);
    free(packed);
    return e->code;
}

int dorg_image_write(struct dorg_out *o, const struct dorg_image *m, const char *comment,
                     struct dorg_err *e)
{
    static const char key[] = "Comment";
    uint8_t head[13] = {[8] = 8, [9] = 2};
    put_big(head, (uint32_t)m->w);
    put_big(head + 4, (uint32_t)m->h);
    dorg_out_write(o, "\x89PNG\r\n\x1a\n", 8, e);
    if (e->code || chunk(o, "IHDR", head, sizeof head, e)) return e->code;
    if (comment) {
        size_t n = strlen(comment);
        char *text = dorg_array(n + sizeof key, 1, e);
        if (!text) return e->code;
        memcpy(text, key, sizeof key);
        memcpy(text + sizeof key, comment, n);
        chunk(o, "tEXt", text, n + sizeof key, e);
        free(text);
    }
    if (e->code || pixels(o, m, e)) return e->code;
    return chunk(o, "IEND", "", 0, e);
}
