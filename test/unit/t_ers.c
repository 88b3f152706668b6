/* t_ers - entropy rate superpixels against a greedy that evaluates every edge at every step */
#include "../../libcommon/ers.h"
#include "../../libcommon/rng.h"
#include "../oracle/o_ers.h"
#include "../tap.h"

static struct dorg_err e;

static double run(int32_t *label, const uint8_t *grey, int nx, int ny, int k, double lambda,
                  double sigma)
{
    struct dorg_ers *s = NULL;
    struct dorg_ers_param p = {.k = (uint32_t)k, .lambda = lambda, .sigma = sigma};
    double f = (double)NAN;
    if (!dorg_ers_open(&s, nx, ny, &p, &e) && !dorg_ers_run(s, label, grey, &e))
        f = dorg_ers_objective(s);
    dorg_ers_close(s);
    return f;
}

enum kind { NOISE, STEPS, FLAT, BOARD, RAMP };

static void paint(uint8_t *grey, int nx, int ny, enum kind kind, uint64_t seed, uint64_t item)
{
    for (int i = 0; i < nx * ny; i++) {
        uint32_t r = dorg_rng_u32(seed, DORG_RNG_TEST, item, (uint32_t)i + 10);
        int x = i % nx, y = i / nx;
        switch (kind) {
        case NOISE:
            grey[i] = (uint8_t)(r >> (24 + item % 5));
            break;
        case STEPS:
            grey[i] =
                (uint8_t)((x < nx / 2 ? 100 : 130) + (y < ny / 3 ? 40 : 0) + (int)(r & 7));
            break;
        case FLAT:
            grey[i] = 77;
            break;
        case BOARD:
            grey[i] = (x + y) & 1 ? 255 : 0;
            break;
        case RAMP:
            grey[i] = (uint8_t)(3 * x + (int)(r >> 31));
        }
    }
}

static int same(const int32_t *a, const int32_t *b, int n)
{
    return memcmp(a, b, (size_t)n * sizeof *a) == 0;
}

/* One image, several K, lambda and sigma. */
static void compare(int nx, int ny, enum kind kind, uint64_t seed, uint64_t item)
{
    static const double lambdas[] = {0.5, 0, 0.1, 10}, sigmas[] = {5, 0.5, 50, 2};
    uint8_t grey[400];
    int32_t got[400], want[400];
    double worst = 0;
    int n = nx * ny, labels = 1, pieces = 1;
    paint(grey, nx, ny, kind, seed, item);
    for (int t = 0; t < 6; t++) {
        int k = t == 0   ? 1
                : t == 1 ? n
                         : 1 + (int)dorg_rng_below((uint64_t)n, seed, DORG_RNG_TEST, item,
                                                   (uint32_t)t);
        double l = lambdas[((uint64_t)t + item) % 4], s = sigmas[((uint64_t)t + item / 4) % 4];
        double f = run(got, grey, nx, ny, k, l, s), g = o_ers(want, grey, nx, ny, k, l, s);
        worst = fmax(worst, fabs(f - g) / fmax(fabs(g), 1e-6));
        if (isnan(f)) worst = INFINITY;
        labels &= same(got, want, n);
        pieces &= o_connected(got, nx, ny, k, 0);
    }
    ok(worst <= 1e-9, "%dx%d kind %d: objective within %.1e of plain greedy", nx, ny,
       (int)kind, worst);
    ok(labels, "%dx%d kind %d: the same labels", nx, ny, (int)kind);
    ok(pieces, "%dx%d kind %d: exactly K connected components", nx, ny, (int)kind);
}

static void degenerate(void)
{
    uint8_t one = 9, two[2] = {0, 255};
    int32_t label[2] = {0, 0};
    ok(run(label, &one, 1, 1, 1, 0.5, 5) == 0 && label[0] == 1, "one pixel");
    run(label, two, 2, 1, 1, 0.5, 5);
    ok(label[0] == 1 && label[1] == 1, "two pixels, K = 1");
    run(label, two, 1, 2, 2, 0.5, 5);
    ok(label[0] == 1 && label[1] == 2, "two pixels, K = 2");
}

/* Scratch is reused from slice to slice: the second run must not see the first. */
static void reuse(uint64_t seed)
{
    uint8_t grey[2][300];
    int32_t first[300], again[300];
    struct dorg_ers *s = NULL;
    struct dorg_ers_param p = {.k = 12, .lambda = 0.5, .sigma = 5};
    paint(grey[0], 20, 15, NOISE, seed, 900);
    paint(grey[1], 20, 15, STEPS, seed, 901);
    dorg_ers_open(&s, 20, 15, &p, &e);
    dorg_ers_run(s, first, grey[0], &e);
    double f = dorg_ers_objective(s);
    dorg_ers_run(s, again, grey[1], &e);
    dorg_ers_run(s, again, grey[0], &e);
    ok(same(first, again, 300) && dorg_ers_objective(s) == f,
       "a used scratch changes nothing");
    dorg_ers_close(s);
}

int main(void)
{
    static const int shape[][2] = {{9, 7}, {12, 11}, {1, 17}, {17, 1}, {2, 9},
                                   {5, 5}, {16, 3},  {3, 3},  {2, 2},  {13, 10}};
    uint64_t seed = tap_seed(3);
    uint64_t item = 0;
    for (size_t i = 0; i < sizeof shape / sizeof *shape; i++)
        for (int kind = NOISE; kind <= RAMP; kind++)
            compare(shape[i][0], shape[i][1], (enum kind)kind, seed, item++);
    compare(20, 20, NOISE, seed, item++);
    compare(20, 20, FLAT, seed, item++);
    degenerate();
    reuse(seed);
    ok(!e.code, "no error (%s)", e.text);
    return tap_done();
}
