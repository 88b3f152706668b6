/* p_kde - the HU densities and their response against the equations of kde.h */
#include "../../libcommon/base/rng.h"
#include "../../libcommon/feature/kde.h"
#include "../tap.h"

enum { NX = 40, NY = 36, NZ = 6 };
static struct dorg_err e;

static bool inside(int x, int y, int x0, int x1, int y0, int y1)
{
    return x >= x0 && x <= x1 && y >= y0 && y <= y1;
}

/* A body with a hole of air in air, the organ in it, and the table under it. */
static void scan(struct dorg_vol *ct, struct dorg_vol *truth, uint64_t seed)
{
    const int32_t n[3] = {NX, NY, NZ};
    const float mm[3] = {1, 1, 1};
    dorg_vol_new(ct, n, mm, DORG_F32, &e);
    dorg_vol_new(truth, n, mm, DORG_U8, &e);
    float *hu = ct->data;
    uint8_t *in = truth->data;
    for (int z = 0, i = 0; z < NZ; z++)
        for (int y = 0; y < NY; y++)
            for (int x = 0; x < NX; x++, i++) {
                double noise = dorg_rng_normal(seed, DORG_RNG_TEST, (uint64_t)i, 0);
                bool body = inside(x, y, 6, 32, 5, 26), air = inside(x, y, 8, 12, 8, 12);
                in[i] = inside(x, y, 18, 26, 14, 20) && z > 0 && z < 5;
                double mean = in[i] ? 90 : body && !air ? 20 : -950;
                if (inside(x, y, 2, 36, 31, 34)) mean = 300; /* the table */
                hu[i] =
                    (float)(round(4 * (mean + 25 * noise)) / 4); /* floats add it exactly */
                if (i == 700) in[i] = 1; /* truth counts wherever it lies */
            }
}

static int bin(double hu)
{
    int k = (int)floor(hu + 1024 + 0.5);
    return k < 0 ? 0 : k > 4095 ? 4095 : k;
}

/* f at every HU of n values, each taken alone. */
static void densities(double *f, const double *v, size_t n)
{
    double mean = 0, var = 0, total = (double)n;
    static double sorted[1 << 16];
    size_t at = 0;
    for (size_t i = 0; i < n; i++)
        mean += v[i] / total;
    for (size_t i = 0; i < n; i++)
        var += (v[i] - mean) * (v[i] - mean) / total;
    for (int u = -1024; u < 3072; u++)
        for (size_t i = 0; i < n; i++)
            if (v[i] >= u && v[i] < u + 1) sorted[at++] = v[i];
    double q1 = sorted[(size_t)ceil(0.25 * total) - 1];
    double q3 = sorted[(size_t)ceil(0.75 * total) - 1];
    double spread = q3 > q1 ? fmin(sqrt(var), (q3 - q1) / 1.34) : sqrt(var);
    double h = fmax(1, 0.9 * spread * pow(total, -1.0 / 5));
    for (int k = 0; k < 4096; k++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++) {
            double z = (k - 1024 - v[i]) / h;
            if (fabs(z) < 9) sum += exp(-z * z / 2);
        }
        f[k] = sum / (total * h * sqrt(2 * acos(-1)));
    }
}

static void one(uint64_t seed, const double *shift, int n_shifts)
{
    static struct dorg_kde_counts c;
    static double v[2][1 << 16], f[2][4096];
    static uint64_t want[2][4096];
    size_t n[2] = {0, 0};
    struct dorg_vol ct = DORG_VOL_INIT, truth = DORG_VOL_INIT;
    struct dorg_tab t;
    scan(&ct, &truth, seed);
    memset(&c, 0, sizeof c);
    memset(want, 0, sizeof want);
    const float *hu = ct.data;
    const uint8_t *in = truth.data;
    for (int i = 0; i < NX * NY * NZ; i++) {
        int x = i % NX, y = i / NX % NY, organ = in[i] != 0;
        if (!organ && !(inside(x, y, 6, 32, 5, 26) && hu[i] > -500)) continue;
        for (int s = 0; s < n_shifts; s++) {
            int k = bin((double)(hu[i] + (float)shift[s]));
            want[organ][k]++;
            v[organ][n[organ]++] = k - 1024;
        }
    }
    ok(!dorg_kde_count(&c, &ct, &truth, shift, n_shifts, 2, &e), "counts %s", e.text);
    ok(memcmp(c.n[0], want[0], sizeof want[0]) == 0,
       "the background is the body's box above -500 HU: %zu values", n[0]);
    ok(memcmp(c.n[1], want[1], sizeof want[1]) == 0, "the organ is the truth: %zu", n[1]);
    ok(!dorg_kde_table(&t, &c, &e) && t.n_rows == 4096, "a table %s", e.text);
    for (int k = 0; k < 2; k++)
        densities(f[k], v[k], n[k]);
    double worst = 0, most = 0;
    for (int k = 0; k < 4096; k++) {
        const double *row = t.v + (size_t)(5 * k);
        bool none = f[0][k] < 1e-9 && f[1][k] < 1e-9;
        worst = fmax(worst, fabs(row[2] - f[0][k]) + fabs(row[3] - f[1][k]));
        if (f[0][k] + f[1][k] > 1.1e-9 || f[0][k] + f[1][k] < 0.9e-9)
            most = fmax(most, fabs(row[4] - (none ? 0 : f[1][k] / (f[0][k] + f[1][k]))));
    }
    ok(worst < 1e-9, "densities are the definition's (%g)", worst);
    ok(most < 1e-4, "and so is the response (%g)", most);
    dorg_tab_free(&t);
    dorg_vol_free(&ct);
    dorg_vol_free(&truth);
}

int main(void)
{
    static const double none[] = {0}, three[] = {-20, 0, 15.5};
    uint64_t seed = tap_seed(1);
    e = DORG_ERR_INIT;
    one(seed, none, 1);
    one(seed + 1, three, 3);
    return tap_done();
}
