/* t_mem.c - sizes that overflow are refused before malloc sees them */
#include "../../libcommon/base/mem.h"
#include "../tap.h"

int main(void)
{
    struct dorg_err e = DORG_ERR_INIT;
    ok(!dorg_array(SIZE_MAX / 2, 4, &e) && e.code == DORG_EIO, "overflow refused");
    e = DORG_ERR_INIT;
    ok(!dorg_zeroed(SIZE_MAX, 1, &e) && e.code == DORG_EIO, "more than memory refused");
    e = DORG_ERR_INIT;
    char *p = dorg_array(0, 8, &e);
    ok(p && !e.code, "zero elements give a pointer");
    free(p);
    int *z = dorg_zeroed(1000, sizeof *z, &e), sum = 0;
    for (int i = 0; z && i < 1000; i++)
        sum |= z[i];
    ok(z && sum == 0, "zeroed is zero");
    ok(dorg_resize(&z, 2000, sizeof *z, &e) == 0 && z[999] == 0, "resize keeps contents");
    int *before = z;
    ok(dorg_resize(&z, SIZE_MAX / 2, 4, &e) == DORG_EIO && z == before,
       "a refused resize leaves the array");
    free(z);
    e = DORG_ERR_INIT;
    size_t cap = 0;
    int *g = NULL;
    for (size_t n = 0; n < 100 && !dorg_grow(&g, n, &cap, sizeof *g, &e); n++)
        g[n] = (int)n;
    ok(g && g[99] == 99 && cap >= 100, "grow keeps up");
    free(g);

    ok(dorg_fail(&e, DORG_EDATA, "first %d", 1) == DORG_EDATA &&
           dorg_fail(&e, DORG_EIO, "second") == DORG_EDATA && !strcmp(e.text, "first 1"),
       "the first error stays");
    ok(dorg_err_at(&e, "a.nii") == DORG_EDATA && !strcmp(e.text, "a.nii: first 1"),
       "named where");
    return tap_done();
}
