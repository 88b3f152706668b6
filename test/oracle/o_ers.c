/* o_ers.c - entropy rate superpixels by evaluating every edge at every step
 *
 * From the definitions: the entropy rate of the walk is summed node by node from transition
 * probabilities, the balancing term component by component; the gain of an edge is the
 * difference.  As the contract says, weights are multiples of 2^-50, and W times the entropy
 * part of a gain is rounded to a multiple of 2^-36 before gains are compared; of equal gains
 * (to 1e-14 / W) the first edge wins, in raster order of its first pixel, then right,
 * down-left, down, down-right. */
#include "o_ers.h"

enum { MOST = 4096 };

static int NX, NY, N, K;
static const int DX[8] = {1, -1, 0, 1, -1, 1, 0, -1}, DY[8] = {0, 1, 1, 1, 0, -1, -1, -1};
static long double W[MOST][8], C[MOST], TOTAL;
static char TAKEN[MOST][8], AIR[MOST];
static int BODY; /* nodes: pixels that are not air */
static int COMP[MOST], SIZE[MOST];

static int inside(int a, int d)
{
    int x = a % NX + DX[d], y = a / NX + DY[d];
    return x >= 0 && y >= 0 && x < NX && y < NY && !AIR[a] && !AIR[a + DX[d] + NX * DY[d]];
}

static int other(int a, int d)
{
    return a + DX[d] + NX * DY[d];
}

static long double plogp(long double p)
{
    return p > 0 ? p * log2l(p) : 0;
}

/* -c_a/W sum_b p_ab log p_ab, with direction `with` taken in addition. */
static long double node_entropy(int a, int with)
{
    if (C[a] <= 0) return 0;
    long double sum = 0, stay = C[a];
    for (int d = 0; d < 8; d++)
        if (TAKEN[a][d] || d == with) {
            sum += plogp(W[a][d] / C[a]);
            stay -= W[a][d];
        }
    return -C[a] / TOTAL * (sum + plogp(stay / C[a]));
}

static long double rate_gain(int a, int d)
{
    int b = other(a, d), back = (d + 4) % 8;
    return node_entropy(a, d) - node_entropy(a, -1) + node_entropy(b, back) -
           node_entropy(b, -1);
}

static long double rounded_gain(int a, int d)
{
    return TOTAL > 0 ? rintl(rate_gain(a, d) * TOTAL * 0x1p36L) * 0x1p-36L / TOTAL : 0;
}

static long double balance_gain(int s, int t)
{
    long double p = (long double)s / BODY, q = (long double)t / BODY;
    return plogp(p) + plogp(q) - plogp(p + q) + 1;
}

static void start(const uint8_t *grey, double sigma)
{
    TOTAL = 0;
    for (int a = 0; a < N; a++) {
        C[a] = 0;
        COMP[a] = a;
        SIZE[a] = 1;
        for (int d = 0; d < 8; d++) {
            TAKEN[a][d] = 0;
            W[a][d] = 0;
            if (!inside(a, d)) continue;
            long double diff = grey[a] - grey[other(a, d)];
            long double length2 = DX[d] && DY[d] ? 2 : 1;
            W[a][d] = expl(-diff * diff * length2 / (2 * (long double)sigma * sigma));
            W[a][d] = rintl(W[a][d] * 0x1p50L) / 0x1p50L;
            C[a] += W[a][d];
        }
        TOTAL += C[a];
    }
}

static double objective(long double lambda, int components)
{
    long double h = 0, b = 0;
    for (int a = 0; a < N; a++) {
        h += TOTAL > 0 ? node_entropy(a, -1) : 0;
        b -= COMP[a] == a && !AIR[a] ? plogp((long double)SIZE[a] / BODY) : 0;
    }
    return (double)(h + lambda * (b - components));
}

/* Take the best edge of all; 0 if there is none. */
static int step(long double lambda)
{
    long double best = -1, same = TOTAL > 0 ? 1e-14L / TOTAL : 0;
    int ba = -1, bd = -1;
    for (int a = 0; a < N; a++)
        for (int d = 0; d < 4; d++) {
            if (!inside(a, d) || COMP[a] == COMP[other(a, d)]) continue;
            long double g = rounded_gain(a, d) +
                            lambda * balance_gain(SIZE[COMP[a]], SIZE[COMP[other(a, d)]]);
            if (g <= best + same) continue;
            best = g;
            ba = a;
            bd = d;
        }
    if (ba < 0) return 0;
    int from = COMP[other(ba, bd)], to = COMP[ba];
    if (from < to) { /* a component is named by its first pixel */
        int t = from;
        from = to;
        to = t;
    }
    TAKEN[ba][bd] = TAKEN[other(ba, bd)][bd + 4] = 1;
    SIZE[to] += SIZE[from];
    for (int a = 0; a < N; a++)
        if (COMP[a] == from) COMP[a] = to;
    return 1;
}

/* Greedy on the nodes outside AIR. */
static double solve(const uint8_t *grey, double lambda_, double sigma)
{
    start(grey, sigma);
    long double top = 0, balance = balance_gain(1, 1), lambda = 0;
    for (int a = 0; a < N && TOTAL > 0; a++)
        for (int d = 0; d < 4; d++)
            if (inside(a, d)) top = fmaxl(top, rounded_gain(a, d));
    if (BODY > 2) lambda = (long double)lambda_ * K * top / balance;
    int components = BODY;
    while (components > K && step(lambda))
        components--;
    return objective(lambda, components);
}

double o_ers(int32_t *label, const uint8_t *grey, int nx, int ny, int k, double lambda_,
             double sigma)
{
    NX = nx;
    NY = ny;
    N = BODY = nx * ny;
    K = k;
    memset(AIR, 0, sizeof AIR);
    double f = solve(grey, lambda_, sigma);
    int last = 0;
    for (int a = 0; a < N; a++)
        label[a] = COMP[a] == a ? ++last : label[COMP[a]];
    return f;
}

static int flat(const uint8_t *grey, int x, int y)
{
    for (int v = y - 3; v <= y + 3; v++)
        for (int u = x - 3; u <= x + 3; u++)
            if (u >= 0 && v >= 0 && u < NX && v < NY && grey[v * NX + u] != 0) return 0;
    return 1;
}

/* Pieces of flat pixels are named by their first; those without a border pixel are no air. */
static void find_air(int *piece, const uint8_t *grey)
{
    int changed = 1;
    for (int a = 0; a < N; a++)
        piece[a] = flat(grey, a % NX, a / NX) ? a : -1;
    while (changed) {
        changed = 0;
        for (int a = 0; a < N; a++)
            for (int d = 0; d < 8; d += 2) {
                int x = a % NX + DX[d], y = a / NX + DY[d], b = y * NX + x;
                if (x < 0 || y < 0 || x >= NX || y >= NY || piece[a] < 0) continue;
                if (piece[b] >= 0 && piece[b] < piece[a]) piece[a] = piece[b], changed = 1;
            }
    }
    for (int a = 0; a < N; a++) {
        int x = a % NX, y = a / NX;
        if (piece[a] >= 0 && (x == 0 || y == 0 || x == NX - 1 || y == NY - 1))
            AIR[piece[a]] = 1;
    }
    for (int a = 0; a < N; a++)
        AIR[a] = piece[a] >= 0 && AIR[piece[a]];
}

double o_ers_body(int32_t *label, int *labels, char *air, const uint8_t *grey, int nx, int ny,
                  int k, double lambda_, double sigma)
{
    static int piece[MOST], own[MOST];
    NX = nx;
    NY = ny;
    N = nx * ny;
    memset(AIR, 0, sizeof AIR);
    find_air(piece, grey);
    BODY = N;
    for (int a = 0; a < N; a++) {
        air[a] = AIR[a];
        BODY -= AIR[a];
        own[a] = 0;
    }
    K = (int)lround(k * (double)BODY / (BODY + 0.2 * (N - BODY)));
    K = K < 1 ? 1 : K > BODY ? BODY : K;
    double f = solve(grey, lambda_, sigma);
    *labels = 0;
    for (int a = 0; a < N; a++) {
        int name = AIR[a] ? piece[a] : COMP[a];
        if (!own[name]) own[name] = ++*labels;
        label[a] = own[name];
    }
    return f;
}

int o_connected(const int32_t *label, int nx, int ny, int k, int four)
{
    int pieces = 0, n = nx * ny;
    char *seen = calloc((size_t)n, 1), *has = calloc((size_t)k + 1, 1);
    int *todo = malloc(sizeof *todo * (size_t)n), good = seen && has && todo;
    NX = nx;
    NY = ny;
    memset(AIR, 0, sizeof AIR);
    for (int i = 0; i < n && good; i++) {
        good = label[i] >= 1 && label[i] <= k;
        if (!good || seen[i]) continue;
        pieces++;
        has[label[i]] = 1;
        int m = 0;
        todo[m++] = i;
        seen[i] = 1;
        while (m > 0) {
            int a = todo[--m];
            for (int d = 0; d < 8; d++) {
                if (!inside(a, d) || (four && DX[d] && DY[d])) continue;
                int b = other(a, d);
                if (seen[b] || label[b] != label[i]) continue;
                seen[b] = 1;
                todo[m++] = b;
            }
        }
    }
    for (int l = 1; l <= k && good; l++)
        good = has[l];
    free(seen);
    free(has);
    free(todo);
    return good && pieces == k;
}
