/* scores_write.c - tables of scores as text: TSV, JSON */
#include "../file/json.h"
#include "scores_in.h"

void dorg_scores_number(char to[40], double x)
{
    if (isnan(x))
        snprintf(to, 40, "NA");
    else if (isinf(x))
        snprintf(to, 40, "%sinf", x < 0 ? "-" : "");
    else
        snprintf(to, 40, x == floor(x) && fabs(x) < 0x1p53 ? "%.0f" : "%.9g",
                 x == 0 ? 0.0 : x); /* never "-0" */
}

void dorg_scores_label(char to[40], int32_t label)
{
    if (label == DORG_LABEL_ANY)
        snprintf(to, 40, "any");
    else
        snprintf(to, 40, "%d", label);
}

/* ---- TSV ---------------------------------------------------------------------------- */

static void tsv_row(struct dorg_out *o, const char *mark, const char *name, int32_t label,
                    double threshold, const double v[DORG_N_MEASURES], const char *status,
                    struct dorg_err *e)
{
    char text[40];
    dorg_scores_label(text, label);
    dorg_out_printf(o, e, "%s%s\t%s\t", mark, name, text);
    dorg_scores_number(text, threshold);
    dorg_out_printf(o, e, "%s", text);
    for (int m = 0; m < DORG_N_MEASURES; m++) {
        dorg_scores_number(text, v[m]);
        dorg_out_printf(o, e, "\t%s", text);
    }
    dorg_out_printf(o, e, "\t%s\n", status);
}

static void tsv_head(struct dorg_out *o, const struct dorg_scores_style *style,
                     struct dorg_err *e)
{
    dorg_out_printf(o, e, "#dorg-dice 1\n#@ %s\n", style->stage);
    dorg_out_printf(
        o, e,
        "# dsc 2 tp/(n_ref+n_pred), jaccard tp/(tp+fp+fn), precision tp/n_pred, recall "
        "tp/n_ref, volume_error (n_pred-n_ref)/n_ref\n"
        "# surface: voxels with a face neighbour outside; assd_mm mean of all distances of "
        "both directions; hd95_mm the larger of the two directed 95th percentiles, linear "
        "interpolation; nsd share of surface voxels within %g mm\n"
        "# ref_ml, pred_ml, diff_ml: volume of the truth, of the mask, mask - truth\n"
        "# NA is undefined, inf a missed or invented organ; a failed case counts in the "
        "summary as 0 (ratios) or inf (mm)\n",
        style->tolerance_mm);
    dorg_out_printf(o, e, "case\tlabel\tthreshold");
    for (int m = 0; m < DORG_N_MEASURES; m++)
        dorg_out_printf(o, e, "\t%s", dorg_measure_name[m]);
    dorg_out_printf(o, e, "\tstatus\n");
}

/* Of a sweep the threshold of the best mean DSC, first of equals, for each label. */
static void tsv_best(struct dorg_out *o, const struct dorg_summary *g, size_t n,
                     struct dorg_err *e)
{
    for (size_t i = 0; i < n; i++) {
        size_t best = i;
        bool first = true;
        for (size_t k = 0; k < n; k++) {
            if (g[k].label != g[i].label) continue;
            first = first && k >= i;
            if (g[k].stat[DORG_MEAN][DORG_DSC] > g[best].stat[DORG_MEAN][DORG_DSC]) best = k;
        }
        if (first)
            tsv_row(o, "#", "best", g[best].label, g[best].threshold, g[best].stat[DORG_MEAN],
                    "mean", e);
    }
}

static void tsv(struct dorg_out *o, const struct dorg_scores *t, const struct dorg_summary *g,
                size_t n, const struct dorg_scores_style *style, struct dorg_err *e)
{
    int last = style->sweep ? DORG_N_FAILED : DORG_N_STATS - 1;
    tsv_head(o, style, e);
    for (size_t i = 0; i < t->n; i++)
        tsv_row(o, "", t->row[i].name, t->row[i].s.label, t->row[i].s.threshold,
                t->row[i].s.value, t->row[i].s.status, e);
    for (size_t i = 0; i < n && style->summary; i++)
        for (int s = 0; s <= last; s++)
            tsv_row(o, "#", dorg_stat_name[s], g[i].label, g[i].threshold, g[i].stat[s], "-",
                    e);
    if (style->sweep) tsv_best(o, g, n, e);
    for (size_t i = 0; i < t->n && style->summary && !style->sweep; i++)
        if (dorg_scored_value(t->row + i, DORG_DSC) < style->outlier)
            tsv_row(o, "#outlier ", t->row[i].name, t->row[i].s.label, t->row[i].s.threshold,
                    t->row[i].s.value, t->row[i].s.status, e);
}

/* ---- JSON --------------------------------------------------------------------------- */

static void json_number(struct dorg_out *o, double x, struct dorg_err *e)
{
    char text[40];
    dorg_scores_number(text, x);
    dorg_out_printf(o, e, isnan(x) ? "null" : isinf(x) ? "\"%s\"" : "%s", text);
}

static void json_row(struct dorg_out *o, const char *key, const char *name, int32_t label,
                     double threshold, const double *v, const char *status, struct dorg_err *e)
{
    char text[40];
    dorg_scores_label(text, label);
    dorg_out_printf(o, e, "  {\"%s\": ", key);
    dorg_json_text(o, name, e);
    dorg_out_printf(o, e, label == DORG_LABEL_ANY ? ", \"label\": \"%s\"" : ", \"label\": %s",
                    text);
    dorg_out_printf(o, e, ", \"threshold\": ");
    json_number(o, threshold, e);
    for (int m = 0; m < DORG_N_MEASURES; m++) {
        dorg_out_printf(o, e, ", \"%s\": ", dorg_measure_name[m]);
        json_number(o, v[m], e);
    }
    if (status) {
        dorg_out_printf(o, e, ", \"status\": ");
        dorg_json_text(o, status, e);
    }
    dorg_out_printf(o, e, "}");
}

static void json(struct dorg_out *o, const struct dorg_scores *t, const struct dorg_summary *g,
                 size_t n, const struct dorg_scores_style *style, struct dorg_err *e)
{
    dorg_out_printf(o, e, "{\"command\": ");
    dorg_json_text(o, style->stage, e);
    dorg_out_printf(o, e, ",\n \"nsd_tolerance_mm\": %.9g,\n \"rows\": [\n",
                    style->tolerance_mm);
    for (size_t i = 0; i < t->n; i++) {
        const struct dorg_scored *r = t->row + i;
        json_row(o, "case", r->name, r->s.label, r->s.threshold, r->s.value, r->s.status, e);
        dorg_out_printf(o, e, i + 1 < t->n ? ",\n" : "\n");
    }
    dorg_out_printf(o, e, " ],\n \"summary\": [\n");
    for (size_t i = 0; i < n; i++)
        for (int s = 0; s < DORG_N_STATS; s++) {
            json_row(o, "statistic", dorg_stat_name[s], g[i].label, g[i].threshold,
                     g[i].stat[s], NULL, e);
            dorg_out_printf(o, e, i + 1 < n || s + 1 < DORG_N_STATS ? ",\n" : "\n");
        }
    dorg_out_printf(o, e, " ]}\n");
}

int dorg_scores_write(struct dorg_out *o, const struct dorg_scores *t,
                      const struct dorg_scores_style *style, struct dorg_err *e)
{
    struct dorg_summary *g;
    size_t n;
    if (dorg_summarize(&g, &n, t, e)) return e->code;
    if (style->format == DORG_FORMAT_JSON)
        json(o, t, g, n, style, e);
    else if (style->format == DORG_FORMAT_TSV)
        tsv(o, t, g, n, style, e);
    else
        dorg_scores_typeset(o, t, g, style->summary ? n : 0,
                            style->format == DORG_FORMAT_LATEX, e);
    free(g);
    return e->code;
}
