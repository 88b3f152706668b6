/* rng.c - Philox-4x32-10 */
#include "rng.h"

void dorg_rng4(uint32_t out[4], uint64_t seed, uint32_t purpose, uint64_t item, uint32_t draw)
{
    uint32_t c0 = draw, c1 = (uint32_t)item, c2 = (uint32_t)(item >> 32), c3 = purpose;
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0;
        uint64_t p1 = (uint64_t)0xCD9E8D57u * c2;
        uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        uint32_t n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        c0 = n0;
        c2 = n2;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

uint32_t dorg_rng_u32(uint64_t seed, uint32_t purpose, uint64_t item, uint32_t draw)
{
    uint32_t w[4];
    dorg_rng4(w, seed, purpose, item, draw);
    return w[0];
}

static double unit_of(uint32_t hi, uint32_t lo)
{
    return (double)(((uint64_t)hi << 32 | lo) >> 11) * 0x1p-53;
}

double dorg_rng_unit(uint64_t seed, uint32_t purpose, uint64_t item, uint32_t draw)
{
    uint32_t w[4];
    dorg_rng4(w, seed, purpose, item, draw);
    return unit_of(w[0], w[1]);
}

uint64_t dorg_rng_below(uint64_t n, uint64_t seed, uint32_t purpose, uint64_t item,
                        uint32_t draw)
{
    uint32_t w[4];
    dorg_rng4(w, seed, purpose, item, draw);
    uint64_t u = (uint64_t)w[0] << 32 | w[1];
    __extension__ typedef unsigned __int128 wide;
    return (uint64_t)((wide)u * n >> 64);
}

double dorg_rng_normal(uint64_t seed, uint32_t purpose, uint64_t item, uint32_t draw)
{
    uint32_t w[4];
    dorg_rng4(w, seed, purpose, item, draw);
    double u = 1.0 - unit_of(w[0], w[1]); /* in (0, 1], so the log is finite */
    double angle = 6.283185307179586 * unit_of(w[2], w[3]);
    return sqrt(-2.0 * log(u)) * cos(angle);
}

void dorg_rng_shuffle(uint32_t *idx, uint32_t n, uint64_t seed, uint32_t purpose,
                      uint64_t item)
{
    for (uint32_t i = n; i > 1; i--) {
        uint32_t j = (uint32_t)dorg_rng_below(i, seed, purpose, item, i);
        uint32_t t = idx[i - 1];
        idx[i - 1] = idx[j];
        idx[j] = t;
    }
}
