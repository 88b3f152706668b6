/* info.c - volumes, tables, records, nets and forests in words */
#include "info.h"
#include "../forest/forest.h"
#include "../file/sniff.h"
#include "../base/mem.h"
#include "../net/net.h"
#include "../file/rec.h"
#include "../file/tab.h"

static bool is(const char *word, const char *name)
{
    return word && strcmp(word, name) == 0;
}

static int no_such(const char *kind, const char *word, struct dorg_err *e)
{
    return dorg_fail(e, DORG_EDATA, "a %s has no %s", kind, word);
}

static int history(struct dorg_out *o, const char *h, struct dorg_err *e)
{
    for (; h && *h; h += strcspn(h, "\n") + (h[strcspn(h, "\n")] == '\n'))
        dorg_out_printf(o, e, "history: %.*s\n", (int)strcspn(h, "\n"), h);
    return e->code;
}

/* ---- volumes ----------------------------------------------------------------------- */

struct spread {
    double min, max, sum, squares;
    size_t n, not_0;
};

static void spread_of(struct spread *s, const struct dorg_vol *v)
{
    size_t n = dorg_grid_count(&v->grid);
    *s = (struct spread){.min = INFINITY, .max = -INFINITY, .n = n};
    double at_0 = v->type == DORG_I32 ? ((const int32_t *)v->data)[0]
                                      : (double)((const float *)v->data)[0];
    for (size_t i = 0; i < n; i++) {
        double x = v->type == DORG_I32 ? ((const int32_t *)v->data)[i]
                                       : (double)((const float *)v->data)[i];
        s->min = x < s->min ? x : s->min;
        s->max = x > s->max ? x : s->max;
        s->sum += x - at_0; /* from the first voxel, so that squares stay small */
        s->squares += (x - at_0) * (x - at_0);
        s->not_0 += x != 0;
    }
    double mean = s->sum / (double)n, variance = s->squares / (double)n - mean * mean;
    s->sum = mean + at_0;
    s->squares = sqrt(variance > 0 ? variance : 0);
}

/* Where stored axes run to: R or L, A or P, S or I. */
static void axis_codes(char code[4], const struct dorg_stored *s)
{
    for (int t = 0; t < 3; t++)
        code[t] = (s->flip[t] ? "LPI" : "RAS")[s->axis[t]];
    code[3] = 0;
}

/* A header's text of at most n bytes, if there is any, on one line. */
static void header_text(struct dorg_out *o, const char *name, const char *text, int n,
                        struct dorg_err *e)
{
    char line[81];
    snprintf(line, sizeof line, "%.*s", n, text);
    for (char *p = line; *p; p++)
        if ((unsigned char)*p < ' ') *p = ' ';
    if (*line) dorg_out_printf(o, e, "%s: %s\n", name, line);
}

/* What a grid has three of, with this between them. */
static int three(struct dorg_out *o, const char *name, const char *between,
                 const struct dorg_grid *g, struct dorg_err *e)
{
    int digits = is(name, "voxels") ? 10 : is(name, "pitch_mm") ? 7 : 6;
    double v[3];
    for (int a = 0; a < 3; a++) {
        double mm = (double)g->mm[a];
        v[a] = is(name, "voxels") ? g->n[a] : is(name, "pitch_mm") ? mm : g->n[a] * mm;
    }
    return dorg_out_printf(o, e, "%.*g%s%.*g%s%.*g\n", digits, v[0], between, digits, v[1],
                           between, digits, v[2]);
}

static int grid(struct dorg_out *o, const struct dorg_grid *g, struct dorg_err *e)
{
    static const char *const name[] = {"voxels", "pitch_mm", "size_mm"};
    const struct dorg_stored *s = &g->stored;
    char code[4];
    axis_codes(code, s);
    for (int i = 0; i < 3; i++) {
        dorg_out_printf(o, e, "%s: ", name[i]);
        three(o, name[i], " x ", g, e);
    }
    dorg_out_printf(o, e, "stored_axes: %s\n", code);
    dorg_out_printf(o, e, "orientation_from: %s\n",
                    s->sform_code > 0   ? "sform"
                    : s->qform_code > 0 ? "qform"
                                        : "nothing: taken as stored");
    for (int r = 0; r < 3; r++) {
        dorg_out_printf(o, e, "to_mm_%c:", "xyz"[r]);
        for (int a = 0; a < 4; a++) {
            double x = (double)g->to_mm[r][a];
            dorg_out_printf(o, e, " %.7g", x == 0 ? 0.0 : x); /* never "-0" */
        }
        dorg_out_printf(o, e, "\n");
    }
    return e->code;
}

static int volume_word(struct dorg_out *o, const struct dorg_vol *v, const char *word,
                       struct dorg_err *e)
{
    if (is(word, "voxels") || is(word, "pitch_mm") || is(word, "size_mm"))
        return three(o, word, "\t", &v->grid, e);
    if (!is(word, "not_zero") && !is(word, "not_zero_ml")) return no_such("volume", word, e);
    struct spread f;
    spread_of(&f, v);
    if (is(word, "not_zero")) return dorg_out_printf(o, e, "%zu\n", f.not_0);
    return dorg_out_printf(o, e, "%.6g\n", (double)f.not_0 * dorg_grid_voxel_ml(&v->grid));
}

static int volume(struct dorg_out *o, struct dorg_in *in, const char *word, struct dorg_err *e)
{
    struct dorg_storage s;
    struct dorg_vol v = DORG_VOL_INIT;
    struct spread f;
    if (dorg_sniff_storage(&s, in, e)) return e->code;
    if (s.pair ? dorg_vol_load(&v, dorg_in_name(in), dorg_storage_type(&s), e)
               : dorg_vol_read(&v, in, dorg_storage_type(&s), e))
        return e->code;
    if (word) {
        volume_word(o, &v, word, e);
        goto done;
    }
    spread_of(&f, &v);
    dorg_out_printf(o, e, "kind: volume\nformat: %s%s%s\n",
                    s.version == 2   ? "NIfTI-2"
                    : s.version == 1 ? "NIfTI-1"
                                     : "NIfTI-1 or Analyze",
                    s.pair ? " pair" : "", s.swapped ? ", other byte order" : "");
    dorg_out_printf(o, e, "type: %s\n", dorg_datatype_name(s.datatype));
    if (s.slope != 0 && (s.slope != 1 || s.inter != 0))
        dorg_out_printf(o, e, "scale: %.9g x + %.9g\n", s.slope, s.inter);
    if (s.intent)
        dorg_out_printf(o, e, "intent: %s\n",
                        s.intent == DORG_INTENT_MAP ? "map, 0 to 1" : "labels");
    header_text(o, "descrip", v.grid.stored.descrip, sizeof v.grid.stored.descrip, e);
    header_text(o, "aux_file", v.grid.stored.aux_file, sizeof v.grid.stored.aux_file, e);
    grid(o, &v.grid, e);
    double ml = dorg_grid_voxel_ml(&v.grid);
    dorg_out_printf(o, e, "min: %.9g\nmax: %.9g\nmean: %.9g\nsd: %.9g\n", f.min, f.max, f.sum,
                    f.squares);
    dorg_out_printf(o, e, "not_zero: %zu voxels, %.6g mL\n", f.not_0, (double)f.not_0 * ml);
    dorg_out_printf(o, e, "key: %016llx\n", (unsigned long long)dorg_vol_key(&v));
    history(o, v.history, e);
done:
    dorg_vol_free(&v);
    return e->code;
}

/* ---- tables ------------------------------------------------------------------------ */

static int table(struct dorg_out *o, struct dorg_in *in, struct dorg_err *e)
{
    struct dorg_tab t = DORG_TAB_INIT;
    if (dorg_tab_read(&t, in, e)) return e->code;
    dorg_out_printf(o, e, "kind: table\nrows: %zu\ncolumns: %d\n", t.n_rows, t.n_cols);
    if (t.key) dorg_out_printf(o, e, "key: %016llx\n", (unsigned long long)t.key);
    for (int c = 0; c < t.n_cols; c++) {
        double min = INFINITY, max = -INFINITY, sum = 0;
        for (size_t r = 0; r < t.n_rows; r++) {
            double x = dorg_tab_row(&t, r)[c];
            min = x < min ? x : min;
            max = x > max ? x : max;
            sum += x;
        }
        if (t.n_rows)
            dorg_out_printf(o, e, "column %s: min %.9g, max %.9g, mean %.9g\n", t.col[c], min,
                            max, sum / (double)t.n_rows);
        else
            dorg_out_printf(o, e, "column %s: no rows\n", t.col[c]);
    }
    history(o, t.history, e);
    dorg_tab_free(&t);
    return e->code;
}

/* ---- records ----------------------------------------------------------------------- */

struct tally {
    uint64_t label[256], other;
    uint32_t slice[2], scale, deform; /* first and last slice; largest of the others */
};

static void count_one(struct tally *t, const struct dorg_rec *r, uint64_t n)
{
    if (r->label < 256)
        t->label[r->label]++;
    else
        t->other++;
    if (n == 1 || r->slice < t->slice[0]) t->slice[0] = r->slice;
    if (n == 1 || r->slice > t->slice[1]) t->slice[1] = r->slice;
    if (r->scale > t->scale) t->scale = r->scale;
    if (r->deform > t->deform) t->deform = r->deform;
}

static void tell_records(struct dorg_out *o, const struct dorg_rec_reader *r,
                         const struct tally *t, struct dorg_err *e)
{
    const struct dorg_rec_shape *s = &r->shape;
    dorg_out_printf(o, e, "kind: records\nrecords: %llu\nof: %s\n",
                    (unsigned long long)r->count, dorg_rec_of(s->kind));
    dorg_out_printf(o, e, "pixels: %u x %u x %u\n", s->c, s->h, s->w);
    dorg_out_printf(o, e, "window_hu: %g to %g\n", (double)s->window_hu[0],
                    (double)s->window_hu[1]);
    if (s->pitch_mm > 0)
        dorg_out_printf(o, e, "pitch_mm: %g", (double)s->pitch_mm);
    else
        dorg_out_printf(o, e, "pitch_mm: the scan's own");
    for (int i = 0; i < DORG_REC_WIDER && s->wider_mm[i] > 0; i++)
        dorg_out_printf(o, e, ",%g", (double)s->wider_mm[i]);
    dorg_out_printf(o, e, "\n");
    for (int k = 0; k < 255; k++)
        if (t->label[k])
            dorg_out_printf(o, e, "label %d: %llu\n", k, (unsigned long long)t->label[k]);
    if (t->label[DORG_LABEL_UNKNOWN] + t->other)
        dorg_out_printf(o, e, "label unknown: %llu\n",
                        (unsigned long long)(t->label[DORG_LABEL_UNKNOWN] + t->other));
    if (r->count)
        dorg_out_printf(o, e, "slices: %u to %u\nscales: %u\ndeformations: %u\n", t->slice[0],
                        t->slice[1], t->scale + 1, t->deform);
    history(o, r->history, e);
}

static int records(struct dorg_out *o, struct dorg_in *in, struct dorg_err *e)
{
    struct dorg_rec_reader r = {0};
    struct dorg_rec rec;
    struct tally t = {0};
    int got = 1;
    uint8_t *pixels = NULL;
    if (dorg_rec_open(&r, in, e)) goto done;
    if (!(pixels = dorg_array(dorg_rec_pixels(&r.shape), 1, e))) goto done;
    while (!dorg_rec_next(&r, &rec, pixels, &got, e) && got)
        count_one(&t, &rec, r.count);
    if (!e->code) tell_records(o, &r, &t, e);
done:
    free(pixels);
    dorg_rec_close(&r);
    return e->code;
}

/* ---- models ------------------------------------------------------------------------ */

static int net(struct dorg_out *o, struct dorg_in *in, const char *word, struct dorg_err *e)
{
    struct dorg_net n = DORG_NET_INIT;
    char *text = NULL;
    if (dorg_net_read(&n, in, e)) return e->code;
    if (is(word, "parameters"))
        dorg_out_printf(o, e, "%zu\n", n.cfg.n_params);
    else if (is(word, "m_macs"))
        dorg_out_printf(o, e, "%.1f\n", 1e-6 * n.cfg.macs);
    else if (word)
        no_such("net", word, e);
    else if (!dorg_net_describe(&text, &n, e))
        dorg_out_printf(o, e, "kind: net\n%s", text);
    free(text);
    dorg_net_free(&n);
    return e->code;
}

static int forest(struct dorg_out *o, struct dorg_in *in, struct dorg_err *e)
{
    static const char *const unit[] = {"row", "slab", "case"};
    struct dorg_forest f = DORG_FOREST_INIT;
    size_t nodes = 0;
    uint32_t depth = 0;
    if (dorg_forest_read(&f, in, e)) return e->code;
    for (uint32_t t = 0; t < f.n_trees; t++) {
        nodes += f.tree[t].n_nodes;
        if (f.tree[t].depth > depth) depth = f.tree[t].depth;
    }
    dorg_out_printf(o, e, "kind: forest\ntrees: %u\nnodes: %zu\ndepth: %u\nlevel: %u\n",
                    f.n_trees, nodes, depth, f.level);
    if (f.kind == DORG_FOREST_BOOSTED)
        dorg_out_printf(o, e, "learner: boost\nfolds: %u\n", f.folds);
    dorg_out_printf(o, e, "cut: %.9g\npass: %.9g\nrecall: %.9g\n", f.cut, f.pass, f.recall);
    dorg_out_printf(o, e, "seed: %llu\nbag: %s\ntraining_cases: %u\n",
                    (unsigned long long)f.bag.seed, f.bag.unit < 3 ? unit[f.bag.unit] : "?",
                    f.n_cases);
    for (uint32_t k = 0; k < f.n_features; k++)
        dorg_out_printf(o, e, "feature %s: importance %.6g\n", f.feature[k], f.importance[k]);
    history(o, f.history, e);
    dorg_forest_free(&f);
    return e->code;
}

int dorg_info(struct dorg_out *o, struct dorg_in *in, const char *word, struct dorg_err *e)
{
    enum dorg_kind k;
    if (dorg_sniff(&k, in, e)) return e->code;
    if (word && k != DORG_KIND_VOLUME && k != DORG_KIND_NET)
        return no_such("file of this kind", word, e);
    switch (k) {
    case DORG_KIND_VOLUME:
        return volume(o, in, word, e);
    case DORG_KIND_TABLE:
        return table(o, in, e);
    case DORG_KIND_RECORDS:
        return records(o, in, e);
    case DORG_KIND_NET:
        return net(o, in, word, e);
    default:
        return forest(o, in, e);
    }
}
