/* p_folds.c - a hard split: everyone once, patients whole, sizes even, order irrelevant */
#include "../../libcommon/score/folds.h"
#include "../../libcommon/base/rng.h"
#include "../tap.h"

enum { MOST = 120 };

static char text[2][MOST][16];
static const char *name[MOST], *patient[MOST];
static int fold[MOST];

static uint32_t below(uint32_t n, uint64_t seed, uint64_t item, uint32_t draw)
{
    return (uint32_t)dorg_rng_below(n, seed, DORG_RNG_TEST, item, draw);
}

static void the_paper(void)
{
    struct dorg_err e = DORG_ERR_INIT;
    int size[5] = {0}, twin[3];
    for (int i = 0; i < 82; i++) {
        snprintf(text[0][i], 16, "%04d", i + 1);
        name[i] = patient[i] = text[0][i];
    }
    patient[24] = patient[69] = name[1]; /* 0025 and 0070 are 0002 again */
    dorg_folds(fold, name, patient, 82, 4, 1, &e);
    for (int i = 0; i < 82; i++)
        size[fold[i]]++;
    ok(size[1] == 21 && size[2] == 21 && size[3] == 20 && size[4] == 20, "21/21/20/20");
    twin[0] = fold[1], twin[1] = fold[24], twin[2] = fold[69];
    ok(twin[0] == twin[1] && twin[1] == twin[2], "one patient, one fold");
    int first[82], moved = 0;
    memcpy(first, fold, sizeof first);
    dorg_folds(fold, name, NULL, 82, 4, 2, &e);
    for (int i = 0; i < 82; i++)
        moved += fold[i] != first[i];
    ok(moved > 40, "another seed, another split");
    ok(dorg_folds(fold, name, NULL, 3, 4, 1, &e) == DORG_EDATA, "3 patients, 4 folds");
    e = DORG_ERR_INIT;
    name[5] = name[6];
    ok(dorg_folds(fold, name, NULL, 82, 4, 1, &e) == DORG_EDATA, "a case named twice");
}

int main(void)
{
    uint64_t seed = tap_seed(3);
    int lost = 0, torn = 0, uneven = 0, ordered = 0;
    the_paper();
    for (uint64_t t = 0; t < 300; t++) {
        struct dorg_err e = DORG_ERR_INIT;
        int folds = 2 + (int)below(6, seed, t, 0), n = 10 + (int)below(MOST - 10, seed, t, 1);
        int patients = t % 2 ? n : n / 2 + 1, size[10] = {0}, was[MOST], biggest = 0;
        int scans[MOST] = {0};
        for (int i = 0; i < n; i++) {
            int who = t % 2 ? i : (int)below((uint32_t)patients, seed, t, 10 + (uint32_t)i);
            snprintf(text[0][i], 16, "c%d", i);
            snprintf(text[1][i], 16, "p%d", who);
            name[i] = text[0][i];
            patient[i] = text[1][i];
            if (++scans[who] > biggest) biggest = scans[who];
        }
        if (dorg_folds(fold, name, patient, (size_t)n, folds, t, &e)) continue;
        for (int i = 0; i < n; i++) {
            was[i] = fold[i];
            lost += fold[i] < 1 || fold[i] > folds;
            size[fold[i] % 10]++;
            for (int k = 0; k < i; k++)
                torn += strcmp(patient[i], patient[k]) == 0 && fold[i] != fold[k];
        }
        for (int f = 1; f <= folds; f++)
            for (int g = 1; g <= folds; g++)
                uneven += size[f] - size[g] > biggest || (t % 2 && f < g && size[f] < size[g]);
        for (int i = 0; i < n / 2; i++) { /* the same list backwards */
            const char *a = name[i], *b = patient[i];
            name[i] = name[n - 1 - i], patient[i] = patient[n - 1 - i];
            name[n - 1 - i] = a, patient[n - 1 - i] = b;
        }
        dorg_folds(fold, name, patient, (size_t)n, folds, t, &e);
        for (int i = 0; i < n; i++)
            ordered += fold[n - 1 - i] != was[i];
    }
    ok(lost == 0, "every case is in a fold");
    ok(torn == 0, "no patient in two folds");
    ok(uneven == 0, "sizes differ by at most one patient, larger folds first");
    ok(ordered == 0, "the order of the list does not matter");
    return tap_done();
}
