/* view_sheet.c - contact sheets of sample records and of first-layer filters */
#include "view.h"
#include "../base/mem.h"

/* Columns that make tiles of w x h pixels into a sheet somewhat wider than high. */
static int columns(int n, int w, int h)
{
    int cols = 1;
    while (cols < n && (double)cols * w < 1.4 * h * ((n + cols - 1) / cols))
        cols++;
    return cols;
}

static void block(struct dorg_image *m, int x, int y, int scale, const uint8_t rgb[3])
{
    for (int k = 0; k < scale * scale; k++)
        dorg_image_dot(m, x + k % scale, y + k / scale, rgb);
}

static const uint8_t *label_colour(uint32_t label)
{
    static const uint8_t colour[4][3] = {
        {60, 110, 255}, {60, 230, 70}, {255, 150, 40}, {128, 128, 128}};
    return colour[label < 3 ? label : 3];
}

static void show_record(struct dorg_image *m, int x, int y, int scale,
                        const struct dorg_rec_shape *s, const struct dorg_rec *r,
                        const uint8_t *pixels)
{
    int w = (int)s->w, h = (int)s->h, c = (int)s->c;
    dorg_image_frame(m, x, y, w * c * scale + 2, h * scale + 2, label_colour(r->label));
    for (int k = 0; k < c * h * w; k++) {
        int px = k % w, py = k / w % h, ch = k / w / h;
        const uint8_t rgb[3] = {pixels[k], pixels[k], pixels[k]};
        block(m, x + 1 + (ch * w + px) * scale, y + 1 + py * scale, scale, rgb);
    }
}

/* Pixels and meta of the first `count` records; the rest is read through. */
static int gather(uint8_t **pixels, struct dorg_rec **rec, int *n, struct dorg_rec_reader *r,
                  int count, struct dorg_err *e)
{
    size_t size = dorg_rec_pixels(&r->shape);
    struct dorg_rec one;
    int got = 1;
    uint8_t *spare = dorg_array(size, 1, e);
    *n = 0;
    if (!spare) return e->code;
    while (!dorg_rec_next(r, &one, spare, &got, e) && got) {
        if (*n == count) continue;
        size_t k = (size_t)*n;
        if (dorg_resize(pixels, (k + 1) * size, 1, e)) break;
        if (dorg_resize(rec, k + 1, sizeof **rec, e)) break;
        memcpy(*pixels + k * size, spare, size);
        (*rec)[(*n)++] = one;
    }
    free(spare);
    return e->code;
}

int dorg_view_records(struct dorg_image *m, struct dorg_rec_reader *r, int count, int scale,
                      struct dorg_err *e)
{
    const struct dorg_rec_shape *s = &r->shape;
    uint8_t *pixels = NULL;
    struct dorg_rec *rec = NULL;
    int n;
    *m = DORG_IMAGE_INIT;
    if (s->c > 16 || s->h > 1024 || s->w > 1024)
        return dorg_fail(e, DORG_EDATA, "records of %u x %u x %u pixels are too large to show",
                         s->c, s->h, s->w);
    if (gather(&pixels, &rec, &n, r, count, e)) goto done;
    if (n == 0) {
        dorg_fail(e, DORG_EDATA, "no records to show");
        goto done;
    }
    int w = (int)(s->w * s->c) * scale + 4, h = (int)s->h * scale + 4, cols = columns(n, w, h);
    if (dorg_image_new(m, cols * w, (n + cols - 1) / cols * h, e)) goto done;
    for (int k = 0; k < n; k++)
        show_record(m, k % cols * w + 1, k / cols * h + 1, scale, s, rec + k,
                    pixels + (size_t)k * dorg_rec_pixels(s));
done:
    free(pixels);
    free(rec);
    return e->code;
}

static uint8_t shade(float w, float most)
{
    float u = 127.5f + 127.5f * (most > 0 ? w / most : 0);
    return (uint8_t)(u + 0.5f > 255 ? 255 : u + 0.5f);
}

static void show_filter(struct dorg_image *m, int x, int y, int scale, const float *w, int c,
                        int k)
{
    float most = 0;
    for (int i = 0; i < c * k * k; i++)
        if (fabsf(w[i]) > most) most = fabsf(w[i]);
    for (int i = 0; i < k * k; i++)
        for (int ch = 0; ch < (c == 3 ? 1 : c); ch++) {
            uint8_t rgb[3];
            for (int p = 0; p < 3; p++)
                rgb[p] = shade(w[(c == 3 ? p : ch) * k * k + i], most);
            block(m, x + (ch * k + i % k) * scale, y + i / k * scale, scale, rgb);
        }
}

int dorg_view_kernels(struct dorg_image *m, const struct dorg_net *n, int scale,
                      struct dorg_err *e)
{
    const struct dorg_layer *l = NULL;
    *m = DORG_IMAGE_INIT;
    for (int i = 0; i < n->cfg.n_layers && !l; i++)
        if (n->cfg.layer[i].type == DORG_CONV) l = n->cfg.layer + i;
    if (!l) return dorg_fail(e, DORG_EDATA, "the net has no convolution");
    int c = l->in[0], k = l->kernel, filters = l->out[0];
    int w = k * scale * (c == 3 ? 1 : c) + 2, h = k * scale + 2;
    int cols = columns(filters, w, h);
    if (dorg_image_new(m, cols * w, (filters + cols - 1) / cols * h, e)) return e->code;
    for (int f = 0; f < filters; f++)
        show_filter(m, f % cols * w + 1, f / cols * h + 1, scale,
                    n->params + l->w_at + (size_t)f * (size_t)(c * k * k), c, k);
    return 0;
}
