/* t_vary.c - variations: nothing is nothing, known moves move, draws stay in their bounds */
#include "../../kernels/vary.h"
#include "../tap.h"

enum { S = 33 };
static uint8_t image[2 * S * S], out[2 * S * S];

int main(void)
{
    struct dorg_vary none = {0, 0, 0, 0};
    for (int k = 0; k < 2 * S * S; k++)
        image[k] = (uint8_t)(k * 37 % 251);
    dorg_vary(out, image, 2, S, S, 2, &none, 1, 2);
    ok(memcmp(out, image, sizeof image) == 0 && !dorg_vary_any(&none),
       "nothing changes nothing");

    /* grey values only: one gain and offset for the whole image, channel 2 left alone */
    struct dorg_vary grey = {0, 0, 0.3, 0};
    int monotone = 1, alone = 1, moved = 0;
    for (int item = 0; item < 50; item++) {
        dorg_vary(out, image, 2, S, S, 1, &grey, 7, (uint64_t)item);
        for (int k = 1; k < S * S; k++) {
            if ((image[k] > image[k - 1]) && out[k] < out[k - 1]) monotone = 0;
            if (abs(out[k] - image[k]) > 0.3 * 127.5 + 0.3 * 127.5 + 1) monotone = 0;
            moved += out[k] != image[k];
        }
        alone &= memcmp(out + S * S, image + S * S, S * S) == 0;
    }
    ok(monotone && moved > 1000, "grey values keep their order and their bounds");
    ok(alone, "a probability channel is left alone");

    /* turning and zooming keep the centre, a constant, and the range */
    struct dorg_vary move = {0.5, 180, 0, 0};
    int centre = 1, range = 1, constant = 1, other = 0;
    uint8_t flat[S * S], dot[S * S] = {0};
    memset(flat, 77, sizeof flat);
    for (int j = -6; j <= 6; j++)
        for (int i = -6; i <= 6; i++)
            if (i * i + j * j <= 36) dot[(S / 2 + j) * S + S / 2 + i] = 200;
    for (int item = 0; item < 100; item++) {
        long mass = 0;
        dorg_vary(out, dot, 1, S, S, 1, &move, 3, (uint64_t)item);
        centre &= out[S / 2 * S + S / 2] == 200;
        for (int k = 0; k < S * S; k++)
            mass += out[k], range &= out[k] <= 200;
        /* area changes by at most zoom squared, 2.25, and never vanishes */
        long was = 0;
        for (int k = 0; k < S * S; k++)
            was += dot[k];
        range &= mass <= 2.4 * (double)was && mass >= (double)was / 2.4;
        other += memcmp(out, dot, sizeof dot) != 0;
        dorg_vary(out, flat, 1, S, S, 1, &move, 3, (uint64_t)item);
        constant &= memcmp(out, flat, sizeof flat) == 0;
    }
    ok(centre, "the centre stays");
    ok(range && other > 90, "areas change within the zoom's bounds");
    ok(constant, "a constant stays constant");
    uint8_t again[S * S];
    dorg_vary(out, dot, 1, S, S, 1, &move, 3, 5);
    dorg_vary(again, dot, 1, S, S, 1, &move, 3, 5);
    ok(memcmp(out, again, sizeof again) == 0, "the same item, the same variation");

    /* odds: of the map only, one factor for all its pixels, both ways, within e^2 */
    struct dorg_vary odds = {0, 0, 0, 2};
    int bounds = 1, ends = 1, one = 1, first = 1, up = 0, down = 0;
    for (int k = 0; k < S * S; k++)
        image[S * S + k] = (uint8_t)(k % 256);
    for (int item = 0; item < 200; item++) {
        dorg_vary(out, image, 2, S, S, 1, &odds, 5, (uint64_t)item);
        const uint8_t *map = out + S * S;
        double d = log(map[128] / (255.0 - map[128])) - log(128 / 127.0);
        for (int p = 1; p < 255; p++) {
            double want = 255 / (1 + (255.0 - p) / p * exp(-d));
            one &= fabs(map[p] - want) < 3.5; /* d is known from a rounded pixel */
        }
        bounds &= fabs(d) < 2.1;
        ends &= map[0] == 0 && map[255] == 255;
        first &= memcmp(out, image, S * S) == 0;
        up += d > 1, down += d < -1;
    }
    ok(bounds && up > 20 && down > 20,
       "odds are multiplied, up and down, within their bounds");
    ok(one && ends, "all by one factor; sure is sure");
    ok(first && dorg_vary_any(&odds), "grey values are left alone");

    return tap_done();
}
