/* spfeat.c - superpixel features, a slice at a time */
#include "spfeat.h"
#include "body.h"
#include "context.h"
#include "landmarks.h"
#include "../base/ids.h"
#include "../base/mem.h"
#include "../base/par.h"
#include "../base/order.h"

enum { FRONT = 2, PLACE = 14, FRAME = 5, SCAN = 2 }; /* id z; place; the scan */
static const char *const place_name[PLACE] = {
    "area_mm2",  "rel_x", "rel_y",      "rel_z", "slice_x", "slice_y", "width_mm",
    "height_mm", "fill",  "elongation", "turn",  "x_mm",    "y_mm",    "z_mm"};
static const char *const scan_name[SCAN] = {"volume_mm3", "below_lungs_mm"};

struct scratch {
    uint32_t *count; /* [n of the slice + 1] */
    uint32_t *pixel; /* [plane]: pixels, superpixel by superpixel */
    float *value;    /* [plane] */
    size_t cap;
    struct dorg_context context;
    struct dorg_landview view;
};

struct work {
    const struct dorg_spfeat *in;
    struct dorg_tab *t;
    struct dorg_ids ids;
    struct dorg_body body;
    struct dorg_landmarks land;
    size_t (*range)[2]; /* [nz]: lowest row, one above the highest, of each slice */
    struct scratch *scratch;
    int channels;
};

void dorg_spfeat_map_name(char name[64], const char *path)
{
    const char *slash = strrchr(path, '/');
    snprintf(name, 64, "%s", slash ? slash + 1 : path);
    static const char *const tail[] = {".gz", ".zst", ".nii"};
    for (int k = 0; k < 3; k++) {
        size_t n = strlen(name), m = strlen(tail[k]);
        if (n > m && strcmp(name + n - m, tail[k]) == 0) name[n - m] = 0;
    }
    for (char *p = name; *p; p++)
        if (!(*p >= '0' && *p <= '9') && !(*p >= 'a' && *p <= 'z') &&
            !(*p >= 'A' && *p <= 'Z'))
            *p = '_';
}

/* Places in the frame that the scan's field of view gives. */
static bool of_frame(int k)
{
    return k >= 1 && k <= FRAME;
}

static int columns(struct dorg_tab *t, const struct dorg_spfeat *in, struct dorg_err *e)
{
    static const char *const front[] = {"id", "z"};
    char name[96];
    if (dorg_tab_new(t, front, FRONT, e)) return e->code;
    for (int k = 0; k < PLACE; k++)
        if (!(in->landmarks && of_frame(k)) && dorg_tab_add_col(t, place_name[k], e) < 0)
            goto fail;
    for (int c = in->landmarks; c < 1 + in->n_maps + (in->kde != NULL); c++)
        for (int k = 0; k < DORG_ORDER_STATS; k++) {
            const char *of = c == 0 ? "hu" : c <= in->n_maps ? in->map_name[c - 1] : "kde";
            snprintf(name, sizeof name, "%s_%s", dorg_order_stat_name[k], of);
            if (dorg_tab_col(t, name) >= 0) {
                dorg_fail(e, DORG_EDATA, "two maps would give column %s", name);
                goto fail;
            }
            if (dorg_tab_add_col(t, name, e) < 0) goto fail;
        }
    for (int k = 0; in->context && k < DORG_CONTEXT; k++) {
        dorg_context_name(name, k);
        if (dorg_tab_add_col(t, name, e) < 0) goto fail;
    }
    for (int k = 0; in->landmarks && k < DORG_LANDMARKS; k++) {
        dorg_landmarks_name(name, k);
        if (dorg_tab_col(t, name) >= 0) {
            dorg_fail(e, DORG_EDATA, "a map and the landmarks would give column %s", name);
            goto fail;
        }
        if (dorg_tab_add_col(t, name, e) < 0) goto fail;
    }
    for (int k = 0; in->landmarks && k < SCAN; k++)
        if (dorg_tab_add_col(t, scan_name[k], e) < 0) goto fail;
    if (!in->truth) return 0;
    if (dorg_tab_add_col(t, "coverage", e) < 0 || dorg_tab_add_col(t, "truth", e) < 0)
        goto fail;
    return 0;
fail:
    dorg_tab_free(t);
    return e->code;
}

/* range[]: which indices each slice may hold.  No id may occur in two slices. */
static int slices(struct work *w, struct dorg_err *e)
{
    const int32_t *n = w->in->labels->grid.n, *label = w->in->labels->data;
    int32_t *home = dorg_zeroed(w->ids.n, sizeof *home, e); /* slice + 1 */
    w->range = dorg_zeroed((size_t)n[2], sizeof *w->range, e);
    for (int32_t z = 0; z < n[2] && !e->code; z++) {
        size_t *r = w->range[z], i = dorg_at(n, 0, 0, z), end = dorg_at(n, 0, 0, z + 1);
        r[0] = w->ids.n;
        for (int32_t last = 0; i < end; last = label[i++]) {
            if (label[i] == 0 || label[i] == last) continue;
            size_t k = dorg_ids_at(&w->ids, label[i]);
            if (home[k] && home[k] != z + 1) {
                dorg_fail(e, DORG_EDATA, "superpixel %d is in slice %d and in slice %d",
                          label[i], home[k] - 1, z);
                break;
            }
            home[k] = z + 1;
            r[0] = k < r[0] ? k : r[0];
            r[1] = k + 1 > r[1] ? k + 1 : r[1];
        }
    }
    free(home);
    return e->code;
}

/* Counting sort of the slice's labelled pixels by superpixel. */
static void group(struct scratch *s, const int32_t *label, size_t plane,
                  const struct dorg_ids *ids, size_t first, size_t n)
{
    memset(s->count, 0, (n + 1) * sizeof *s->count);
    for (size_t i = 0; i < plane; i++)
        if (label[i]) s->count[dorg_ids_at(ids, label[i]) - first + 1]++;
    for (size_t k = 0; k < n; k++)
        s->count[k + 1] += s->count[k];
    for (size_t i = 0; i < plane; i++) /* count[k] runs from k's start to its end */
        if (label[i]) s->pixel[s->count[dorg_ids_at(ids, label[i]) - first]++] = (uint32_t)i;
    memmove(s->count + 1, s->count, n * sizeof *s->count);
    s->count[0] = 0;
}

static double within(double x, int32_t lo, int32_t hi)
{
    return hi > lo ? (x - lo) / (hi - lo) : 0.5;
}

/* Elongation and direction of the covariance ellipse; cov in mm^2. */
static void ellipse(double row[2], double xx, double xy, double yy)
{
    double half = (xx + yy) / 2, off = hypot((xx - yy) / 2, xy);
    double major = half + off, minor = half > off ? half - off : 0;
    row[0] = major > 0 ? 1 - sqrt(minor / major) : 0;
    row[1] = off > 0 ? xy / off : 0;
}

/* Also the centroid, in voxels. */
static void place(double row[PLACE], double centre[2], const struct work *w,
                  const uint32_t *pixel, size_t n, int32_t z)
{
    const struct dorg_grid *g = &w->in->ct->grid;
    const double mx = (double)g->mm[0], my = (double)g->mm[1];
    const int32_t ox = (int32_t)pixel[0] % g->n[0], oy = (int32_t)pixel[0] / g->n[0];
    int32_t x0 = 0, x1 = 0, y0 = 0, y1 = 0; /* all from the first pixel, so sums are exact */
    double sx = 0, sy = 0, sxx = 0, sxy = 0, syy = 0, m = (double)n;
    for (size_t i = 0; i < n; i++) {
        int32_t x = (int32_t)pixel[i] % g->n[0] - ox, y = (int32_t)pixel[i] / g->n[0] - oy;
        sx += x;
        sy += y;
        sxx += (double)x * x;
        sxy += (double)x * y;
        syy += (double)y * y;
        x0 = x < x0 ? x : x0;
        x1 = x > x1 ? x : x1;
        y0 = y < y0 ? y : y0;
        y1 = y > y1 ? y : y1;
    }
    const struct dorg_body *b = &w->body;
    double dx = sx / m, dy = sy / m, cx = ox + dx, cy = oy + dy, width = (x1 - x0 + 1) * mx,
           height = (y1 - y0 + 1) * my;
    double v[PLACE] = {m * mx * my,
                       within(cx, b->lo[0], b->hi[0]),
                       within(cy, b->lo[1], b->hi[1]),
                       within(z, b->lo[2], b->hi[2]),
                       within(cx, b->slice[z][0], b->slice[z][1]),
                       within(cy, b->slice[z][2], b->slice[z][3]),
                       width,
                       height,
                       m * mx * my / (width * height),
                       0,
                       0,
                       (cx - b->lo[0]) * mx,
                       (cy - b->lo[1]) * my,
                       (z - b->lo[2]) * (double)g->mm[2]};
    ellipse(v + 9, (sxx / m - dx * dx) * mx * mx, (sxy / m - dx * dy) * mx * my,
            (syy / m - dy * dy) * my * my);
    memcpy(row, v, sizeof v);
    centre[0] = cx;
    centre[1] = cy;
}

static void pooled(double row[DORG_ORDER_STATS], float *value, const float *from,
                   const struct dorg_kde *kde, const uint32_t *pixel, size_t n)
{
    float s[DORG_ORDER_STATS];
    for (size_t i = 0; i < n; i++)
        value[i] = kde ? dorg_kde_at(kde, from[pixel[i]]) : from[pixel[i]];
    dorg_order_stats(s, value, n);
    for (int k = 0; k < DORG_ORDER_STATS; k++)
        row[k] = (double)s[k];
}

static int room(struct scratch *s, size_t plane, size_t n, struct dorg_err *e)
{
    if (!s->pixel) s->pixel = dorg_array(plane, sizeof *s->pixel, e);
    if (!s->value) s->value = dorg_array(plane, sizeof *s->value, e);
    if (!e->code && s->cap < n + 1 && !dorg_resize(&s->count, n + 1, sizeof *s->count, e))
        s->cap = n + 1;
    return e->code;
}

/* The row of a superpixel, from its centroid on. */
static void fill_row(double *to, struct work *w, struct scratch *s, const uint32_t *pixel,
                     size_t area, size_t z, const float *hu)
{
    const struct dorg_spfeat *in = w->in;
    const float *mm = in->ct->grid.mm;
    double at[PLACE], centre[2];
    place(at, centre, w, pixel, area, (int32_t)z);
    for (int k = 0; k < PLACE; k++)
        if (!(in->landmarks && of_frame(k))) *to++ = at[k];
    for (int c = in->landmarks; c < w->channels; c++, to += DORG_ORDER_STATS) {
        bool map = c > 0 && c <= in->n_maps;
        const float *from = map ? dorg_vol_slice(&in->map[c - 1], z) : hu;
        pooled(to, s->value, from, c > in->n_maps ? in->kde : NULL, pixel, area);
    }
    if (in->context) {
        dorg_context_at(to, &s->context, centre[0], centre[1]);
        to += DORG_CONTEXT;
    }
    if (!in->landmarks) return;
    dorg_landmarks_at(to, &s->view, centre[0], centre[1], pixel, area, s->value);
    to[DORG_LANDMARKS] = (double)area * (double)mm[0] * (double)mm[1] * (double)mm[2];
    to[DORG_LANDMARKS + 1] =
        isnan(w->land.lungs) ? DORG_TAB_NO_LUNGS : (w->land.lungs - (double)z) * (double)mm[2];
}

static int one_slice(void *ctx, size_t z, size_t worker, struct dorg_err *e)
{
    struct work *w = ctx;
    const struct dorg_spfeat *in = w->in;
    const size_t plane = dorg_area(in->ct->grid.n);
    const size_t first = w->range[z][0];
    const float *hu = dorg_vol_slice(in->ct, z);
    const int32_t *label = (const int32_t *)in->labels->data + z * plane;
    struct scratch *s = &w->scratch[worker];
    if (w->range[z][1] == 0) return 0;
    const size_t n = w->range[z][1] - first;
    if (room(s, plane, n, e)) return e->code;
    if (in->context && dorg_context_slice(&s->context, in->ct, z, w->body.slice[z], e))
        return e->code;
    if (in->landmarks && dorg_landview_slice(&s->view, in->ct, z, &w->land.slice[z], e))
        return e->code;
    group(s, label, plane, &w->ids, first, n);
    for (size_t k = 0; k < n; k++) {
        const uint32_t *pixel = s->pixel + s->count[k];
        size_t area = s->count[k + 1] - s->count[k];
        if (area == 0) continue; /* of another slice */
        double *row = dorg_tab_row(w->t, first + k);
        row[0] = label[pixel[0]];
        row[1] = (double)z;
        fill_row(row + FRONT, w, s, pixel, area, z, hu);
    }
    return 0;
}

static int truth_columns(struct dorg_tab *t, const struct dorg_spfeat *in, struct dorg_err *e)
{
    struct dorg_truth s = DORG_TRUTH_INIT;
    uint8_t *x = NULL;
    if (dorg_truth_count(&s, in->labels, in->truth, e)) goto done;
    if (!(x = dorg_array(s.n, 1, e))) goto done;
    if (dorg_truth_apply(x, &s, &in->rule, e)) goto done;
    for (size_t r = 0; r < t->n_rows; r++) {
        double *row = dorg_tab_row(t, r + 1);
        row[-2] = dorg_truth_coverage(&s, r);
        row[-1] = x[r];
    }
done:
    free(x);
    dorg_truth_free(&s);
    return e->code;
}

static int grids(const struct dorg_spfeat *in, struct dorg_err *e)
{
    if (dorg_grid_same(&in->ct->grid, &in->labels->grid, e)) return e->code;
    for (int m = 0; m < in->n_maps; m++)
        if (dorg_grid_same(&in->ct->grid, &in->map[m].grid, e))
            return dorg_err_at(e, in->map_name[m]);
    return 0;
}

int dorg_spfeat(struct dorg_tab *t, const struct dorg_spfeat *in, int jobs, struct dorg_err *e)
{
    const size_t nz = (size_t)in->ct->grid.n[2], team = dorg_par_team(jobs);
    struct work w = {.in = in, .t = t, .channels = 1 + in->n_maps + (in->kde != NULL)};
    *t = DORG_TAB_INIT;
    if (grids(in, e)) goto done;
    if (dorg_ids_make(&w.ids, in->labels->data, dorg_grid_count(&in->labels->grid), e))
        goto done;
    if (slices(&w, e) || columns(t, in, e)) goto done;
    if (dorg_body_find(&w.body, in->ct, jobs, e)) goto done;
    if (in->landmarks && dorg_landmarks_find(&w.land, in->ct, &w.body, jobs, e)) goto done;
    if (!(w.scratch = dorg_zeroed(team, sizeof *w.scratch, e))) goto done;
    free(t->v); /* the room for one row that came with the columns */
    t->v = dorg_zeroed(w.ids.n, (size_t)t->n_cols * sizeof *t->v, e);
    t->n_rows = t->cap = w.ids.n;
    if (e->code || dorg_par(nz, jobs, one_slice, &w, e)) goto done;
    if (in->truth && truth_columns(t, in, e)) goto done;
    t->key = dorg_vol_key(in->ct);
    dorg_history_add(&t->history, in->ct->history, e);
    dorg_history_add(&t->history, in->labels->history, e);
    for (int m = 0; m < in->n_maps; m++)
        dorg_history_add(&t->history, in->map[m].history, e);
    if (in->kde) dorg_history_add(&t->history, in->kde->history, e);
done:
    for (size_t k = 0; w.scratch && k < team; k++) {
        free(w.scratch[k].count);
        free(w.scratch[k].pixel);
        free(w.scratch[k].value);
        dorg_context_free(&w.scratch[k].context);
        dorg_landview_free(&w.scratch[k].view);
    }
    free(w.scratch);
    free(w.range);
    dorg_landmarks_free(&w.land);
    dorg_body_free(&w.body);
    dorg_ids_free(&w.ids);
    if (e->code) dorg_tab_free(t);
    return e->code;
}
