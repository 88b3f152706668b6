/* p_surf.c - distances against every pair of voxels; jobs, order and axes do not matter */
#include "../../libcommon/score/edt.h"
#include "../../libcommon/base/order.h"
#include "../../libcommon/base/rng.h"
#include "../../libcommon/score/surf.h"
#include "../oracle/o_dist.h"
#include "../tap.h"

enum { MASK_A = 1, MASK_B = 2 };
enum { MOST = 3 * 64 * 64, NEAR = 150, FAR = 9, WIDE = 12 }; /* trials */

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
    t->cell[0] |= MASK_A;
    t->cell[all - 1] |= MASK_B;
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
                if (item % 2 ? z < 4 : y < 2 && z < 2) *c = MASK_A;
                if (z > 55 && draw(seed, item, 100 + (uint32_t)(c - t->cell)) < 0.03)
                    *c = MASK_B;
                if (y > 58 && z > 57) *c |= MASK_A;
            }
}

/* The same for sites on both sides of a query's place in a row. */
static void make_far_pairs(struct trial *t, uint64_t seed, uint64_t item)
{
    memset(t, 0, sizeof *t);
    for (int a = 0; a < 3; a++) {
        t->n[a] = a ? 48 : 5;
        t->mm[a] = a ? 1 + 0.1 * draw(seed, item, (uint32_t)a) : 2;
    }
    for (int i = 0; i < 5 * 48 * 48; i++) {
        int x = i % 5, y = i / 5 % 48, z = i / 5 / 48;
        if (y < 4 && z < 4) t->cell[i] = MASK_A;
        if (y > 43 && z > 43 && x % 4 == 0 && draw(seed, item, 100 + (uint32_t)i) < 0.6)
            t->cell[i] = MASK_B;
    }
    t->cell[5 * 48 * 48 - 1] |= MASK_B;
}

/* Rows of several words: solid ones with holes, and a few voxels far apart. */
static void make_wide(struct trial *t, uint64_t seed, uint64_t item)
{
    const double dense[2] = {item % 2 ? 0.002 : 0.97, item % 3 ? 0.003 : 0.95};
    memset(t, 0, sizeof *t);
    t->n[0] = 65 + (int)(draw(seed, item, 0) * 250);
    t->n[1] = t->n[2] = 4 + (int)(item % 2);
    for (int a = 0; a < 3; a++)
        t->mm[a] = 0.5 + draw(seed, item, 1 + (uint32_t)a);
    int all = t->n[0] * t->n[1] * t->n[2];
    for (int i = 0; i < all; i++)
        for (int m = 0; m < 2; m++)
            if (draw(seed, item, 100 + (uint32_t)(2 * i + m)) < dense[m])
                t->cell[i] |= (uint8_t)(1 << m);
    t->cell[0] |= MASK_A;
    t->cell[all - 1] |= MASK_B;
}

static struct dorg_surf run(const struct trial *t, const int order[3], bool swapped, int jobs,
                            double **d, size_t *n)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_surf s = {-1, -1, -1, -1};
    struct dorg_bits b;
    int32_t size[3];
    double mm[3];
    for (int a = 0; a < 3; a++) {
        size[a] = t->n[order[a]];
        mm[a] = t->mm[order[a]];
    }
    if (dorg_bits_make(&b, size, mm, &e)) return s;
    for (int z = 0; z < b.n[2]; z++)
        for (int y = 0; y < b.n[1]; y++)
            for (int x = 0; x < b.n[0]; x++) {
                int at[3] = {0}, from[3] = {x, y, z};
                for (int a = 0; a < 3; a++)
                    at[order[a]] = from[a];
                uint8_t c = t->cell[(at[2] * t->n[1] + at[1]) * t->n[0] + at[0]];
                size_t word = (size_t)(z * b.n[1] + y) * b.words + (size_t)x / 64;
                for (int m = 0; m < 2; m++)
                    b.bit[m][word] |= (uint64_t)(c >> (m ^ swapped) & 1) << x % 64;
            }
    dorg_surf(&s, &b, 1.5, jobs, &e);
    if (d) {
        uint64_t *to[2];
        for (int m = 0; m < 2; m++) {
            to[m] = malloc(b.words * (size_t)(b.n[1] * b.n[2]) * sizeof **to);
            dorg_bits_surface(to[m], &b, b.bit[m], jobs, &e);
        }
        dorg_edt(d, n, &b, to[0], to[1], jobs, &e);
        free(to[0]);
        free(to[1]);
    }
    dorg_bits_free(&b);
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
    for (uint64_t item = 0; item < NEAR + FAR + WIDE; item++) {
        double *d;
        size_t n;
        if (item < NEAR)
            make(&t, seed, item);
        else if (item < NEAR + FAR && item % 3 == 2)
            make_far_pairs(&t, seed, item);
        else if (item < NEAR + FAR)
            make_far(&t, seed, item);
        else
            make_wide(&t, seed, item);
        struct dorg_surf s = run(&t, xyz, false, 1, &d, &n);
        wrong += n != o_dist(want, t.cell, MASK_A, MASK_B, t.n, t.mm);
        double q = dorg_order_quantile(d, n, 0.95);
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
