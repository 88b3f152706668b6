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
    ok(dorg_par_cpus() >= 1, "at least one processor");
    return tap_done();
}
