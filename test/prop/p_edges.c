/* p_edges - on random labels, every pair and every number is what looking at each pixel gives
 */
#include "../../libcommon/superpix/edges.h"
#include "../../libcommon/base/rng.h"
#include "../oracle/o_edges.h"
#include "../tap.h"

static uint64_t seed;
static uint32_t draws;
static struct dorg_err e;

static int draw(int below)
{
    return (int)dorg_rng_below((uint64_t)below, seed, DORG_RNG_TEST, 3, draws++);
}

/* Blocks of random labels, K to a slice, some of them 0; HU to match. */
static void random_case(struct dorg_vol *labels, struct dorg_vol *ct, int per_slice)
{
    const int32_t n[3] = {1 + draw(14), 1 + draw(14), 1 + draw(4)};
    const float mm[3] = {1, 1, 1};
    if (dorg_vol_new(labels, n, mm, DORG_I32, &e) || dorg_vol_new(ct, n, mm, DORG_F32, &e))
        exit(4);
    int32_t *l = labels->data;
    float *v = ct->data;
    for (int z = 0, i = 0; z < n[2]; z++)
        for (int k = 0; k < n[0] * n[1]; k++, i++) {
            int from = draw(3) || !k ? draw(per_slice + 1) : -1;
            l[i] = from < 0 ? l[i - 1] : from ? z * per_slice + from : 0;
            v[i] = (float)(draw(400) - 100);
        }
}

static const double *row_of(const struct dorg_tab *t, int a, int b, int up)
{
    for (size_t i = 0; i < t->n_rows; i++) {
        const double *r = t->v + i * (size_t)t->n_cols;
        if ((int)r[1] == a && (int)r[2] == b && (r[5] > 0) == up) return r;
    }
    return NULL;
}

/* 0 if the row for labels a of slice z and b of slice z + up is as it should be. */
static int wrong(const struct dorg_tab *t, const struct dorg_vol *l, const struct dorg_vol *ct,
                 int z, int a, int b, int up)
{
    const int32_t *n = l->grid.n;
    long want = up ? o_overlap(l->data, n, z, a, b) : o_border(l->data, n, z, a, b);
    const double *r = row_of(t, a, b, up);
    if (!want || !r) return want || r;
    double ma, mb;
    long pa = o_pixels(l->data, ct->data, n, z, a, &ma);
    long pb = o_pixels(l->data, ct->data, n, z + up, b, &mb);
    double share = up ? (double)want / (double)(pa < pb ? pa : pb) : 0;
    return (long)r[3] != z || (long)r[4] != (up ? 0 : want) || (long)r[5] != (up ? want : 0) ||
           fabs(r[6] - share) > 1e-12 || fabs(r[7] - fabs(ma - mb)) > 1e-9;
}

static int all_pairs(const struct dorg_tab *t, const struct dorg_vol *l,
                     const struct dorg_vol *ct, int k)
{
    int bad = 0;
    for (int z = 0; z < l->grid.n[2]; z++)
        for (int a = 1; a <= k; a++)
            for (int b = 1; b <= k; b++) {
                if (a < b) bad += wrong(t, l, ct, z, z * k + a, z * k + b, 0);
                if (z + 1 < l->grid.n[2])
                    bad += wrong(t, l, ct, z, z * k + a, (z + 1) * k + b, 1);
            }
    return bad;
}

static int ordered(const struct dorg_tab *t)
{
    for (size_t i = 0; i < t->n_rows; i++) {
        const double *r = t->v + i * (size_t)t->n_cols, *q = r - t->n_cols;
        if (r[0] != (double)(i + 1) || r[1] >= r[2]) return 0;
        if (i && (q[3] > r[3] || (q[3] == r[3] && q[5] > 0 && !(r[5] > 0)))) return 0;
    }
    return 1;
}

static int equal(const struct dorg_tab *t, const struct dorg_tab *u)
{
    if (!t->n_rows || t->n_rows != u->n_rows) return t->n_rows == u->n_rows;
    return !memcmp(t->v, u->v, t->n_rows * (size_t)t->n_cols * sizeof *t->v);
}

int main(void)
{
    int bad = 0, order = 0, threads = 0, flat = 0, between = 0;
    seed = tap_seed(7);
    for (int r = 0; r < 200; r++) {
        struct dorg_vol l, ct;
        struct dorg_tab t, u, f, b;
        int k = 1 + draw(6);
        random_case(&l, &ct, k);
        struct dorg_edges p = {true, 1, NULL, false}, q = {true, 3, NULL, false};
        struct dorg_edges two = {false, 1, NULL, false}, up = {true, 2, NULL, true};
        if (dorg_edges(&t, &ct, &l, &p, &e) || dorg_edges(&u, &ct, &l, &q, &e) ||
            dorg_edges(&f, NULL, &l, &two, &e) || dorg_edges(&b, &ct, &l, &up, &e)) {
            printf("# %s\n", e.text);
            return 1;
        }
        bad += all_pairs(&t, &l, &ct, k);
        order += !ordered(&t);
        threads += !equal(&t, &u);
        size_t within = 0;
        for (size_t i = 0; i < t.n_rows; i++)
            within += t.v[i * (size_t)t.n_cols + 5] == 0;
        flat += f.n_cols != 5 || f.n_rows != within;
        between += b.n_rows != t.n_rows - within;
        for (size_t i = 0; i < b.n_rows; i++)
            between += !(b.v[i * (size_t)b.n_cols + 5] > 0);
        dorg_tab_free(&t);
        dorg_tab_free(&u);
        dorg_tab_free(&f);
        dorg_tab_free(&b);
        dorg_vol_free(&l);
        dorg_vol_free(&ct);
    }
    ok(!bad, "borders, overlaps, shares and contrasts of 200 volumes (%d wrong)", bad);
    ok(!order, "ids run from 1, a < b, slices in order");
    ok(!threads, "-j cannot be seen");
    ok(!flat, "without --3d and a CT: the pairs within slices, five columns");
    ok(!between, "--between: the others");
    return tap_done();
}
