/* landmarks.c - anatomy seen in a soft-tissue window */
#include "landmarks.h"
#include "context.h" /* dorg_context_box */
#include "lungs.h"   /* dorg_lungs_end */
#include "../base/mem.h"
#include "../base/par.h"

enum {
    PLACE = 10,
    OWN = 4,
    RINGS = 5,
    FAR = 5,
    TURNS = 8,
    LOW = 0,
    SOFT = 1,
    SUM = 2,
    SQUARE = 3
};
enum {
    FAT_U = 5,
    SOFT_U = 240,
    BRIGHT_U = 180,
    BONE_U = 200,
    NO_TISSUE = -200,
    NO_SPREAD = -1
};
enum { AT_STATS = PLACE, AT_OWN = AT_STATS + DORG_ORDER_STATS, AT_RINGS = AT_OWN + OWN };
enum { AT_FAR = AT_RINGS + 3 * RINGS };
_Static_assert(AT_FAR + 2 * FAR * TURNS == DORG_LANDMARKS, "columns");
static const int ring_mm[RINGS] = {3, 6, 12, 24, 48}, far_mm[FAR] = {12, 24, 45, 70, 100};
static const double diagonal = 0.70710678118654752;

void dorg_landmarks_name(char name[32], int k)
{
    static const char *const place[PLACE] = {"mid_x_mm", "mid_y_mm", "mid_mm",  "mid_turn",
                                             "mid_x",    "mid_y",    "left_mm", "right_mm",
                                             "front_mm", "back_mm"};
    static const char *const own[OWN] = {"low", "bright", "mean_vessel", "mean_viscera"};
    static const char *const what[3] = {"low", "tissue", "spread"};
    int far = k - AT_FAR, ring = k - AT_RINGS;
    if (k < AT_STATS)
        snprintf(name, 32, "%s", place[k]);
    else if (k < AT_OWN)
        snprintf(name, 32, "%s_rel", dorg_order_stat_name[k - AT_STATS]);
    else if (k < AT_RINGS)
        snprintf(name, 32, "%s", own[k - AT_OWN]);
    else if (k < AT_FAR)
        snprintf(name, 32, "%s_r%d", what[ring % 3], ring_mm[ring / 3]);
    else
        snprintf(name, 32, "%s_%d_%d", what[far % 2], far_mm[far / 2 / TURNS],
                 far / 2 % TURNS);
}

/* ---- one slice's pixels and sums ---------------------------------------------------- */

static size_t row_at(const struct dorg_landview *w, int32_t y)
{
    return dorg_pixel(w->n[0] + 1, 0, y);
}

static void integrate(struct dorg_landview *w, const float *hu)
{
    memset(w->sum, 0, row_at(w, 1) * sizeof *w->sum);
    for (int32_t y = 0; y < w->n[1]; y++) {
        int64_t(*above)[4] = w->sum + row_at(w, y), (*to)[4] = w->sum + row_at(w, y + 1);
        int64_t run[4] = {0};
        memset(to, 0, sizeof *to);
        for (int32_t x = 0; x < w->n[0]; x++, hu++) {
            float h = floorf(*hu + 0.5f);
            uint8_t u = (uint8_t)(h > 0 ? h < 255 ? h : 255 : 0);
            bool soft = u >= FAT_U && u < SOFT_U;
            w->u[dorg_pixel(w->n[0], x, y)] = u;
            run[LOW] += u < FAT_U;
            run[SOFT] += soft;
            run[SUM] += soft ? u : 0;
            run[SQUARE] += soft ? u * u : 0;
            for (int k = 0; k < 4; k++)
                to[x + 1][k] = above[x + 1][k] + run[k];
        }
    }
}

int dorg_landview_slice(struct dorg_landview *w, const struct dorg_vol *ct, size_t z,
                        const struct dorg_landmark *at, struct dorg_err *e)
{
    for (int a = 0; a < 2; a++) {
        w->n[a] = ct->grid.n[a];
        w->mm[a] = (double)ct->grid.mm[a];
    }
    if (!w->sum) {
        w->sum = dorg_array(row_at(w, w->n[1] + 1), sizeof *w->sum, e);
        w->u = dorg_array(dorg_area(w->n), 1, e);
        if (e->code) return e->code;
    }
    w->at = at;
    integrate(w, dorg_vol_slice(ct, z));
    return 0;
}

void dorg_landview_free(struct dorg_landview *w)
{
    free(w->sum);
    free(w->u);
    *w = DORG_LANDVIEW_INIT;
}

/* Sums over a box of half side `half` mm around (x, y); how many pixels it holds. */
static int64_t box_sums(int64_t s[4], const struct dorg_landview *w, double x, double y,
                        double half)
{
    int32_t at[4];
    dorg_context_box(at, x, y, half, w->mm, w->n);
    const int64_t(*a)[4] = (const int64_t(*)[4])w->sum + row_at(w, at[2]);
    const int64_t(*b)[4] = (const int64_t(*)[4])w->sum + row_at(w, at[3]);
    for (int k = 0; k < 4; k++)
        s[k] = b[at[1]][k] - b[at[0]][k] - a[at[1]][k] + a[at[0]][k];
    return (int64_t)(at[1] - at[0]) * (at[3] - at[2]);
}

/* ---- finding ------------------------------------------------------------------------ */

struct count { /* pixels along one axis */
    uint32_t *n;
    int32_t lo, hi;
    uint64_t all;
};

/* The first place where the running count reaches share q of all. */
static int32_t quantile(const struct count *c, double q)
{
    uint64_t seen = 0;
    for (int32_t i = c->lo; i < c->hi; i++)
        if ((double)(seen += c->n[i]) >= q * (double)c->all) return i;
    return c->hi - 1;
}

/* Soft tissue that the erosion leaves, counted along both axes; its box. */
static void find_box(int32_t box[4], const struct dorg_landview *w, uint32_t *room)
{
    const int32_t nx = w->n[0], ny = w->n[1];
    const int32_t rx = (int32_t)lround(4 / w->mm[0]), ry = (int32_t)lround(4 / w->mm[1]);
    struct count c[2] = {{room, 0, nx, 0}, {room + nx, 0, ny, 0}};
    memset(room, 0, (size_t)(nx + ny) * sizeof *room);
    for (int32_t y = ry; y < ny - ry; y++) {
        const int64_t(*a)[4] = (const int64_t(*)[4])w->sum + row_at(w, y - ry);
        const int64_t(*b)[4] = (const int64_t(*)[4])w->sum + row_at(w, y + ry + 1);
        for (int32_t x = rx; x < nx - rx; x++) {
            int32_t l = x - rx, r = x + rx + 1;
            if (b[r][LOW] - b[l][LOW] - a[r][LOW] + a[l][LOW]) continue;
            c[0].n[x]++;
            c[1].n[y]++;
            c[0].all++;
        }
    }
    c[1].all = c[0].all;
    box[0] = box[2] = 0;
    box[1] = nx - 1;
    box[3] = ny - 1;
    if ((double)c[0].all * w->mm[0] * w->mm[1] < 2000) return;
    box[0] = quantile(&c[0], 0.02) - rx;
    box[1] = quantile(&c[0], 0.98) + rx;
    box[2] = quantile(&c[1], 0.005) - ry;
    box[3] = quantile(&c[1], 0.995) + ry;
}

struct bone {
    int32_t (*at)[2]; /* owned: x, y, row by row */
    size_t n, cap;
};

static int gather_bone(struct bone *b, const struct dorg_landview *w, const int32_t box[4],
                       struct dorg_err *e)
{
    const double mid = (box[0] + box[1]) / 2.0, top = box[2] + 0.6 * (box[3] - box[2]);
    b->n = 0;
    for (int32_t y = box[2] < 0 ? 0 : box[2]; y < w->n[1] && y < top; y++)
        for (int32_t x = 0; x < w->n[0]; x++) {
            if (w->u[dorg_pixel(w->n[0], x, y)] < BONE_U || fabs(x - mid) * w->mm[0] >= 45)
                continue;
            if (dorg_grow(&b->at, b->n, &b->cap, sizeof *b->at, e)) return e->code;
            b->at[b->n][0] = x;
            b->at[b->n++][1] = y;
        }
    return 0;
}

/* Of the bone's pixels, the first around which most of it lies. */
static void densest(double c[2], const struct bone *b, const struct dorg_landview *w)
{
    const int32_t hx = (int32_t)lround(20 / w->mm[0]), hy = (int32_t)lround(20 / w->mm[1]);
    size_t most = 0, first = 0;
    for (size_t i = 0; i < b->n; i++) {
        size_t n = 0;
        const int32_t x = b->at[i][0], y = b->at[i][1];
        if (i % 4) continue; /* a quarter of them will do */
        while (first < b->n && b->at[first][1] < y - hy)
            first++;
        for (size_t k = first; k < b->n && b->at[k][1] <= y + hy; k++)
            n += abs(b->at[k][0] - x) <= hx;
        if (n > most) {
            most = n;
            c[0] = x;
            c[1] = y;
        }
    }
}

static void find_spine(double spine[2], const struct bone *b, const struct dorg_landview *w,
                       const int32_t box[4], uint32_t *room)
{
    double c[2] = {0, 0};
    struct count rows = {room, 0, w->n[1], 0};
    spine[0] = (box[0] + box[1]) / 2.0;
    spine[1] = box[2] + 0.4 * (box[3] - box[2]);
    if ((double)b->n * w->mm[0] * w->mm[1] < 100) return;
    densest(c, b, w);
    for (int turn = 0; turn < 4; turn++) {
        double sum = 0, n = 0;
        for (size_t i = 0; i < b->n; i++)
            if (fabs(b->at[i][0] - c[0]) * w->mm[0] < 25 &&
                fabs(b->at[i][1] - c[1]) * w->mm[1] < 45) {
                sum += b->at[i][0];
                n++;
            }
        c[0] = n > 0 ? sum / n : c[0];
    }
    memset(room, 0, (size_t)w->n[1] * sizeof *room);
    for (size_t i = 0; i < b->n; i++)
        if (fabs(b->at[i][0] - c[0]) * w->mm[0] < 12 &&
            fabs(b->at[i][1] - c[1]) * w->mm[1] < 45) {
            rows.n[b->at[i][1]]++;
            rows.all++;
        }
    spine[0] = c[0];
    spine[1] = rows.all ? quantile(&rows, 0.85) : c[1];
}

static void smooth9(uint64_t *h, int n)
{
    uint64_t v[256];
    memcpy(v, h, (size_t)n * sizeof *v);
    for (int i = 0; i < n; i++) {
        h[i] = 0;
        for (int k = i - 4 < 0 ? 0 : i - 4; k <= i + 4 && k < n; k++)
            h[i] += v[k];
    }
}

/* NaN where fewer than 50 pixels count. */
static double mode(uint64_t *h, int lo, int hi)
{
    uint64_t all = 0;
    int best = lo;
    for (int i = lo; i < hi; i++)
        all += h[i];
    if (all < 50) return NAN;
    smooth9(h + lo, hi - lo);
    smooth9(h + lo, hi - lo);
    for (int i = lo; i < hi; i++)
        if (h[i] > h[best]) best = i;
    return best;
}

static double median(const uint64_t *h, int lo, int hi)
{
    uint64_t all = 0, seen = 0;
    for (int i = lo; i < hi; i++)
        all += h[i];
    if (all < 50) return NAN;
    while (2 * (seen += h[lo]) < all)
        lo++;
    return lo;
}

static void find_muscle(struct dorg_landmark *m, const struct dorg_landview *w)
{
    uint64_t h[256] = {0};
    for (int32_t y = 0; y < w->n[1]; y++) {
        double dy = (y - m->spine[1]) * w->mm[1];
        for (int32_t x = 0; dy > -85 && dy < -30 && x < w->n[0]; x++) {
            double dx = fabs(x - m->spine[0]) * w->mm[0];
            if (dx > 12 && dx < 65) h[w->u[dorg_pixel(w->n[0], x, y)]]++;
        }
    }
    m->muscle = mode(h, 20, 120);
}

static void find_viscera(struct dorg_landmark *m, const struct dorg_landview *w)
{
    uint64_t h[256] = {0};
    const int32_t x0 = m->box[0] < 0 ? 0 : m->box[0];
    for (int32_t y = 0; y < w->n[1]; y++)
        for (int32_t x = x0; y > m->spine[1] && x <= m->box[1] && x < w->n[0]; x++)
            h[w->u[dorg_pixel(w->n[0], x, y)]]++;
    m->viscera = median(h, 21, 200);
}

/* Mean less standard deviation of all u in a square of half side 5 mm. */
static double evenly_bright(const struct dorg_landview *w, double x, double y)
{
    int64_t s[4], n = box_sums(s, w, x, y, 5);
    int64_t hard = n - s[LOW] - s[SOFT]; /* at 240 and more: no vessel that is not cut off */
    double sum = (double)(s[SUM] + hard * SOFT_U),
           square = (double)(s[SQUARE] + hard * SOFT_U * SOFT_U), m = sum / (double)n;
    return n ? m - sqrt(fmax(square / (double)n - m * m, 0)) : 0;
}

static void find_vessel(struct dorg_landmark *m, const struct dorg_landview *w)
{
    m->vessel = NAN;
    for (int32_t y = 0; y < w->n[1]; y++) {
        double dy = (y - m->spine[1]) * w->mm[1];
        for (int32_t x = 0; dy > 2 && dy < 40 && x < w->n[0]; x++) {
            if (!(fabs(x - m->spine[0]) * w->mm[0] < 40)) continue;
            double v = evenly_bright(w, x, y);
            if (!(v <= m->vessel)) m->vessel = v;
        }
    }
}

struct work {
    struct dorg_landmarks *l;
    const struct dorg_vol *ct;
    struct scratch {
        struct dorg_landview view;
        struct bone bone;
        uint32_t *room; /* [n0 + n1] */
    } * scratch;
    struct dorg_landmark *rough; /* [nz] as each slice shows them */
};

static int first_look(void *ctx, size_t z, size_t worker, struct dorg_err *e)
{
    struct work *w = ctx;
    struct scratch *s = &w->scratch[worker];
    struct dorg_landmark *m = &w->rough[z];
    if (dorg_landview_slice(&s->view, w->ct, z, m, e)) return e->code;
    find_box(m->box, &s->view, s->room);
    if (gather_bone(&s->bone, &s->view, m->box, e)) return e->code;
    find_spine(m->spine, &s->bone, &s->view, m->box, s->room);
    return 0;
}

/* Brightness, seen from the smoothed spine. */
static int second_look(void *ctx, size_t z, size_t worker, struct dorg_err *e)
{
    struct work *w = ctx;
    struct dorg_landview *v = &w->scratch[worker].view;
    struct dorg_landmark *m = &w->rough[z];
    if (dorg_landview_slice(v, w->ct, z, m, e)) return e->code;
    find_muscle(m, v);
    find_vessel(m, v);
    find_viscera(m, v);
    return 0;
}

/* The lower of two middle values; v comes back sorted. */
static double middle(double *v, int n)
{
    for (int i = 1; i < n; i++)
        for (int k = i; k > 0 && v[k] < v[k - 1]; k--) {
            double t = v[k];
            v[k] = v[k - 1];
            v[k - 1] = t;
        }
    return v[(n - 1) / 2];
}

enum { SPINE_X, SPINE_Y, MUSCLE, VESSEL, VISCERA, FIELDS };

static double *field(struct dorg_landmark *m, int k)
{
    double *const f[FIELDS] = {&m->spine[0], &m->spine[1], &m->muscle, &m->vessel,
                               &m->viscera};
    return f[k];
}

/* One field over the slices: what is missing is filled, then medians over 15 mm both ways. */
static int smooth(struct work *w, int k, double otherwise, struct dorg_err *e)
{
    const int32_t nz = w->ct->grid.n[2];
    const int32_t r = (int32_t)lround(15 / (double)w->ct->grid.mm[2]);
    double *v = dorg_array((size_t)nz, sizeof *v, e);
    int n = 0;
    if (!v) return e->code;
    for (int32_t z = 0; z < nz; z++)
        if (isfinite(*field(&w->rough[z], k))) v[n++] = *field(&w->rough[z], k);
    if (n) otherwise = middle(v, n);
    for (int32_t z = 0; z < nz; z++)
        if (!isfinite(*field(&w->rough[z], k))) *field(&w->rough[z], k) = otherwise;
    for (int32_t z = 0; z < nz; z++) {
        n = 0;
        for (int32_t i = z - r < 0 ? 0 : z - r; i <= z + r && i < nz; i++)
            v[n++] = *field(&w->rough[i], k);
        *field(&w->l->slice[z], k) = middle(v, n);
    }
    free(v);
    return 0;
}

int dorg_landmarks_find(struct dorg_landmarks *l, const struct dorg_vol *ct,
                        const struct dorg_body *body, int jobs, struct dorg_err *e)
{
    const size_t nz = (size_t)ct->grid.n[2], team = dorg_par_team(jobs);
    struct work w = {.l = l, .ct = ct};
    *l = DORG_LANDMARKS_INIT;
    l->slice = dorg_zeroed(nz, sizeof *l->slice, e);
    w.rough = dorg_zeroed(nz, sizeof *w.rough, e);
    w.scratch = dorg_zeroed(team, sizeof *w.scratch, e);
    for (size_t k = 0; k < team && !e->code; k++)
        w.scratch[k].room = dorg_array((size_t)(ct->grid.n[0] + ct->grid.n[1]), 4, e);
    if (e->code || dorg_par(nz, jobs, first_look, &w, e)) goto done;
    if (smooth(&w, SPINE_X, 0, e) || smooth(&w, SPINE_Y, 0, e)) goto done;
    for (size_t z = 0; z < nz; z++) {
        memcpy(l->slice[z].box, w.rough[z].box, sizeof w.rough[z].box);
        memcpy(w.rough[z].spine, l->slice[z].spine, sizeof w.rough[z].spine);
    }
    if (dorg_par(nz, jobs, second_look, &w, e)) goto done;
    if (smooth(&w, MUSCLE, 55, e) || smooth(&w, VESSEL, 150, e) || smooth(&w, VISCERA, 80, e))
        goto done;
    dorg_lungs_end(&l->lungs, ct, body, jobs, e);
done:
    for (size_t k = 0; w.scratch && k < team; k++) {
        dorg_landview_free(&w.scratch[k].view);
        free(w.scratch[k].bone.at);
        free(w.scratch[k].room);
    }
    free(w.scratch);
    free(w.rough);
    if (e->code) dorg_landmarks_free(l);
    return e->code;
}

void dorg_landmarks_free(struct dorg_landmarks *l)
{
    free(l->slice);
    *l = DORG_LANDMARKS_INIT;
}

/* ---- asking ------------------------------------------------------------------------- */

static double rounded(double x, double step)
{
    return round(x / step) * step;
}

/* Low share, mean of the soft tissue above the muscle's, its standard deviation. */
static void look(double v[3], const struct dorg_landview *w, double x, double y, double half)
{
    int64_t s[4], n = box_sums(s, w, x, y, half);
    double k = (double)s[SOFT], m = s[SOFT] ? (double)s[SUM] / k : 0;
    bool some = s[SOFT] > 0 && 50 * s[SOFT] >= n;
    v[0] = n ? rounded((double)s[LOW] / (double)n, 1.0 / 1024) : 1;
    v[1] = some ? rounded(m - w->at->muscle, 1.0 / 16) : NO_TISSUE;
    v[2] = some ? rounded(sqrt(fmax((double)s[SQUARE] / k - m * m, 0)), 1.0 / 16) : NO_SPREAD;
}

static void placed(double v[PLACE], const struct dorg_landview *w, double x, double y)
{
    const struct dorg_landmark *m = w->at;
    const double wide = fmax((m->box[1] - m->box[0]) * w->mm[0] / 2, 20);
    const double deep = fmax((m->box[3] - m->spine[1]) * w->mm[1], 20);
    v[0] = (x - m->spine[0]) * w->mm[0];
    v[1] = (y - m->spine[1]) * w->mm[1];
    v[2] = hypot(v[0], v[1]);
    v[3] = atan2(v[0], v[1]);
    v[4] = v[0] / wide;
    v[5] = v[1] / deep;
    v[6] = (x - m->box[0]) * w->mm[0];
    v[7] = (m->box[1] - x) * w->mm[0];
    v[8] = (m->box[3] - y) * w->mm[1];
    v[9] = (y - m->box[2]) * w->mm[1];
}

static void own(double *v, const struct dorg_landview *w, const uint32_t *pixel, size_t n,
                float *value)
{
    float s[DORG_ORDER_STATS];
    size_t low = 0, bright = 0;
    for (size_t i = 0; i < n; i++) {
        uint8_t u = w->u[pixel[i]];
        value[i] = u;
        low += u < FAT_U;
        bright += u >= BRIGHT_U;
    }
    dorg_order_stats(s, value, n);
    for (int k = 0; k < DORG_ORDER_STATS; k++)
        v[k] = (double)s[k] - (k == 1 ? 0 : w->at->muscle);
    v += DORG_ORDER_STATS;
    v[0] = (double)low / (double)n;
    v[1] = (double)bright / (double)n;
    v[2] = (double)s[0] - w->at->vessel;
    v[3] = (double)s[0] - w->at->viscera;
}

void dorg_landmarks_at(double v[DORG_LANDMARKS], const struct dorg_landview *w, double x,
                       double y, const uint32_t *pixel, size_t n, float *value)
{
    static const int dx[TURNS] = {1, 1, 0, -1, -1, -1, 0, 1};
    static const int dy[TURNS] = {0, 1, 1, 1, 0, -1, -1, -1};
    double seen[3], *to = v + AT_RINGS;
    placed(v, w, x, y);
    own(v + AT_STATS, w, pixel, n, value);
    for (int r = 0; r < RINGS; r++, to += 3)
        look(to, w, x, y, ring_mm[r]);
    for (int f = 0; f < FAR; f++)
        for (int k = 0; k < TURNS; k++, to += 2) {
            double d = far_mm[f] * (k % 2 ? diagonal : 1);
            look(seen, w, x + d * dx[k] / w->mm[0], y + d * dy[k] / w->mm[1],
                 0.35 * far_mm[f]);
            memcpy(to, seen, 2 * sizeof *to);
        }
}
