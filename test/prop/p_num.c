/* p_num.c - numbers as text: always what strtod and printf say */
#include "../../libcommon/base/num.h"
#include "../../libcommon/base/rng.h"
#include "../tap.h"

#include <stdbool.h>

static int bad_print, bad_parse;

static void one(double x)
{
    char want[64], got[64], *end_a, *end_b;
    if (!isfinite(x)) return;
    snprintf(want, sizeof want, fabs(x) < 0x1p53 && x == floor(x) ? "%.0f" : "%.9g",
             x == 0 ? 0.0 : x);
    int n = dorg_num_print(got, x);
    got[n] = 0;
    if (strcmp(want, got) != 0 && bad_print++ < 5)
        printf("# %.17g: %s, not %s\n", x, got, want);
    const char *const form[] = {"%.9g", "%.17g", "%.0f", "%.3f", "%.12e", "%g"};
    for (int k = 0; k < 6; k++) {
        snprintf(want, sizeof want, form[k], x);
        double a = strtod(want, &end_a), b = dorg_num_parse(want, &end_b);
        if ((memcmp(&a, &b, sizeof a) != 0 || end_a != end_b) && bad_parse++ < 5)
            printf("# %s: %.17g, not %.17g\n", want, b, a);
    }
}

static void odd_texts(void)
{
    static const char *const text[] = {"",
                                       "-",
                                       ".",
                                       "-.",
                                       "5.",
                                       ".5",
                                       "-.5e1",
                                       "1e",
                                       "1e+",
                                       "1e5x",
                                       "0x10",
                                       "nan",
                                       "inf",
                                       "+3",
                                       " 4",
                                       "1.2.3",
                                       "--1",
                                       "1e400",
                                       "-0",
                                       "0.0",
                                       "1e-400",
                                       "00012",
                                       "1e22",
                                       "1e23",
                                       "9007199254740993",
                                       "123456789012345678901234567890",
                                       "0.000000000000000000000000001",
                                       "1e0000005",
                                       "7\t8",
                                       "1,5"};
    int bad = 0;
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        char *end_a, *end_b;
        double a = strtod(text[i], &end_a), b = dorg_num_parse(text[i], &end_b);
        bool same =
            end_a == end_b && (memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b)));
        if (!same) printf("# \"%s\"\n", text[i]);
        bad += !same;
    }
    ok(bad == 0, "odd texts end where strtod ends them, with its value");
}

/* NA, inf and numbers, there and back. */
static void words(void)
{
    static const double x[] = {NAN, INFINITY, -INFINITY, 0, -2.5, 1e300};
    static const char *const word[] = {"NA", "inf", "-inf", "0", "-2.5", "1e+300"};
    static const char *const none[] = {"", "nan", "NAN", "0x10", "1 ", "1,5", "na", "-"};
    char text[DORG_NUM_ROOM];
    double y;
    for (size_t i = 0; i < sizeof x / sizeof *x; i++) {
        ok(strcmp(dorg_num_text(text, x[i]), word[i]) == 0, "%s is written %s", word[i], text);
        ok(dorg_num_read(&y, word[i]) && (isnan(x[i]) ? isnan(y) : y == x[i]), "and read");
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        ok(!dorg_num_read(&y, none[i]), "'%s' is no number", none[i]);
}

int main(void)
{
    uint64_t seed = tap_seed(20261123);
    for (uint32_t i = 0; i < 60000; i++) {
        uint32_t w[4];
        dorg_rng4(w, seed, DORG_RNG_TEST, i, 0);
        uint64_t bits = (uint64_t)w[0] << 32 | w[1];
        double any, unit = dorg_rng_unit(seed, DORG_RNG_TEST, i, 1);
        memcpy(&any, &bits, sizeof any);
        one(any);
        one((double)(float)(unit * 1000 - 500));
        one(ldexp(unit, (int)(w[2] % 80) - 40));
        one((double)(w[3] % 2000000) / 2000); /* ties of the ninth digit, and short decimals */
        one((double)w[2] + 0.5);
        one((double)(w[2] % 1000) * 1e6 + (double)(w[3] % 1000000) + 0.0625 * (w[1] % 16));
    }
    for (int e = -12; e < 18; e++)
        for (int d = -3; d <= 3; d++) { /* next to powers of ten */
            double x = pow(10, e);
            for (int k = 0; k < abs(d); k++)
                x = nextafter(x, d < 0 ? 0 : INFINITY);
            one(x);
            one(-x);
            one(x * (1 - 1e-9 * d));
            one(x * (1 - 5e-10));
        }
    ok(bad_print == 0, "printed as printf prints (%d differ)", bad_print);
    ok(bad_parse == 0, "read as strtod reads (%d differ)", bad_parse);
    odd_texts();
    words();
    return tap_done();
}
