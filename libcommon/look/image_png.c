/* image_png.c - pictures out as PNG, by libpng */
#include "image.h"
#include "../base/mem.h"

#include <png.h>

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
        png_write_row(png, m->rgb + 3 * (size_t)y * (size_t)m->w);
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
