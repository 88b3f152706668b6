/* view.c - axial slices with contours and overlays */
#include "view.h"
#include "../base/mem.h"

struct frame {  /* from picture pixels to voxels */
    int x1, y1; /* the voxel column and row just past the left and upper border */
    int w, h;
    double step[2]; /* voxels per pixel */
    int z;
};

static const uint8_t contour[DORG_VIEW_MASKS][3] = {
    {255, 50, 50},  {60, 230, 70},  {255, 225, 40},  {70, 200, 255},
    {255, 90, 255}, {255, 150, 40}, {120, 120, 255}, {255, 255, 255}};

static size_t slice_voxels(const struct dorg_grid *g)
{
    return (size_t)g->n[0] * (size_t)g->n[1];
}

int dorg_view_best(const struct dorg_view *v)
{
    const struct dorg_grid *g = &v->ct->grid;
    size_t n = slice_voxels(g), most = 0;
    int best = g->n[2] / 2;
    for (int z = 0; z < g->n[2] && v->n_masks; z++) {
        const uint8_t *m = (const uint8_t *)v->mask[0]->data + (size_t)z * n;
        size_t in = 0;
        for (size_t i = 0; i < n; i++)
            in += m[i] != 0;
        if (in > most) {
            most = in;
            best = z;
        }
    }
    return best;
}

/* The box of the first mask: lo[] to hi[] inclusive; false if it is empty. */
static bool extent(int lo[3], int hi[3], const struct dorg_view *v)
{
    const struct dorg_grid *g = &v->ct->grid;
    for (int a = 0; a < 3; a++) {
        lo[a] = g->n[a];
        hi[a] = -1;
    }
    size_t i = 0;
    const uint8_t *m = v->n_masks ? v->mask[0]->data : NULL;
    for (int z = 0; m && z < g->n[2]; z++)
        for (int y = 0; y < g->n[1]; y++)
            for (int x = 0; x < g->n[0]; x++, i++) {
                if (!m[i]) continue;
                const int at[3] = {x, y, z};
                for (int a = 0; a < 3; a++) {
                    if (at[a] < lo[a]) lo[a] = at[a];
                    if (at[a] > hi[a]) hi[a] = at[a];
                }
            }
    return hi[0] >= 0;
}

static int place(struct frame *f, const struct dorg_view *v, struct dorg_err *e)
{
    const struct dorg_grid *g = &v->ct->grid;
    int lo[3] = {0}, hi[3] = {g->n[0] - 1, g->n[1] - 1, g->n[2] - 1};
    if (v->crop_mm >= 0) {
        int a_lo[3], a_hi[3];
        if (!extent(a_lo, a_hi, v))
            return dorg_fail(e, DORG_EDATA, "nothing to crop to: the first mask is empty");
        for (int a = 0; a < 2; a++) {
            int more = (int)(v->crop_mm / (double)g->mm[a] + 0.5);
            if (a_lo[a] - more > lo[a]) lo[a] = a_lo[a] - more;
            if (a_hi[a] + more < hi[a]) hi[a] = a_hi[a] + more;
        }
    }
    double fine = (double)(g->mm[0] < g->mm[1] ? g->mm[0] : g->mm[1]);
    double size[2];
    for (int a = 0; a < 2; a++)
        size[a] = (hi[a] - lo[a] + 1) * (double)g->mm[a] / fine;
    double scale = v->scale > 0 ? v->scale : size[0] < 400 ? ceil(400 / size[0]) : 1;
    for (int a = 0; a < 2; a++)
        f->step[a] = fine / (double)g->mm[a] / scale;
    f->x1 = hi[0] + 1;
    f->y1 = hi[1] + 1;
    f->w = (int)(size[0] * scale + 0.5);
    f->h = (int)(size[1] * scale + 0.5);
    if (f->w < 1 || f->h < 1 || f->w > 30000 || f->h > 30000)
        return dorg_fail(e, DORG_EUSAGE, "a picture of %d x %d pixels", f->w, f->h);
    return 0;
}

struct sample { /* four voxels and their weights */
    size_t i[4];
    double w[4];
    size_t nearest;
};

static void sample_at(struct sample *s, const struct frame *f, const struct dorg_grid *g,
                      int px, int py)
{
    double at[2] = {f->x1 - (px + 0.5) * f->step[0] - 0.5,
                    f->y1 - (py + 0.5) * f->step[1] - 0.5};
    int i[2][2];
    double w[2];
    for (int a = 0; a < 2; a++) {
        double last = g->n[a] - 1, x = at[a] < 0 ? 0 : at[a] > last ? last : at[a];
        i[a][0] = (int)x;
        i[a][1] = i[a][0] + 1 < g->n[a] ? i[a][0] + 1 : i[a][0];
        w[a] = x - i[a][0];
    }
    size_t nx = (size_t)g->n[0], base = (size_t)f->z * slice_voxels(g);
    for (int k = 0; k < 4; k++) {
        s->i[k] = base + (size_t)i[1][k >> 1] * nx + (size_t)i[0][k & 1];
        s->w[k] = (k & 1 ? w[0] : 1 - w[0]) * (k >> 1 ? w[1] : 1 - w[1]);
    }
    s->nearest = s->i[(w[1] > 0.5 ? 2 : 0) + (w[0] > 0.5 ? 1 : 0)];
}

static double between(const float *v, const struct sample *s)
{
    double sum = 0;
    for (int k = 0; k < 4; k++)
        sum += s->w[k] * (double)v[s->i[k]];
    return sum;
}

static void grey(struct dorg_image *m, int x, int y, const struct dorg_view *v,
                 const struct sample *s)
{
    double u = (between(v->ct->data, s) - v->window[0]) / (v->window[1] - v->window[0]);
    uint8_t c = u <= 0 ? 0 : u >= 1 ? 255 : (uint8_t)(255 * u + 0.5);
    dorg_image_dot(m, x, y, (const uint8_t[3]){c, c, c});
}

/* Blue through green and yellow to red, the stronger the likelier. */
static void heat(struct dorg_image *m, int x, int y, double p, double alpha)
{
    static const double stop[5][3] = {
        {40, 40, 200}, {0, 160, 220}, {60, 200, 60}, {250, 220, 30}, {240, 40, 30}};
    p = p < 0 ? 0 : p > 1 ? 1 : p;
    int k = p >= 1 ? 3 : (int)(p * 4);
    double f = p * 4 - k;
    uint8_t rgb[3];
    for (int c = 0; c < 3; c++)
        rgb[c] = (uint8_t)(stop[k][c] + f * (stop[k + 1][c] - stop[k][c]) + 0.5);
    dorg_image_mix(m, x, y, rgb, alpha * (p < 0.2 ? 5 * p : 1));
}

static void tint(struct dorg_image *m, int x, int y, int32_t label, double alpha)
{
    uint32_t h = (uint32_t)label * 2654435761u;
    const uint8_t rgb[3] = {(uint8_t)(64 + (h >> 8 & 127) + (h >> 16 & 63)),
                            (uint8_t)(64 + (h >> 15 & 127) + (h >> 4 & 63)),
                            (uint8_t)(64 + (h >> 22 & 127) + (h >> 11 & 63))};
    if (label) dorg_image_mix(m, x, y, rgb, alpha);
}

static void borders(struct dorg_image *m, const struct dorg_view *v, const struct frame *f)
{
    static const uint8_t yellow[3] = {230, 200, 40};
    const int32_t *l = v->labels->data;
    struct sample here, right, below;
    for (int y = 0; y < f->h; y++)
        for (int x = 0; x < f->w; x++) {
            sample_at(&here, f, &v->ct->grid, x, y);
            sample_at(&right, f, &v->ct->grid, x + 1, y);
            sample_at(&below, f, &v->ct->grid, x, y + 1);
            if (l[here.nearest] != l[right.nearest] || l[here.nearest] != l[below.nearest])
                dorg_image_mix(m, x, y, yellow, 0.75);
        }
}

static bool inside(const uint8_t *mask, const struct sample *s)
{
    double sum = 0;
    for (int k = 0; k < 4; k++)
        sum += mask[s->i[k]] ? s->w[k] : 0;
    return sum >= 0.5;
}

/* Inner pixels within `line` of the outside, along a row or a column. */
static int outline(struct dorg_image *m, const struct dorg_view *v, const struct frame *f,
                   int k, struct dorg_err *e)
{
    size_t pad = (size_t)v->line, w = (size_t)f->w + 2 * pad;
    uint8_t *in = dorg_zeroed(w * ((size_t)f->h + 2 * pad), 1, e);
    if (!in) return e->code;
    for (int y = 0; y < f->h; y++)
        for (int x = 0; x < f->w; x++) {
            struct sample s;
            sample_at(&s, f, &v->ct->grid, x, y);
            in[((size_t)y + pad) * w + (size_t)x + pad] = inside(v->mask[k]->data, &s);
        }
    for (int y = 0; y < f->h; y++)
        for (int x = 0; x < f->w; x++) {
            const uint8_t *p = in + ((size_t)y + pad) * w + (size_t)x + pad;
            bool edge = false;
            for (size_t d = 1; d <= pad && *p; d++)
                edge |= !p[d] || !*(p - d) || !p[d * w] || !*(p - d * w);
            if (edge) dorg_image_dot(m, x, y, contour[k]);
        }
    free(in);
    return 0;
}

static int one_slice(struct dorg_image *m, const struct dorg_view *v, const struct frame *f,
                     struct dorg_err *e)
{
    static const uint8_t pale[3] = {200, 200, 200};
    if (dorg_image_new(m, f->w, f->h, e)) return e->code;
    for (int y = 0; y < f->h; y++)
        for (int x = 0; x < f->w; x++) {
            struct sample s;
            sample_at(&s, f, &v->ct->grid, x, y);
            grey(m, x, y, v, &s);
            if (v->map) heat(m, x, y, between(v->map->data, &s), v->alpha);
            if (v->labels && v->fill)
                tint(m, x, y, ((const int32_t *)v->labels->data)[s.nearest], v->alpha);
        }
    if (v->labels) borders(m, v, f);
    for (int k = 0; k < v->n_masks; k++)
        if (outline(m, v, f, k, e)) return e->code;
    char text[16];
    snprintf(text, sizeof text, "%d", f->z);
    dorg_image_text(m, 4, f->h - 14, 2, text, pale);
    dorg_image_text(m, 4, f->h / 2 - 5, 2, "R", pale);
    dorg_image_text(m, f->w - 10, f->h / 2 - 5, 2, "L", pale);
    return 0;
}

static int many_slices(struct dorg_image *m, const struct dorg_view *v, struct frame *f,
                       struct dorg_err *e)
{
    int n = v->montage, cols = 1, lo[3], hi[3];
    while (cols * cols < n)
        cols++;
    int rows = (n + cols - 1) / cols;
    if (!extent(lo, hi, v)) {
        lo[2] = 0;
        hi[2] = v->ct->grid.n[2] - 1;
    }
    if ((double)cols * f->w > 30000 || (double)rows * f->h > 30000)
        return dorg_fail(e, DORG_EUSAGE, "a montage of %d x %d pictures of %d x %d pixels",
                         cols, rows, f->w, f->h);
    if (dorg_image_new(m, cols * f->w, rows * f->h, e)) return e->code;
    for (int k = 0; k < n; k++) { /* evenly, not on the very ends */
        struct dorg_image one = DORG_IMAGE_INIT;
        f->z = lo[2] + (int)((k + 0.5) * (hi[2] - lo[2] + 1) / n);
        if (!one_slice(&one, v, f, e))
            dorg_image_paste(m, &one, k % cols * f->w, k / cols * f->h);
        dorg_image_free(&one);
        if (e->code) return e->code;
    }
    return 0;
}

static int check_grids(const struct dorg_view *v, struct dorg_err *e)
{
    const struct dorg_vol *other[DORG_VIEW_MASKS + 2] = {v->map, v->labels};
    for (int k = 0; k < v->n_masks; k++)
        other[k + 2] = v->mask[k];
    for (int k = 0; k < v->n_masks + 2; k++)
        if (other[k] && dorg_grid_same(&v->ct->grid, &other[k]->grid, e)) return e->code;
    return 0;
}

int dorg_view_render(struct dorg_image *m, const struct dorg_view *v, struct dorg_err *e)
{
    struct frame f = {.z = v->z};
    *m = DORG_IMAGE_INIT;
    if (!(v->window[0] < v->window[1]))
        return dorg_fail(e, DORG_EUSAGE, "a window from %g to %g HU", v->window[0],
                         v->window[1]);
    if (v->line < 1 || v->line > 16)
        return dorg_fail(e, DORG_EUSAGE, "contours %d pixels wide", v->line);
    if (check_grids(v, e)) return e->code;
    if (v->z >= v->ct->grid.n[2])
        return dorg_fail(e, DORG_EUSAGE, "no slice %d: they are numbered 0 to %d", v->z,
                         v->ct->grid.n[2] - 1);
    if (place(&f, v, e)) return e->code;
    if (v->montage > 0) return many_slices(m, v, &f, e);
    if (v->z < 0) f.z = dorg_view_best(v);
    return one_slice(m, v, &f, e);
}

/* ---- contact sheets of sample records and of first-layer filters --------------------- */

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
