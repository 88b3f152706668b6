/* p_forest - what forests learn from, keep and drop, against the definitions in the headers:
 * neighbours, cuts, weights of classes, shrunk leaves, rows left out, what level 2 sees */
#include "../../libcommon/base/rng.h"
#include "../../libcommon/forest/cascade.h"
#include "../../libcommon/forest/learn.h"
#include "../../libcommon/forest/neighbours.h"
#include "../tap.h"

#include <unistd.h>

static uint64_t seed;
static struct dorg_err e;

static double unit(uint64_t i, uint32_t k)
{
    return dorg_rng_unit(seed, DORG_RNG_TEST, i, k);
}

static uint32_t below(uint32_t n, uint64_t i, uint32_t k)
{
    return (uint32_t)dorg_rng_below(n, seed, DORG_RNG_TEST, i, k);
}

/* ---- neighbours.h --------------------------------------------------------------------- */

enum { ROWS = 160 };

/* The k rows of slice z nearest to row r, others than itself; ties go to the lower row. */
static int nearest(int *row, int k, double (*v)[4], int r, double z)
{
    int n = 0;
    bool taken[ROWS] = {false};
    taken[r] = true;
    for (; n < k; n++) {
        int best = -1;
        double least = INFINITY;
        for (int i = 0; i < ROWS; i++) {
            double dx = v[i][2] - v[r][2], dy = v[i][3] - v[r][3], d = dx * dx + dy * dy;
            if (!taken[i] && !(v[i][1] > z) && !(v[i][1] < z) && d < least) {
                least = d;
                best = i;
            }
        }
        if (best < 0) break;
        taken[best] = true;
        row[n] = best;
    }
    return n;
}

static void three(double to[3], const int *row, int n, const float *p, int own)
{
    double sum = 0;
    to[0] = INFINITY;
    to[2] = -INFINITY;
    for (int i = 0; i < n; i++) {
        double q = (double)p[row[i]];
        to[0] = fmin(to[0], q);
        to[2] = fmax(to[2], q);
        sum += q;
    }
    to[1] = sum / n;
    for (int k = 0; k < 3 && n == 0; k++)
        to[k] = (double)p[own];
}

static void neighbours(int trial)
{
    static const char *const names[] = {"id", "z", "x_mm", "y_mm"};
    static double v[ROWS][4], want[ROWS][DORG_NEIGHBOURS], q[2][ROWS];
    static int near[ROWS][12], n_in[ROWS], n[ROWS];
    static float p[ROWS], got[ROWS][DORG_NEIGHBOURS];
    struct dorg_tab t;
    double worst = 0, *row;
    dorg_tab_new(&t, names, 4, &e);
    for (int i = 0; i < ROWS; i++) {
        uint64_t at = (uint64_t)(trial * ROWS + i);
        uint32_t z = below(7, at, 0);
        v[i][0] = i + 1;
        v[i][1] = z == 3 ? 8 : z;   /* slice 3 is empty; 8 stands alone */
        for (int k = 2; k < 4; k++) /* a lattice on odd trials, so that distances tie */
            v[i][k] = trial % 2 ? below(9, at, (uint32_t)k) : 90 * unit(at, (uint32_t)k);
        p[i] = (float)unit(at, 9);
        dorg_tab_append(&t, &row, &e);
        memcpy(row, v[i], sizeof v[i]);
    }
    for (int i = 0; i < ROWS; i++) {
        n_in[i] = n[i] = nearest(near[i], 6, v, i, v[i][1]);
        n[i] += nearest(near[i] + n[i], 3, v, i, v[i][1] - 1);
        n[i] += nearest(near[i] + n[i], 3, v, i, v[i][1] + 1);
        want[i][0] = q[0][i] = (double)p[i];
        three(want[i] + 1, near[i], n_in[i], p, i);
        three(want[i] + 4, near[i] + n_in[i], n[i] - n_in[i], p, i);
    }
    for (int round = 1; round <= 8; round++) {
        for (int i = 0; i < ROWS; i++) {
            q[1][i] = q[0][i];
            for (int k = 0; k < n[i]; k++)
                q[1][i] += q[0][near[i][k]];
            q[1][i] /= 1 + n[i];
        }
        memcpy(q[0], q[1], sizeof q[0]);
        for (int i = 0; i < ROWS && (round == 2 || round == 4 || round == 8); i++)
            want[i][round == 2 ? 7 : round == 4 ? 8 : 9] = q[0][i];
    }
    dorg_neighbours(got, &t, p, 2, &e);
    for (int i = 0; i < ROWS; i++)
        for (int k = 0; k < DORG_NEIGHBOURS; k++)
            worst = fmax(worst, fabs((double)got[i][k] - want[i][k]));
    ok(!e.code && worst < 1e-5, "neighbours are the definition's (%g) %s", worst, e.text);
    dorg_tab_free(&t);
}

/* ---- cut.h ---------------------------------------------------------------------------- */

enum { CASES = 30, CUT_ROWS = 400 };

struct scored {
    float p[CUT_ROWS], inside[CUT_ROWS], area[CUT_ROWS];
    uint32_t of[CUT_ROWS];
    double total[CASES];
};

/* Recall of case c at a cut; NaN where it holds no truth. */
static double recall_at(const struct scored *s, uint32_t c, double cut)
{
    double sum = 0;
    for (int i = 0; i < CUT_ROWS; i++)
        if (s->of[i] == c && (double)s->p[i] >= cut) sum += (double)s->inside[i];
    return sum / s->total[c];
}

static bool fits(const struct scored *s, double cut, double target, double odd)
{
    double mean = 0, floor_of = target > 0.875 ? 1 - 8 * (1 - target) : 0;
    int cases = 0, low = 0, missed = 0;
    for (uint32_t c = 0; c < CASES; c++) {
        if (!(s->total[c] > 0)) continue;
        double r = recall_at(s, c, cut);
        cases++;
        mean += r;
        low += r < floor_of - 1e-9;
        missed += r < target - 1e-9;
    }
    return odd < 0 ? mean / cases >= target - 1e-9 && !low : missed <= (int)(odd * cases);
}

static void cuts(int trial)
{
    static const double recalls[] = {0.97, 0.9, 0.6, 1}, odds[] = {-1, 0, 0.2, 0.5};
    struct scored s = {.total = {0}};
    struct dorg_bins d = {.n = CUT_ROWS, .inside = s.inside, .area = s.area};
    d.case_no = s.of;
    d.case_total = s.total;
    d.n_cases = CASES;
    for (int i = 0; i < CUT_ROWS; i++) {
        uint64_t at = (uint64_t)(5000 + trial * CUT_ROWS + i);
        s.of[i] = below(CASES, at, 0);
        s.area[i] = 1 + (float)below(9, at, 1);
        s.inside[i] = s.of[i] == 2 || below(3, at, 2) ? 0 : s.area[i] * (float)unit(at, 3);
        s.p[i] = (float)below(40, at, 4) / 40; /* with ties */
        if (s.of[i] == 3) s.p[i] *= 0.4f;      /* a case that the mean would sacrifice */
        s.total[s.of[i]] += (double)s.inside[i];
    }
    s.total[1] *= 1.01; /* truth in no row: full recall is out of reach */
    for (int k = 0; k < 16; k++) {
        double target = recalls[k / 4], odd = odds[k % 4], want = 0;
        struct dorg_forest_point at;
        for (int i = 0; i < CUT_ROWS; i++)
            if ((double)s.p[i] > want && s.inside[i] > 0 &&
                fits(&s, (double)s.p[i], target, odd))
                want = (double)s.p[i];
        dorg_forest_cut(&at, s.p, &d, target, odd, &e);
        near(at.cut, want, 1e-12, "the highest cut that keeps the recall");
        double mean = 0, worst = 1;
        int cases = 0;
        for (uint32_t c = 0; c < CASES; c++)
            if (s.total[c] > 0) {
                mean += recall_at(&s, c, want);
                cases++;
                worst = fmin(worst, recall_at(&s, c, want));
            }
        near(at.recall, mean / cases, 1e-9, "mean recall over the cases with truth");
        near(at.worst, worst, 1e-9, "and the least");
    }
}

/* ---- forest_grow.h, bins.h: every leaf from its rows ----------------------------------- */

enum { N = 700, TABLES = 3 };
static double table[TABLES][N][6]; /* id, z, a, b, coverage, truth */
static const char *const path[] = {"p_forest.1.tab", "p_forest.2.tab", "p_forest.3.tab"};

static void make_tables(void)
{
    static const char *const names[] = {"id", "z",        "x_mm",  "y_mm",    "a",
                                        "b",  "coverage", "truth", "area_mm2"};
    for (int k = 0; k < TABLES; k++) {
        struct dorg_tab t;
        struct dorg_out o;
        double *r;
        dorg_tab_new(&t, names, 9, &e);
        t.key = 100 + (uint64_t)k;
        for (int i = 0; i < N; i++) {
            uint64_t at = (uint64_t)(20000 + k * N + i);
            double a = (double)(float)unit(at, 0), b = (double)(float)unit(at, 1);
            double inside = fmin(1, fmax(0, 3 * (a + b - 1.5) + 0.4 * (unit(at, 2) - 0.5)));
            double *v = table[k][i];
            const double line[] = {i + 1, i / 20, unit(at, 3) * 50, unit(at, 4) * 50,
                                   a,     b,      inside,           inside >= 0.5,
                                   10};
            dorg_tab_append(&t, &r, &e);
            memcpy(r, line, sizeof line);
            v[0] = line[0];
            v[1] = line[1];
            memcpy(v + 2, line + 4, 4 * sizeof *v);
        }
        ok(!dorg_out_open(&o, path[k], &e) && !dorg_tab_write(&o, &t, NULL, &e) &&
               !dorg_out_close(&o, &e),
           "%s %s", path[k], e.text);
        dorg_tab_free(&t);
    }
}

static struct dorg_learn options(void)
{
    return (struct dorg_learn){
        .grow = {.trees = 12, .depth = 5, .min_leaf = 4, .balanced = true, .jobs = 1},
        .data = {.max_rows = 1000000, .ambiguous = {0.1, 0.5}, .seed = 1},
        .bag = {.seed = 7, .unit = DORG_BAG_CASE, .slab_slices = 4},
        .jobs = 1,
        .recall = 0.97,
        .odd = -1};
}

/* What class 1 and class 0 get from a row; false where it is not trained on. */
static bool parts(double part[2], const double *v, const struct dorg_learn *o)
{
    bool sure = v[5] > 0 || v[4] <= o->data.ambiguous[0] || v[4] >= o->data.ambiguous[1];
    part[1] = o->data.hard ? v[5] : (double)lround(v[4] * 64) / 64;
    part[0] = 1 - part[1];
    return sure;
}

static uint32_t step(const struct dorg_tree *t, uint32_t at, const double *v)
{
    const struct dorg_node *n = &t->node[at];
    return v[2 + n->feature] <= (double)n->cut ? n->left : n->left + 1;
}

static void leaves(const char *what, const struct dorg_learn *o)
{
    struct dorg_forest f;
    struct dorg_learn_report r;
    double w[2] = {1, 1}, all[2] = {0, 0}, part[2], worst = 0;
    size_t unsure = 0;
    if (!ok(!dorg_learn(&f, &r, path, TABLES, o, &e), "%s: trains %s", what, e.text)) return;
    for (int k = 0; k < TABLES; k++)
        for (int i = 0; i < N; i++) {
            bool sure = parts(part, table[k][i], o);
            unsure += !sure;
            for (int c = 0; c < 2 && sure; c++)
                all[c] += part[c];
        }
    for (int c = 0; c < 2 && o->grow.balanced; c++)
        w[c] = (all[0] + all[1]) / (2 * all[c]);
    for (uint32_t j = 0; j < f.n_trees; j++) {
        const struct dorg_tree *t = &f.tree[j];
        double(*n)[2] = calloc(t->n_nodes, sizeof *n), *p = calloc(t->n_nodes, sizeof *p);
        for (int k = 0; k < TABLES; k++)
            for (int i = 0; i < N; i++) {
                const double *v = table[k][i];
                uint64_t key = 100 + (uint64_t)k;
                unsigned times =
                    dorg_bag_weight(&f.bag, t->stream, dorg_bag_row_key(key, v[0]),
                                    dorg_bag_unit_key(&f.bag, key, v[0], v[1]));
                if (!parts(part, v, o)) continue;
                for (uint32_t at = 0, last = UINT32_MAX; at != last;) {
                    n[at][0] += times * part[0];
                    n[at][1] += times * part[1];
                    last = at;
                    if (t->node[at].left != at) at = step(t, at, v);
                }
            }
        for (uint32_t at = 0; at < t->n_nodes; at++) {
            double q = w[1] * n[at][1] / (w[0] * n[at][0] + w[1] * n[at][1]);
            if (at == 0) p[0] = q;
            worst = fmax(worst, fabs(fmin(1, fmax(0, p[at])) - (double)t->node[at].p));
            if (t->node[at].left == at) continue;
            double keep = 1 / (1 + o->grow.shrink / (n[at][0] + n[at][1]));
            for (uint32_t kid = t->node[at].left, k = 0; k < 2; k++, kid++)
                p[kid] = p[at] +
                         keep * (w[1] * n[kid][1] / (w[0] * n[kid][0] + w[1] * n[kid][1]) - q);
        }
        free(n);
        free(p);
    }
    ok(worst < 1e-5, "%s: every node's p is the definition's (%g)", what, worst);
    ok(r.ambiguous == unsure && unsure > 20, "%s: %zu unsure rows left out, of %zu", what,
       r.ambiguous, unsure);
    dorg_forest_free(&f);
}

static void growing(void)
{
    struct dorg_learn o = options();
    leaves("balanced", &o);
    o.grow.balanced = false;
    leaves("as they are", &o);
    o.grow.balanced = true;
    o.grow.shrink = 10;
    leaves("shrunk", &o);
    o.grow.shrink = 0;
    o.data.hard = true;
    leaves("hard", &o);
}

/* ---- rows.h: level 2 sees p1 of trees that never saw the row -------------------------- */

struct seen {
    const struct dorg_forest *f;
    double worst_out, worst_in;
    size_t n, dropped;
};

static int compare_row(void *ctx, const struct dorg_row *r, struct dorg_err *err)
{
    struct seen *s = ctx;
    float x[2] = {r->x[0], r->x[1]}, out = 0, in = 0;
    uint64_t row = dorg_bag_row_key(r->table_key, r->id);
    uint64_t whole = dorg_bag_unit_key(&s->f->bag, r->case_key, r->id, r->z);
    struct dorg_oob_rows o = {&row, &whole};
    dorg_forest_predict(&out, s->f, x, 1, &o, 1, err);
    dorg_forest_predict(&in, s->f, x, 1, NULL, 1, err);
    s->worst_out = fmax(s->worst_out, fabs((double)out - (double)r->x[2]));
    s->worst_in = fmax(s->worst_in, fabs((double)in - (double)r->x[2]));
    s->n++;
    s->dropped += !r->passed;
    if (r->passed != ((double)out >= s->f->pass)) s->worst_out = 9;
    return err->code;
}

static void level_two(void)
{
    struct dorg_learn o = options();
    struct dorg_learn_report r, r2;
    struct dorg_forest f = DORG_FOREST_INIT, g = DORG_FOREST_INIT;
    struct dorg_rows rows;
    ok(!dorg_learn(&f, &r, path, TABLES, &o, &e), "level 1 %s", e.text);
    struct seen s = {.f = &f};
    if (!ok(!dorg_rows_open(&rows, path, TABLES, &f, "area_mm2", 1, &e), "rows %s", e.text))
        return;
    ok(rows.n_features == 2 + DORG_NEIGHBOURS && strcmp(rows.feature[2], "p1") == 0,
       "a, b and what the neighbours give");
    dorg_rows_each(&rows, compare_row, &s, &e);
    ok(!e.code && s.n == TABLES * N && s.worst_out < 1e-6 && s.worst_in > 0.01,
       "p1 is out of bag (off by %g, in bag by %g) %s", s.worst_out, s.worst_in, e.text);
    o.prev = &f;
    o.without = "area_mm2";
    ok(!dorg_learn(&g, &r2, path, TABLES, &o, &e) && r2.dropped == s.dropped,
       "level 2 learns from what level 1 passes: %zu dropped %s", r2.dropped, e.text);
    near(f.pass, r.pass.cut, 0, "what level 1 passes is a cut of its own");
    ok(r.pass.recall >= 1 - 0.03 / 3 - 1e-9, "for a third of the loss (%g)", r.pass.recall);
    struct dorg_bins d = DORG_BINS_INIT;
    ok(!dorg_bins_read(&d, &rows, &o.data, &g, &e) && d.n == s.n - s.dropped,
       "and is judged by them alone: %zu rows %s", d.n, e.text);
    dorg_bins_free(&d);
    dorg_rows_close(&rows);
    dorg_forest_free(&f);
    dorg_forest_free(&g);
}

int main(void)
{
    char dir[] = "/tmp/p_forest.XXXXXX";
    seed = tap_seed(1);
    e = DORG_ERR_INIT;
    if (!mkdtemp(dir) || chdir(dir)) return 1;
    for (int k = 0; k < 6; k++)
        neighbours(k);
    for (int k = 0; k < 5; k++)
        cuts(k);
    make_tables();
    growing();
    level_two();
    for (int k = 0; k < TABLES; k++)
        unlink(path[k]);
    return rmdir(dir) || tap_done();
}
