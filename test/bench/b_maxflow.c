/* b_maxflow - minimum cuts: slice graphs of 1000 superpixels, and voxel-level bands.
 *
 * The floor named in each ratio is the time dorg_maxflow needs for the same graph with all
 * edges at capacity 0: checking, rounding and laying the graph out, with nothing to solve. */
#include <stdbool.h>
#include <time.h>

#include "../../libcommon/crf/maxflow.h"
#include "../../libcommon/base/rng.h"

struct grid {
    int n[3];
    float *s, *t, *w, *zero;
    uint32_t *a, *b;
    uint8_t *side;
    size_t nodes, edges;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void add(struct grid *g, size_t i, size_t j, float w)
{
    g->a[g->edges] = (uint32_t)i;
    g->b[g->edges] = (uint32_t)j;
    g->w[g->edges++] = w;
}

/* A ball of probability 0.7 in 0.3 with noise; edges stronger away from its border.
 * unary: weight of the regional term.  diagonals: in-plane triangles, so that a node has six
 * neighbours in a slice. */
static void make(struct grid *g, int nx, int ny, int nz, int diagonals, float unary)
{
    *g = (struct grid){.n = {nx, ny, nz}, .nodes = (size_t)nx * (size_t)ny * (size_t)nz};
    size_t room = 3 * g->nodes;
    g->s = malloc(g->nodes * sizeof *g->s);
    g->t = malloc(g->nodes * sizeof *g->t);
    g->side = malloc(g->nodes);
    g->w = malloc(room * sizeof *g->w);
    g->zero = calloc(room, sizeof *g->zero);
    g->a = malloc(room * sizeof *g->a);
    g->b = malloc(room * sizeof *g->b);
    if (!g->s || !g->t || !g->side || !g->w || !g->zero || !g->a || !g->b) exit(4);
    for (size_t i = 0; i < g->nodes; i++) {
        int x = (int)(i % (size_t)nx), y = (int)(i / (size_t)nx % (size_t)ny),
            z = (int)(i / ((size_t)nx * (size_t)ny));
        double r2 = pow((x - nx / 2) / (0.3 * nx), 2) + pow((y - ny / 2) / (0.3 * ny), 2) +
                    (nz > 1 ? pow((z - nz / 2) / (0.3 * nz), 2) : 0);
        uint32_t u[4];
        dorg_rng4(u, 7, DORG_RNG_TEST, i, 0);
        double p = (r2 < 1 ? 0.65 : 0.35) + 0.6 * (u[0] / 4294967296.0 - 0.5);
        float w =
            (float)(r2 > 0.9 && r2 < 1.1 ? 0.2 : 0.8) * (float)(0.5 + u[1] / 4294967296.0);
        g->s[i] = unary * (float)-log(1 - p);
        g->t[i] = unary * (float)-log(p);
        if (x + 1 < nx) add(g, i, i + 1, w);
        if (y + 1 < ny) add(g, i, i + (size_t)nx, w);
        if (diagonals && x + 1 < nx && y + 1 < ny) add(g, i, i + (size_t)nx + 1, w);
        if (z + 1 < nz) add(g, i, i + (size_t)nx * (size_t)ny, w);
    }
}

static double cut(struct grid *g, const float *w, int times)
{
    struct dorg_graph d = {g->nodes, g->edges, g->s, g->t, g->a, g->b, w, NULL};
    double best = 1e9;
    for (int k = 0; k < times; k++) {
        struct dorg_err e = DORG_ERR_INIT;
        double from = now();
        if (dorg_maxflow(g->side, NULL, &d, &e)) exit(4);
        double s = now() - from;
        best = s < best ? s : best;
    }
    return best;
}

static void run(const char *name, struct grid *g, int times, double scale, const char *unit)
{
    double floor = cut(g, g->zero, times), s = cut(g, g->w, times);
    size_t in = 0;
    for (size_t i = 0; i < g->nodes; i++)
        in += g->side[i];
    printf(
        "bench maxflow.%s: %.4g %s (%zu nodes, %zu edges, %zu in; ratio to edgeless %.2f)\n",
        name, s * scale, unit, g->nodes, g->edges, in, s / floor);
    fflush(stdout);
    free(g->s);
    free(g->t);
    free(g->w);
    free(g->zero);
    free(g->a);
    free(g->b);
    free(g->side);
}

/* A graph from a file: u32 nodes, u32 edges, then float source, sink, u32 a, b, float weight.
 */
static void from_file(struct grid *g, const char *path)
{
    uint32_t n[2];
    FILE *f = fopen(path, "rb");
    if (!f || fread(n, sizeof n, 1, f) != 1) exit(4);
    *g = (struct grid){.nodes = n[0], .edges = n[1]};
    void *part[5];
    for (int i = 0; i < 5; i++) {
        size_t k = n[i > 1];
        if (!(part[i] = malloc(4 * k + 4)) || fread(part[i], 4, k, f) != k) exit(4);
    }
    fclose(f);
    g->s = part[0];
    g->t = part[1];
    g->a = part[2];
    g->b = part[3];
    g->w = part[4];
    g->side = malloc(g->nodes + 1);
    g->zero = calloc(g->edges + 1, sizeof *g->zero);
    if (!g->side || !g->zero) exit(4);
}

/* Without operands, the usual; "all": the large band too (3 GB); else a graph from a file. */
int main(int argc, char **argv)
{
    struct grid g;
    bool all = argc > 1 && strcmp(argv[1], "all") == 0;
    if (argc > 1 && !all) {
        from_file(&g, argv[1]);
        run("file", &g, 50, 1e3, "ms");
        return 0;
    }
    make(&g, 32, 31, 1, 1, 1);
    run("slice_992", &g, 200, 1e3, "ms");
    make(&g, 32, 31, 1, 1, 0.05f); /* little to go by: long paths */
    run("slice_992_weak", &g, 200, 1e3, "ms");
    make(&g, 256, 256, 16, 0, 1);
    run("band_256x256x16", &g, 2, 1, "s");
    if (all) {
        make(&g, 512, 512, 64, 0, 1);
        run("band_512x512x64", &g, 1, 1, "s");
    }
    return 0;
}
