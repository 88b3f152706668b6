/* b_forest.c - seconds to grow a forest on a table, and to score another one
 *
 *   b_forest train.tab test.tab threads     prints wall seconds of growing and walking, then
 * CPU seconds (for forest.py) b_forest                                its own rows, both
 * figures as bench lines */
#include "../../libcommon/forest/forest_grow.h"
#include "../../libcommon/base/mem.h"
#include "../../libcommon/base/par.h"
#include "../../libcommon/base/rng.h"

#include <time.h>

static struct dorg_err e;

struct spent {
    double wall, cpu;
};

static double now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int fail(void)
{
    fprintf(stderr, "b_forest: %s\n", e.text);
    return 1;
}

static void made(const char *path, uint64_t seed, int rows)
{
    const char *name[42] = {"id"};
    char text[40][8];
    struct dorg_tab t;
    struct dorg_out o;
    double *r;
    for (int k = 0; k < 40; k++) {
        snprintf(text[k], sizeof text[k], "f%d", k);
        name[k + 1] = text[k];
    }
    name[41] = "truth";
    dorg_tab_new(&t, name, 42, &e);
    for (int i = 0; i < rows && !dorg_tab_append(&t, &r, &e); i++) {
        double sum = 0;
        r[0] = i + 1;
        for (uint32_t k = 1; k <= 40; k++) {
            r[k] = (double)(float)dorg_rng_normal(seed, DORG_RNG_TEST, (uint64_t)i, k);
            if (k <= 12) sum += k % 2 ? r[k] : r[k] * r[k - 1];
        }
        r[41] = sum + 2 * dorg_rng_normal(seed, DORG_RNG_TEST, (uint64_t)i, 50) > 0;
    }
    dorg_out_open(&o, path, &e);
    dorg_tab_write(&o, &t, NULL, &e);
    dorg_out_close(&o, &e);
    dorg_tab_free(&t);
}

/* The binning counts as growing: scikit-learn's fit begins from floats too. */
static int measure(struct spent *grow, struct spent *walk, const char *train, const char *test,
                   int jobs)
{
    const char *const path[] = {train};
    struct dorg_rows s;
    struct dorg_bins d;
    struct dorg_tab t;
    struct dorg_forest f = {.bag = {.seed = 1, .unit = DORG_BAG_ROW, .slab_slices = 1}};
    struct dorg_bins_opt data = {.max_rows = 100000000, .ambiguous = {0, 0}, .seed = 1};
    struct dorg_grow_opt o = {
        .trees = 100, .depth = 16, .min_leaf = 1, .balanced = true, .jobs = jobs};
    if (dorg_rows_open(&s, path, 1, NULL, NULL, jobs, &e)) return e.code;
    if (dorg_bins_read(&d, &s, &data, &f, &e) || dorg_tab_load(&t, test, &e)) return e.code;
    f.n_features = s.n_features;
    float *x = dorg_array(t.n_rows, f.n_features * sizeof *x, &e);
    float *p = dorg_array(t.n_rows, sizeof *p, &e);
    for (size_t r = 0; x && r < t.n_rows; r++)
        for (uint32_t k = 0; k < f.n_features; k++)
            x[r * f.n_features + k] = (float)t.v[r * (size_t)t.n_cols + 1 + k];
    struct spent t0 = {now(CLOCK_MONOTONIC), now(CLOCK_PROCESS_CPUTIME_ID)};
    for (uint32_t k = 0; x && k < f.n_features; k++)
        for (size_t r = 0; r < d.n; r++) /* binned again, so that it is in the time */
            d.col[k][r] =
                dorg_bins_of(d.edge[k], d.n_edges[k],
                             d.col[k][r] < d.n_edges[k] ? d.edge[k][d.col[k][r]] : INFINITY);
    if (dorg_forest_grow(&f, &d, &o, &e)) return e.code;
    struct spent t1 = {now(CLOCK_MONOTONIC), now(CLOCK_PROCESS_CPUTIME_ID)};
    if (dorg_forest_predict(p, &f, x, t.n_rows, NULL, jobs, &e)) return e.code;
    *grow = (struct spent){t1.wall - t0.wall, t1.cpu - t0.cpu};
    *walk =
        (struct spent){now(CLOCK_MONOTONIC) - t1.wall, now(CLOCK_PROCESS_CPUTIME_ID) - t1.cpu};
    free(x);
    free(p);
    f.n_features = 0;
    dorg_forest_free(&f);
    dorg_bins_free(&d);
    dorg_rows_close(&s);
    dorg_tab_free(&t);
    return 0;
}

int main(int argc, char **argv)
{
    struct spent grow, walk;
    if (argc == 4) {
        if (measure(&grow, &walk, argv[1], argv[2], (int)strtol(argv[3], NULL, 10)))
            return fail();
        printf("%.4f %.4f %.4f %.4f\n", grow.wall, walk.wall, grow.cpu, walk.cpu);
        return 0;
    }
    made("/tmp/b_forest.tab", 1, 20000);
    if (measure(&grow, &walk, "/tmp/b_forest.tab", "/tmp/b_forest.tab", dorg_par_cpus()))
        return fail();
    remove("/tmp/b_forest.tab");
    printf(
        "bench forest grow 20000 x 40, 100 trees: %.3f s (%.0f ns of CPU per row and tree)\n",
        grow.wall, grow.cpu / 20000 / 100 * 1e9);
    printf(
        "bench forest walk 20000 x 40, 100 trees: %.3f s (%.1f ns of CPU per row and tree)\n",
        walk.wall, walk.cpu / 20000 / 100 * 1e9);
    return 0;
}
