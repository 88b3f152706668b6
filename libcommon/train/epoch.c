/* epoch.c - the order of an epoch, and the area under a ROC curve */
#include "../base/mem.h"
#include "../base/rng.h"
#include "trainset.h"

/* Records each class gives to an epoch. */
static uint32_t share_of(const struct dorg_trainset *t, enum dorg_balance b, int k)
{
    uint32_t least = UINT32_MAX, most = 0;
    for (int j = 0; j < t->classes; j++) {
        if (t->n_of[j] == 0) continue;
        least = t->n_of[j] < least ? t->n_of[j] : least;
        most = t->n_of[j] > most ? t->n_of[j] : most;
    }
    if (t->n_of[k] == 0 || b == DORG_BALANCE_NONE) return t->n_of[k];
    return b == DORG_BALANCE_UNDER ? least : most;
}

uint32_t dorg_epoch_size(const struct dorg_trainset *t, enum dorg_balance b)
{
    uint64_t n = 0;
    for (int k = 0; k < t->classes; k++)
        n += share_of(t, b, k);
    return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

/* `want` records of class k: whole rounds of all, then a random part of one more. */
static void draw_class(uint32_t *to, uint32_t want, uint32_t *scratch,
                       const struct dorg_trainset *t, int k, uint64_t seed, uint64_t item)
{
    uint32_t n = t->n_of[k], at = 0;
    for (; n && want - at >= n; at += n)
        memcpy(to + at, t->of_class[k], n * sizeof *to);
    if (at == want) return;
    memcpy(scratch, t->of_class[k], n * sizeof *scratch);
    dorg_rng_shuffle(scratch, n, seed, DORG_RNG_SAMPLE, item);
    memcpy(to + at, scratch, (want - at) * sizeof *to);
}

int dorg_epoch_order(uint32_t *order, const struct dorg_trainset *t, enum dorg_balance b,
                     uint64_t seed, uint32_t epoch, struct dorg_err *e)
{
    uint32_t largest = 0, at = 0;
    for (int k = 0; k < t->classes; k++)
        largest = t->n_of[k] > largest ? t->n_of[k] : largest;
    uint32_t *scratch = dorg_array(largest, sizeof *scratch, e);
    if (!scratch) return e->code;
    uint64_t item = ((uint64_t)epoch + 1) << 8;
    for (int k = 0; k < t->classes; k++) {
        uint32_t share = share_of(t, b, k);
        draw_class(order + at, share, scratch, t, k, seed, item + (uint64_t)k + 1);
        at += share;
    }
    dorg_rng_shuffle(order, at, seed, DORG_RNG_SHUFFLE, item);
    free(scratch);
    return 0;
}
