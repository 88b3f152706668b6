/* graphcut.c - energies from columns, one cut, a column of labels */
#include "graphcut.h"
#include "maxflow.h"
#include "../base/mem.h"
#include "../file/vol.h" /* dorg_history_add */

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
                     dorg_tab_row(t, row)[0], p);
}

static int regional(struct field *f, const struct dorg_tab *t, const struct dorg_graphcut *p,
                    struct dorg_err *e)
{
    int c = dorg_tab_need(t, p->column, e);
    if (c < 0) return e->code;
    for (size_t i = 0; i < t->n_rows; i++) {
        double v = dorg_tab_row(t, i)[c];
        if (check_p(v, t, i, p->column, e)) return e->code;
        double in = v, out = 1 - v;
        if (p->cut < 0.5 || p->cut > 0.5) {
            double a = v * (1 - p->cut), b = (1 - v) * p->cut;
            in = a / (a + b);
            out = b / (a + b);
        }
        f->sink[i] = (float)cost(in, p->clamp);    /* paid when i is inside */
        f->source[i] = (float)cost(out, p->clamp); /* paid when i is outside */
    }
    return 0;
}

static bool any_within(const struct field *f, const struct dorg_tab *g)
{
    for (size_t i = 0; i < g->n_rows; i++)
        if (f->c_overlap < 0 || !(dorg_tab_row(g, i)[f->c_overlap] > 0)) return true;
    return false;
}

/* Where a table's columns are, and which boundary term there is to be. */
static int columns(struct field *f, enum dorg_pair_term *pair, const struct dorg_tab *g,
                   const struct dorg_graphcut *p, struct dorg_err *e)
{
    f->c_border = dorg_tab_col(g, "p_border");
    f->c_contrast = dorg_tab_col(g, "contrast_hu");
    f->c_overlap = dorg_tab_col(g, "overlap");
    f->c_length = dorg_tab_col(g, "length");
    *pair = p->pair;
    if (*pair == DORG_PAIR_AUTO)
        *pair = f->c_border >= 0     ? DORG_PAIR_NET
                : f->c_contrast >= 0 ? DORG_PAIR_CONTRAST
                                     : DORG_PAIR_CONSTANT;
    bool within = any_within(f, g);
    f->c_share = f->c_overlap < 0 ? -1 : dorg_tab_need(g, "overlap_share", e);
    if (e->code || (f->c_a = dorg_tab_need(g, "a", e)) < 0 ||
        (f->c_b = dorg_tab_need(g, "b", e)) < 0 ||
        (*pair == DORG_PAIR_NET && within && dorg_tab_need(g, "p_border", e) < 0) ||
        (*pair == DORG_PAIR_CONTRAST && dorg_tab_need(g, "contrast_hu", e) < 0) ||
        (p->by_length && within && dorg_tab_need(g, "length", e) < 0))
        return dorg_err_at(e, "edges");
    return 0;
}

/* lambda * B of an edge row; up: it joins two slices. */
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

static int edge_rows(struct field *f, struct dorg_graphcut_sum *s, enum dorg_pair_term pair,
                     const struct dorg_tab *t, const struct dorg_tab *g,
                     const struct dorg_graphcut *p, struct dorg_err *e)
{
    for (size_t i = 0; i < g->n_rows; i++) {
        const double *row = dorg_tab_row(g, i);
        bool up = f->c_overlap >= 0 && row[f->c_overlap] > 0;
        if (up && !p->three_d) continue;
        if (!up && pair == DORG_PAIR_NET && check_p(row[f->c_border], g, i, "p_border", e))
            return dorg_err_at(e, "edges");
        size_t a = dorg_tab_find(t, row[f->c_a]), b = dorg_tab_find(t, row[f->c_b]);
        if (a == t->n_rows || b == t->n_rows) {
            s->n_dropped++;
            continue;
        }
        double w = boundary(f, row, up, p, pair);
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

/* The edges of all tables. */
static int all_edges(struct field *f, struct dorg_graphcut_sum *s, const struct dorg_tab *t,
                     const struct dorg_tab *edges, int n_tabs, const struct dorg_graphcut *p,
                     struct dorg_err *e)
{
    bool links = false;
    for (int i = n_tabs; i-- > 0;) { /* the first last, so that its term is the one reported */
        if (same_case(t, &edges[i], e) || columns(f, &s->pair, &edges[i], p, e) ||
            edge_rows(f, s, s->pair, t, &edges[i], p, e))
            return e->code;
        links |= f->c_overlap >= 0;
    }
    if (p->three_d && !links)
        return dorg_fail(e, DORG_EDATA, "no edges have a column overlap: see dorg-edges --3d");
    return 0;
}

int dorg_graphcut(struct dorg_tab *t, const struct dorg_tab *edges, int n_tabs,
                  const struct dorg_graphcut *p, struct dorg_graphcut_sum *sum,
                  struct dorg_err *e)
{
    struct field f = {0};
    size_t most = 0;
    uint8_t *side = dorg_array(t->n_rows, 1, e);
    *sum = (struct dorg_graphcut_sum){0};
    for (int i = 0; i < n_tabs; i++)
        most += edges[i].n_rows;
    if (!side || make_room(&f, t->n_rows, most, e)) goto done;
    if (regional(&f, t, p, e) || all_edges(&f, sum, t, edges, n_tabs, p, e)) goto done;
    struct dorg_graph g = {t->n_rows, f.n_edges, f.source, f.sink, f.a, f.b, f.weight, NULL};
    if (dorg_maxflow(side, &sum->energy, &g, e)) goto done;
    int c = dorg_tab_add_col(t, "label", e);
    if (c < 0) goto done;
    for (size_t i = 0; i < t->n_rows; i++) {
        dorg_tab_row(t, i)[c] = side[i];
        sum->n_inside += side[i];
    }
    sum->n_edges = f.n_edges;
    for (int i = 0; i < n_tabs; i++)
        if (dorg_history_add(&t->history, edges[i].history, e)) goto done;
done:
    free(side);
    free(f.source);
    free(f.sink);
    free(f.weight);
    free(f.a);
    free(f.b);
    return e->code;
}
