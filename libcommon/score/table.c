/* table.c - tables of scores as text: TSV, JSON, LaTeX, Markdown; and TSV read back */
#include "../base/num.h"
#include "../file/json.h"
#include "summary.h"

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
    dorg_num_text(text, threshold);
    dorg_out_printf(o, e, "%s", text);
    for (int m = 0; m < DORG_N_MEASURES; m++) {
        dorg_num_text(text, v[m]);
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
    dorg_num_text(text, x);
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

/* ---- for papers: LaTeX and Markdown --------------------------------------------------- */

static const struct {
    int measure;
    const char *head;
    double factor;
    int digits;
} column[] = {
    {DORG_DSC, "DSC (%)", 100, 1},
    {DORG_JACCARD, "Jaccard (%)", 100, 1},
    {DORG_PRECISION, "Precision (%)", 100, 1},
    {DORG_RECALL, "Recall (%)", 100, 1},
    {DORG_ASSD, "ASSD (mm)", 1, 2},
    {DORG_HD95, "HD95 (mm)", 1, 2},
    {DORG_NSD, "NSD (%)", 100, 1},
    {DORG_REF_ML, "Truth (mL)", 1, 1},
    {DORG_PRED_ML, "Mask (mL)", 1, 1},
    {DORG_DIFF_ML, "Difference (mL)", 1, 1},
};
enum { N_COLUMNS = sizeof column / sizeof *column };

/* Text with what LaTeX or Markdown would take for markup made harmless. */
static void plain(struct dorg_out *o, const char *s, bool latex, struct dorg_err *e)
{
    static const char odd[] = "\\~^<>";
    static const char *const name[] = {"\\textbackslash{}", "\\textasciitilde{}",
                                       "\\textasciicircum{}", "\\textless{}",
                                       "\\textgreater{}"};
    for (; *s; s++) {
        const char *at = strchr(odd, *s);
        if (latex && at) {
            dorg_out_printf(o, e, "%s", name[at - odd]);
            continue;
        }
        if (strchr(latex ? "%_&#${}" : "|*_\\`[]<>&#", *s)) dorg_out_printf(o, e, "\\");
        dorg_out_printf(o, e, "%c", *s);
    }
}

/* A measure in its column's unit. */
static void cell(char to[40], int c, const double *v, bool count)
{
    double x = v[column[c].measure];
    if (!isfinite(x) || count)
        dorg_num_text(to, x);
    else
        snprintf(to, 40, "%.*f", column[c].digits, column[c].factor * x);
}

static void line(struct dorg_out *o, const char *name, int32_t label, double threshold,
                 const double *v, const char *status, bool latex, bool count,
                 struct dorg_err *e)
{
    const char *sep = latex ? " & " : " | ";
    char text[40];
    dorg_out_printf(o, e, latex ? "" : "| ");
    plain(o, name, latex, e);
    dorg_scores_label(text, label);
    dorg_out_printf(o, e, "%s%s", sep, text);
    if (!isnan(threshold)) dorg_out_printf(o, e, " at %g", threshold);
    for (int c = 0; c < N_COLUMNS; c++) {
        cell(text, c, v, count);
        dorg_out_printf(o, e, "%s%s", sep, text);
    }
    dorg_out_printf(o, e, "%s", sep);
    plain(o, status, latex, e);
    dorg_out_printf(o, e, latex ? " \\\\\n" : " |\n");
}

static void head(struct dorg_out *o, bool latex, struct dorg_err *e)
{
    const char *sep = latex ? " & " : " | ";
    if (latex) {
        dorg_out_printf(o, e, "\\begin{tabular}{ll");
        for (int c = 0; c < N_COLUMNS; c++)
            dorg_out_printf(o, e, "r");
        dorg_out_printf(o, e, "l}\n\\hline\n");
    }
    dorg_out_printf(o, e, "%sCase%sLabel", latex ? "" : "| ", sep);
    for (int c = 0; c < N_COLUMNS; c++) {
        dorg_out_printf(o, e, "%s", sep);
        plain(o, column[c].head, latex, e);
    }
    dorg_out_printf(o, e, "%sStatus%s", sep, latex ? " \\\\\n\\hline\n" : " |\n|---|---");
    for (int c = 0; c < N_COLUMNS && !latex; c++)
        dorg_out_printf(o, e, "|---:");
    if (!latex) dorg_out_printf(o, e, "|---|\n");
}

/* One case: what was measured, line by line. */
static void short_table(struct dorg_out *o, const struct dorg_scored *r, struct dorg_err *e)
{
    char text[40];
    dorg_out_printf(o, e, "| ");
    plain(o, r->name, false, e);
    dorg_out_printf(o, e, " | ");
    plain(o, r->s.status, false, e);
    dorg_out_printf(o, e, " |\n|---|---:|\n");
    for (int c = 0; c < N_COLUMNS; c++) {
        cell(text, c, r->s.value, false);
        dorg_out_printf(o, e, "| %s | %s |\n", column[c].head, text);
    }
}

/* Ratios in percent and volumes in mL with one decimal, distances in mm with two; then the
 * summaries g.  One case without summary is a short table in Markdown. */
static void typeset(struct dorg_out *o, const struct dorg_scores *t,
                    const struct dorg_summary *g, size_t n, bool latex, struct dorg_err *e)
{
    if (!latex && !n && t->n == 1) {
        short_table(o, t->row, e);
        return;
    }
    head(o, latex, e);
    for (size_t i = 0; i < t->n; i++)
        line(o, t->row[i].name, t->row[i].s.label, t->row[i].s.threshold, t->row[i].s.value,
             t->row[i].s.status, latex, false, e);
    if (latex && n) dorg_out_printf(o, e, "\\hline\n");
    for (size_t i = 0; i < n; i++)
        for (int s = 0; s < DORG_N_STATS; s++)
            line(o, dorg_stat_name[s], g[i].label, g[i].threshold, g[i].stat[s], "", latex,
                 s >= DORG_N && s <= DORG_N_FAILED, e);
    if (latex) dorg_out_printf(o, e, "\\hline\n\\end{tabular}\n");
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
        typeset(o, t, g, style->summary ? n : 0, style->format == DORG_FORMAT_LATEX, e);
    free(g);
    return e->code;
}

/* ---- back into memory ---------------------------------------------------------------- */

static int number(double *x, const char *s, const char *name, size_t row, struct dorg_err *e)
{
    if (dorg_num_read(x, s)) return 0;
    return dorg_fail(e, DORG_EDATA, "row %zu, column %s: not a number or NA: %.40s", row + 1,
                     name, s);
}

static int label(int32_t *l, const char *s, size_t row, struct dorg_err *e)
{
    double x;
    *l = DORG_LABEL_ANY;
    if (strcmp(s, "any") == 0) return 0;
    if (number(&x, s, "label", row, e)) return e->code;
    if (!(x >= 1 && x <= DORG_LABEL_MAX) || x != floor(x))
        return dorg_fail(e, DORG_EDATA, "row %zu: not a label: %.40s", row + 1, s);
    *l = (int32_t)x;
    return 0;
}

static int one_row(struct dorg_scores *t, const struct dorg_tsv *list, size_t r,
                   const int at[DORG_N_MEASURES + 4], struct dorg_err *e)
{
    struct dorg_score s = {.threshold = NAN};
    const int *rest = at + DORG_N_MEASURES;
    for (int m = 0; m < DORG_N_MEASURES; m++)
        if (at[m] < 0)
            s.value[m] = NAN;
        else if (number(&s.value[m], dorg_tsv_at(list, r, at[m]), dorg_measure_name[m], r, e))
            return e->code;
    if (label(&s.label, dorg_tsv_at(list, r, rest[1]), r, e)) return e->code;
    if (number(&s.threshold, dorg_tsv_at(list, r, rest[2]), "threshold", r, e)) return e->code;
    snprintf(s.status, sizeof s.status, "%s", dorg_tsv_at(list, r, rest[3]));
    return dorg_scores_add(t, dorg_tsv_at(list, r, rest[0]), &s, e);
}

static int read_from(struct dorg_scores *t, struct dorg_in *in, struct dorg_err *e)
{
    static const char *const rest[] = {"case", "label", "threshold", "status"};
    struct dorg_tsv list;
    int at[DORG_N_MEASURES + 4];
    if (dorg_tsv_read_table(&list, in, "dsc", false, e)) return e->code;
    for (int m = 0; m < DORG_N_MEASURES; m++) { /* a table may have no mL */
        at[m] = dorg_tsv_col(&list, dorg_measure_name[m]);
        if (at[m] < 0 && m < DORG_REF_ML && dorg_tsv_need(&list, dorg_measure_name[m], e) < 0)
            goto done;
    }
    for (int i = 0; i < 4; i++)
        if ((at[DORG_N_MEASURES + i] = dorg_tsv_need(&list, rest[i], e)) < 0) goto done;
    for (size_t r = 0; r < list.n_rows && !e->code; r++)
        one_row(t, &list, r, at, e);
done:
    if (e->code) {
        dorg_err_at(e, dorg_in_name(in));
        dorg_scores_free(t);
    }
    dorg_tsv_free(&list);
    return e->code;
}

int dorg_scores_load(struct dorg_scores *t, const char *path, struct dorg_err *e)
{
    struct dorg_in *in;
    *t = DORG_SCORES_INIT;
    if (dorg_in_open(&in, path, e)) return e->code;
    read_from(t, in, e);
    dorg_in_close(in);
    return e->code;
}
