/* ers_gain.c - entropy rate superpixels: the gains of many edges at a time */
#include "ers_in.h"

/* The clones differ in how many elements go at once, not in any operation on one. */
__attribute__((target_clones("avx512f", "avx2", "default"))) void
dorg_ers_batch_rates(struct dorg_ers_batch *b)
{
    for (size_t i = 0; i < b->n; i++)
        b->rate[i] =
            dorg_ers_rate(b->whole[i], dorg_ers_u(b->rest_a[i]), dorg_ers_u(b->rest_b[i]));
}

double dorg_ers_spread(uint32_t a, uint32_t b)
{
    return dorg_ers_u((double)(a + b)) - (dorg_ers_u((double)a) + dorg_ers_u((double)b)) - 2;
}
