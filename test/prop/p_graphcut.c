/* p_graphcut - the labelling has the least energy of all 2^n, for each boundary term */
#include "../../libcommon/crf/graphcut.h"
#include "../../libcommon/base/rng.h"
#include "../oracle/o_mincut.h"
#include "../tap.h"

static uint64_t seed;
static uint32_t draws;
static struct dorg_err e;

static double unit(void)
{
    return dorg_rng_unit(seed, DORG_RNG_TEST, 4, draws++);
}

static int draw(int below)
{
    return (int)(unit() * below);
}

static void random_tables(struct dorg_tab *t, struct dorg_tab *g)
{
    const char *const cols[] = {"id", "z", "p"};
    const char *const edge[] = {
        "id", "a", "b", "z", "length", "overlap", "overlap_share", "contrast_hu", "p_border"};
    double *row;
    int n = 1 + draw(12), m = draw(3 * n);
    if (dorg_tab_new(t, cols, 3, &e) || dorg_tab_new(g, edge, 9, &e)) exit(4);
    for (int i = 0; i < n; i++) {
        if (dorg_tab_append(t, &row, &e)) exit(4);
        row[0] = 10 + 3 * i;
        row[1] = i < n / 2 ? 4 : 5;
        row[2] = draw(8) ? unit() : draw(2);
    }
    for (int i = 0; i < m; i++) {
        int a = draw(n + 1), b = draw(n + 1), up = (a < n / 2) != (b < n / 2);
        if (dorg_tab_append(g, &row, &e)) exit(4);
        row[0] = i + 1; /* node n is no row of the table */
        row[1] = 10 + 3 * a;
        row[2] = 10 + 3 * b;
        row[4] = up ? 0 : 1 + draw(30);
        row[5] = up ? 1 + draw(30) : 0;
        row[6] = up ? unit() : 0;
        row[7] = 100 * unit();
        row[8] = draw(6) ? unit() : 0;
    }
}

/* The cut; half of the time with the edges spread over two tables. */
static int split(struct dorg_tab *t, const struct dorg_tab *g, const struct dorg_graphcut *p,
                 struct dorg_graphcut_sum *s)
{
    struct dorg_tab part[2] = {*g, *g};
    size_t first = (size_t)draw((int)g->n_rows + 1);
    if (draw(2)) return dorg_graphcut(t, g, 1, p, s, &e);
    part[0].n_rows = first;
    part[1].v = g->v ? g->v + first * (size_t)g->n_cols : NULL;
    part[1].n_rows -= first;
    return dorg_graphcut(t, part, 2, p, s, &e);
}

static double clamped(double p, double clamp)
{
    double c = -log(p);
    return c > clamp ? clamp : c;
}

/* The energy's terms, from the equation. */
static void terms(struct o_cut *o, const struct dorg_tab *t, const struct dorg_tab *g,
                  const struct dorg_graphcut *p)
{
    o->n = (int)t->n_rows;
    o->m = 0;
    for (int i = 0; i < o->n; i++) {
        double v = t->v[i * t->n_cols + 2];
        double odds = log(v / (1 - v)) - log(p->cut / (1 - p->cut)); /* their logarithm */
        o->sink[i] = fmin(log1p(exp(-odds)), p->clamp);
        o->source[i] = fmin(log1p(exp(odds)), p->clamp);
    }
    for (size_t i = 0; i < g->n_rows; i++) {
        const double *r = g->v + i * 9;
        int a = (int)(r[1] - 10) / 3, b = (int)(r[2] - 10) / 3;
        double w = 1;
        if (a >= o->n || b >= o->n || (r[5] > 0 && !p->three_d)) continue;
        if (p->pair == DORG_PAIR_CONTRAST) w = exp(-pow(r[7] / p->sigma_hu, 2));
        if (r[5] > 0) {
            w *= p->lambda_z * r[6];
        } else {
            if (p->pair == DORG_PAIR_NET || p->pair == DORG_PAIR_AUTO)
                w = clamped(r[8], p->clamp);
            if (p->by_length) w *= r[4];
        }
        o->a[o->m] = a;
        o->b[o->m] = b;
        o->ab[o->m] = o->ba[o->m] = w * p->lambda;
        o->m++;
    }
}

int main(void)
{
    int worse = 0, energy = 0, alone = 0;
    seed = tap_seed(9);
    for (int r = 0; r < 600; r++) {
        struct dorg_tab t, g;
        struct dorg_graphcut_sum s;
        struct o_cut o;
        struct dorg_graphcut p = {"p",
                                  pow(2, draw(9) - 4),
                                  draw(2) ? 10 : 0.7,
                                  (enum dorg_pair_term)draw(4),
                                  30,
                                  draw(2),
                                  draw(2),
                                  2 * unit(),
                                  draw(2) ? 0.5 : 0.05 + 0.9 * unit()};
        if (r % 20 == 0) p.lambda = 0;
        random_tables(&t, &g);
        if (split(&t, &g, &p, &s)) {
            printf("# %s\n", e.text);
            return 1;
        }
        terms(&o, &t, &g, &p);
        uint32_t x = 0, least_x;
        for (size_t i = 0; i < t.n_rows; i++) {
            const double *row = t.v + i * (size_t)t.n_cols;
            x |= (uint32_t)row[3] << i;
            alone += !p.lambda && row[3] != (row[2] > p.cut);
        }
        double least = o_cut_least(&o, &least_x), tol = 1e-5 * (1 + least);
        worse += o_cut_cost(&o, x) > least + tol;
        energy += fabs(s.energy - least) > tol;
        dorg_tab_free(&t);
        dorg_tab_free(&g);
    }
    ok(!worse, "the labelling's energy is the least of all (%d are not)", worse);
    ok(!energy, "and is the one reported (%d are not)", energy);
    ok(!alone, "lambda 0: each superpixel is inside when p > cut");
    return tap_done();
}
