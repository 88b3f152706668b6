/* o_mincut.c - minimum cuts by enumeration */
#include "o_mincut.h"

double o_cut_cost(const struct o_cut *g, uint32_t x)
{
    double sum = 0;
    for (int i = 0; i < g->n; i++)
        sum += (x >> i & 1) ? g->sink[i] : g->source[i];
    for (int e = 0; e < g->m; e++) {
        int xa = (int)(x >> g->a[e] & 1), xb = (int)(x >> g->b[e] & 1);
        sum += g->ab[e] * xa * (1 - xb) + g->ba[e] * (1 - xa) * xb;
    }
    return sum;
}

double o_cut_least(const struct o_cut *g, uint32_t *smallest)
{
    double least = o_cut_cost(g, 0);
    *smallest = 0;
    for (uint32_t x = 1; x < (uint32_t)1 << g->n; x++) {
        double c = o_cut_cost(g, x);
        if (c < least) {
            least = c;
            *smallest = x;
        } else if (c == least) {
            *smallest &= x;
        }
    }
    return least;
}
