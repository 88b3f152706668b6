/* t_rng.c - Philox against the published known answers; moments; permutations */
#include "../../libcommon/base/rng.h"
#include "../tap.h"

int main(void)
{
    uint32_t w[4];
    /* Random123's kat_vectors, philox4x32 10: zero counter and key; all ones; digits of pi. */
    dorg_rng4(w, 0, 0, 0, 0);
    ok(w[0] == 0x6627e8d5 && w[1] == 0xe169c58d && w[2] == 0xbc57ac4c && w[3] == 0x9b00dbd8,
       "known answer for zeros");
    dorg_rng4(w, ~0ull, ~0u, ~0ull, ~0u);
    ok(w[0] == 0x408f276d && w[1] == 0x41c83b0e && w[2] == 0xa20bc7c6 && w[3] == 0x6d5451fd,
       "known answer for ones");
    dorg_rng4(w, 0x299f31d0a4093822ull, 0x03707344, 0x13198a2e85a308d3ull, 0x243f6a88);
    ok(w[0] == 0xd16cfe09 && w[1] == 0x94fdcceb && w[2] == 0x5001e420 && w[3] == 0x24126ea1,
       "known answer for pi");

    double sum = 0, sq = 0, usum = 0;
    enum { N = 100000 };
    for (uint32_t i = 0; i < N; i++) {
        double x = dorg_rng_normal(7, DORG_RNG_TEST, i, 0);
        sum += x;
        sq += x * x;
        usum += dorg_rng_unit(7, DORG_RNG_TEST, i, 1);
    }
    near(sum / N, 0, 0.015, "normal mean");
    near(sq / N, 1, 0.02, "normal variance");
    near(usum / N, 0.5, 0.005, "uniform mean");

    int seen[10] = {0}, in_range = 1;
    for (uint32_t i = 0; i < 10000; i++) {
        uint64_t k = dorg_rng_below(10, 3, DORG_RNG_TEST, i, 0);
        in_range &= k < 10;
        if (k < 10) seen[k]++;
    }
    ok(in_range, "below stays below");
    int fair = 1;
    for (int k = 0; k < 10; k++)
        fair &= seen[k] > 850 && seen[k] < 1150;
    ok(fair, "below is fair");

    uint32_t idx[100];
    for (uint32_t i = 0; i < 100; i++)
        idx[i] = i;
    dorg_rng_shuffle(idx, 100, 1, DORG_RNG_TEST, 0);
    int hit[100] = {0}, moved = 0;
    for (uint32_t i = 0; i < 100; i++) {
        hit[idx[i]]++;
        moved += idx[i] != i;
    }
    int each_once = 1;
    for (int i = 0; i < 100; i++)
        each_once &= hit[i] == 1;
    ok(each_once && moved > 80, "shuffle is a permutation that moves things");
    return tap_done();
}
