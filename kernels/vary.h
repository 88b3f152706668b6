/* vary.h - fresh variations of an image: zoom, turn, gain and brightness, odds of a map.
 *
 *   out(u) = 127.5 + g (in(c + R(a) (u - c) / z) - 127.5) + 127.5 b
 *
 * about the centre c, with z in [1/(1+zoom), 1+zoom] (uniform in its logarithm's first-order
 * sense: 1 + zoom t for t >= 0, else 1/(1 - zoom t)), a in [-turn, turn] degrees, g in
 * [1-grey, 1+grey], b in [-grey, grey], t, a, g, b uniform; linear interpolation, border
 * pixels repeated, rounded and clamped to 0..255.  Zoom and turn move all channels alike, grey
 * values change in the first n_grey channels only: a probability is not a grey value.  The
 * other channels are maps, whose odds are multiplied by e^d, d uniform in [-odds, odds]:
 *
 *   p' = p e^d / (1 - p + p e^d),   p = pixel / 255;   0 and 255 stay
 *
 * which is what another share of the organ, or a net surer or less sure of itself, does to a
 * map.
 *
 * Source   not in the paper, whose nets saw many patients; the authors' own later runs
 *          translate and rotate (paper.md 7).  For training on few scans. */
#ifndef DORG_VARY_H
#define DORG_VARY_H

#include <stdint.h>

struct dorg_vary {
    double zoom; /* 0 to 1 */
    double turn; /* degrees, 0 to 180 */
    double grey; /* 0 to 1 */
    double odds; /* of maps, logarithm, 0 to 180 */
};

/* True if it would change anything. */
int dorg_vary_any(const struct dorg_vary *v);

/* One draw: output pixel (i, j) is read at (x0 + i dx - j dy, y0 + i dy + j dx), all in
 * 1/65536 pixels; grey values become 127.5 + gain (g - 127.5) + 127.5 shift, the odds of maps
 * are multiplied. */
struct dorg_vary_move {
    int64_t x0, y0, dx, dy;
    double gain, shift, odds;
};
void dorg_vary_draw(struct dorg_vary_move *m, int h, int w, const struct dorg_vary *v,
                    uint64_t seed, uint64_t item);

/* from, to: uint8[c][h][w], not the same memory.  The draw is a function of (seed, item). */
void dorg_vary(uint8_t *to, const uint8_t *from, int c, int h, int w, int n_grey,
               const struct dorg_vary *v, uint64_t seed, uint64_t item);

#endif
