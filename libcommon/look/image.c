/* image.c - pictures in memory: dots, frames, PNG */
#include <png.h>

#include "image.h"
#include "../base/mem.h"

int dorg_image_new(struct dorg_image *m, int w, int h, struct dorg_err *e)
{
    *m = DORG_IMAGE_INIT;
    if (w < 1 || h < 1 || w > 30000 || h > 30000)
        return dorg_fail(e, DORG_EUSAGE, "a picture of %d x %d pixels", w, h);
    if (!(m->rgb = dorg_zeroed(dorg_pixel(w, 0, h), 3, e))) return e->code;
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
    return m->rgb + 3 * (dorg_pixel(m->w, x, y));
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
            dorg_image_dot(m, x + i, y + j, from->rgb + 3 * (dorg_pixel(from->w, i, j)));
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

struct sink {
    struct dorg_out *out;
    struct dorg_err *e;
};

/* libpng's ways out: our error is already written, or is written here; then it jumps back. */
static void on_error(png_structp png, png_const_charp why)
{
    struct sink *s = png_get_error_ptr(png);
    dorg_fail(s->e, DORG_EIO, "libpng: %s", why);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp why)
{
    (void)png, (void)why; /* nothing that it warns of changes a pixel */
}

static void on_write(png_structp png, png_bytep bytes, png_size_t n)
{
    struct sink *s = png_get_io_ptr(png);
    if (dorg_out_write(s->out, bytes, n, s->e)) png_longjmp(png, 1);
}

static void on_flush(png_structp png)
{
    (void)png; /* dorg_out_close does */
}

/* Everything that libpng may jump out of; no object of ours is made in here. */
static void encode(png_structp png, png_infop info, const struct dorg_image *m, png_text *text,
                   int n_text)
{
    if (setjmp(png_jmpbuf(png))) return; /* the error is written */
    png_set_IHDR(png, info, (png_uint_32)m->w, (png_uint_32)m->h, 8, PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_filter(png, 0, PNG_FILTER_UP); /* anatomy resembles the row above */
    if (n_text) png_set_text(png, info, text, n_text);
    png_write_info(png, info);
    for (int y = 0; y < m->h; y++)
        png_write_row(png, m->rgb + 3 * dorg_pixel(m->w, 0, y));
    png_write_end(png, NULL);
}

int dorg_image_write(struct dorg_out *o, const struct dorg_image *m, const char *comment,
                     struct dorg_err *e)
{
    static char key[] = "Comment";
    struct sink s = {o, e};
    char *words = comment ? dorg_strdup(comment, e) : NULL;
    png_text text = {.compression = PNG_TEXT_COMPRESSION_NONE, .key = key, .text = words};
    png_structp png = NULL;
    png_infop info = NULL;
    if (e->code) return e->code;
    png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &s, on_error, on_warning);
    info = png ? png_create_info_struct(png) : NULL;
    if (!info) {
        dorg_fail(e, DORG_EIO, "out of memory for a picture");
        goto done;
    }
    png_set_write_fn(png, &s, on_write, on_flush);
    encode(png, info, m, &text, words != NULL);
done:
    png_destroy_write_struct(&png, &info);
    free(words);
    return e->code;
}
