/* scores_typeset.c - tables of scores for papers: LaTeX and Markdown */
#include "scores_in.h"

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
        dorg_scores_number(to, x);
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

void dorg_scores_typeset(struct dorg_out *o, const struct dorg_scores *t,
                         const struct dorg_summary *g, size_t n, bool latex,
                         struct dorg_err *e)
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
