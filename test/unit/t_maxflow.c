/* t_maxflow - known cuts, quanta, refusals, and a grid large enough to exercise the trees */
#include <float.h>

#include "../../libcommon/crf/maxflow.h"
#include "../../libcommon/base/rng.h"
#include "../tap.h"

static struct dorg_err e;

static int cut_of(uint8_t *side, double *cut, size_t n, size_t m, const float *s,
                  const float *t, const uint32_t *a, const uint32_t *b, const float *w,
                  const float *u)
{
    struct dorg_graph g = {n, m, s, t, a, b, w, u};
    e = DORG_ERR_INIT;
    return dorg_maxflow(side, cut, &g, &e);
}

static void small(void)
{
    float s[] = {3, 0, 0}, t[] = {0, 0, 2}, w[] = {5, 1}, u[] = {0, 0};
    uint32_t a[] = {0, 1}, b[] = {1, 2};
    uint8_t side[3];
    double cut;
    ok(!cut_of(side, &cut, 3, 2, s, t, a, b, w, u) && cut == 1,
       "a chain is cut at its weakest");
    ok(side[0] && side[1] && !side[2], "and its ends part there");
    w[1] = 2;
    ok(!cut_of(side, &cut, 3, 2, s, t, a, b, w, u) && cut == 2 && side[1] && !side[2],
       "of two equal places the one nearer the source is cut");
    ok(!cut_of(side, &cut, 3, 2, s, t, b, a, w, u) && cut == 0,
       "a directed edge has a direction");
    ok(!cut_of(side, &cut, 3, 2, s, t, b, a, w, NULL) && cut == 2,
       "an undirected one has none");
    float both[] = {2, 1, 4}, other[] = {1, 2, 4};
    ok(!cut_of(side, &cut, 3, 0, both, other, a, b, w, u) && cut == 6,
       "no edges: each its own");
    ok(side[0] && !side[1] && !side[2], "a tie goes to the sink's side");
    ok(!cut_of(side, &cut, 0, 0, s, t, a, b, w, u) && cut == 0, "no nodes: nothing to cut");
    uint32_t self[] = {1, 1};
    ok(!cut_of(side, &cut, 3, 2, s, t, self, self, w, u) && cut == 0,
       "a self-loop costs nothing");
}

static void refusals(void)
{
    float s[] = {1, 1}, t[] = {0, 0}, w[] = {1};
    uint32_t a[] = {0}, b[] = {2};
    uint8_t side[2];
    ok(cut_of(side, NULL, 2, 1, s, t, a, b, w, NULL) == DORG_EDATA, "an end beyond the nodes");
    b[0] = 1;
    s[1] = -1;
    ok(cut_of(side, NULL, 2, 1, s, t, a, b, w, NULL) == DORG_EDATA, "a negative capacity");
    s[1] = NAN;
    ok(cut_of(side, NULL, 2, 1, s, t, a, b, w, NULL) == DORG_EDATA,
       "a capacity that is no number");
    s[1] = 1;
    w[0] = INFINITY;
    ok(cut_of(side, NULL, 2, 1, s, t, a, b, w, NULL) == DORG_EDATA, "an infinite capacity");
}

static void quanta(void)
{
    ok(dorg_flow_quantum(1) == ldexp(1, -29), "1 is 2^29 quanta");
    ok(dorg_flow_quantum(0.75f) == ldexp(1, -30), "0.75 is 0.75 * 2^30 quanta");
    ok(dorg_flow_quantum(0) == 1, "nothing to round");
    float s[] = {FLT_MAX, 1}, t[] = {0, 2};
    uint8_t side[2];
    double cut;
    ok(!cut_of(side, &cut, 2, 0, s, t, NULL, NULL, NULL, NULL) && side[0] && !side[1],
       "the largest float and small ones beside it");
    s[0] = nextafterf(1, 0);
    ok(!cut_of(side, &cut, 1, 0, s, s, NULL, NULL, NULL, NULL) && cut == (double)s[0],
       "a capacity just below a power of two is whole");
}

/* In a grid cut, no single node or row may want to change sides. */
static void grid(void)
{
    enum { N = 96 };
    static float s[N * N], t[N * N], w[2 * N * N];
    static uint32_t a[2 * N * N], b[2 * N * N];
    static uint8_t side[N * N], again[N * N];
    size_t m = 0;
    double cut, sum = 0;
    for (uint32_t i = 0; i < N * N; i++) {
        s[i] = (float)(int)dorg_rng_below(9, 5, DORG_RNG_TEST, 0, i);
        t[i] = (float)(int)dorg_rng_below(9, 5, DORG_RNG_TEST, 1, i);
        uint32_t next[2] = {i % N + 1 < N ? i + 1 : i, i + N < N * N ? i + N : i};
        for (int k = 0; k < 2; k++) {
            if (next[k] == i) continue;
            a[m] = i;
            b[m] = next[k];
            w[m++] = (float)(int)dorg_rng_below(6, 5, DORG_RNG_TEST, 2, 2 * i + (uint32_t)k);
        }
    }
    ok(!cut_of(side, &cut, N * N, m, s, t, a, b, w, NULL), "a grid of 9216 nodes");
    for (size_t i = 0; i < N * N; i++)
        sum += (double)(side[i] ? t[i] : s[i]);
    for (size_t i = 0; i < m; i++)
        sum += (double)w[i] * (side[a[i]] != side[b[i]]);
    near(cut, sum, 0, "the flow equals the cost of the cut: both are optimal");
    ok(!cut_of(again, &cut, N * N, m, s, t, b, a, w, NULL) &&
           !memcmp(side, again, sizeof side),
       "turning every edge round changes nothing");
}

int main(void)
{
    small();
    refusals();
    quanta();
    grid();
    return tap_done();
}
