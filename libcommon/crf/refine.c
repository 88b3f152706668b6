/* refine.c - the graph of a band of voxels, and its cut */
#include "refine.h"
#include "../base/mem.h"
#include "../base/par.h"
#include "band.h"
#include "maxflow.h"

/* ---- two histograms, and their ratio ------------------------------------------------- */

enum { BINS = 100, LOW_HU = -200, WIDTH_HU = 5 };

struct work {
    uint8_t *bin; /* of each voxel of mask and band */
    const float *hu;
    const uint8_t *mask, *band;
    int32_t n[3];
};

/* The weighted mean of what lies around (x, y, z) inside the volume. */
static double around(const struct work *w, int32_t x, int32_t y, int32_t z)
{
    double sum = 0, weight = 0;
    for (int32_t c = -1; c <= 1; c++)
        for (int32_t b = -1; b <= 1; b++)
            for (int32_t a = -1; a <= 1; a++) {
                int32_t u = x + a, v = y + b, t = z + c;
                if (u < 0 || v < 0 || t < 0 || u >= w->n[0] || v >= w->n[1] || t >= w->n[2])
                    continue;
                int k = (a ? 1 : 2) * (b ? 1 : 2) * (c ? 1 : 2);
                sum += k * (double)w->hu[dorg_at(w->n, u, v, t)];
                weight += k;
            }
    return sum / weight;
}

static int bins_of_slice(void *ctx, size_t z, size_t worker, struct dorg_err *e)
{
    struct work *w = ctx;
    size_t i = z * dorg_area(w->n);
    (void)worker;
    (void)e;
    for (int32_t y = 0; y < w->n[1]; y++)
        for (int32_t x = 0; x < w->n[0]; x++, i++) {
            if (!w->mask[i] && !w->band[i]) continue;
            double b = floor((around(w, x, y, (int32_t)z) - LOW_HU) / WIDTH_HU);
            w->bin[i] = (uint8_t)(b < 0 ? 0 : b >= BINS ? BINS - 1 : b);
        }
    return 0;
}

static void smooth(double h[BINS])
{
    static const double k[5] = {1, 4, 6, 4, 1};
    double to[BINS];
    for (int i = 0; i < BINS; i++) {
        double sum = 0, weight = 0;
        for (int d = -2; d <= 2; d++) {
            if (i + d < 0 || i + d >= BINS) continue;
            sum += k[d + 2] * h[i + d];
            weight += k[d + 2];
        }
        to[i] = sum / weight;
    }
    memcpy(h, to, sizeof to);
}

/* ratio[b] for each bin; 0 when there is nothing on one side. */
static void ratios(float ratio[BINS], const struct work *w, size_t n)
{
    double in[BINS] = {0}, out[BINS] = {0}, n_in = 0, n_out = 0;
    for (size_t i = 0; i < n; i++) {
        if (w->mask[i])
            in[w->bin[i]]++, n_in++;
        else if (w->band[i])
            out[w->bin[i]]++, n_out++;
    }
    for (int b = 0; b < BINS; b++) {
        in[b] = (in[b] + 1) / (n_in + BINS);
        out[b] = (out[b] + 1) / (n_out + BINS);
    }
    smooth(in);
    smooth(out);
    for (int b = 0; b < BINS; b++) {
        double r = n_in > 0 && n_out > 0 ? log(in[b] / out[b]) : 0;
        ratio[b] = (float)(r < -4 ? -4 : r > 4 ? 4 : r);
    }
}

int dorg_intensity(float *llr, const float *hu, const uint8_t *mask, const uint8_t *band,
                   const int32_t n[3], int jobs, struct dorg_err *e)
{
    struct work w = {NULL, hu, mask, band, {n[0], n[1], n[2]}};
    size_t count = dorg_voxels(n);
    float ratio[BINS];
    if (!(w.bin = dorg_array(count, 1, e))) return e->code;
    if (dorg_par((size_t)n[2], jobs, bins_of_slice, &w, e)) goto done;
    ratios(ratio, &w, count);
    for (size_t i = 0; i < count; i++)
        llr[i] = band[i] ? ratio[w.bin[i]] : 0;
done:
    free(w.bin);
    return e->code;
}

/* ---- refinement ---------------------------------------------------------------------- */

struct graph { /* owned arrays, and what they are made from */
    uint8_t *mask;
    const float *hu, *map;
    const struct dorg_grid *g;
    const struct dorg_refine *p;
    uint8_t *band, *side;
    uint32_t *node; /* of a voxel in the band: its number */
    float *source, *sink, *weight;
    float *llr; /* of each voxel, or NULL */
    uint32_t *a, *b;
    size_t n_nodes, n_edges;
};

/* -ln of a probability with these log odds, at most clamp. */
static float cost(double log_odds, double clamp)
{
    double c = log_odds > 0 ? log1p(exp(-log_odds)) : log1p(exp(log_odds)) - log_odds;
    return (float)(c < clamp ? c : clamp); /* infinite odds are clamped too */
}

static int number(struct graph *w, struct dorg_err *e)
{
    size_t n = dorg_grid_count(w->g);
    for (size_t i = 0; i < n; i++) {
        if (!w->band[i]) continue;
        if (!(w->map[i] >= 0 && w->map[i] <= 1))
            return dorg_fail(e, DORG_EDATA, "voxel %zu of the map is %g, not a probability", i,
                             (double)w->map[i]);
        w->n_nodes++;
    }
    if (w->n_nodes >= UINT32_MAX / 2)
        return dorg_fail(e, DORG_EDATA, "a band of %zu voxels is too wide", w->n_nodes);
    size_t most = 3 * w->n_nodes; /* each pair is met from its lower end */
    if (!(w->node = dorg_array(n, sizeof *w->node, e)) ||
        !(w->source = dorg_array(w->n_nodes, sizeof *w->source, e)) ||
        !(w->sink = dorg_array(w->n_nodes, sizeof *w->sink, e)) ||
        !(w->side = dorg_array(w->n_nodes, 1, e)) ||
        !(w->weight = dorg_array(most, sizeof *w->weight, e)) ||
        !(w->a = dorg_array(most, sizeof *w->a, e)) ||
        !(w->b = dorg_array(most, sizeof *w->b, e)))
        return e->code;
    return 0;
}

/* Regional terms, and the numbers of the nodes. */
static void regional(struct graph *w)
{
    size_t n = dorg_grid_count(w->g), k = 0;
    double shift = log(w->p->cut / (1 - w->p->cut));
    for (size_t i = 0; i < n; i++) {
        if (!w->band[i]) continue;
        double v = (double)w->map[i], odds = log(v / (1 - v)) - shift;
        if (w->llr) odds += w->p->intensity * (double)w->llr[i];
        w->sink[k] = cost(odds, w->p->clamp);
        w->source[k] = cost(-odds, w->p->clamp);
        w->node[i] = (uint32_t)k++;
    }
}

/* The boundary term of voxels i < j: an edge, or a cost of parting from a fixed voxel. */
static void pair(struct graph *w, size_t i, size_t j, double scale)
{
    if (!w->band[i] && !w->band[j]) return;
    double d = (double)(w->hu[i] - w->hu[j]) / w->p->sigma_hu;
    float b = (float)(scale * exp(-d * d));
    if (w->band[i] && w->band[j]) {
        w->a[w->n_edges] = w->node[i];
        w->b[w->n_edges] = w->node[j];
        w->weight[w->n_edges++] = b;
    } else {
        size_t k = w->node[w->band[i] ? i : j];
        if (w->mask[w->band[i] ? j : i])
            w->source[k] += b;
        else
            w->sink[k] += b;
    }
}

static void boundary(struct graph *w)
{
    const int32_t *n = w->g->n;
    const size_t step[3] = {1, (size_t)n[0], dorg_area(n)};
    double scale[3];
    for (int a = 0; a < 3; a++)
        scale[a] = w->p->lambda_mm / (double)w->g->mm[a];
    size_t i = 0;
    for (int32_t z = 0; z < n[2]; z++)
        for (int32_t y = 0; y < n[1]; y++)
            for (int32_t x = 0; x < n[0]; x++, i++) {
                if (x + 1 < n[0]) pair(w, i, i + step[0], scale[0]);
                if (y + 1 < n[1]) pair(w, i, i + step[1], scale[1]);
                if (z + 1 < n[2]) pair(w, i, i + step[2], scale[2]);
            }
}

static int intensities(struct graph *w, struct dorg_err *e)
{
    if (!(w->p->intensity > 0)) return 0;
    if (!(w->llr = dorg_array(dorg_grid_count(w->g), sizeof *w->llr, e))) return e->code;
    return dorg_intensity(w->llr, w->hu, w->mask, w->band, w->g->n, w->p->jobs, e);
}

static int cut(struct graph *w, struct dorg_refine_sum *s, struct dorg_err *e)
{
    struct dorg_graph g = {w->n_nodes, w->n_edges, w->source, w->sink,
                           w->a,       w->b,       w->weight, NULL};
    size_t n = dorg_grid_count(w->g);
    if (dorg_maxflow(w->side, &s->energy, &g, e)) return e->code;
    for (size_t i = 0; i < n; i++) {
        uint8_t was = w->mask[i] != 0;
        w->mask[i] = w->band[i] ? w->side[w->node[i]] : was;
        s->n_in += w->mask[i] > was;
        s->n_out += w->mask[i] < was;
    }
    s->n_band = w->n_nodes;
    s->n_edges = w->n_edges;
    return 0;
}

int dorg_refine(struct dorg_vol *mask, const struct dorg_vol *ct, const struct dorg_vol *map,
                const struct dorg_refine *p, struct dorg_refine_sum *sum, struct dorg_err *e)
{
    struct graph w = {
        .mask = mask->data, .hu = ct->data, .map = map->data, .g = &mask->grid, .p = p};
    *sum = (struct dorg_refine_sum){0};
    if (dorg_grid_same(&ct->grid, &mask->grid, e) || dorg_grid_same(&ct->grid, &map->grid, e))
        return e->code;
    if (dorg_grid_square(w.g, e)) return e->code;
    if (!(w.band = dorg_array(dorg_grid_count(w.g), 1, e))) return e->code;
    if (dorg_band(w.band, w.mask, w.g, p->width_mm, p->jobs, e) || number(&w, e) ||
        intensities(&w, e))
        goto done;
    regional(&w);
    boundary(&w);
    if (cut(&w, sum, e)) goto done;
    dorg_history_add(&mask->history, ct->history, e);
    dorg_history_add(&mask->history, map->history, e);
done:
    free(w.band);
    free(w.side);
    free(w.node);
    free(w.source);
    free(w.sink);
    free(w.weight);
    free(w.llr);
    free(w.a);
    free(w.b);
    return e->code;
}
