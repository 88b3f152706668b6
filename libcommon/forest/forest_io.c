/* forest_io.c - forests on disk: dorg-forest(5)
 *
 *   "DORGFOR\n", u32 version 1 (boosting: 2), u32 level, u32 features, u32 trees, u32 cases,
 *   u32 bagging unit, u32 slab slices, u32 bytes of history, u64 seed, f64 cut, f64 pass,
 *   f64 recall; 72 bytes of head; of version 2, u32 folds and u32 zero more.  Then the
 *   history; the feature names, each with a newline (u32 bytes before them); f64 importance
 *   per feature; u64 key per case; the trees: u32 nodes, u32 stream, and per node f32 cut, f32
 *   p, u32 left, u16 feature, u16 zero; "DORGEND\n", u32 CRC-32 of all before it.
 *   Little-endian. */
#include "forest.h"
#include "../base/mem.h"
#include "../file/vol.h" /* dorg_history_stage */

enum { HEAD = 72, NODE = 16, MAX_FEATURES = 4096, MAX_TREES = 100000, MAX_TEXT = 1 << 24 };
static const char magic[8] = "DORGFOR\n";

_Static_assert(sizeof(struct dorg_node) == NODE, "a node in memory is a node on disk");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "files are little-endian");

struct head {
    char magic[8];
    uint32_t version, level, features, trees, cases, unit, slab, history;
    uint64_t seed;
    double cut, pass, recall;
};
_Static_assert(sizeof(struct head) == HEAD, "head");

void dorg_forest_free(struct dorg_forest *f)
{
    if (!f) return;
    for (uint32_t i = 0; f->feature && i < f->n_features; i++)
        free(f->feature[i]);
    for (uint32_t t = 0; f->tree && t < f->n_trees; t++)
        free(f->tree[t].node);
    free(f->feature);
    free(f->importance);
    free(f->case_key);
    free(f->tree);
    free(f->history);
    *f = DORG_FOREST_INIT;
}

/* ---- writing ---------------------------------------------------------------------- */

static int put_names(struct dorg_sink *s, const struct dorg_forest *f, struct dorg_err *e)
{
    uint32_t bytes = 0;
    for (uint32_t i = 0; i < f->n_features; i++)
        bytes += (uint32_t)strlen(f->feature[i]) + 1;
    dorg_sink_put(s, &bytes, 4, e);
    for (uint32_t i = 0; i < f->n_features; i++) {
        dorg_sink_put(s, f->feature[i], strlen(f->feature[i]), e);
        dorg_sink_put(s, "\n", 1, e);
    }
    return e->code;
}

static int put_tree(struct dorg_sink *s, const struct dorg_tree *t, struct dorg_err *e)
{
    dorg_sink_put(s, &t->n_nodes, 4, e);
    dorg_sink_put(s, &t->stream, 4, e);
    for (uint32_t i = 0; i < t->n_nodes && !e->code; i++) {
        struct dorg_node q = t->node[i];
        q.bin = 0;
        dorg_sink_put(s, &q, sizeof q, e);
    }
    return e->code;
}

int dorg_forest_write(struct dorg_out *o, const struct dorg_forest *f, const char *stage,
                      struct dorg_err *e)
{
    struct dorg_sink s = {.out = o};
    char *history = f->history ? dorg_strdup(f->history, e) : NULL;
    if (!e->code && stage) dorg_history_stage(&history, stage, e);
    size_t n = history ? strlen(history) : 0;
    const uint32_t more[2] = {f->folds, 0};
    const bool boosted = f->kind == DORG_FOREST_BOOSTED;
    struct head h = {.version = boosted ? 2 : 1,
                     .level = f->level,
                     .features = f->n_features,
                     .trees = f->n_trees,
                     .cases = f->n_cases,
                     .unit = f->bag.unit,
                     .slab = f->bag.slab_slices,
                     .history = (uint32_t)n,
                     .seed = f->bag.seed,
                     .cut = f->cut,
                     .pass = f->pass,
                     .recall = f->recall};
    memcpy(h.magic, magic, 8);
    dorg_sink_put(&s, &h, sizeof h, e);
    if (boosted) dorg_sink_put(&s, more, sizeof more, e);
    dorg_sink_put(&s, history, n, e);
    put_names(&s, f, e);
    dorg_sink_put(&s, f->importance, f->n_features * sizeof *f->importance, e);
    dorg_sink_put(&s, f->case_key, f->n_cases * sizeof *f->case_key, e);
    for (uint32_t t = 0; t < f->n_trees && !e->code; t++)
        put_tree(&s, &f->tree[t], e);
    dorg_sink_end(&s, e);
    free(history);
    return e->code;
}

/* ---- reading ---------------------------------------------------------------------- */

/* n bytes, never asking for more memory than has arrived (counts may lie). */
static void *get_array(struct dorg_source *s, size_t n, struct dorg_err *e)
{
    enum { STEP = 1 << 20 };
    uint8_t *p = dorg_array(n < STEP ? n + 1 : STEP + 1, 1, e);
    for (size_t at = 0; p && at < n;) {
        size_t k = n - at < STEP ? n - at : STEP;
        if (dorg_resize(&p, at + k + 1, 1, e) || dorg_source_take(s, p + at, k, e)) break;
        at += k;
    }
    if (!e->code) {
        p[n] = 0;
        return p;
    }
    free(p);
    return NULL;
}

static int check_head(const struct head *h, struct dorg_err *e)
{
    if (memcmp(h->magic, magic, 8) != 0)
        return dorg_fail(e, DORG_EDATA, "not a dorg forest: it does not begin with DORGFOR");
    if (h->version < 1 || h->version > 2)
        return dorg_fail(e, DORG_EDATA, "forest version %u, only 1 and 2 are known",
                         h->version);
    if (h->features < 1 || h->features > MAX_FEATURES || h->trees < 1 ||
        h->trees > MAX_TREES || h->cases > 10000000 || h->history > MAX_TEXT)
        return dorg_fail(e, DORG_EDATA, "forest head: %u features, %u trees, %u cases",
                         h->features, h->trees, h->cases);
    if (h->level < 1 || h->level > 2 || h->unit > DORG_BAG_CASE || h->slab < 1)
        return dorg_fail(e, DORG_EDATA, "forest head: level %u, bagging unit %u of %u slices",
                         h->level, h->unit, h->slab);
    if (!isfinite(h->cut) || !isfinite(h->pass) || !isfinite(h->recall))
        return dorg_fail(e, DORG_EDATA, "forest head: a cut that is not finite");
    return 0;
}

static int get_names(struct dorg_source *s, struct dorg_forest *f, struct dorg_err *e)
{
    uint32_t bytes;
    if (dorg_source_take(s, &bytes, 4, e)) return e->code;
    if (bytes > MAX_TEXT) return dorg_fail(e, DORG_EDATA, "%u bytes of names", bytes);
    char *text = get_array(s, bytes, e), *at = text;
    if (!text) return e->code;
    if (!(f->feature = dorg_zeroed(f->n_features, sizeof *f->feature, e))) goto done;
    for (uint32_t i = 0; i < f->n_features; i++) {
        size_t n = strcspn(at, "\n");
        if (n == 0 || at[n] != '\n') {
            dorg_fail(e, DORG_EDATA, "name %u of %u features is missing", i + 1,
                      f->n_features);
            goto done;
        }
        at[n] = 0;
        if (!(f->feature[i] = dorg_strdup(at, e))) goto done;
        at += n + 1;
    }
    if (at != text + bytes) dorg_fail(e, DORG_EDATA, "text after the feature names");
done:
    free(text);
    return e->code;
}

/* What version 2 adds to the head. */
static int get_boosting(struct dorg_source *s, struct dorg_forest *f, uint32_t trees,
                        struct dorg_err *e)
{
    uint32_t more[2];
    if (dorg_source_take(s, more, sizeof more, e)) return e->code;
    if (more[0] < 2 || more[0] > 255 || trees % more[0] != 0 || more[1] != 0)
        return dorg_fail(e, DORG_EDATA, "forest head: %u trees in %u folds", trees, more[0]);
    f->kind = DORG_FOREST_BOOSTED;
    f->folds = more[0];
    return 0;
}

/* Children must lie behind their parent, so every walk ends; *depth bounds its length. */
static int check_tree(struct dorg_tree *t, const struct dorg_forest *f, uint32_t number,
                      struct dorg_err *e)
{
    const bool boosted = f->kind == DORG_FOREST_BOOSTED;
    uint32_t *deep = dorg_zeroed(t->n_nodes, sizeof *deep, e);
    for (uint32_t i = 0; deep && i < t->n_nodes; i++) {
        const struct dorg_node *q = &t->node[i];
        bool leaf = q->left == i;
        bool fine = (boosted ? isfinite(q->p) : q->p >= 0 && q->p <= 1) &&
                    q->feature < f->n_features && q->bin == 0 &&
                    (leaf ? q->cut == INFINITY
                          : isfinite(q->cut) && q->left > i && q->left < t->n_nodes - 1);
        if (!fine) {
            dorg_fail(e, DORG_EDATA, "tree %u: node %u of %u is broken", number, i,
                      t->n_nodes);
            break;
        }
        if (deep[i] > t->depth) t->depth = deep[i];
        for (uint32_t k = 0; k < 2 && !leaf; k++)
            if (deep[q->left + k] < deep[i] + 1) deep[q->left + k] = deep[i] + 1;
    }
    free(deep);
    return e->code;
}

static int get_tree(struct dorg_source *s, struct dorg_forest *f, uint32_t t, uint32_t trees,
                    struct dorg_err *e)
{
    struct dorg_tree *tree = &f->tree[t];
    uint32_t n;
    if (dorg_source_take(s, &n, 4, e) || dorg_source_take(s, &tree->stream, 4, e))
        return e->code;
    if (n < 1 || n > 1u << 28) return dorg_fail(e, DORG_EDATA, "tree %u: %u nodes", t, n);
    tree->n_nodes = n;
    if (!(tree->node = get_array(s, (size_t)n * NODE, e))) return e->code;
    if (check_tree(tree, f, t, e)) return e->code;
    if (f->kind == DORG_FOREST_BOOSTED && tree->stream != t / (trees / f->folds))
        return dorg_fail(e, DORG_EDATA, "tree %u: of fold %u", t, tree->stream);
    return 0;
}

int dorg_forest_read(struct dorg_forest *f, struct dorg_in *in, struct dorg_err *e)
{
    struct dorg_source s = {.in = in, .what = "forest"};
    struct head h;
    *f = DORG_FOREST_INIT;
    if (dorg_source_take(&s, &h, sizeof h, e) || check_head(&h, e)) return e->code;
    f->bag = (struct dorg_bag){.seed = h.seed, .unit = h.unit, .slab_slices = h.slab};
    f->level = h.level;
    f->cut = h.cut;
    f->pass = h.pass;
    f->recall = h.recall;
    f->n_features = h.features;
    f->n_cases = h.cases;
    if (h.version == 2 && get_boosting(&s, f, h.trees, e)) goto fail;
    if (!(f->history = get_array(&s, h.history, e))) goto fail;
    if (get_names(&s, f, e)) goto fail;
    f->importance = get_array(&s, h.features * sizeof *f->importance, e);
    if (e->code) goto fail;
    f->case_key = get_array(&s, h.cases * sizeof *f->case_key, e);
    if (e->code) goto fail;
    for (; f->n_trees < h.trees; f->n_trees++) {
        if (dorg_resize(&f->tree, f->n_trees + 1, sizeof *f->tree, e)) goto fail;
        f->tree[f->n_trees] = (struct dorg_tree){0};
        if (get_tree(&s, f, f->n_trees, h.trees, e)) {
            f->n_trees++;
            goto fail;
        }
    }
    if (dorg_source_end(&s, e)) goto fail;
    return 0;
fail:
    dorg_forest_free(f);
    return e->code;
}

int dorg_forest_load(struct dorg_forest *f, const char *path, struct dorg_err *e)
{
    struct dorg_in *in;
    *f = DORG_FOREST_INIT;
    if (dorg_in_open(&in, path, e)) return e->code;
    if (dorg_forest_read(f, in, e)) dorg_err_at(e, dorg_in_name(in));
    dorg_in_close(in);
    return e->code;
}
