/* rng.h - counter-based random numbers: Philox-4x32-10.
 *
 * A draw is a pure function of (seed, purpose, item, draw), so neither threads nor order
 * can change it.  Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
 * SC 2011, sec. 3; key = seed, counter = (draw, item low, item high, purpose). */
#ifndef DORG_RNG_H
#define DORG_RNG_H

#include <stdint.h>

enum dorg_purpose { /* what a stream of draws is for; never reuse a number */
                    DORG_RNG_PHANTOM = 1,
                    DORG_RNG_BAG = 2,     /* forest: bootstrap weights */
                    DORG_RNG_SPLIT = 3,   /* forest: features tried at a node */
                    DORG_RNG_SAMPLE = 4,  /* balancing, subsampling */
                    DORG_RNG_INIT = 5,    /* net: initial weights */
                    DORG_RNG_SHUFFLE = 6, /* training order */
                    DORG_RNG_DROPOUT = 7,
                    DORG_RNG_FLIP = 8,
                    DORG_RNG_TPS = 9,
                    DORG_RNG_FOLDS = 10,
                    DORG_RNG_BOOTSTRAP = 11, /* confidence intervals */
                    DORG_RNG_VARY = 12,      /* zoom, turn, grey values of training images */
                    DORG_RNG_BOOST = 13,     /* boosting: rows and features a tree sees */
                    DORG_RNG_TEST = 99
};

/* Four independent 32-bit words. */
void dorg_rng4(uint32_t out[4], uint64_t seed, uint32_t purpose, uint64_t item, uint32_t draw);

uint32_t dorg_rng_u32(uint64_t seed, uint32_t purpose, uint64_t item, uint32_t draw);

/* Uniform in [0, 1), 53 bits. */
double dorg_rng_unit(uint64_t seed, uint32_t purpose, uint64_t item, uint32_t draw);

/* Uniform integer in [0, n), n >= 1; bias below n / 2^64. */
uint64_t dorg_rng_below(uint64_t n, uint64_t seed, uint32_t purpose, uint64_t item,
                        uint32_t draw);

/* Standard normal, by Box-Muller (libm's log, sqrt and cos). */
double dorg_rng_normal(uint64_t seed, uint32_t purpose, uint64_t item, uint32_t draw);

/* Fisher-Yates: idx[0..n) becomes a permutation of its former contents. */
void dorg_rng_shuffle(uint32_t *idx, uint32_t n, uint64_t seed, uint32_t purpose,
                      uint64_t item);

#endif
