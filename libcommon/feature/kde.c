/* kde.c - class-conditional HU densities and the response they give */
#include "kde.h"
#include "body.h"
#include "../base/mem.h"

#define ROOT_TWO_PI 2.5066282746310002

static int bin_of(float hu)
{
    float u = hu - (float)DORG_KDE_LO + 0.5f;
    return u < 0 ? 0 : u >= (float)DORG_KDE_N ? DORG_KDE_N - 1 : (int)u;
}

static void count_voxel(uint64_t to[DORG_KDE_N], float hu, const double *shift, int n)
{
    for (int k = 0; k < n; k++)
        to[bin_of(hu + (float)shift[k])]++;
}

int dorg_kde_count(struct dorg_kde_counts *c, const struct dorg_vol *ct,
                   const struct dorg_vol *truth, const double *shift, int n_shifts, int jobs,
                   struct dorg_err *e)
{
    struct dorg_body body = DORG_BODY_INIT;
    if (dorg_grid_same(&ct->grid, &truth->grid, e)) return e->code;
    if (dorg_body_find(&body, ct, jobs, e)) return e->code;
    const int32_t *n = ct->grid.n;
    const float *hu = ct->data;
    const uint8_t *in = truth->data;
    for (int32_t z = 0; z < n[2]; z++)
        for (int32_t y = 0; y < n[1]; y++) {
            const int32_t *box = body.slice[z];
            size_t row = dorg_at(n, 0, y, z);
            bool row_in = z >= body.lo[2] && z <= body.hi[2] && y >= box[2] && y <= box[3];
            for (int32_t x = 0; x < n[0]; x++) {
                size_t i = row + (size_t)x;
                if (in[i])
                    count_voxel(c->n[1], hu[i], shift, n_shifts);
                else if (row_in && x >= box[0] && x <= box[1] && hu[i] > -500.0f)
                    count_voxel(c->n[0], hu[i], shift, n_shifts);
            }
        }
    dorg_body_free(&body);
    return 0;
}

/* Value below which a share q of the counted voxels lies. */
static double quantile(const uint64_t n[DORG_KDE_N], double total, double q)
{
    double seen = 0;
    for (int i = 0; i < DORG_KDE_N; i++) {
        seen += (double)n[i];
        if (seen >= q * total) return DORG_KDE_LO + i;
    }
    return DORG_KDE_LO + DORG_KDE_N - 1;
}

static double bandwidth(const uint64_t n[DORG_KDE_N], double total)
{
    double mean = 0, var = 0;
    for (int i = 0; i < DORG_KDE_N; i++)
        mean += (double)n[i] * (DORG_KDE_LO + i);
    mean /= total;
    for (int i = 0; i < DORG_KDE_N; i++)
        var += (double)n[i] * (DORG_KDE_LO + i - mean) * (DORG_KDE_LO + i - mean);
    double spread = sqrt(var / total);
    double iqr = (quantile(n, total, 0.75) - quantile(n, total, 0.25)) / 1.34;
    if (iqr > 0 && iqr < spread) spread = iqr;
    double h = 0.9 * spread * pow(total, -0.2);
    return h < 1 ? 1 : h;
}

static int density(double f[DORG_KDE_N], const uint64_t n[DORG_KDE_N], const char *what,
                   struct dorg_err *e)
{
    double total = 0;
    for (int i = 0; i < DORG_KDE_N; i++)
        total += (double)n[i];
    if (total == 0) return dorg_fail(e, DORG_EDATA, "no voxel of the %s to learn from", what);
    double h = bandwidth(n, total);
    int reach = (int)ceil(6 * h);
    for (int i = 0; i < DORG_KDE_N; i++) {
        double sum = 0;
        for (int d = -reach; d <= reach; d++)
            if (i + d >= 0 && i + d < DORG_KDE_N && n[i + d])
                sum += (double)n[i + d] * exp(-(double)d * d / (2 * h * h));
        f[i] = sum / (total * h * ROOT_TWO_PI);
    }
    return 0;
}

int dorg_kde_table(struct dorg_tab *t, const struct dorg_kde_counts *c, struct dorg_err *e)
{
    static const char *const names[] = {"id", "hu", "f_out", "f_in", "y"};
    double out[DORG_KDE_N], in[DORG_KDE_N];
    *t = DORG_TAB_INIT;
    if (density(out, c->n[0], "body outside the organ", e)) return e->code;
    if (density(in, c->n[1], "organ", e)) return e->code;
    if (dorg_tab_new(t, names, 5, e)) return e->code;
    for (int i = 0; i < DORG_KDE_N; i++) {
        double *row;
        if (dorg_tab_append(t, &row, e)) goto fail;
        row[0] = i + 1;
        row[1] = DORG_KDE_LO + i;
        row[2] = out[i];
        row[3] = in[i];
        row[4] = in[i] < 1e-9 && out[i] < 1e-9 ? 0 : in[i] / (in[i] + out[i]);
    }
    return 0;
fail:
    dorg_tab_free(t);
    return e->code;
}

static int from_table(struct dorg_kde *k, const struct dorg_tab *t, struct dorg_err *e)
{
    int hu = dorg_tab_need(t, "hu", e), y = hu < 0 ? -1 : dorg_tab_need(t, "y", e);
    if (hu < 0 || y < 0) return e->code;
    if (t->n_rows != DORG_KDE_N)
        return dorg_fail(e, DORG_EDATA, "%d rows expected, %zu found", DORG_KDE_N, t->n_rows);
    for (size_t i = 0; i < DORG_KDE_N; i++) {
        const double *row = dorg_tab_row(t, i);
        if (row[hu] != DORG_KDE_LO + (double)i)
            return dorg_fail(e, DORG_EDATA, "row %zu is of %g HU, not %d", i + 1, row[hu],
                             DORG_KDE_LO + (int)i);
        if (!(row[y] >= 0 && row[y] <= 1))
            return dorg_fail(e, DORG_EDATA, "y at %g HU is %g, not within 0..1", row[hu],
                             row[y]);
        k->y[i] = (float)row[y];
    }
    return 0;
}

int dorg_kde_load(struct dorg_kde **out, const char *path, struct dorg_err *e)
{
    struct dorg_tab t;
    struct dorg_kde *k = *out = NULL;
    if (!path) return 0;
    if (!(k = dorg_zeroed(1, sizeof *k, e)) || dorg_tab_load(&t, path, e)) goto fail;
    if (from_table(k, &t, e)) dorg_err_at(e, path);
    k->history = t.history;
    t.history = NULL;
    dorg_tab_free(&t);
    if (!e->code) return *out = k, 0;
fail:
    dorg_kde_free(k);
    return e->code;
}

void dorg_kde_free(struct dorg_kde *k)
{
    if (k) free(k->history);
    free(k);
}

int dorg_kde_map(struct dorg_vol *map, const struct dorg_kde *k, const struct dorg_vol *ct,
                 struct dorg_err *e)
{
    if (dorg_vol_like(map, ct, DORG_F32, e)) return e->code;
    const float *hu = ct->data;
    float *y = map->data;
    for (size_t i = 0, n = dorg_grid_count(&ct->grid); i < n; i++)
        y[i] = dorg_kde_at(k, hu[i]);
    if (dorg_history_add(&map->history, k->history, e)) dorg_vol_free(map);
    return e->code;
}
