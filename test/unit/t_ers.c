/* t_ers - entropy rate superpixels against a greedy that evaluates every edge at every step */
#include "../../libcommon/superpix/ers_in.h"
#include "../../libcommon/base/rng.h"
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

/* Begun anew without tiles, because these went too far: how often. */
static int anew, tilings;

static double run_tiles(int32_t *label, const uint8_t *grey, int nx, int ny, int k,
                        double lambda, uint32_t tile)
{
    struct dorg_ers *s = NULL;
    struct dorg_ers_param p = {.k = (uint32_t)k, .lambda = lambda, .sigma = 5, .tile = tile};
    double f = (double)NAN;
    if (!dorg_ers_open(&s, nx, ny, &p, &e) && !dorg_ers_run(s, label, grey, &e)) {
        f = dorg_ers_objective(s);
        anew += s->begun > 1;
        tilings++;
    }
    dorg_ers_close(s);
    return f;
}

/* The side of the tiles does not show, not even where they go too far at first. */
static void tiles(int nx, int ny, enum kind kind, uint64_t seed, uint64_t item, double lambda)
{
    static const uint32_t side[] = {1, 2, 3, 5, 8, 13, 1000};
    enum { SIDES = sizeof side / sizeof *side };
    uint8_t grey[400];
    int32_t got[400], want[400];
    int n = nx * ny,
        k = 1 + (int)dorg_rng_below((uint64_t)n / 16, seed, DORG_RNG_TEST, item, 1);
    int labels = 0, values = 0;
    paint(grey, nx, ny, kind, seed, item);
    double g = o_ers(want, grey, nx, ny, k, lambda, 5);
    for (int i = 0; i < SIDES; i++) {
        double f = run_tiles(got, grey, nx, ny, k, lambda, side[i]);
        labels += same(got, want, n);
        values += fabs(f - g) <= 1e-9 * fmax(fabs(g), 1e-6);
    }
    ok(labels == SIDES,
       "%dx%d kind %d K=%d lambda %g: tilings with the labels of plain greedy", nx, ny,
       (int)kind, k, lambda);
    ok(values == SIDES, "%dx%d kind %d K=%d lambda %g: and its objective", nx, ny, (int)kind,
       k, lambda);
}

/* Sizes beyond the table of u: the cost is the definition's there, too. */
static void large(void)
{
    struct dorg_ers *s = NULL;
    struct dorg_ers_param p = {.k = 2, .lambda = 0.5, .sigma = 5};
    static uint8_t grey[9000];
    static int32_t label[9000];
    paint(grey, 100, 90, RAMP, 1, 950);
    if (dorg_ers_open(&s, 100, 90, &p, &e) || dorg_ers_run(s, label, grey, &e)) return;
    double worst = 0;
    for (uint32_t a = 1; a < 8000; a += 373)
        for (uint32_t b = 1; b < 8000; b += 491) {
            double c = a + b, want = c * log2(c) - a * log2(a) - b * log2(b) - 2;
            worst = fmax(worst, fabs(dorg_ers_cost(s, a, b) / s->nu - want));
        }
    ok(s->nu > 0 && worst < 1e-7, "the cost of large components is the definition's");
    dorg_ers_close(s);
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

/* A body of steps and noise in air, a cyst of air inside, a table below, at (ox, oy). */
static void paint_body(uint8_t *grey, int nx, int ny, int ox, int oy, uint64_t seed,
                       uint64_t item)
{
    memset(grey, 0, (size_t)nx * (size_t)ny);
    for (int y = 0; y < 26; y++)
        for (int x = 0; x < 26; x++) {
            uint32_t r = dorg_rng_u32(seed, DORG_RNG_TEST, item, (uint32_t)(26 * y + x) + 10);
            int out = (x - 13) * (x - 13) + (y - 12) * (y - 12) > 140;
            int cyst = (x - 13) * (x - 13) + (y - 12) * (y - 12) < 26 && item % 3 > 0;
            int table = y == 25 && item % 2;
            grey[(y + oy) * nx + x + ox] =
                (uint8_t)((out || cyst) && !table ? 0 : 100 + 20 * (x > 15) + (int)(r % 9));
        }
}

static int run_body(int32_t *label, double *f, const uint8_t *grey, int nx, int ny, int k)
{
    struct dorg_ers *s = NULL;
    struct dorg_ers_param p = {.k = (uint32_t)k, .lambda = 0.5, .sigma = 5, .skip_air = true};
    int labels = 0;
    if (!dorg_ers_open(&s, nx, ny, &p, &e) && !dorg_ers_run(s, label, grey, &e)) {
        *f = dorg_ers_objective(s);
        labels = dorg_ers_labels(s);
    }
    dorg_ers_close(s);
    return labels;
}

/* Without air: as plain greedy without it; and the body's cut is the same in a wider slice. */
static void body(uint64_t seed, uint64_t item, int k)
{
    enum { NX = 36, NY = 38, WX = 60, WY = 50 };
    static uint8_t grey[NX * NY], wide[WX * WY];
    static int32_t got[NX * NY], want[NX * NY], far[WX * WY];
    static char air[NX * NY];
    double f = 0, g;
    int n = NX * NY, labels;
    paint_body(grey, NX, NY, 4, 5, seed, item);
    g = o_ers_body(want, &labels, air, grey, NX, NY, k, 0.5, 5);
    int have = run_body(got, &f, grey, NX, NY, k), sky = 0;
    for (int i = 0; i < n; i++)
        sky += air[i];
    ok(sky > 300 && sky < n - 300 && air[0] && !air[(12 + 5) * NX + 13 + 4],
       "K=%d: %d of %d pixels are air", k, sky, n);
    ok(have == labels && same(got, want, n) && fabs(f - g) <= 1e-9 * fabs(g),
       "K=%d: %d labels, those of plain greedy on the body", k, have);
    ok(o_connected(got, NX, NY, have, 0), "K=%d: each connected", k);
    paint_body(wide, WX, WY, 14, 11, seed, item);
    for (k++; run_body(far, &f, wide, WX, WY, k) < have; k++)
        ;
    int equal = 1;
    for (int i = 0; i < n; i++) {
        int at = (i / NX + 6) * WX + i % NX + 10;
        equal &= air[i] ? far[at] == 1 : got[i] == far[at];
    }
    ok(equal, "more air, as many labels (K=%d): the same cut of the body", k);
}

/* Nothing but air, and specks that are more than K. */
static void all_air(void)
{
    uint8_t grey[900] = {0};
    int32_t label[900];
    double f;
    int one = run_body(label, &f, grey, 30, 30, 9);
    ok(one == 1 && label[0] == 1 && label[899] == 1, "nothing but air: one label");
    for (int i = 0; i < 9; i++)
        grey[(4 + 10 * (i / 3)) * 30 + 4 + 10 * (i % 3)] = 200;
    int many = run_body(label, &f, grey, 30, 30, 2);
    ok(many == 9 + 1 && o_connected(label, 30, 30, many, 0), "specks apart: one label each");
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
    for (int kind = NOISE; kind <= RAMP; kind++) {
        tiles(17, 13, (enum kind)kind, seed, item++, 0.5);
        tiles(11, 18, (enum kind)kind, seed, item++, 0.001);
        tiles(19, 9, (enum kind)kind, seed, item++, 4);
    }
    tiles(40, 1, RAMP, seed, item++, 0.5);
    tiles(1, 40, STEPS, seed, item++, 0.5);
    ok(anew > 0 && anew < tilings, "%d of %d tilings went too far", anew, tilings);
    for (uint64_t i = 0; i < 6; i++)
        body(seed, 2000 + i, 12 + 17 * (int)i);
    all_air();
    large();
    degenerate();
    reuse(seed);
    ok(!e.code, "no error (%s)", e.text);
    return tap_done();
}
