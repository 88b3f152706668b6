/* graphcut.c - energies from columns, one cut, a column of labels */
#include "graphcut.h"
#include "maxflow.h"
#include "mem.h"
#include "vol.h" /* dorg_history_add */

struct field { /* owned arrays of the graph, and where the edge columns are */
    float *source, *sink, *weight;
    uint32_t *a, *b;
    size_t n_edges;
    int c_a, c_b, c_border, c_contrast, c_length, c_overlap, c_share;
};

/* -ln p, within [0, clamp]. */
static double cost(double p, double clamp)
{
    double c = p > 0 ? -log(p) : clamp;
    return c < 0 ? 0 : c > clamp ? clamp : c;
}

static int check_p(double p, const struct dorg_tab *t, size_t row, const char *column,
                   struct dorg_err *e)
{
    if (p >= 0 && p <= 1) return 0;
    return dorg_fail(e, DORG_EDATA, "%s of id %.0f is %g, not a probability", column,
                     t->v[row * (size_t)t->n_cols], p);
}

static int regional(struct field *f, const struct dorg_tab *t, const struct dorg_graphcut *p,
                    struct dorg_err *e)
{
    int c = dorg_tab_need(t, p->column, e);
    if (c < 0) return e->code;
    for (size_t i = 0; i < t->n_rows; i++) {
        double v = t->v[i * (size_t)t->n_cols + (size_t)c];
        if (check_p(v, t, i, p->column, e)) return e->code;
        f->sink[i] = (float)cost(v, p->clamp);       /* paid when i is inside */
        f->source[i] = (float)cost(1 - v, p->clamp); /* paid when i is outside */
    }
    return 0;
}

/* Where the edge columns are, and which boundary term there is to be. */
static int columns(struct field *f, enum dorg_pair_term *pair, const struct dorg_tab *g,
                   const struct dorg_graphcut *p, struct dorg_err *e)
{
    f->c_border = dorg_tab_col(g, "p_border");
    f->c_contrast = dorg_tab_col(g, "contrast_hu");
    f->c_overlap = dorg_tab_col(g, "overlap");
    f->c_share = dorg_tab_col(g, "overlap_share");
    f->c_length = dorg_tab_col(g, "length");
    *pair = p->pair;
    if (*pair == DORG_PAIR_AUTO)
        *pair = f->c_border >= 0     ? DORG_PAIR_NET
                : f->c_contrast >= 0 ? DORG_PAIR_CONTRAST
                                     : DORG_PAIR_CONSTANT;
    if ((f->c_a = dorg_tab_need(g, "a", e)) < 0 || (f->c_b = dorg_tab_need(g, "b", e)) < 0 ||
        (*pair == DORG_PAIR_NET && dorg_tab_need(g, "p_border", e) < 0) ||
        (*pair == DORG_PAIR_CONTRAST && dorg_tab_need(g, "contrast_hu", e) < 0) ||
        (p->by_length && dorg_tab_need(g, "length", e) < 0) ||
        (p->three_d &&
         (dorg_tab_need(g, "overlap", e) < 0 || dorg_tab_need(g, "overlap_share", e) < 0)))
        return dorg_err_at(e, "edges");
    return 0;
}

/* lambda * B of an edge row; *up: it joins two slices. */
static double boundary(const struct field *f, const double *row, bool up,
                       const struct dorg_graphcut *p, enum dorg_pair_term pair)
{
    double b = 1;
    if (pair == DORG_PAIR_CONTRAST) {
        double d = row[f->c_contrast] / p->sigma_hu;
        b = exp(-d * d);
    }
    if (up) return p->lambda * p->lambda_z * b * row[f->c_share];
    if (pair == DORG_PAIR_NET) b = cost(row[f->c_border], p->clamp);
    return p->lambda * b * (p->by_length ? row[f->c_length] : 1);
}

static int edge_rows(struct field *f, struct dorg_graphcut_sum *s, const struct dorg_tab *t,
                     const struct dorg_tab *g, const struct dorg_graphcut *p,
                     struct dorg_err *e)
{
    for (size_t i = 0; i < g->n_rows; i++) {
        const double *row = g->v + i * (size_t)g->n_cols;
        bool up = f->c_overlap >= 0 && row[f->c_overlap] > 0;
        if (up && !p->three_d) continue;
        if (!up && s->pair == DORG_PAIR_NET && check_p(row[f->c_border], g, i, "p_border", e))
            return dorg_err_at(e, "edges");
        size_t a = dorg_tab_find(t, row[f->c_a]), b = dorg_tab_find(t, row[f->c_b]);
        if (a == t->n_rows || b == t->n_rows) {
            s->n_dropped++;
            continue;
        }
        double w = boundary(f, row, up, p, s->pair);
        if (!(w >= 0) || w > 1e30)
            return dorg_fail(e, DORG_EDATA,
                             "edges: edge %.0f weighs %g; a cut needs 0 to 1e30", row[0], w);
        f->a[f->n_edges] = (uint32_t)a;
        f->b[f->n_edges] = (uint32_t)b;
        f->weight[f->n_edges++] = (float)w;
    }
    return 0;
}

static int same_case(const struct dorg_tab *t, const struct dorg_tab *g, struct dorg_err *e)
{
    if (!t->key || !g->key || t->key == g->key) return 0;
    return dorg_fail(e, DORG_EDATA, "the edges are of case %016llx, the table of %016llx",
                     (unsigned long long)g->key, (unsigned long long)t->key);
}

static int make_room(struct field *f, size_t n, size_t m, struct dorg_err *e)
{
    return (f->source = dorg_array(n, sizeof *f->source, e)) &&
                   (f->sink = dorg_array(n, sizeof *f->sink, e)) &&
                   (f->weight = dorg_array(m, sizeof *f->weight, e)) &&
                   (f->a = dorg_array(m, sizeof *f->a, e)) &&
                   (f->b = dorg_array(m, sizeof *f->b, e))
               ? 0
               : e->code;
}

int dorg_graphcut(struct dorg_tab *t, const struct dorg_tab *edges,
                  const struct dorg_graphcut *p, struct dorg_graphcut_sum *sum,
                  struct dorg_err *e)
{
    struct field f = {0};
    uint8_t *side = dorg_array(t->n_rows, 1, e);
    *sum = (struct dorg_graphcut_sum){0};
    if (!side || same_case(t, edges, e) || make_room(&f, t->n_rows, edges->n_rows, e))
        goto done;
    if (regional(&f, t, p, e) || columns(&f, &sum->pair, edges, p, e) ||
        edge_rows(&f, sum, t, edges, p, e))
        goto done;
    struct dorg_graph g = {t->n_rows, f.n_edges, f.source, f.sink, f.a, f.b, f.weight, NULL};
    if (dorg_maxflow(side, &sum->energy, &g, e)) goto done;
    int c = dorg_tab_add_col(t, "label", e);
    if (c < 0) goto done;
    for (size_t i = 0; i < t->n_rows; i++) {
        t->v[i * (size_t)t->n_cols + (size_t)c] = side[i];
        sum->n_inside += side[i];
    }
    sum->n_edges = f.n_edges;
    dorg_history_add(&t->history, edges->history, e);
done:
    free(side);
    free(f.source);
    free(f.sink);
    free(f.weight);
    free(f.a);
    free(f.b);
    return e->code;
}
