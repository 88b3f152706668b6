/* forest_bag.c - samples that can be drawn again */
#include "forest.h"
#include "../base/rng.h"

/* A 64-bit finaliser (variant 13 of Stafford's table): spreads keys over the counter. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

uint64_t dorg_bag_row_key(uint64_t case_key, double id)
{
    uint64_t bits;
    memcpy(&bits, &id, sizeof bits);
    return mix(case_key + UINT64_C(0x9E3779B97F4A7C15)) ^ mix(bits + 1);
}

uint64_t dorg_bag_unit_key(const struct dorg_bag *b, uint64_t case_key, double id, double z)
{
    if (b->unit == DORG_BAG_ROW) return dorg_bag_row_key(case_key, id);
    if (b->unit == DORG_BAG_CASE) return mix(case_key + 2);
    return mix(mix(case_key + 2) + (uint64_t)(int64_t)floor(z / b->slab_slices) + 1);
}

/* Poisson(1) by inversion of a 32-bit uniform: P(count <= k) * 2^32. */
static unsigned poisson(uint32_t u)
{
    static const uint32_t below[] = {1580030168u, 3160060337u, 3950075421u, 4213413783u,
                                     4279248373u, 4292415291u, 4294609777u, 4294923276u,
                                     4294962463u, 4294966817u, 4294967252u, 4294967292u};
    unsigned k = 0;
    while (k < sizeof below / sizeof *below && u >= below[k])
        k++;
    return k;
}

static uint32_t word(const struct dorg_bag *b, uint32_t stream, uint64_t key)
{
    return dorg_rng_u32(b->seed, DORG_RNG_BAG, key, stream);
}

/* A unit larger than a row is left out in a fifth of the trees: the trees that never saw it
 * are then grown from four fifths of the others, nearly what the whole forest knows. */
static bool unit_out(const struct dorg_bag *b, uint32_t stream, uint64_t unit_key)
{
    uint32_t u = word(b, stream, unit_key);
    return b->unit == DORG_BAG_ROW ? poisson(u) == 0 : u < UINT32_MAX / 5;
}

unsigned dorg_bag_weight(const struct dorg_bag *b, uint32_t stream, uint64_t row_key,
                         uint64_t unit_key)
{
    if (b->unit != DORG_BAG_ROW && unit_out(b, stream, unit_key)) return 0;
    return poisson(word(b, stream, row_key));
}

bool dorg_bag_out(const struct dorg_bag *b, uint32_t stream, uint64_t row_key,
                  uint64_t unit_key)
{
    return unit_out(b, stream, b->unit == DORG_BAG_ROW ? row_key : unit_key);
}

/* How many keys are below this one. */
static uint32_t case_place(const struct dorg_forest *f, uint64_t case_key)
{
    uint32_t lo = 0, hi = f->n_cases;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (f->case_key[mid] < case_key)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

uint64_t dorg_forest_unit_key(const struct dorg_forest *f, uint64_t case_key, double id,
                              double z)
{
    if (f->kind != DORG_FOREST_BOOSTED) return dorg_bag_unit_key(&f->bag, case_key, id, z);
    if (f->bag.unit == DORG_BAG_ROW) return dorg_bag_row_key(case_key, id) % f->folds;
    if (f->bag.unit == DORG_BAG_SLAB)
        return (uint64_t)floor(fabs(z) / f->bag.slab_slices) % f->folds;
    return case_place(f, case_key) % f->folds;
}

bool dorg_forest_knows(const struct dorg_forest *f, uint64_t case_key)
{
    uint32_t i = case_place(f, case_key);
    return i < f->n_cases && f->case_key[i] == case_key;
}
