/* view.c - slices with outlines, overlays and a legend */
#include "view.h"
#include "../base/mem.h"

struct frame {      /* from picture pixels to voxels */
    int axis[3];    /* the volume's axes that run along the picture, up it, and through it */
    int x1, y1;     /* the voxel column and row just past the left and upper border */
    int w, h;       /* pixels */
    double step[2]; /* voxels per pixel */
    int k;          /* the slice: a voxel along axis[2] */
};

/* Every axis runs from right to left or from top to bottom in the picture: volumes are RAS+.
 */
static const int plane_axes[3][3] = {
    [DORG_AXIAL] = {0, 1, 2}, [DORG_CORONAL] = {0, 2, 1}, [DORG_SAGITTAL] = {1, 2, 0}};

static const uint8_t contour[DORG_VIEW_MASKS][3] = {
    {255, 50, 50},  {60, 230, 70},  {255, 225, 40},  {70, 200, 255},
    {255, 90, 255}, {255, 150, 40}, {120, 120, 255}, {255, 255, 255}};

static int64_t stride_of(const struct dorg_grid *g, int axis)
{
    int64_t n = 1;
    for (int a = 0; a < axis; a++)
        n *= g->n[a];
    return n;
}

int dorg_view_best(const struct dorg_view *v, enum dorg_plane plane)
{
    const struct dorg_grid *g = &v->ct->grid;
    const int *axis = plane_axes[plane];
    int64_t su = stride_of(g, axis[0]), sv = stride_of(g, axis[1]), sk = stride_of(g, axis[2]);
    size_t most = 0;
    int best = g->n[axis[2]] / 2;
    for (int k = 0; k < g->n[axis[2]] && v->n_masks; k++) {
        const uint8_t *m = (const uint8_t *)v->mask[0]->data + k * sk;
        size_t in = 0;
        for (int j = 0; j < g->n[axis[1]]; j++)
            for (int i = 0; i < g->n[axis[0]]; i++)
                in += m[i * su + j * sv] != 0;
        if (in > most) {
            most = in;
            best = k;
        }
    }
    return best;
}

/* The box of the first mask: lo[] to hi[] inclusive; false if it is empty. */
static bool extent(int lo[3], int hi[3], const struct dorg_view *v)
{
    return v->n_masks && dorg_grid_box(lo, hi, &v->ct->grid, v->mask[0]->data);
}

static int place(struct frame *f, const struct dorg_view *v, enum dorg_plane plane,
                 struct dorg_err *e)
{
    const struct dorg_grid *g = &v->ct->grid;
    int lo[3] = {0}, hi[3] = {g->n[0] - 1, g->n[1] - 1, g->n[2] - 1};
    memcpy(f->axis, plane_axes[plane], sizeof f->axis);
    if (v->crop_mm >= 0) {
        int a_lo[3], a_hi[3];
        if (!extent(a_lo, a_hi, v))
            return dorg_fail(e, DORG_EDATA, "nothing to crop to: the first mask is empty");
        for (int a = 0; a < 3; a++) {
            int more = (int)(v->crop_mm / (double)g->mm[a] + 0.5);
            if (a_lo[a] - more > lo[a]) lo[a] = a_lo[a] - more;
            if (a_hi[a] + more < hi[a]) hi[a] = a_hi[a] + more;
        }
    }
    int u = f->axis[0], w = f->axis[1];
    /* The three planes side by side are drawn at one scale, that of the axial slice. */
    double fine = (double)(g->mm[0] < g->mm[1] ? g->mm[0] : g->mm[1]);
    double across = (hi[0] - lo[0] + 1) * (double)g->mm[0] / fine;
    double scale = v->scale > 0 ? v->scale : across < 400 ? ceil(400 / across) : 1;
    f->step[0] = fine / (double)g->mm[u] / scale;
    f->step[1] = fine / (double)g->mm[w] / scale;
    f->x1 = hi[u] + 1;
    f->y1 = hi[w] + 1;
    f->w = (int)((hi[u] - lo[u] + 1) * (double)g->mm[u] / fine * scale + 0.5);
    f->h = (int)((hi[w] - lo[w] + 1) * (double)g->mm[w] / fine * scale + 0.5);
    if (f->w < 1 || f->h < 1 || f->w > 30000 || f->h > 30000)
        return dorg_fail(e, DORG_EUSAGE, "a picture of %d x %d pixels", f->w, f->h);
    return 0;
}

struct sample { /* four voxels and their weights */
    int64_t i[4];
    double w[4];
    int64_t nearest;
};

static void sample_at(struct sample *s, const struct frame *f, const struct dorg_grid *g,
                      int px, int py)
{
    double at[2] = {f->x1 - (px + 0.5) * f->step[0] - 0.5,
                    f->y1 - (py + 0.5) * f->step[1] - 0.5};
    int i[2][2];
    double w[2];
    for (int a = 0; a < 2; a++) {
        int n = g->n[f->axis[a]];
        double last = n - 1, x = at[a] < 0 ? 0 : at[a] > last ? last : at[a];
        i[a][0] = (int)x;
        i[a][1] = i[a][0] + 1 < n ? i[a][0] + 1 : i[a][0];
        w[a] = x - i[a][0];
    }
    int64_t su = stride_of(g, f->axis[0]), sv = stride_of(g, f->axis[1]);
    int64_t base = f->k * stride_of(g, f->axis[2]);
    for (int k = 0; k < 4; k++) {
        s->i[k] = base + i[1][k >> 1] * sv + i[0][k & 1] * su;
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

/* Blue through green and yellow to red. */
static void heat_colour(uint8_t rgb[3], double p)
{
    static const double stop[5][3] = {
        {40, 40, 200}, {0, 160, 220}, {60, 200, 60}, {250, 220, 30}, {240, 40, 30}};
    p = p < 0 ? 0 : p > 1 ? 1 : p;
    int k = p >= 1 ? 3 : (int)(p * 4);
    double f = p * 4 - k;
    for (int c = 0; c < 3; c++)
        rgb[c] = (uint8_t)(stop[k][c] + f * (stop[k + 1][c] - stop[k][c]) + 0.5);
}

/* Improbable places stay grey. */
static void heat(struct dorg_image *m, int x, int y, double p, double alpha)
{
    uint8_t rgb[3];
    heat_colour(rgb, p);
    dorg_image_mix(m, x, y, rgb, alpha * (p < 0 ? 0 : p < 0.2 ? 5 * p : 1));
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
    const int pad = v->line, w = f->w + 2 * pad;
    uint8_t *in = dorg_zeroed(dorg_pixel(w, 0, f->h + 2 * pad), 1, e);
    if (!in) return e->code;
    for (int y = 0; y < f->h; y++)
        for (int x = 0; x < f->w; x++) {
            struct sample s;
            sample_at(&s, f, &v->ct->grid, x, y);
            in[dorg_pixel(w, x + pad, y + pad)] = inside(v->mask[k]->data, &s);
        }
    for (int y = 0; y < f->h; y++)
        for (int x = 0; x < f->w; x++) {
            const uint8_t *p = in + dorg_pixel(w, x + pad, y + pad);
            bool edge = false;
            for (int d = 1; d <= pad && *p; d++)
                edge |= !p[d] || !*(p - d) || !p[d * w] || !*(p - d * w);
            if (edge) dorg_image_dot(m, x, y, contour[k]);
        }
    free(in);
    return 0;
}

void dorg_view_name(struct dorg_view *v, int k, const char *path)
{
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    size_t n = strcspn(name, "."), most = sizeof v->name[k] - 1;
    if (n > most) n = most;
    memcpy(v->name[k], name, n);
    v->name[k][n] = 0;
}

/* What the colours mean, from the top left down; left out where it would hide the slice. */
static void legend(struct dorg_image *m, const struct dorg_view *v)
{
    static const uint8_t pale[3] = {235, 235, 235};
    int y = 6;
    if (m->w < 300 || m->h < 200) return;
    for (int k = 0; k < v->n_masks; k++)
        if (*v->name[k]) {
            dorg_image_text(m, 6, y, 2, v->name[k], contour[k]);
            y += 20;
        }
    if (!v->map) return;
    dorg_image_text(m, 6, y, 2, "0", pale);
    for (int i = 0; i < 100 * 14; i++) {
        uint8_t rgb[3];
        heat_colour(rgb, i % 100 / 99.0);
        dorg_image_dot(m, 22 + i % 100, y + i / 100, rgb);
    }
    dorg_image_text(m, 128, y, 2, "1", pale);
}

static int one_slice(struct dorg_image *m, const struct dorg_view *v, const struct frame *f,
                     struct dorg_err *e)
{
    static const uint8_t pale[3] = {235, 235, 235};
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
    snprintf(text, sizeof text, "%c %d", "xyz"[f->axis[2]], f -> k);
    int size = f->w < 200 ? 1 : 2;
    dorg_image_text(m, 4, f->h - 9 * size, size, text, pale);
    dorg_image_text(m, 4, f->h / 2 - 5, size, f->axis[0] ? "A" : "R", pale);
    dorg_image_text(m, f->w - 7 * size, f->h / 2 - 5, size, f->axis[0] ? "P" : "L", pale);
    return 0;
}

static int many_slices(struct dorg_image *m, const struct dorg_view *v, struct frame *f,
                       struct dorg_err *e)
{
    int n = v->montage, cols = 1, lo[3], hi[3], through = f->axis[2];
    if (!extent(lo, hi, v)) {
        lo[through] = 0;
        hi[through] = v->ct->grid.n[through] - 1;
    }
    if (n > hi[through] - lo[through] + 1) n = hi[through] - lo[through] + 1;
    while (cols * cols < n)
        cols++;
    int rows = (n + cols - 1) / cols;
    if ((double)cols * f->w > 30000 || (double)rows * f->h > 30000)
        return dorg_fail(e, DORG_EUSAGE, "a montage of %d x %d pictures of %d x %d pixels",
                         cols, rows, f->w, f->h);
    if (dorg_image_new(m, cols * f->w, rows * f->h, e)) return e->code;
    for (int k = 0; k < n; k++) { /* evenly, not on the very ends */
        struct dorg_image one = DORG_IMAGE_INIT;
        f->k = lo[through] + (int)((k + 0.5) * (hi[through] - lo[through] + 1) / n);
        if (!one_slice(&one, v, f, e))
            dorg_image_paste(m, &one, k % cols * f->w, k / cols * f->h);
        dorg_image_free(&one);
        if (e->code) return e->code;
    }
    return 0;
}

/* The axial slice, and beside it the coronal one above the sagittal one. */
static int three_planes(struct dorg_image *m, const struct dorg_view *v, struct dorg_err *e)
{
    struct frame f[3] = {0};
    for (int p = 0; p < 3; p++) {
        enum dorg_plane plane = (enum dorg_plane)p;
        if (place(f + p, v, plane, e)) return e->code;
        f[p].k = plane == DORG_AXIAL && v->slice >= 0 ? v->slice : dorg_view_best(v, plane);
    }
    int beside = f[1].w > f[2].w ? f[1].w : f[2].w, stacked = f[1].h + f[2].h;
    if (dorg_image_new(m, f[0].w + beside, f[0].h > stacked ? f[0].h : stacked, e))
        return e->code;
    for (int p = 0; p < 3; p++) {
        struct dorg_image one = DORG_IMAGE_INIT;
        if (!one_slice(&one, v, f + p, e))
            dorg_image_paste(m, &one, p ? f[0].w : 0, p == 2 ? f[1].h : 0);
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
    struct frame f = {0};
    *m = DORG_IMAGE_INIT;
    if (!(v->window[0] < v->window[1]))
        return dorg_fail(e, DORG_EUSAGE, "a window from %g to %g HU", v->window[0],
                         v->window[1]);
    if (v->line < 1 || v->line > 16)
        return dorg_fail(e, DORG_EUSAGE, "contours %d pixels wide", v->line);
    if (check_grids(v, e)) return e->code;
    enum dorg_plane plane = v->plane == DORG_PLANES_ALL ? DORG_AXIAL : v->plane;
    int slices = v->ct->grid.n[plane_axes[plane][2]];
    if (v->slice >= slices)
        return dorg_fail(e, DORG_EUSAGE, "no slice %d: they are numbered 0 to %d", v->slice,
                         slices - 1);
    if (v->montage > 0 && v->plane == DORG_PLANES_ALL)
        return dorg_fail(e, DORG_EUSAGE, "a montage shows slices of one plane");
    if (v->plane == DORG_PLANES_ALL) {
        if (three_planes(m, v, e)) return e->code;
    } else {
        if (place(&f, v, plane, e)) return e->code;
        f.k = v->slice < 0 ? dorg_view_best(v, plane) : v->slice;
        if (v->montage > 0 ? many_slices(m, v, &f, e) : one_slice(m, v, &f, e)) return e->code;
    }
    legend(m, v);
    return 0;
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

/* The smallest whole scale at which a sheet of n tiles of w x h pixels, each with an edge of
 * `edge` pixels more, is 400 pixels across. */
static int readable(int n, int w, int h, int edge)
{
    int scale = 1;
    while (scale < 64 &&
           columns(n, w * scale + edge, h * scale + edge) * (w * scale + edge) < 400)
        scale++;
    return scale;
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
    if (scale < 1) scale = readable(n, (int)(s->w * s->c), (int)s->h, 4);
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
    int across = k * (c == 3 ? 1 : c);
    if (scale < 1) scale = readable(filters, across, k, 2);
    int w = across * scale + 2, h = k * scale + 2;
    int cols = columns(filters, w, h);
    if (dorg_image_new(m, cols * w, (filters + cols - 1) / cols * h, e)) return e->code;
    for (int f = 0; f < filters; f++)
        show_filter(m, f % cols * w + 1, f / cols * h + 1, scale,
                    n->params + l->w_at + f * c * k * k, c, k);
    return 0;
}
