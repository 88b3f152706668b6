/* p_cmp.c - the verdict on random volumes and tables is the one of the definition */
#include "../../libcommon/look/cmp.h"
#include "../../libcommon/base/rng.h"
#include "../../libcommon/file/tab.h"
#include "../tap.h"

#include <unistd.h>

static uint64_t seed;

static double unit(uint64_t item, uint32_t draw)
{
    return dorg_rng_unit(seed, DORG_RNG_TEST, item, draw);
}

static void save_vol(const char *path, const struct dorg_vol *v)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_out o;
    dorg_out_open(&o, path, &e);
    dorg_vol_write(&o, v, "a stage", &e);
    if (dorg_out_close(&o, &e)) ok(0, "%s", e.text);
}

static void save_tab(const char *path, const struct dorg_tab *t)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_out o;
    dorg_out_open(&o, path, &e);
    dorg_tab_write(&o, t, "a stage", &e);
    if (dorg_out_close(&o, &e)) ok(0, "%s", e.text);
}

/* 0 same, 1 differ, else the error. */
static int verdict(const char *a, const char *b, double absolute, double relative)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_cmp c = {.absolute = absolute, .relative = relative};
    struct dorg_in *in[2] = {NULL, NULL};
    dorg_in_open(&in[0], a, &e);
    dorg_in_open(&in[1], b, &e);
    if (!e.code) dorg_cmp_inputs(&c, in[0], in[1], &e);
    dorg_in_close(in[0]);
    dorg_in_close(in[1]);
    return e.code ? e.code : c.differ;
}

/* By the definition; so close to the limit that rounding decides: -1. */
static int expected(const double *a, const double *b, size_t n, double absolute,
                    double relative)
{
    int differ = 0;
    for (size_t i = 0; i < n; i++) {
        double room = absolute + relative * fmax(fabs(a[i]), fabs(b[i]));
        double gap = fabs(a[i] - b[i]);
        if (gap != room && fabs(gap - room) < 1e-12 * (1 + room)) return -1;
        differ |= gap > room;
    }
    return differ;
}

static void volumes(uint64_t t)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_vol a, b;
    const int32_t n[3] = {1 + (int32_t)(unit(t, 0) * 6), 1 + (int32_t)(unit(t, 1) * 6),
                          1 + (int32_t)(unit(t, 2) * 6)};
    const float mm[3] = {1, 2, 3};
    enum dorg_type type = unit(t, 3) < 0.5 ? DORG_F32 : DORG_I16;
    double x[216], y[216], sizes[4] = {0, 1e-3, 1, 50};
    double absolute = sizes[(int)(unit(t, 4) * 4)], relative = unit(t, 5) < 0.5 ? 0 : 0.01;
    dorg_vol_new(&a, n, mm, type, &e);
    dorg_vol_new(&b, n, mm, type, &e);
    size_t count = dorg_grid_count(&a.grid);
    double gap = sizes[(int)(unit(t, 6) * 4)] * 1.3, often = unit(t, 7);
    for (size_t i = 0; i < count; i++) {
        double u = 200 * unit(t, 100 + (uint32_t)i) - 100;
        double v = u + (unit(t, 400 + (uint32_t)i) < often ? gap : 0);
        if (type == DORG_F32) {
            x[i] = (double)(((float *)a.data)[i] = (float)u);
            y[i] = (double)(((float *)b.data)[i] = (float)v);
        } else {
            x[i] = ((int16_t *)a.data)[i] = (int16_t)u;
            y[i] = ((int16_t *)b.data)[i] = (int16_t)v;
        }
    }
    save_vol("p_cmp_a.nii", &a);
    save_vol("p_cmp_b.nii", &b);
    int want = expected(x, y, count, absolute, relative);
    int got = verdict("p_cmp_a.nii", "p_cmp_b.nii", absolute, relative);
    ok(want < 0 || got == want, "volumes %llu: %d", (unsigned long long)t, want);
    ok(got == verdict("p_cmp_b.nii", "p_cmp_a.nii", absolute, relative), "either way round");
    ok(verdict("p_cmp_a.nii", "p_cmp_a.nii", 0, 0) == 0, "each equals itself");
    dorg_vol_free(&a);
    dorg_vol_free(&b);
}

static void tables(uint64_t t)
{
    static const char *const names[] = {"id", "z", "x", "y"};
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_tab a, b;
    double x[100], y[100], absolute = unit(t, 0) < 0.5 ? 0 : 0.5;
    size_t rows = (size_t)(unit(t, 1) * 12), n = 0;
    dorg_tab_new(&a, names, 4, &e);
    dorg_tab_new(&b, names, 4, &e);
    double often = unit(t, 2);
    for (size_t r = 0; r < rows; r++) {
        double *p, *q;
        dorg_tab_append(&a, &p, &e);
        dorg_tab_append(&b, &q, &e);
        p[0] = q[0] = (double)(3 * r + 1);
        for (int k = 1; k < 4; k++, n++) {
            uint32_t d = (uint32_t)(10 + 4 * r) + (uint32_t)k;
            p[k] = floor(50 * unit(t, d));
            q[k] =
                p[k] + (unit(t, d + 1000) < often * 0.1 ? (unit(t, 3) < 0.5 ? 0.25 : 1) : 0);
            x[n] = p[k];
            y[n] = q[k];
        }
    }
    save_tab("p_cmp_a.tab", &a);
    save_tab("p_cmp_b.tab", &b);
    int want = expected(x, y, n, absolute, 0);
    ok(verdict("p_cmp_a.tab", "p_cmp_b.tab", absolute, 0) == want, "tables %llu: %d",
       (unsigned long long)t, want);
    ok(verdict("p_cmp_a.tab", "p_cmp_b.nii", 0, 0) == DORG_EDATA, "a table and a volume");
    dorg_tab_free(&a);
    dorg_tab_free(&b);
}

int main(void)
{
    seed = tap_seed(1);
    for (uint64_t t = 0; t < 60; t++) {
        volumes(t);
        tables(1000 + t);
    }
    const char *left[] = {"p_cmp_a.nii", "p_cmp_b.nii", "p_cmp_a.tab", "p_cmp_b.tab"};
    for (int k = 0; k < 4; k++)
        unlink(left[k]);
    return tap_done();
}
