/* axial.c - what surrounds a voxel in its axial slice, at several sizes
 *
 * Every slice that has voxels is summed up once: S(i, j), the sum of all to the left of and
 * above a corner.  A rectangle's sum is then that of four corners. */
#include "axial.h"

#include <math.h>
#include <string.h>

#include "../libcommon/base/mem.h"
#include "../libcommon/base/par.h"

struct edge { /* where a rectangle ends: between corners i and i + 1 */
    size_t i;
    double f; /* and how far, 0 to 1 */
};

struct job {
    uint8_t *dst;
    const uint8_t *src;
    const uint64_t *at;
    const struct dorg_axial *p;
    size_t nx, ny;
    const size_t *first; /* of each run of voxels of one slice; one more at the end */
    double *sums;        /* owned: [worker][ny + 1][nx + 1] */
    double *rows;        /* owned: [worker][2][size + 1] */
    struct edge *edges;  /* owned: [worker][2][size + 1] */
};

static void sum_up(double *s, const uint8_t *src, size_t nx, size_t ny)
{
    size_t w = nx + 1;
    memset(s, 0, w * sizeof *s);
    for (size_t j = 0; j < ny; j++, src += nx) {
        double *to = s + (j + 1) * w, sum = 0;
        to[0] = 0;
        for (size_t i = 0; i < nx; i++) {
            sum += src[i];
            to[i + 1] = to[i + 1 - w] + sum;
        }
    }
}

static void make_edges(struct edge *g, int32_t size, size_t centre, size_t n, double side)
{
    for (int32_t s = 0; s <= size; s++) {
        double u = (double)centre + 0.5 + ((double)(s - size / 2) - 0.5) * side;
        u = u < 0 ? 0 : u > (double)n ? (double)n : u; /* nothing is outside */
        size_t i = (size_t)u;
        g[s].i = i < n ? i : n - 1;
        g[s].f = u - (double)g[s].i;
    }
}

/* The sums at the edges of all columns, along one edge of a row. */
static void sums_along(double *to, const double *s, size_t w, const struct edge *x,
                       int32_t size, struct edge y)
{
    const double *a = s + y.i * w, *b = a + w;
    for (int32_t c = 0; c <= size; c++) {
        size_t i = x[c].i;
        double p = a[i] + x[c].f * (a[i + 1] - a[i]), q = b[i] + x[c].f * (b[i + 1] - b[i]);
        to[c] = p + y.f * (q - p);
    }
}

static void channel(uint8_t *dst, const double *s, size_t w, const struct edge *x,
                    const struct edge *y, int32_t size, double area, double *row[2])
{
    sums_along(row[0], s, w, x, size, y[0]);
    for (int32_t r = 0; r < size; r++, dst += size) {
        const double *above = row[r % 2];
        double *below = row[(r + 1) % 2];
        sums_along(below, s, w, x, size, y[r + 1]);
        for (int32_t c = 0; c < size; c++)
            dst[c] = (uint8_t)(((below[c + 1] - below[c]) - (above[c + 1] - above[c])) / area +
                               0.5);
    }
}

static int one_run(void *ctx, size_t run, size_t worker, struct dorg_err *e)
{
    const struct job *t = ctx;
    const struct dorg_axial *p = t->p;
    size_t side = (size_t)p->size, area = t->nx * t->ny, w = t->nx + 1;
    double *s = t->sums + worker * w * (t->ny + 1);
    double *row[2] = {t->rows + worker * 2 * (side + 1), NULL};
    struct edge *x = t->edges + worker * 2 * (side + 1), *y = x + side + 1;
    row[1] = row[0] + side + 1;
    sum_up(s, t->src + t->at[t->first[run]] / area * area, t->nx, t->ny);
    for (size_t i = t->first[run]; i < t->first[run + 1]; i++) {
        size_t in = t->at[i] % area;
        uint8_t *dst = t->dst + i * (size_t)(p->apart ? p->apart : p->channels) * side * side;
        for (int32_t k = 0; k < p->channels; k++, dst += side * side) {
            make_edges(x, p->size, in % t->nx, t->nx, p->side[k][0]);
            make_edges(y, p->size, in / t->nx, t->ny, p->side[k][1]);
            channel(dst, s, w, x, y, p->size, p->side[k][0] * p->side[k][1], row);
        }
    }
    return e->code;
}

int dorg_axial(uint8_t *dst, const uint8_t *src, const int32_t n[3], const uint64_t *at,
               size_t count, const struct dorg_axial *p, int jobs, struct dorg_err *e)
{
    struct job t = {dst, src, at, p, (size_t)n[0], (size_t)n[1], NULL, NULL, NULL, NULL};
    size_t area = t.nx * t.ny, runs = 0, side = (size_t)p->size + 1,
           team = dorg_par_team(jobs);
    size_t *first = dorg_array(count + 1, sizeof *first, e);
    if (!first) return e->code;
    for (size_t i = 0; i < count; i++)
        if (i == 0 || at[i] / area != at[i - 1] / area) first[runs++] = i;
    first[runs] = count;
    t.first = first;
    t.sums = dorg_array(team * (t.nx + 1), (t.ny + 1) * sizeof *t.sums, e);
    t.rows = dorg_array(team * 2 * side, sizeof *t.rows, e);
    t.edges = dorg_array(team * 2 * side, sizeof *t.edges, e);
    if (!e->code) dorg_par(runs, jobs, one_run, &t, e);
    free(first);
    free(t.sums);
    free(t.rows);
    free(t.edges);
    return e->code;
}
