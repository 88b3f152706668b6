/* level.c - bring a case's probabilities to the level of other cases' */
#include "level.h"

#include "../base/mem.h"

struct values {
    size_t n;
    double *p, *w; /* owned */
};

static int add(struct values *v, double p, double w, struct dorg_err *e)
{
    if (!(p >= -1e-6 && p <= 1 + 1e-6))
        return dorg_fail(e, DORG_EDATA, "a probability is %.9g; expected 0 to 1", p);
    if (!(w >= 0)) return dorg_fail(e, DORG_EDATA, "a weight is %.9g", w);
    v->p[v->n] = p < 0 ? 0 : p > 1 ? 1 : p;
    v->w[v->n++] = w;
    return 0;
}

static int room(struct values *v, size_t n, struct dorg_err *e)
{
    *v = (struct values){.n = 0};
    v->p = dorg_array(n, sizeof *v->p, e);
    v->w = e->code ? NULL : dorg_array(n, sizeof *v->w, e);
    return e->code;
}

static double moved(double p, double factor)
{
    return p * factor / (1 - p + p * factor);
}

static double total(const struct values *v, double shift)
{
    double sum = 0, factor = exp(shift);
    for (size_t i = 0; i < v->n; i++)
        sum += v->w[i] * moved(v->p[i], factor);
    return sum;
}

/* The sum grows with the shift, so halving finds it. */
static double solve(const struct values *v, double want, double most)
{
    double lo = -most, hi = most;
    if (total(v, lo) >= want) return lo;
    if (total(v, hi) <= want) return hi;
    for (int i = 0; i < 50; i++) {
        double mid = 0.5 * (lo + hi);
        *(total(v, mid) < want ? &lo : &hi) = mid;
    }
    return 0.5 * (lo + hi);
}

static void level(struct dorg_level_sum *sum, const struct values *v,
                  const struct dorg_level *l)
{
    *sum = (struct dorg_level_sum){0};
    for (size_t i = 0; i < v->n; i++)
        sum->weight += v->w[i];
    if (!(sum->weight > 0)) return;
    sum->mean = total(v, 0) / sum->weight;
    if (!isnan(l->share)) sum->shift = solve(v, l->share * sum->weight, l->most);
}

int dorg_level_vol(struct dorg_vol *map, const struct dorg_vol *mask,
                   const struct dorg_level *l, struct dorg_level_sum *sum, struct dorg_err *e)
{
    size_t n = dorg_grid_count(&map->grid), in = 0;
    const uint8_t *m = mask->data;
    float *p = map->data;
    struct values v = {.n = 0};
    if (dorg_grid_same(&map->grid, &mask->grid, e)) return e->code;
    for (size_t i = 0; i < n; i++)
        in += m[i] != 0;
    if (room(&v, in, e)) goto done;
    for (size_t i = 0; i < n; i++)
        if (m[i] && add(&v, (double)p[i], 1, e)) goto done;
    level(sum, &v, l);
    double factor = exp(sum->shift);
    for (size_t i = 0, k = 0; i < n; i++)
        if (m[i]) p[i] = (float)moved(v.p[k++], factor);
    dorg_history_add(&map->history, mask->history, e);
done:
    free(v.p);
    free(v.w);
    return e->code;
}

int dorg_level_tab(struct dorg_tab *t, const char *column, const char *weight,
                   const struct dorg_level *l, struct dorg_level_sum *sum, struct dorg_err *e)
{
    int c = dorg_tab_need(t, column, e), w = -1;
    struct values v = {.n = 0};
    if (e->code || (weight && (w = dorg_tab_need(t, weight, e)) < 0)) return e->code;
    if (room(&v, t->n_rows, e)) goto done;
    for (size_t r = 0; r < t->n_rows; r++) {
        const double *row = dorg_tab_row(t, r);
        if (add(&v, row[c], w < 0 ? 1 : row[w], e)) goto done;
    }
    level(sum, &v, l);
    double factor = exp(sum->shift);
    for (size_t r = 0; r < t->n_rows; r++)
        dorg_tab_row(t, r)[c] = moved(v.p[r], factor);
done:
    free(v.p);
    free(v.w);
    return e->code;
}
