/* p_superpix - laws of superpixels on random shapes, all three methods */
#include "../../libcommon/base/rng.h"
#include "../../libcommon/superpix/superpix.h"
#include "../oracle/o_ers.h"
#include "../tap.h"

static struct dorg_err e;
static uint64_t seed;

static int32_t draw(int32_t n, uint64_t item, uint32_t d)
{
    return (int32_t)dorg_rng_below((uint64_t)n, seed, DORG_RNG_TEST, item, d);
}

/* Noise, smooth noise, or constant; with air on one side or not. */
static void paint(struct dorg_vol *v, uint64_t item)
{
    uint8_t *g = v->data;
    int kind = draw(3, item, 5), hole = draw(2, item, 6), nx = v->grid.n[0];
    for (size_t i = 0, n = dorg_grid_count(&v->grid); i < n; i++) {
        uint32_t r = dorg_rng_u32(seed, DORG_RNG_TEST, item, (uint32_t)i + 50);
        if (hole && (int)(i % (size_t)nx) > nx / 3) {
            g[i] = 0; /* air */
            continue;
        }
        g[i] = (uint8_t)(kind == 2 ? 90 : kind == 1 ? 100 + (i % 7) + (r & 3) : r >> 24);
    }
}

/* The slice's labels from 1: exactly `want` of them, connected, first met in order. */
static int lawful(const int32_t *label, int nx, int ny, int32_t base, int32_t count, int four)
{
    int n = nx * ny, good = 1;
    int32_t *own = malloc(sizeof *own * (size_t)n), top = 0;
    for (int i = 0; i < n; i++) {
        own[i] = label[i] - base;
        good &= own[i] >= 1 && own[i] <= top + 1;
        if (own[i] == top + 1) top++;
    }
    good = good && top == count && o_connected(own, nx, ny, count, four);
    free(own);
    return good;
}

static int32_t top_of(const int32_t *l, size_t n)
{
    int32_t top = 0;
    for (size_t i = 0; i < n; i++)
        top = l[i] > top ? l[i] : top;
    return top;
}

static void one(enum dorg_superpix_method method, uint64_t item, const char *name)
{
    const int32_t n[3] = {1 + draw(40, item, 0), 1 + draw(40, item, 1), 1 + draw(4, item, 2)};
    const float mm[3] = {1, 1, 1};
    struct dorg_vol grey, a = DORG_VOL_INIT, b = DORG_VOL_INIT;
    struct dorg_superpix p = {.method = method, .lambda = 0.5, .sigma = 5, .compactness = 10};
    dorg_vol_new(&grey, n, mm, DORG_U8, &e);
    paint(&grey, item);
    size_t pixels = (size_t)n[0] * (size_t)n[1];
    int32_t k = 1 + draw((int32_t)pixels + 3, item, 3);
    p.air = item % 2;
    p.k = k * 512.0 * 512.0 / (double)pixels;
    int32_t want = (size_t)k > pixels ? (int32_t)pixels : k;
    ok(dorg_superpix_count(p.k, n[0], n[1]) == (uint32_t)want, "K of a %dx%d slice", n[0],
       n[1]);
    dorg_superpix_run(&a, &grey, &p, 1, &e);
    dorg_superpix_run(&b, &grey, &p, 3, &e);
    int good = !e.code, base = 0;
    for (int32_t z = 0; z < n[2] && good; z++) {
        const int32_t *l = (const int32_t *)a.data + (size_t)z * pixels;
        int32_t count = top_of(l, pixels) - base;
        good = method != DORG_SUPERPIX_ERS || (p.air ? count == want : count <= want + 1);
        good = good && lawful(l, n[0], n[1], base, count, method != DORG_SUPERPIX_ERS);
        base += count;
    }
    ok(good, "%s %dx%dx%d K=%d: a partition of every slice, connected, ids in order", name,
       n[0], n[1], n[2], k);
    ok(!e.code && memcmp(a.data, b.data, pixels * (size_t)n[2] * sizeof(int32_t)) == 0,
       "%s: the number of threads does not show", name);
    dorg_vol_free(&grey);
    dorg_vol_free(&a);
    dorg_vol_free(&b);
}

int main(void)
{
    seed = tap_seed(21);
    for (uint64_t i = 0; i < 40; i++) {
        one(DORG_SUPERPIX_ERS, i, "ers");
        one(DORG_SUPERPIX_SLIC, i + 1000, "slic");
        one(DORG_SUPERPIX_GRID, i + 2000, "grid");
    }
    ok(!e.code, "no error (%s)", e.text);
    return tap_done();
}
