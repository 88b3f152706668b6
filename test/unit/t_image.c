/* t_image.c - PNG files taken apart again, by the book and zlib; dots, frames, text */
#include "../../libcommon/look/image.h"
#include "../tap.h"

#include <unistd.h>
#include <zlib.h>

static uint32_t big(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static size_t slurp(uint8_t *to, size_t cap, const char *path)
{
    FILE *f = fopen(path, "rb");
    size_t n = f ? fread(to, 1, cap, f) : 0;
    if (f) fclose(f);
    return n;
}

/* Walk the chunks: types in order, CRCs right; the one called `want` as *data, *n. */
static int chunks(const uint8_t *p, size_t size, const char *order, const char *want,
                  const uint8_t **data, size_t *n)
{
    char seen[256] = "";
    for (size_t at = 8; at + 12 <= size;) {
        size_t k = big(p + at), len = strlen(seen);
        if (k > size - at - 12) return 0;
        if (crc32(0, p + at + 4, (uInt)k + 4) != big(p + at + 8 + k)) return 0;
        snprintf(seen + len, sizeof seen - len, "%.4s ", (const char *)p + at + 4);
        if (memcmp(p + at + 4, want, 4) == 0) {
            *data = p + at + 8;
            *n = k;
        }
        at += 12 + k;
        if (at == size) return strcmp(seen, order) == 0;
    }
    return 0;
}

static void round_trip(int w, int h, const char *comment)
{
    static uint8_t file[1 << 20], raw[1 << 20];
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_image m;
    struct dorg_out o;
    const char *order = comment ? "IHDR tEXt IDAT IEND " : "IHDR IDAT IEND ";
    const uint8_t *data = NULL;
    size_t n = 0, row = 3 * (size_t)w;
    if (!ok(!dorg_image_new(&m, w, h, &e), "%d x %d", w, h)) return;
    for (size_t i = 0; i < row * (size_t)h; i++)
        m.rgb[i] = (uint8_t)(i * i * 7 + i / 5);
    dorg_out_open(&o, "t_image.png", &e);
    dorg_image_write(&o, &m, comment, &e);
    ok(!dorg_out_close(&o, &e), "is written %s", e.text);
    size_t size = slurp(file, sizeof file, "t_image.png");
    ok(size > 8 && memcmp(file, "\x89PNG\r\n\x1a\n", 8) == 0, "and begins as a PNG");
    ok(chunks(file, size, order, "IHDR", &data, &n) && n == 13, "its chunks are sound");
    ok(big(data) == (uint32_t)w && big(data + 4) == (uint32_t)h && data[8] == 8 &&
           data[9] == 2 && !data[10] && !data[11] && !data[12],
       "the header says 8-bit RGB of that size");
    chunks(file, size, order, "IDAT", &data, &n);
    uLongf got = sizeof raw;
    ok(uncompress(raw, &got, data, (uLong)n) == Z_OK && got == (row + 1) * (size_t)h,
       "rows unpack");
    int same = 1;
    for (size_t y = 0; y < (size_t)h; y++) { /* filters none and up */
        const uint8_t *r = raw + y * (row + 1);
        for (size_t i = 0; i < row; i++) {
            uint8_t up = y && r[0] == 2 ? m.rgb[(y - 1) * row + i] : 0;
            same &= (r[0] == 0 || r[0] == 2) && (uint8_t)(r[i + 1] + up) == m.rgb[y * row + i];
        }
    }
    ok(same, "into the pixels put in");
    if (comment && chunks(file, size, order, "tEXt", &data, &n))
        ok(n == 8 + strlen(comment) && memcmp(data, "Comment", 8) == 0 &&
               memcmp(data + 8, comment, n - 8) == 0,
           "the comment is there");
    unlink("t_image.png");
    dorg_image_free(&m);
}

static int lit(const struct dorg_image *m)
{
    int n = 0;
    for (int i = 0; i < m->w * m->h; i++)
        n += m->rgb[3 * i] != 0;
    return n;
}

static void drawing(void)
{
    static const uint8_t white[3] = {255, 255, 255};
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_image m, small;
    dorg_image_new(&m, 20, 10, &e);
    dorg_image_dot(&m, -1, 0, white);
    dorg_image_dot(&m, 20, 9, white);
    dorg_image_dot(&m, 3, 10, white);
    ok(lit(&m) == 0, "dots outside are left out");
    dorg_image_frame(&m, 2, 2, 5, 4, white);
    ok(lit(&m) == 14, "a frame of 5 x 4 has 14 dots");
    dorg_image_mix(&m, 0, 0, white, 0.5);
    ok(m.rgb[0] == 128, "half way to white");
    dorg_image_new(&small, 4, 4, &e);
    dorg_image_frame(&small, 0, 0, 4, 4, white);
    dorg_image_paste(&m, &small, 18, 8);
    ok(lit(&m) == 15 + 3, "a picture pasted over the corner is cut");
    dorg_image_free(&small);
    dorg_image_free(&m);
    dorg_image_new(&m, 60, 20, &e);
    dorg_image_text(&m, 0, 0, 1, "1", white);
    int one = lit(&m);
    dorg_image_text(&m, 10, 0, 2, "1", white);
    ok(one > 4 && lit(&m) == 5 * one, "text at twice the size has four times the dots");
    dorg_image_free(&m);
    ok(dorg_image_new(&m, 0, 5, &e) == DORG_EUSAGE, "no picture without pixels");
    e = DORG_ERR_INIT;
    ok(dorg_image_new(&m, 5, 30001, &e) == DORG_EUSAGE, "nor one too large");
}

int main(void)
{
    round_trip(1, 1, NULL);
    round_trip(31, 17, "dorg-view 1");
    round_trip(200, 3, "x");
    drawing();
    return tap_done();
}
