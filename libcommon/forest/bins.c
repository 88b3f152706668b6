/* bins.c - two passes over training rows: what values occur, then bins */
#include "bins.h"
#include "../base/mem.h"
#include "../base/rng.h"

enum { SAMPLE = 32768, QUANTILES = 127 };

struct sample { /* reservoir of rows of one class: Vitter's algorithm R */
    float *x;   /* [SAMPLE][n_features] */
    size_t n, seen;
};

struct scan {
    struct dorg_bins *d;
    const struct dorg_bins_opt *o;
    const struct dorg_forest *f;
    struct sample sample[2];
    double keep[2]; /* share of each class's rows that is trained on */
    size_t row;     /* running number of training rows, for the draws */
};

/* -1: not trained on; else its class. */
static int class_of(const struct scan *s, const struct dorg_row *r)
{
    bool unsure =
        !r->truth && r->coverage > s->o->ambiguous[0] && r->coverage < s->o->ambiguous[1];
    return !r->passed || unsure ? -1 : r->truth;
}

static int count_row(void *ctx, const struct dorg_row *r, struct dorg_err *e)
{
    struct scan *s = ctx;
    struct dorg_bins *d = s->d;
    const size_t width = d->n_features;
    int c = class_of(s, r);
    d->case_total[r->case_no] += r->coverage * r->area;
    if (!r->passed) d->n_dropped++;
    if (r->passed && c < 0) d->n_ambiguous++;
    if (c < 0) return 0;
    struct sample *m = &s->sample[c];
    size_t at = m->n;
    if (m->n < SAMPLE)
        m->n++;
    else
        at = dorg_rng_below(m->seen + 1, s->o->seed, DORG_RNG_SAMPLE, m->seen, (uint32_t)c);
    m->seen++;
    if (at < SAMPLE) memcpy(m->x + at * width, r->x, width * sizeof(float));
    return e->code;
}

static int float_order(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return x < y ? -1 : x > y;
}

static float midway(float a, float b) /* a <= m < b */
{
    float m = (float)(((double)a + (double)b) / 2);
    return m >= a && m < b ? m : a;
}

/* Mark in all[0..n) (sorted, distinct) the values at the quantiles of v[0..k) (sorted). */
static void mark_quantiles(uint8_t *mark, const float *all, size_t n, const float *v, size_t k)
{
    for (size_t q = 1, at = 0; k > 0 && q <= QUANTILES; q++) {
        float x = v[(q * k) / (QUANTILES + 1)];
        while (at + 1 < n && all[at] < x)
            at++;
        mark[at] = 1;
    }
}

/* Edges of feature f from both samples; v, all: room for both; mark: too. */
static int edges_of(struct dorg_bins *d, const struct scan *s, uint32_t f, float *v,
                    float *all, uint8_t *mark, struct dorg_err *e)
{
    size_t n[2] = {s->sample[0].n, s->sample[1].n}, total = n[0] + n[1], kinds = 0, k = 0;
    for (int c = 0; c < 2; c++) {
        float *to = v + (c ? n[0] : 0);
        for (size_t i = 0; i < n[c]; i++)
            to[i] = s->sample[c].x[i * d->n_features + f];
        qsort(to, n[c], sizeof *to, float_order);
    }
    for (size_t i = 0, j = n[0]; i < n[0] || j < total;) { /* merge, dropping repeats */
        float x = j == total || (i < n[0] && v[i] <= v[j]) ? v[i++] : v[j++];
        if (kinds == 0 || x > all[kinds - 1]) all[kinds++] = x;
    }
    memset(mark, kinds <= DORG_BINS_MOST, kinds);
    if (kinds > DORG_BINS_MOST) {
        mark_quantiles(mark, all, kinds, v, n[0]);
        mark_quantiles(mark, all, kinds, v + n[0], n[1]);
    }
    if (!(d->edge[f] = dorg_array(DORG_BINS_MOST, sizeof(float), e))) return e->code;
    for (size_t i = 0; i + 1 < kinds; i++)
        if (mark[i]) d->edge[f][k++] = midway(all[i], all[i + 1]);
    d->n_edges[f] = (uint32_t)k;
    return 0;
}

static int make_edges(struct dorg_bins *d, const struct scan *s, struct dorg_err *e)
{
    size_t total = s->sample[0].n + s->sample[1].n;
    float *v = dorg_array(total, sizeof *v, e), *all = dorg_array(total, sizeof *all, e);
    uint8_t *mark = dorg_array(total, 1, e);
    d->edge = dorg_zeroed(d->n_features, sizeof *d->edge, e);
    d->n_edges = dorg_zeroed(d->n_features, sizeof *d->n_edges, e);
    for (uint32_t f = 0; f < d->n_features && !e->code; f++)
        edges_of(d, s, f, v, all, mark, e);
    free(v);
    free(all);
    free(mark);
    return e->code;
}

static int widen(struct dorg_bins *d, struct dorg_err *e)
{
    size_t cap = d->cap ? d->cap + d->cap / 4 : 4096; /* arrays of one byte and more: tight */
    if (d->n < d->cap) return 0;
    for (uint32_t f = 0; f < d->n_features; f++)
        if (dorg_resize(&d->col[f], cap, 1, e)) return e->code;
    dorg_resize(&d->flag, cap, sizeof *d->flag, e);
    dorg_resize(&d->share, cap, sizeof *d->share, e);
    dorg_resize(&d->row_key, cap, sizeof *d->row_key, e);
    dorg_resize(&d->unit_key, cap, sizeof *d->unit_key, e);
    dorg_resize(&d->inside, cap, sizeof *d->inside, e);
    dorg_resize(&d->area, cap, sizeof *d->area, e);
    dorg_resize(&d->case_no, cap, sizeof *d->case_no, e);
    if (!e->code) d->cap = cap;
    return e->code;
}

static uint8_t share_of(const struct scan *s, const struct dorg_row *r)
{
    double part = s->o->hard ? r->truth : r->coverage;
    return (uint8_t)lround(part * DORG_BINS_SHARES);
}

static int store_row(void *ctx, const struct dorg_row *r, struct dorg_err *e)
{
    struct scan *s = ctx;
    struct dorg_bins *d = s->d;
    int c = class_of(s, r);
    if (!r->passed) return 0;
    if (c >= 0 && s->keep[c] < 1 &&
        dorg_rng_unit(s->o->seed, DORG_RNG_SAMPLE, s->row++, 2) >= s->keep[c]) {
        d->n_left_out++;
        d->case_total[r->case_no] -= r->coverage * r->area; /* recall is of what is here */
        return 0;
    }
    if (widen(d, e)) return e->code;
    size_t i = d->n++;
    for (uint32_t f = 0; f < d->n_features; f++)
        d->col[f][i] = dorg_bins_of(d->edge[f], d->n_edges[f], r->x[f]);
    d->flag[i] = (uint8_t)((r->truth ? DORG_BINS_TRUTH : 0) | (c >= 0 ? DORG_BINS_TRAIN : 0));
    d->share[i] = share_of(s, r);
    d->row_key[i] = dorg_bag_row_key(r->table_key, r->id);
    d->unit_key[i] = dorg_forest_unit_key(s->f, r->case_key, r->id, r->z);
    d->inside[i] = (float)(r->coverage * r->area);
    d->area[i] = (float)r->area;
    d->case_no[i] = r->case_no;
    if (c >= 0) {
        d->n_train[c]++;
        d->shares[1] += d->share[i];
        d->shares[0] += DORG_BINS_SHARES - (uint64_t)d->share[i];
    }
    return 0;
}

/* Which share of each class to keep, so that all rows fit: the larger class gives way. */
static int plan(struct scan *s, struct dorg_err *e)
{
    size_t n[2] = {s->sample[0].seen, s->sample[1].seen}, other = s->d->n_ambiguous;
    s->keep[0] = s->keep[1] = 1;
    for (int c = 0; c < 2; c++)
        if (n[c] == 0)
            return dorg_fail(e, DORG_EDATA, "no training row has truth %d: one class only", c);
    if (n[0] + n[1] + other <= s->o->max_rows) return 0;
    int big = n[0] < n[1];
    double room = (double)s->o->max_rows - (double)n[!big] - (double)other;
    if (!(room > 0))
        return dorg_fail(e, DORG_EDATA, "%zu rows of the smaller class alone exceed max-rows",
                         n[!big]);
    s->keep[big] = room / (double)n[big];
    return 0;
}

int dorg_bins_read(struct dorg_bins *d, struct dorg_rows *src, const struct dorg_bins_opt *o,
                   const struct dorg_forest *f, struct dorg_err *e)
{
    struct scan s = {.d = d, .o = o, .f = f};
    *d = DORG_BINS_INIT;
    d->n_features = src->n_features;
    d->n_cases = src->n_cases;
    d->case_total = dorg_zeroed(d->n_cases, sizeof *d->case_total, e);
    d->col = dorg_zeroed(d->n_features, sizeof *d->col, e);
    for (int c = 0; c < 2 && !e->code; c++)
        s.sample[c].x = dorg_array(SAMPLE, d->n_features * sizeof(float), e);
    if (!e->code && !dorg_rows_each(src, count_row, &s, e) && !plan(&s, e) &&
        !make_edges(d, &s, e))
        dorg_rows_each(src, store_row, &s, e);
    for (int c = 0; c < 2; c++)
        free(s.sample[c].x);
    if (e->code) dorg_bins_free(d);
    return e->code;
}

void dorg_bins_free(struct dorg_bins *d)
{
    for (uint32_t f = 0; f < d->n_features; f++) {
        if (d->edge) free(d->edge[f]);
        if (d->col) free(d->col[f]);
    }
    free(d->edge);
    free(d->n_edges);
    free(d->col);
    free(d->flag);
    free(d->share);
    free(d->row_key);
    free(d->unit_key);
    free(d->inside);
    free(d->area);
    free(d->case_no);
    free(d->case_total);
    *d = DORG_BINS_INIT;
}
