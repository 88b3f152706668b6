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

struct scored {
    float score;
    uint8_t positive;
};

static int by_score(const void *a, const void *b)
{
    float x = ((const struct scored *)a)->score, y = ((const struct scored *)b)->score;
    return (x > y) - (x < y);
}

double dorg_auc(const float *score, const uint8_t *positive, uint32_t n, struct dorg_err *e)
{
    struct scored *s = dorg_array(n, sizeof *s, e);
    double wins = 0, below = 0, n_pos = 0;
    if (!s) return (double)NAN;
    for (uint32_t i = 0; i < n; i++)
        s[i] = (struct scored){score[i], positive[i]};
    qsort(s, n, sizeof *s, by_score);
    for (uint32_t i = 0, j; i < n; i = j) { /* i..j: equal scores */
        double pos = 0, neg = 0;
        for (j = i; j < n && !(s[j].score > s[i].score); j++) {
            pos += s[j].positive;
            neg += !s[j].positive;
        }
        wins += pos * (below + 0.5 * neg);
        below += neg;
        n_pos += pos;
    }
    free(s);
    return n_pos > 0 && below > 0 ? wins / (n_pos * below) : (double)NAN;
}
