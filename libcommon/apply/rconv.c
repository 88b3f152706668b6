/* rconv.c - R-ConvNet probabilities of superpixels, or of pairs of them */
#include "rconv.h"

#include "../base/mem.h"
#include "../file/rec.h"

int dorg_rconv_open(struct dorg_ensemble *a, const struct dorg_net *net, bool map, bool pairs,
                    const struct dorg_ensemble_opts *o, struct dorg_err *e)
{
    return dorg_ensemble_open(a, net, pairs ? DORG_REC_PAIR : DORG_REC_REGION, map ? 2 : 1,
                              pairs ? 3 : 2, o, e);
}

static int cut(uint8_t *dst, void *ctx, size_t first, size_t n, struct dorg_err *e)
{
    return dorg_region_cut(dst, ctx, first, n, e);
}

/* p of all examples: float[total][classes]. */
static int judge(float *p, struct dorg_region_view *v, struct dorg_ensemble *a, size_t total,
                 struct dorg_err *e)
{
    struct dorg_box *box = dorg_array(total, sizeof *box, e);
    struct dorg_cut c = {.count = total, .box = box};
    if (!box) return e->code;
    dorg_region_boxes(box, v);
    c.volume[0] = v->ct->data;
    c.volume[1] = v->map ? v->map->data : NULL;
    memcpy(c.n, v->ct->grid.n, sizeof c.n);
    dorg_ensemble_cut(p, a, &c, cut, v, e);
    free(box);
    return e->code;
}

/* Of the n probabilities p[0], p[step], ...; sorted is scratch for n. */
static double average(const float *p, int step, int n, enum dorg_average how, double *sorted)
{
    double sum = 0;
    for (int i = 0; i < n; i++) {
        double x = (double)p[i * step];
        int j = i;
        for (; j > 0 && sorted[j - 1] > x; j--)
            sorted[j] = sorted[j - 1];
        sorted[j] = x;
        sum += x;
    }
    if (how == DORG_AVERAGE_MAX) return sorted[n - 1];
    if (how == DORG_AVERAGE_MEDIAN) return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
    return sum / n;
}

/* Indices of the columns of the answer: the class averages, then one per scale. */
static int add_columns(int *col, struct dorg_tab *t, int n_scales, bool pairs,
                       struct dorg_err *e)
{
    static const char *const three[] = {"p_inside", "p_outside", "p_border"};
    int k = 0;
    for (int c = 0; c < (pairs ? 3 : 1); c++)
        if ((col[k++] = dorg_tab_add_col(t, pairs ? three[c] : "p", e)) < 0) return e->code;
    for (int s = 0; s < n_scales; s++) {
        char name[32];
        snprintf(name, sizeof name, pairs ? "p_border_s%d" : "p_s%d", s + 1);
        if ((col[k++] = dorg_tab_add_col(t, name, e)) < 0) return e->code;
    }
    return 0;
}

int dorg_rconv(struct dorg_tab *t, const struct dorg_region_view *v, struct dorg_ensemble *a,
               enum dorg_average how, bool per_scale, bool pairs, struct dorg_err *e)
{
    struct dorg_region_view view = *v; /* the cutting thread is handed a plain pointer */
    int n_scales = v->p->n_scales, n_out = pairs ? 3 : 1, first = pairs ? 0 : 1;
    int col[3 + DORG_MAX_SCALES];
    double sorted[DORG_MAX_SCALES];
    int classes = pairs ? 3 : 2, per_row = classes * n_scales;
    size_t total = v->r->n * (size_t)n_scales;
    float *p = dorg_array(total, a->classes * sizeof *p, e);
    if (!p || judge(p, &view, a, total, e)) goto done;
    if (add_columns(col, t, per_scale ? n_scales : 0, pairs, e)) goto done;
    for (size_t r = 0; r < t->n_rows; r++) {
        double *row = dorg_tab_row(t, r), sum = 0;
        const float *of = p + r * (size_t)per_row;
        for (int c = 0; c < n_out; c++)
            sum += row[col[c]] = average(of + first + c, classes, n_scales, how, sorted);
        for (int c = 0; pairs && how != DORG_AVERAGE_MEAN && sum > 0 && c < 3; c++)
            row[col[c]] /= sum;
        for (int s = 0; per_scale && s < n_scales; s++)
            row[col[n_out + s]] = (double)of[s * classes + classes - 1];
    }
done:
    free(p);
    return e->code;
}
