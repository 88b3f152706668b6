/* holds.c - what labels hold */
#include "holds.h"
#include "../base/mem.h"
#include "../base/num.h"
#include "../file/json.h"

static int32_t label_at(const struct dorg_vol *v, size_t i)
{
    return v->type == DORG_U8 ? ((const uint8_t *)v->data)[i] : ((const int32_t *)v->data)[i];
}

/* at[label]: where in h it is counted; SIZE_MAX where it is not there. */
static size_t number_labels(size_t *at, const struct dorg_vol *labels, struct dorg_err *e)
{
    size_t all = dorg_grid_count(&labels->grid), n = 0;
    for (size_t l = 0; l <= DORG_HOLDS_MAX; l++)
        at[l] = SIZE_MAX;
    for (size_t i = 0; i < all; i++) {
        int32_t l = label_at(labels, i);
        if (l < 0 || l > DORG_HOLDS_MAX) {
            dorg_fail(e, DORG_EDATA, "a label of %d; expected 0 to %d", l, DORG_HOLDS_MAX);
            return 0;
        }
        if (l) at[l] = 0;
    }
    for (size_t l = 1; l <= DORG_HOLDS_MAX; l++)
        if (at[l] == 0) at[l] = n++;
    if (n == 0) at[1] = n++;
    return n;
}

/* Sums first, so that the squares are about the mean. */
static void measure(struct dorg_holds *h, size_t n, const size_t *at,
                    const struct dorg_vol *labels, const struct dorg_vol *ct)
{
    const float *hu = ct->data;
    size_t all = dorg_grid_count(&ct->grid);
    double voxel = dorg_grid_voxel_ml(&labels->grid);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < all; i++) {
            int32_t l = label_at(labels, i);
            if (!l) continue;
            struct dorg_holds *p = h + at[l];
            double x = (double)hu[i];
            if (pass) {
                p->sd += (x - p->mean) * (x - p->mean);
                continue;
            }
            p->min = p->n ? fmin(p->min, x) : x;
            p->max = p->n ? fmax(p->max, x) : x;
            p->mean += x;
            p->n++;
        }
        for (size_t k = 0; k < n; k++) {
            struct dorg_holds *p = h + k;
            double count = (double)p->n;
            if (pass)
                p->sd = p->n > 1 ? sqrt(p->sd / (count - 1)) : NAN;
            else
                p->mean = p->n ? p->mean / count : NAN;
            if (!p->n) p->min = p->max = NAN;
            p->ml = count * voxel;
        }
    }
}

int dorg_holds(struct dorg_holds **h, size_t *n, const struct dorg_vol *labels,
               const struct dorg_vol *ct, struct dorg_err *e)
{
    *h = NULL;
    *n = 0;
    if (dorg_grid_same(&labels->grid, &ct->grid, e)) return e->code;
    size_t *at = dorg_array(DORG_HOLDS_MAX + 1, sizeof *at, e);
    if (!at) return e->code;
    *n = number_labels(at, labels, e);
    if (e->code || !(*h = dorg_zeroed(*n, sizeof **h, e))) goto done;
    for (int32_t l = 1; l <= DORG_HOLDS_MAX; l++)
        if (at[l] != SIZE_MAX) (*h)[at[l]].label = l;
    measure(*h, *n, at, labels, ct);
done:
    free(at);
    return e->code;
}

/* ---- written ------------------------------------------------------------------------ */

static void number(char to[DORG_NUM_ROOM + 1], double x, const char *none)
{
    if (isnan(x))
        snprintf(to, DORG_NUM_ROOM + 1, "%s", none);
    else
        to[dorg_num_print(to, x)] = 0;
}

static const char *const column[] = {"volume_ml", "hu_mean", "hu_sd", "hu_min", "hu_max"};
enum { COLUMNS = sizeof column / sizeof *column };

static void values(double v[COLUMNS], const struct dorg_holds *h)
{
    const double all[COLUMNS] = {h->ml, h->mean, h->sd, h->min, h->max};
    memcpy(v, all, sizeof all);
}

static void table(struct dorg_out *o, const struct dorg_holds *h, size_t n, const char *stage,
                  struct dorg_err *e)
{
    char text[DORG_NUM_ROOM + 1];
    double v[COLUMNS];
    dorg_out_printf(o, e, "#@ %s\nlabel\tvoxels", stage);
    for (int c = 0; c < COLUMNS; c++)
        dorg_out_printf(o, e, "\t%s", column[c]);
    for (size_t k = 0; k < n; k++) {
        dorg_out_printf(o, e, "\n%d\t%llu", h[k].label, (unsigned long long)h[k].n);
        values(v, h + k);
        for (int c = 0; c < COLUMNS; c++) {
            number(text, v[c], "NA");
            dorg_out_printf(o, e, "\t%s", text);
        }
    }
    dorg_out_printf(o, e, "\n");
}

static void json_label(struct dorg_out *o, const struct dorg_holds *h, struct dorg_err *e)
{
    char text[DORG_NUM_ROOM + 1];
    double v[COLUMNS];
    dorg_out_printf(o, e, "  {\"label\": %d, \"voxels\": %llu", h->label,
                    (unsigned long long)h->n);
    values(v, h);
    for (int c = 0; c < COLUMNS; c++) {
        number(text, v[c], "null");
        dorg_out_printf(o, e, ", \"%s\": %s", column[c], text);
    }
    dorg_out_printf(o, e, "}");
}

/* "name": a number where the value is one as JSON writes it, else text. */
static void json_note(struct dorg_out *o, const char *note, struct dorg_err *e)
{
    char name[64], *end;
    const char *value = strchr(note, '=') + 1;
    snprintf(name, sizeof name, "%.*s", (int)(value - 1 - note), note);
    dorg_out_printf(o, e, "  ");
    dorg_json_text(o, name, e);
    dorg_out_printf(o, e, ": ");
    double x = strtod(value, &end);
    if (*value && !*end && isfinite(x) && strspn(value, "-0123456789.eE+") == strlen(value)) {
        char text[DORG_NUM_ROOM + 1];
        number(text, x, "null");
        dorg_out_printf(o, e, "%s", text);
    } else {
        dorg_json_text(o, value, e);
    }
}

static void json(struct dorg_out *o, const struct dorg_holds *h, size_t n,
                 const struct dorg_holds_style *s, struct dorg_err *e)
{
    dorg_out_printf(o, e, "{\"version\": ");
    dorg_json_text(o, s->version, e);
    dorg_out_printf(o, e, ",\n \"command\": ");
    dorg_json_text(o, s->stage, e);
    dorg_out_printf(o, e, ",\n \"labels\": [\n");
    for (size_t k = 0; k < n; k++) {
        json_label(o, h + k, e);
        dorg_out_printf(o, e, k + 1 < n ? ",\n" : "\n");
    }
    dorg_out_printf(o, e, " ],\n \"notes\": {%s", s->n_notes ? "\n" : "");
    for (int i = 0; i < s->n_notes; i++) {
        json_note(o, s->note[i], e);
        dorg_out_printf(o, e, i + 1 < s->n_notes ? ",\n" : "\n ");
    }
    dorg_out_printf(o, e, "},\n \"warnings\": [");
    for (int i = 0; i < s->n_warnings; i++) {
        dorg_out_printf(o, e, i ? ", " : "");
        dorg_json_text(o, s->warning[i], e);
    }
    dorg_out_printf(o, e, "],\n \"history\": [%s", s->history ? "\n" : "");
    for (const char *p = s->history; p && *p && !e->code;) {
        size_t k = strcspn(p, "\n");
        char *line = dorg_zeroed(k + 1, 1, e);
        if (!line) return;
        memcpy(line, p, k);
        p += k + (p[k] == '\n');
        dorg_out_printf(o, e, "  ");
        dorg_json_text(o, line, e);
        dorg_out_printf(o, e, *p ? ",\n" : "\n ");
        free(line);
    }
    dorg_out_printf(o, e, "]}\n");
}

int dorg_holds_write(struct dorg_out *o, const struct dorg_holds *h, size_t n,
                     const struct dorg_holds_style *style, struct dorg_err *e)
{
    for (int i = 0; i < style->n_notes; i++) {
        size_t k = strcspn(style->note[i], "=");
        if (!style->note[i][k] || k == 0 || k > 63)
            return dorg_fail(e, DORG_EUSAGE, "--note: expected NAME=VALUE: %s",
                             style->note[i]);
        for (int j = 0; j < i; j++)
            if (strncmp(style->note[j], style->note[i], k + 1) == 0)
                return dorg_fail(e, DORG_EUSAGE, "--note: %.*s is given twice", (int)k,
                                 style->note[i]);
    }
    style->json ? json(o, h, n, style, e) : table(o, h, n, style->stage, e);
    return e->code;
}
