/* tap.h - the whole harness: TAP on stdout, one line a check */
#ifndef DORG_TAP_H
#define DORG_TAP_H

#include <stdarg.h>
#include <stdint.h>

static int tap_n, tap_bad;

__attribute__((format(printf, 2, 3), unused)) static int tap_check(int ok, const char *fmt,
                                                                   ...)
{
    va_list ap;
    printf("%sok %d - ", ok ? "" : "not ", ++tap_n);
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    putchar('\n');
    fflush(stdout);
    tap_bad += !ok;
    return ok;
}
#define ok(cond, ...) tap_check(!!(cond), __VA_ARGS__)

__attribute__((unused)) static int tap_near(double got, double want, double tol,
                                            const char *what)
{
    int good = fabs(got - want) <= tol; /* false for NaN */
    tap_check(good, "%s", what);
    if (!good) printf("# got %.17g, want %.17g within %g\n", got, want, tol);
    return good;
}
#define near(got, want, tol, what) tap_near(got, want, tol, what)

__attribute__((unused)) static void tap_skip(const char *why)
{
    printf("ok %d # skip %s\n", ++tap_n, why);
}

/* Property tests draw from this seed; SEED= in the environment replays a failure. */
__attribute__((unused)) static uint64_t tap_seed(uint64_t fallback)
{
    const char *s = getenv("SEED");
    uint64_t seed = s ? strtoull(s, NULL, 10) : fallback;
    printf("# SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

/* The last line of every test program. */
__attribute__((unused)) static int tap_done(void)
{
    printf("1..%d\n", tap_n);
    return tap_bad != 0 || tap_n == 0;
}

#endif
