/* p_surf.c - distances against every pair of voxels; jobs, order and axes do not matter */
#include "../../libcommon/quantile.h"
#include "../../libcommon/rng.h"
#include "../../libcommon/surf.h"
#include "../oracle/o_dist.h"
#include "../tap.h"

#include <stdbool.h>

enum { MOST = 3 * 64 * 64, NEAR = 150, FAR = 6 }; /* trials */

static int ascending(const void *p, const void *q)
{
    double a = *(const double *)p, b = *(const double *)q;
    return a < b ? -1 : a > b;
}

static double draw(uint64_t seed, uint64_t item, uint32_t k)
{
    return dorg_rng_unit(seed, DORG_RNG_TEST, item, k);
}

struct trial {
    int n[3];
    double mm[3];
    uint8_t cell[MOST];
};

static void make(struct trial *t, uint64_t seed, uint64_t item)
{
    for (int a = 0; a < 3; a++) {
        t->n[a] = 1 + (int)(draw(seed, item, (uint32_t)a) * 11);
        t->mm[a] = 0.3 + 4 * draw(seed, item, 10 + (uint32_t)a);
    }
    int all = t->n[0] * t->n[1] * t->n[2];
    double dense = item % 3 ? 0.9 : 0.08; /* solid with holes, or scattered */
    for (int i = 0; i < all; i++)
        t->cell[i] = (uint8_t)((draw(seed, item, 100 + 2 * (uint32_t)i) < dense) |
                               (draw(seed, item, 101 + 2 * (uint32_t)i) < dense) << 1);
    t->cell[0] |= DORG_BIT_A;
    t->cell[all - 1] |= DORG_BIT_B;
}

/* Two masks at opposite ends of a wide box, farther apart than a short search looks: many
 * such voxels, or few, among others that lie close. */
static void make_far(struct trial *t, uint64_t seed, uint64_t item)
{
    memset(t, 0, sizeof *t);
    for (int a = 0; a < 3; a++) {
        t->n[a] = a ? 64 : 1 + (int)(item % 3);
        t->mm[a] = 0.5 + draw(seed, item, (uint32_t)a);
    }
    for (int z = 0; z < 64; z++)
        for (int y = 0; y < 64; y++)
            for (int x = 0; x < t->n[0]; x++) {
                uint8_t *c = t->cell + (z * 64 + y) * t->n[0] + x;
                if (item % 2 ? z < 4 : y < 2 && z < 2) *c = DORG_BIT_A;
                if (z > 55 && draw(seed, item, 100 + (uint32_t)(c - t->cell)) < 0.03)
                    *c = DORG_BIT_B;
                if (y > 58 && z > 57) *c |= DORG_BIT_A;
            }
}

static struct dorg_surf run(const struct trial *t, const int order[3], bool swapped, int jobs,
                            double **d, size_t *n)
{
    static uint8_t cell[MOST];
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_surf s = {-1, -1, -1, -1};
    struct dorg_cells b = {.cell = cell};
    for (int a = 0; a < 3; a++) {
        b.n[a] = t->n[order[a]];
        b.mm[a] = t->mm[order[a]];
    }
    for (int z = 0; z < b.n[2]; z++)
        for (int y = 0; y < b.n[1]; y++)
            for (int x = 0; x < b.n[0]; x++) {
                int at[3] = {0}, from[3] = {x, y, z};
                for (int a = 0; a < 3; a++)
                    at[order[a]] = from[a];
                uint8_t c = t->cell[(at[2] * t->n[1] + at[1]) * t->n[0] + at[0]];
                if (swapped) c = (uint8_t)(c >> 1 | (c & 1) << 1);
                cell[(z * b.n[1] + y) * b.n[0] + x] = c;
            }
    dorg_surf(&s, &b, 1.5, jobs, &e);
    if (d) dorg_edt(d, n, &b, DORG_BIT_SA, DORG_BIT_SB, jobs, &e);
    return s;
}

static bool same(struct dorg_surf a, struct dorg_surf b, double tol)
{
    return fabs(a.assd - b.assd) <= tol * a.assd && fabs(a.hd - b.hd) <= tol * a.hd &&
           fabs(a.hd95 - b.hd95) <= tol * a.hd && fabs(a.nsd - b.nsd) <= tol;
}

int main(void)
{
    static const int xyz[3] = {0, 1, 2}, zxy[3] = {2, 0, 1};
    static struct trial t;
    static double want[MOST];
    uint64_t seed = tap_seed(6);
    int wrong = 0, by_jobs = 0, by_order = 0, by_axes = 0, out_of_bounds = 0, by_select = 0;
    for (uint64_t item = 0; item < NEAR + FAR; item++) {
        double *d;
        size_t n;
        item < NEAR ? make(&t, seed, item) : make_far(&t, seed, item);
        struct dorg_surf s = run(&t, xyz, false, 1, &d, &n);
        wrong += n != o_dist(want, t.cell, DORG_BIT_A, DORG_BIT_B, t.n, t.mm);
        double q = dorg_quantile(d, n, 0.95);
        qsort(d, n, sizeof *d, ascending);
        for (size_t i = 0; i < n; i++)
            wrong += !(fabs(d[i] - want[i]) <= 1e-12 * (1 + want[i]));
        size_t k = (size_t)(0.95 * (double)(n - 1));
        double rest = 0.95 * (double)(n - 1) - (double)k;
        by_select += !(fabs(q - (d[k] + (k + 1 < n ? rest * (d[k + 1] - d[k]) : 0))) <= 1e-12);
        struct dorg_surf j = run(&t, xyz, false, 3, NULL, NULL);
        by_jobs += memcmp(&s, &j, sizeof s) != 0;
        by_order += !same(s, run(&t, xyz, true, 1, NULL, NULL), 1e-12);
        by_axes += !same(s, run(&t, zxy, false, 1, NULL, NULL), 1e-12);
        out_of_bounds +=
            !(s.assd >= 0 && s.assd <= s.hd && s.hd95 <= s.hd && s.nsd >= 0 && s.nsd <= 1);
        free(d);
    }
    ok(wrong == 0, "distances equal those of all pairs (%d wrong)", wrong);
    ok(by_select == 0, "selection equals sorting");
    ok(by_jobs == 0, "-j changes no bit");
    ok(by_order == 0, "swapping the masks changes nothing");
    ok(by_axes == 0, "permuting the axes changes nothing");
    ok(out_of_bounds == 0, "assd and hd95 at most hd, nsd in 0..1");
    return tap_done();
}
