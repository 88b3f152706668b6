/* t_par.c - every item once, failures reported, jobs invisible */
#include "../../libcommon/base/par.h"
#include "../tap.h"

static int square(void *ctx, size_t i, size_t worker, struct dorg_err *e)
{
    (void)worker, (void)e;
    ((size_t *)ctx)[i] += i * i;
    return 0;
}

static int fail_from_30(void *ctx, size_t i, size_t worker, struct dorg_err *e)
{
    (void)ctx, (void)worker;
    return i >= 30 ? dorg_fail(e, DORG_EDATA, "item %zu", i) : 0;
}

static size_t calls, last, of, nested;

static void tell(size_t done, size_t n)
{
    calls++;
    if (n == 7) nested++;
    if (done >= last) last = done;
    of = n;
}

static int inner(void *ctx, size_t i, size_t worker, struct dorg_err *e)
{
    size_t out[7] = {0};
    (void)ctx, (void)i, (void)worker;
    return dorg_par(7, 2, square, out, e);
}

static void watched(void)
{
    size_t out[50] = {0};
    struct dorg_err e = DORG_ERR_INIT;
    dorg_par_watch(tell);
    dorg_par(50, 1, square, out, &e);
    ok(calls == 51 && last == 50 && of == 50,
       "each item of a plain loop is told, and the end");
    dorg_par(50, 3, square, out, &e);
    ok(last == 50 && of == 50, "and of threads");
    dorg_par(5, 3, inner, NULL, &e);
    ok(nested == 0 && of == 5, "but nothing of a loop within another");
    calls = 0;
    dorg_par(1, 1, square, out, &e);
    ok(calls == 0, "nor of one item");
    dorg_par(1, 1, inner, NULL, &e);
    dorg_par_watch(NULL);
    dorg_par(50, 1, square, out, &e);
    ok(calls == 0 && !e.code, "nobody is told when nobody watches");
}

int main(void)
{
    const int jobs[] = {0, 1, 2, 7, 300};
    for (int k = 0; k < 5; k++) {
        size_t out[1000] = {0};
        struct dorg_err e = DORG_ERR_INIT;
        ok(dorg_par(1000, jobs[k], square, out, &e) == 0, "runs with %d jobs", jobs[k]);
        int right = 1;
        for (size_t i = 0; i < 1000; i++)
            right &= out[i] == i * i;
        ok(right, "each item once with %d jobs", jobs[k]);
    }
    struct dorg_err e = DORG_ERR_INIT;
    ok(dorg_par(0, 4, square, NULL, &e) == 0, "no items");
    ok(dorg_par(100, 1, fail_from_30, NULL, &e) == DORG_EDATA, "a failure is reported");
    ok(strcmp(e.text, "item 30") == 0, "the first one, when in order");
    watched();
    ok(dorg_par_cpus() >= 1, "at least one processor");
    return tap_done();
}
