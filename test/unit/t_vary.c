/* t_vary.c - variations: nothing is nothing, known moves move, draws stay in their bounds */
#include "../../kernels/vary.h"
#include "../../libcommon/base/rng.h"
#include "../tap.h"

enum { S = 33 };
static uint8_t image[2 * S * S], out[2 * S * S];

/* One draw in five is its own: a variation is what the page's equation makes of its draws. */
static void draws(void)
{
    struct dorg_vary v = {0.4, 25, 0.3, 2};
    double worst[6] = {0};
    for (uint64_t item = 0; item < 200; item++) {
        struct dorg_vary_move m;
        double t[5];
        for (uint32_t k = 0; k < 5; k++)
            t[k] = 2 * dorg_rng_unit(9, DORG_RNG_VARY, item, k) - 1;
        double z = t[0] >= 0 ? 1 + 0.4 * t[0] : 1 / (1 - 0.4 * t[0]),
               a = t[1] * 25 * M_PI / 180;
        dorg_vary_draw(&m, S, S, &v, 9, item);
        worst[0] = fmax(worst[0], fabs((double)m.dx - 65536 * cos(a) / z));
        worst[1] = fmax(worst[1], fabs((double)m.dy - 65536 * sin(a) / z));
        worst[2] = fmax(worst[2], fabs(m.gain - (1 + 0.3 * t[2])));
        worst[3] = fmax(worst[3], fabs(m.shift - 0.3 * t[3]));
        worst[4] = fmax(worst[4], fabs(m.odds - exp(2 * t[4])));
        /* the centre is read at the centre */
        int64_t c = S / 2;
        worst[5] = fmax(worst[5], fabs((double)(m.x0 + c * m.dx - c * m.dy - 65536 * c)));
        worst[5] = fmax(worst[5], fabs((double)(m.y0 + c * m.dy + c * m.dx - 65536 * c)));
    }
    ok(worst[0] <= 0.5 && worst[1] <= 0.5 && worst[5] <= 2, "zoom and turn as drawn");
    ok(worst[2] < 1e-12 && worst[3] < 1e-12 && worst[4] < 1e-9,
       "gain, shift and odds as drawn");
}

/* Every pixel by the equation, in double. */
static double read_at(const uint8_t *in, double x, double y)
{
    double fx = x - floor(x), fy = y - floor(y), v[2][2];
    for (int j = 0; j < 2; j++)
        for (int i = 0; i < 2; i++) {
            int p = (int)floor(x) + i, q = (int)floor(y) + j;
            p = p < 0 ? 0 : p >= S ? S - 1 : p;
            q = q < 0 ? 0 : q >= S ? S - 1 : q;
            v[j][i] = in[q * S + p];
        }
    return (1 - fy) * ((1 - fx) * v[0][0] + fx * v[0][1]) +
           fy * ((1 - fx) * v[1][0] + fx * v[1][1]);
}

static void equation(void)
{
    struct dorg_vary v = {0.4, 25, 0.3, 0};
    double worst = 0;
    for (int k = 0; k < S * S; k++) /* smooth: a byte's rounding twice, and 1/256 of a pixel */
        image[k] = (uint8_t)(127 + 60 * sin(k % S * 0.3) + 50 * cos(k / S * 0.2));
    for (uint64_t item = 0; item < 40; item++) {
        struct dorg_vary_move m;
        dorg_vary_draw(&m, S, S, &v, 11, item);
        dorg_vary(out, image, 1, S, S, 1, &v, 11, item);
        for (int j = 0; j < S; j++)
            for (int i = 0; i < S; i++) {
                double x = (double)(m.x0 + i * m.dx - j * m.dy) / 65536,
                       y = (double)(m.y0 + i * m.dy + j * m.dx) / 65536;
                double want =
                    127.5 + m.gain * (read_at(image, x, y) - 127.5) + 127.5 * m.shift;
                want = want < 0 ? 0 : want > 255 ? 255 : want;
                worst = fmax(worst, fabs(out[j * S + i] - want));
            }
    }
    ok(worst < 1.5, "every pixel is the equation's (worst %.2f)", worst);
}

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

    draws();
    equation();
    return tap_done();
}
