/* p_maxflow - the cut is the least of all 2^n, the smallest of the least, and order-blind */
#include "../../libcommon/crf/maxflow.h"
#include "../../libcommon/base/rng.h"
#include "../oracle/o_mincut.h"
#include "../tap.h"

static uint64_t seed;
static uint32_t draws;

static uint32_t draw(uint32_t below)
{
    return (uint32_t)dorg_rng_below(below, seed, DORG_RNG_TEST, 1, draws++);
}

/* Whole numbers up to `most` (ties abound), or reals with zeros among them. */
static double capacity(uint32_t most)
{
    if (most) return draw(most + 1);
    if (draw(5) == 0) return 0;
    return (float)(dorg_rng_unit(seed, DORG_RNG_TEST, 2, draws++) * 10);
}

static void random_graph(struct o_cut *g, uint32_t most)
{
    g->n = 1 + (int)draw(15);
    g->m = (int)draw(3 * (uint32_t)g->n + 1);
    for (int i = 0; i < g->n; i++) {
        g->source[i] = draw(3) ? capacity(most) : 0;
        g->sink[i] = draw(3) ? capacity(most) : 0;
    }
    for (int e = 0; e < g->m; e++) {
        g->a[e] = (int)draw((uint32_t)g->n);
        g->b[e] = (int)draw((uint32_t)g->n);
        g->ab[e] = capacity(most);
        g->ba[e] = draw(2) ? g->ab[e] : capacity(most);
    }
}

/* Our cut of g, its edges taken from number `turn` on and every other one turned round. */
static uint32_t ours(const struct o_cut *g, int turn, double *cut)
{
    float source[20], sink[20], ab[200], ba[200];
    uint32_t a[200], b[200], x = 0;
    uint8_t side[20];
    for (int i = 0; i < g->n; i++) {
        source[i] = (float)g->source[i];
        sink[i] = (float)g->sink[i];
    }
    for (int e = 0; e < g->m; e++) {
        int from = (e + turn) % g->m, flip = turn && e % 2;
        a[e] = (uint32_t)(flip ? g->b : g->a)[from];
        b[e] = (uint32_t)(flip ? g->a : g->b)[from];
        ab[e] = (float)(flip ? g->ba : g->ab)[from];
        ba[e] = (float)(flip ? g->ab : g->ba)[from];
    }
    struct dorg_graph d = {(size_t)g->n, (size_t)g->m, source, sink, a, b, ab, ba};
    struct dorg_err e = DORG_ERR_INIT;
    if (dorg_maxflow(side, cut, &d, &e)) {
        printf("# %s\n", e.text);
        return UINT32_MAX;
    }
    for (int i = 0; i < g->n; i++)
        x |= (uint32_t)side[i] << i;
    return x;
}

static void against_all(uint32_t most, int rounds, const char *what)
{
    int cost = 0, value = 0, smallest = 0, order = 0;
    for (int r = 0; r < rounds; r++) {
        struct o_cut g;
        uint32_t want;
        double cut, again;
        random_graph(&g, most);
        double least = o_cut_least(&g, &want);
        double tol = most ? 0 : (g.n + 2 * g.m) * dorg_flow_quantum(10);
        uint32_t x = ours(&g, 0, &cut), y = ours(&g, 1 + (int)draw(5), &again);
        cost += x == UINT32_MAX || o_cut_cost(&g, x) > least + tol;
        value += fabs(cut - least) > tol;
        smallest += most && x != want;
        order += x != y || (most && cut != again);
    }
    ok(!cost, "%s: the side costs the least of all cuts (%d of %d do not)", what, cost,
       rounds);
    ok(!value, "%s: the flow is that cost (%d of %d are not)", what, value, rounds);
    ok(!smallest, "%s: of equal cuts the smallest (%d of %d)", what, smallest, rounds);
    ok(!order, "%s: the order of the edges cannot be seen (%d of %d)", what, order, rounds);
}

int main(void)
{
    seed = tap_seed(20151005);
    against_all(1, 400, "capacities 0 and 1");
    against_all(7, 400, "whole capacities to 7");
    against_all(1000, 400, "whole capacities to 1000");
    against_all(0, 400, "real capacities");
    return tap_done();
}
