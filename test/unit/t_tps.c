/* t_tps.c - the spline against its equations, the warp against a double-precision one */
#include "../../libcommon/base/rng.h"
#include "../../libcommon/sample/tps.h"
#include "../oracle/o_tps.h"
#include "../tap.h"

enum { MAXS = 80 };

static void fill(uint8_t *p, int n, uint64_t seed)
{
    for (int i = 0; i < n; i++)
        p[i] = (uint8_t)dorg_rng_u32(seed, DORG_RNG_TEST, (uint64_t)i, 0);
}

/* B_k is 1 at its own landmark and 0 at every other. */
static void check_basis(const struct dorg_tps *t, const char *what)
{
    double worst = 0;
    for (int k = 0; k < t->n_move; k++)
        for (int i = 0; i < t->n_land; i++) {
            double want = i == t->n_land - t->n_move + k;
            double got = dorg_tps_basis(t, k, t->land[2 * i], t->land[2 * i + 1]);
            worst = fmax(worst, fabs(got - want));
        }
    near(worst, 0, 1e-9, what);
}

static void check_conditions(const struct dorg_tps *t)
{
    double worst = 0;
    for (int k = 0; k < t->n_move; k++) {
        double s[3] = {0};
        for (int i = 0; i < t->n_land; i++) {
            double c = t->coef[k * (t->n_land + 3) + i];
            s[0] += c;
            s[1] += c * t->land[2 * i];
            s[2] += c * t->land[2 * i + 1];
        }
        for (int j = 0; j < 3; j++)
            worst = fmax(worst, fabs(s[j]));
    }
    near(worst, 0, 1e-9, "side conditions hold");
}

/* Field and warped bytes of one draw against the oracle's own spline. */
static void check_warp(int side, int channels, int log_kernel, uint64_t seed)
{
    static uint8_t src[3 * MAXS * MAXS], dst[3 * MAXS * MAXS];
    struct dorg_tps_opts o = DORG_TPS_OPTS_INIT;
    struct dorg_tps t;
    struct dorg_err e = DORG_ERR_INIT;
    float d[2 * DORG_TPS_MAX_MOVE];
    double xy[128], dx[64] = {0}, dy[64] = {0}, cx[96], cy[96], worst = 0, worst_field = 0;
    o.r2logr = log_kernel;
    o.seed = seed;
    if (!ok(!dorg_tps_new(&t, side, side, &o, &e), "a %d x %d spline", side, side)) return;
    float *scratch = malloc(dorg_tps_scratch(&t) * sizeof *scratch);
    int n = o_tps_landmarks(xy, side);
    ok(n == t.n_land && t.n_move == 9, "%d landmarks, 9 of them moving", n);
    fill(src, channels * side * side, seed);
    dorg_tps_draw(&t, d, 77, 1);
    for (int k = 0; k < 9; k++) {
        dx[n - 9 + k] = (double)d[k];
        dy[n - 9 + k] = (double)d[9 + k];
    }
    o_tps_fit(cx, cy, xy, dx, dy, n, log_kernel);
    dorg_tps_warp(dst, src, channels, &t, d, scratch);
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++) {
            double ux = o_tps_eval(cx, xy, n, log_kernel, x, y), mine = 0;
            double uy = o_tps_eval(cy, xy, n, log_kernel, x, y);
            for (int k = 0; k < 9; k++)
                mine += (double)d[k] * dorg_tps_basis(&t, k, x, y);
            worst_field = fmax(worst_field, fabs(mine - ux));
            for (int c = 0; c < channels; c++) {
                const uint8_t *plane = src + c * side * side;
                double want = o_tps_sample(plane, side, x + ux, y + uy);
                double got = dst[c * side * side + y * side + x];
                worst = fmax(worst, fabs(got - want));
            }
        }
    near(worst_field, 0, 1e-9, "the field is the spline through the displacements");
    near(worst, 0, 0.502, "every byte is the rounded value of the double warp");
    free(scratch);
    dorg_tps_free(&t);
}

static void check_identity(void)
{
    static uint8_t src[3 * 40 * 20], dst[3 * 40 * 20];
    struct dorg_tps_opts o = DORG_TPS_OPTS_INIT;
    struct dorg_tps t;
    struct dorg_err e = DORG_ERR_INIT;
    float d[2 * DORG_TPS_MAX_MOVE];
    o.amplitude = 0;
    if (!ok(!dorg_tps_new(&t, 40, 20, &o, &e), "a 40 x 20 spline")) return;
    check_basis(&t, "landmarks of an oblong window");
    float *scratch = malloc(dorg_tps_scratch(&t) * sizeof *scratch);
    fill(src, sizeof src, 5);
    dorg_tps_draw(&t, d, 3, 1);
    dorg_tps_warp(dst, src, 3, &t, d, scratch);
    ok(memcmp(src, dst, sizeof src) == 0, "zero amplitude changes nothing");
    free(scratch);
    dorg_tps_free(&t);
}

static void check_draws(void)
{
    struct dorg_tps_opts o = DORG_TPS_OPTS_INIT;
    struct dorg_tps t, small;
    struct dorg_err e = DORG_ERR_INIT;
    float d[2 * DORG_TPS_MAX_MOVE], again[2 * DORG_TPS_MAX_MOVE];
    double most = 0, sum = 0;
    if (dorg_tps_new(&t, 64, 64, &o, &e) || dorg_tps_new(&small, 12, 12, &o, &e)) return;
    for (uint64_t i = 0; i < 2000; i++) {
        dorg_tps_draw(&t, d, i, 1);
        for (int k = 0; k < 18; k++) {
            most = fmax(most, fabs((double)d[k]));
            sum += (double)d[k];
        }
    }
    ok(most <= 3.2 && most > 3.19, "displacements fill [-3.2, 3.2]: up to %g", most);
    near(sum / 36000, 0, 0.03, "their mean is 0");
    dorg_tps_draw(&t, d, 9, 1);
    dorg_tps_draw(&t, again, 9, 1);
    ok(memcmp(d, again, 18 * sizeof *d) == 0, "the same draw twice");
    dorg_tps_draw(&t, again, 9, 2);
    ok(memcmp(d, again, 18 * sizeof *d) != 0, "another deformation is another draw");
    most = 0;
    for (uint64_t i = 0; i < 500; i++) {
        dorg_tps_draw(&small, d, i, 1);
        for (int k = 0; k < 18; k++)
            most = fmax(most, fabs((double)d[k]));
    }
    ok(most <= 1 && most > 0.98, "a small window still moves by a pixel: %g", most);
    dorg_tps_free(&t);
    dorg_tps_free(&small);
}

static void check_refusals(void)
{
    struct dorg_tps t;
    struct dorg_tps_opts o = DORG_TPS_OPTS_INIT;
    struct dorg_err e = DORG_ERR_INIT;
    ok(dorg_tps_new(&t, 3, 64, &o, &e) == DORG_EUSAGE, "a side of 3 is refused");
    e = DORG_ERR_INIT;
    o.amplitude = (double)NAN;
    ok(dorg_tps_new(&t, 64, 64, &o, &e) == DORG_EUSAGE, "a NaN amplitude is refused");
    e = DORG_ERR_INIT;
    o = DORG_TPS_OPTS_INIT;
    o.points = 0;
    ok(dorg_tps_new(&t, 64, 64, &o, &e) == DORG_EUSAGE, "no points are refused");
}

int main(void)
{
    struct dorg_tps_opts o = DORG_TPS_OPTS_INIT;
    struct dorg_tps t;
    struct dorg_err e = DORG_ERR_INIT;
    for (int k = 0; k < 2; k++) {
        o.r2logr = k;
        if (dorg_tps_new(&t, 64, 64, &o, &e)) break;
        check_basis(&t, k ? "r^2 log r interpolates" : "phi(r) = r interpolates");
        check_conditions(&t);
        dorg_tps_free(&t);
    }
    ok(!e.code, "splines are made %s", e.text);
    check_warp(64, 2, 0, 1);
    check_warp(64, 3, 1, 2);
    check_warp(33, 1, 0, 3);
    check_warp(5, 1, 0, 4);
    check_identity();
    check_draws();
    check_refusals();
    return tap_done();
}
