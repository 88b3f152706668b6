/* neighbours.c - nearest centroids within and beside a slice, and their probabilities */
#include "neighbours.h"
#include "../base/mem.h"
#include "../base/par.h"

enum { IN = 6, BESIDE = 3, ALL = IN + 2 * BESIDE };

const char *const dorg_neighbours_name[DORG_NEIGHBOURS] = {
    "p1",       "nb_min",  "nb_mean", "nb_max", "adj_min",
    "adj_mean", "adj_max", "near_2",  "near_4", "near_8"};

struct spot {
    double z, x, y;
    uint32_t row;
};

struct near {
    uint32_t row[ALL];
    uint8_t n_in, n; /* the first n_in are of the own slice */
};

struct work {
    struct spot *spot; /* by z, then x */
    size_t *first;     /* [n_slices + 1] into spot */
    size_t n_slices;
    struct near *near; /* by row */
};

static int by_place(const void *a, const void *b)
{
    const struct spot *s = a, *t = b;
    if (s->z != t->z) return s->z < t->z ? -1 : 1;
    if (s->x != t->x) return s->x < t->x ? -1 : 1;
    return s->row < t->row ? -1 : s->row > t->row;
}

/* Keep spot c among the k nearest, nearest first; ties go to the lower row. */
static void offer(uint32_t *row, double *dist, int *n, int k, const struct spot *c, double d)
{
    int i = *n;
    if (i == k && (d > dist[k - 1] || (d == dist[k - 1] && c->row > row[k - 1]))) return;
    if (i == k) i--;
    for (; i > 0 && (dist[i - 1] > d || (dist[i - 1] == d && row[i - 1] > c->row)); i--) {
        dist[i] = dist[i - 1];
        row[i] = row[i - 1];
    }
    dist[i] = d;
    row[i] = c->row;
    if (*n < k) ++*n;
}

/* The k spots of s[0..n), sorted by x, nearest to `at`, itself excepted. */
static int nearest(uint32_t *row, int k, const struct spot *s, size_t n, const struct spot *at)
{
    double dist[IN] = {0};
    int got = 0;
    size_t lo = 0, hi = n;
    while (lo < hi) { /* first spot with x >= at->x */
        size_t mid = lo + (hi - lo) / 2;
        if (s[mid].x < at->x)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (size_t down = lo, up = lo; down > 0 || up < n;) {
        double below = down > 0 ? at->x - s[down - 1].x : INFINITY;
        double above = up < n ? s[up].x - at->x : INFINITY;
        double step = below < above ? below : above;
        if (got == k && step * step > dist[k - 1]) break;
        const struct spot *c = below < above ? &s[--down] : &s[up++];
        double dx = c->x - at->x, dy = c->y - at->y;
        if (c->row != at->row) offer(row, dist, &got, k, c, dx * dx + dy * dy);
    }
    return got;
}

static int one_slice(void *ctx, size_t s, size_t worker, struct dorg_err *e)
{
    struct work *w = ctx;
    (void)worker;
    for (size_t i = w->first[s]; i < w->first[s + 1]; i++) {
        const struct spot *at = &w->spot[i];
        struct near *nb = &w->near[at->row];
        nb->n_in = (uint8_t)nearest(nb->row, IN, w->spot + w->first[s],
                                    w->first[s + 1] - w->first[s], at);
        nb->n = nb->n_in;
        for (int side = -1; side <= 1; side += 2) {
            if ((side < 0 && s == 0) || (side > 0 && s + 1 == w->n_slices)) continue;
            const size_t *f = w->first + (side < 0 ? s - 1 : s + 1);
            if (w->spot[f[0]].z != at->z + side) continue;
            int k = nearest(nb->row + nb->n, BESIDE, w->spot + f[0], f[1] - f[0], at);
            nb->n = (uint8_t)(nb->n + k);
        }
    }
    return e->code;
}

static int find_spots(struct work *w, const struct dorg_tab *t, struct dorg_err *e)
{
    const int z = dorg_tab_need(t, "z", e), x = z < 0 ? -1 : dorg_tab_need(t, "x_mm", e);
    const int y = x < 0 ? -1 : dorg_tab_need(t, "y_mm", e);
    if (y < 0) return e->code;
    w->spot = dorg_array(t->n_rows, sizeof *w->spot, e);
    w->first = dorg_array(t->n_rows + 1, sizeof *w->first, e);
    if (e->code) return e->code;
    for (size_t r = 0; r < t->n_rows; r++) {
        const double *v = dorg_tab_row(t, r);
        w->spot[r] = (struct spot){v[z], v[x], v[y], (uint32_t)r};
    }
    qsort(w->spot, t->n_rows, sizeof *w->spot, by_place);
    for (size_t r = 0; r < t->n_rows; r++)
        if (r == 0 || w->spot[r].z != w->spot[r - 1].z) w->first[w->n_slices++] = r;
    w->first[w->n_slices] = t->n_rows;
    return 0;
}

static void spread(float out[3], const uint32_t *row, int n, const float *p, float own)
{
    float lo = n ? p[row[0]] : own, hi = lo;
    double sum = n ? 0 : (double)own;
    for (int i = 0; i < n; i++) {
        float q = p[row[i]];
        lo = q < lo ? q : lo;
        hi = q > hi ? q : hi;
        sum += (double)q;
    }
    out[0] = lo;
    out[1] = (float)(sum / (n ? n : 1));
    out[2] = hi;
}

/* One round of averaging with the neighbours. */
static void blur(float *to, const float *from, const struct near *nb, size_t n)
{
    for (size_t r = 0; r < n; r++) {
        double sum = (double)from[r];
        for (int i = 0; i < nb[r].n; i++)
            sum += (double)from[nb[r].row[i]];
        to[r] = (float)(sum / (1 + nb[r].n));
    }
}

int dorg_neighbours(float (*out)[DORG_NEIGHBOURS], const struct dorg_tab *t, const float *p1,
                    int jobs, struct dorg_err *e)
{
    struct work w = {0};
    float *a = dorg_array(t->n_rows, sizeof *a, e), *b = dorg_array(t->n_rows, sizeof *b, e);
    w.near = dorg_array(t->n_rows, sizeof *w.near, e);
    if (e->code || find_spots(&w, t, e)) goto done;
    if (dorg_par(w.n_slices, jobs, one_slice, &w, e)) goto done;
    for (size_t r = 0; r < t->n_rows; r++) {
        const struct near *nb = &w.near[r];
        out[r][0] = a[r] = p1[r];
        spread(out[r] + 1, nb->row, nb->n_in, p1, p1[r]);
        spread(out[r] + 4, nb->row + nb->n_in, nb->n - nb->n_in, p1, p1[r]);
    }
    for (int round = 1, k = 7; round <= 8; round++) {
        blur(b, a, w.near, t->n_rows);
        float *swap = a;
        a = b;
        b = swap;
        if (round == 2 || round == 4 || round == 8) {
            for (size_t r = 0; r < t->n_rows; r++)
                out[r][k] = a[r];
            k++;
        }
    }
done:
    free(a);
    free(b);
    free(w.spot);
    free(w.near);
    free(w.first);
    return e->code;
}

/* ---- along z -------------------------------------------------------------------------- */

struct along {
    struct work w;
    const float *from;
    float *to;
    double pitch, sigma; /* mm */
};

static int along_slice(void *ctx, size_t s, size_t worker, struct dorg_err *e)
{
    const struct along *a = ctx;
    const struct work *w = &a->w;
    (void)worker;
    for (size_t i = w->first[s]; i < w->first[s + 1]; i++) {
        const struct spot *at = &w->spot[i];
        double sum = (double)a->from[at->row], weight = 1;
        for (int side = -1; side <= 1; side += 2)
            for (size_t k = s; side < 0 ? k > 0 : k + 1 < w->n_slices;) {
                uint32_t row[IN];
                k = side < 0 ? k - 1 : k + 1;
                const struct spot *first = w->spot + w->first[k];
                double d = (first->z - at->z) * a->pitch, x = d / a->sigma;
                if (fabs(x) > 2.5) break;
                if (!nearest(row, 1, first, w->first[k + 1] - w->first[k], at)) continue;
                const double g = (double)expl(-(long double)(x * x) / 2);
                sum += g * (double)a->from[row[0]];
                weight += g;
            }
        a->to[at->row] = (float)(sum / weight);
    }
    return e->code;
}

/* mm from a slice to the next; 0 where there is one alone. */
static double pitch_of(const struct dorg_tab *t, int z, int z_mm)
{
    const double *first = t->v;
    for (size_t r = 1; r < t->n_rows; r++) {
        const double *v = dorg_tab_row(t, r);
        if (v[z] != first[z]) return fabs((v[z_mm] - first[z_mm]) / (v[z] - first[z]));
    }
    return 0;
}

int dorg_neighbours_along(float *p, const struct dorg_tab *t, double sigma, int jobs,
                          struct dorg_err *e)
{
    struct along a = {.from = p, .sigma = sigma};
    const int z = dorg_tab_need(t, "z", e), z_mm = z < 0 ? -1 : dorg_tab_need(t, "z_mm", e);
    if (z_mm < 0) return e->code;
    a.pitch = pitch_of(t, z, z_mm);
    if (!(a.pitch > 0)) return 0;
    a.to = dorg_array(t->n_rows, sizeof *a.to, e);
    if (!e->code && !find_spots(&a.w, t, e) &&
        !dorg_par(a.w.n_slices, jobs, along_slice, &a, e))
        memcpy(p, a.to, t->n_rows * sizeof *p);
    free(a.to);
    free(a.w.spot);
    free(a.w.first);
    return e->code;
}
