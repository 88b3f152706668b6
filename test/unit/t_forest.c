/* t_forest.c - bagging, growing, walking, and forests on disk */
#include "../../libcommon/forest/forest.h"
#include "../../libcommon/forest/learn.h"
#include "../../libcommon/forest/rows.h"
#include "../../libcommon/base/rng.h"
#include "../../libcommon/file/tab.h"
#include "../tap.h"

#include <stdbool.h>
#include <unistd.h>

static struct dorg_err e;

/* ---- columns that no forest learns from -------------------------------------------- */

static void reserved(void)
{
    static const char *const none[] = {
        "id",   "z", "coverage", "truth", "label", "x_mm",       "y_mm",
        "z_mm", "p", "p0",       "p1",    "p9",    "volume_mm3", "below_lungs_mm"};
    static const char *const some[] = {"q1",       "q",     "p10",    "pmap",
                                       "area_mm2", "rel_z", "mean_hu"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        ok(dorg_rows_reserved(none[i]), "%s is no feature", none[i]);
    for (size_t i = 0; i < sizeof some / sizeof *some; i++)
        ok(!dorg_rows_reserved(some[i]), "%s is a feature", some[i]);
}

/* ---- bagging ---------------------------------------------------------------------- */

static void bagging(void)
{
    struct dorg_bag row = {.seed = 5, .unit = DORG_BAG_ROW, .slab_slices = 4}, unit = row;
    unit.unit = DORG_BAG_CASE;
    double mean = 0, out = 0, unit_out = 0;
    enum { N = 40000 };
    bool agree = true;
    for (int i = 0; i < N; i++) {
        uint64_t key = dorg_bag_row_key(77, i);
        unsigned w = dorg_bag_weight(&row, 3, key, key);
        mean += w;
        out += dorg_bag_out(&row, 3, key, key);
        agree = agree && dorg_bag_out(&row, 3, key, key) == (w == 0);
        uint64_t u = dorg_bag_unit_key(&unit, (uint64_t)i, 1, 0);
        unit_out += dorg_bag_out(&unit, 3, key, u);
        agree =
            agree && !(dorg_bag_out(&unit, 3, key, u) && dorg_bag_weight(&unit, 3, key, u));
    }
    near(mean / N, 1, 0.02, "a row weighs 1 on average");
    near(out / N, exp(-1), 0.01, "a row is left out in 1/e of the trees");
    near(unit_out / N, 0.2, 0.01, "a case is left out in 1/5 of the trees");
    ok(agree, "what is out of bag has no weight");
    unit.unit = DORG_BAG_SLAB;
    ok(dorg_bag_unit_key(&unit, 9, 1, 3) == dorg_bag_unit_key(&unit, 9, 2, 0) &&
           dorg_bag_unit_key(&unit, 9, 1, 3) != dorg_bag_unit_key(&unit, 9, 1, 4),
       "slabs are so many slices");
}

/* ---- tables ----------------------------------------------------------------------- */

static const char *const names[] = {"id", "z", "a", "b", "c", "same", "coverage", "truth"};

/* Class 1 where a + b > 1, a little noise; c is noise, same is constant. */
static void make_table(const char *path, uint64_t seed, int n, double share)
{
    struct dorg_tab t;
    struct dorg_out o;
    double *r;
    dorg_tab_new(&t, names, 8, &e);
    t.key = seed;
    for (int i = 0; i < n; i++) {
        dorg_tab_append(&t, &r, &e);
        for (int k = 2; k < 5; k++)
            r[k] = (double)(float)dorg_rng_unit(seed, DORG_RNG_TEST, (uint64_t)i, (uint32_t)k);
        double noise = 0.1 * dorg_rng_unit(seed, DORG_RNG_TEST, (uint64_t)i, 9);
        r[0] = i + 1;
        r[1] = i / 50;
        r[5] = 7;
        r[7] = r[2] + r[3] + noise > share;
        r[6] = r[7];
    }
    dorg_out_open(&o, path, &e);
    dorg_tab_write(&o, &t, "made", &e);
    dorg_out_close(&o, &e);
    dorg_tab_free(&t);
}

static struct dorg_learn defaults(void)
{
    return (struct dorg_learn){
        .grow = {.trees = 30, .depth = 10, .min_leaf = 1, .balanced = true, .jobs = 1},
        .data = {.max_rows = 1000000, .ambiguous = {0.2, 0.5}, .seed = 1},
        .bag = {.seed = 1, .unit = DORG_BAG_AUTO, .slab_slices = 4},
        .jobs = 1,
        .recall = 0.97,
        .odd = -1};
}

static void training(struct dorg_forest *f)
{
    static const char *const path[] = {"t_forest.1.tab", "t_forest.2.tab", "t_forest.3.tab"};
    struct dorg_learn o = defaults();
    struct dorg_learn_report r;
    struct dorg_forest g;
    for (uint64_t i = 0; i < 3; i++)
        make_table(path[i], i + 1, 2000, 1.3);
    ok(dorg_learn(f, &r, path, 3, &o, &e) == 0, "trains: %s", e.text);
    ok(f->bag.unit == DORG_BAG_CASE, "several tables: whole cases are left out");
    ok(f->n_features == 4 && strcmp(f->feature[3], "same") == 0, "id, z, coverage, truth are "
                                                                 "no features");
    ok(r.auc > 0.99, "out of bag it knows the classes apart (AUC %.4f)", r.auc);
    ok(f->importance[3] == 0 && f->importance[0] > f->importance[2] &&
           f->importance[1] > f->importance[2],
       "importance: the true features, not the noise, not the constant");
    ok(r.cut.recall >= 0.97 && r.pass.recall >= 0.99 && r.pass.cut <= r.cut.cut,
       "the cuts reach their recalls (%.4f at %.4f, %.4f at %.4f)", r.cut.recall, r.cut.cut,
       r.pass.recall, r.pass.cut);
    o.grow.jobs = o.jobs = 3;
    ok(dorg_learn(&g, &r, path, 3, &o, &e) == 0, "trains on three threads");
    bool same = g.cut == f->cut;
    for (uint32_t t = 0; t < f->n_trees; t++)
        same = same && g.tree[t].n_nodes == f->tree[t].n_nodes &&
               memcmp(g.tree[t].node, f->tree[t].node,
                      f->tree[t].n_nodes * sizeof(struct dorg_node)) == 0;
    ok(same, "threads change nothing");
    dorg_forest_free(&g);
    ok(!dorg_learn(&g, &r, path, 1, &o, &e) && g.bag.unit == DORG_BAG_SLAB,
       "one table: slabs of it %s", e.text);
    dorg_forest_free(&g);
    o.data.max_rows = 3000;
    dorg_learn(&g, &r, path, 3, &o, &e);
    ok(e.code == 0 && r.left_out > 2500 && r.rows[0] + r.rows[1] < 3300,
       "max-rows leaves rows of the larger class out (%zu kept)", r.rows[0] + r.rows[1]);
    dorg_forest_free(&g);
}

/* The equation, walked slowly. */
static double slow(const struct dorg_forest *f, const float *x)
{
    double sum = 0;
    for (uint32_t t = 0; t < f->n_trees; t++) {
        uint32_t at = 0;
        while (f->tree[t].node[at].left != at) {
            const struct dorg_node *q = &f->tree[t].node[at];
            at = x[q->feature] <= q->cut ? q->left : q->left + 1;
        }
        sum += (double)f->tree[t].node[at].p;
    }
    return sum / f->n_trees;
}

static void walking(const struct dorg_forest *f)
{
    enum { N = 2100 };
    static float x[N * 4], p[N], p3[N];
    double worst = 0;
    for (uint32_t i = 0; i < N * 4; i++)
        x[i] = (float)dorg_rng_unit(3, DORG_RNG_TEST, i, 0);
    for (uint32_t i = 0; i < N / 2; i++) { /* on a cut: to the left */
        const struct dorg_tree *t = &f->tree[i % f->n_trees];
        const struct dorg_node *q = &t->node[i % t->n_nodes];
        if (isfinite(q->cut)) x[4 * i + q->feature] = q->cut;
    }
    dorg_forest_predict(p, f, x, N, NULL, 1, &e);
    dorg_forest_predict(p3, f, x, N, NULL, 3, &e);
    for (int i = 0; i < N; i++)
        worst = fmax(worst, fabs(slow(f, x + 4 * i) - (double)p[i]));
    ok(worst < 1e-7, "many abreast walk as one (%g)", worst);
    ok(memcmp(p, p3, sizeof p) == 0, "threads change no probability");
}

/* ---- on disk ---------------------------------------------------------------------- */

static size_t slurp(uint8_t *to, size_t n, const char *path)
{
    FILE *f = fopen(path, "rb");
    size_t k = f ? fread(to, 1, n, f) : 0;
    if (f) fclose(f);
    return k;
}

static int read_back(const uint8_t *b, size_t n)
{
    struct dorg_forest f;
    struct dorg_err why = DORG_ERR_INIT;
    FILE *o = fopen("t_forest.cut", "wb");
    fwrite(b, 1, n, o);
    fclose(o);
    int code = dorg_forest_load(&f, "t_forest.cut", &why);
    dorg_forest_free(&f);
    return code;
}

static void on_disk(const struct dorg_forest *f)
{
    static uint8_t a[1 << 22], b[1 << 22];
    struct dorg_forest g;
    struct dorg_out o;
    dorg_out_open(&o, "t_forest.forest", &e);
    dorg_forest_write(&o, f, "stage", &e);
    dorg_out_close(&o, &e);
    ok(dorg_forest_load(&g, "t_forest.forest", &e) == 0, "reads: %s", e.text);
    dorg_out_open(&o, "t_forest.again", &e);
    dorg_forest_write(&o, &g, NULL, &e);
    dorg_out_close(&o, &e);
    size_t n = slurp(a, sizeof a, "t_forest.forest");
    ok(n > 1000 && n == slurp(b, sizeof b, "t_forest.again") && memcmp(a, b, n) == 0,
       "read and written again: the same %zu bytes", n);
    ok(g.tree[0].depth == f->tree[0].depth, "depths are found again");
    dorg_forest_free(&g);
    int wrong = 0;
    for (size_t k = 0; k < n; k += k < 400 ? 1 : 997)
        wrong += read_back(a, k) != DORG_EDATA;
    ok(wrong == 0, "every prefix is refused");
    for (size_t k = 0; k < n; k += k < 300 ? 1 : 499) {
        a[k] ^= 0x41;
        wrong += read_back(a, n) != DORG_EDATA;
        a[k] ^= 0x41;
    }
    ok(wrong == 0, "every damaged byte is refused");
    a[n] = 0;
    ok(read_back(a, n + 1) == DORG_EDATA, "so is a byte too many");
}

/* A forest whose tree runs in a circle, with a right CRC. */
static void circles(struct dorg_forest *f)
{
    struct dorg_out o;
    struct dorg_forest g;
    struct dorg_err why = DORG_ERR_INIT;
    uint32_t left = f->tree[1].node[0].left;
    f->tree[1].node[left].cut = 0;
    f->tree[1].node[left].left = 0;
    dorg_out_open(&o, "t_forest.cut", &e);
    dorg_forest_write(&o, f, NULL, &e);
    dorg_out_close(&o, &e);
    ok(dorg_forest_load(&g, "t_forest.cut", &why) == DORG_EDATA && strstr(why.text, "node"),
       "a walk without end is refused: %s", why.text);
}

int main(void)
{
    char dir[] = "/tmp/t_forest.XXXXXX";
    struct dorg_forest f = DORG_FOREST_INIT;
    if (!mkdtemp(dir) || chdir(dir)) return 1;
    reserved();
    bagging();
    training(&f);
    walking(&f);
    on_disk(&f);
    circles(&f);
    dorg_forest_free(&f);
    static const char *const made[] = {"t_forest.1.tab",  "t_forest.2.tab", "t_forest.3.tab",
                                       "t_forest.forest", "t_forest.again", "t_forest.cut"};
    for (int k = 0; k < 6; k++)
        unlink(made[k]);
    rmdir(dir);
    return tap_done();
}
