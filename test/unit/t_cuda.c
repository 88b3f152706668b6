/* t_cuda - the CUDA twins of kernels against the CPU's; skipped where no device is
 * (test/bats/cuda.bats also runs it on a processor, through test/cuda) */
#include "../../kernels/kernels.h"
#include "../../libcommon/sample/tps.h"
#include "../nets.h"

static const uint64_t seed = 21;
static uint32_t draws;

static int draw(int lo, int hi)
{
    return lo + (int)dorg_rng_below((uint64_t)(hi - lo + 1), seed, DORG_RNG_TEST, 8, draws++);
}

static double unit(void)
{
    return dorg_rng_unit(seed, DORG_RNG_TEST, 9, draws++);
}

/* ---- kernels ---------------------------------------------------------------------------- */

enum { MOST = 24 * 24 * 24 };

static void gauss3d(const struct dorg_kernels *cuda, const struct dorg_kernels *cpu)
{
    static float src[MOST], a[MOST], b[MOST];
    double worst = 0, most = 0;
    for (int r = 0; r < 20; r++) {
        struct dorg_err e = DORG_ERR_INIT;
        const int32_t n[3] = {draw(1, 24), draw(1, 24), draw(1, 24)};
        struct dorg_gauss3d p = {.zero_outside = draw(0, 1)};
        size_t count = (size_t)n[0] * (size_t)n[1] * (size_t)n[2];
        for (int i = 0; i < 3; i++)
            p.sigma[i] = draw(0, 3) ? (float)(3 * unit()) : 0;
        for (size_t i = 0; i < count; i++)
            most = fmax(most, fabs((double)(src[i] = (float)(200 * unit() - 100))));
        if (cpu->gauss3d(a, src, n, &p, 1, &e) || cuda->gauss3d(b, src, n, &p, 1, &e)) {
            ok(0, "gauss3d: %s", e.text);
            return;
        }
        for (size_t i = 0; i < count; i++)
            worst = fmax(worst, fabs((double)a[i] - (double)b[i]));
    }
    ok(worst <= 2e-6 * most, "gauss3d agrees within 2e-6 of the largest (%g)", worst / most);
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_gauss3d bad = {.sigma = {1, -1, 1}};
    ok(cuda->gauss3d(b, src, (const int32_t[]){2, 2, 2}, &bad, 1, &e) == DORG_EUSAGE,
       "a negative sigma is refused");
}

static void patch25(const struct dorg_kernels *cuda, const struct dorg_kernels *cpu)
{
    static uint8_t src[MOST], a[9 * 3 * 33 * 33], b[sizeof a];
    int differ = 0;
    for (int r = 0; r < 20; r++) {
        struct dorg_err e = DORG_ERR_INIT;
        const int32_t n[3] = {draw(1, 24), draw(1, 24), draw(1, 24)};
        struct dorg_patch25 p = {draw(1, 33), {1, 1, 1}};
        uint64_t at[9];
        size_t voxels = (size_t)n[0] * (size_t)n[1] * (size_t)n[2], count = (size_t)draw(0, 9);
        for (int i = 0; i < 3; i++)
            if (draw(0, 2)) p.step[i] = 0.3 + 2 * unit();
        for (size_t i = 0; i < voxels; i++)
            src[i] = (uint8_t)draw(0, 255);
        for (int i = 0; i < 9; i++)
            at[i] = (uint64_t)draw(0, (int)voxels - 1);
        cpu->patch25(a, src, n, at, count, &p, 1, &e);
        cuda->patch25(b, src, n, at, count, &p, 1, &e);
        differ += e.code || memcmp(a, b, count * 3 * (size_t)p.size * (size_t)p.size) != 0;
    }
    ok(!differ, "patch25 gives the same bytes (%d of 20 do not)", differ);
}

static void warp2d(const struct dorg_kernels *cuda, const struct dorg_kernels *cpu)
{
    static uint8_t src[MOST], a[9 * 40 * 33 * 33], b[sizeof a];
    int differ = 0;
    for (int r = 0; r < 20; r++) {
        struct dorg_err e = DORG_ERR_INIT;
        const int32_t n[3] = {draw(1, 24), draw(1, 24), draw(1, 24)};
        struct dorg_warp2d p = {.size = draw(1, 33)};
        struct dorg_box box[9];
        size_t voxels = (size_t)n[0] * (size_t)n[1] * (size_t)n[2], count = (size_t)draw(0, 9);
        p.stride = (size_t)p.size * (size_t)p.size * (size_t)draw(1, 2);
        for (size_t i = 0; i < voxels; i++)
            src[i] = (uint8_t)draw(0, 255);
        for (int i = 0; i < 9; i++)
            box[i] = (struct dorg_box){draw(-30, 30), draw(-30, 30), draw(0, n[2] - 1),
                                       draw(1, 50), draw(1, 50)};
        memset(a, 7, sizeof a); /* what lies between the squares stays */
        memset(b, 7, sizeof b);
        cpu->warp2d(a, src, n, box, count, &p, 1, &e);
        cuda->warp2d(b, src, n, box, count, &p, 1, &e);
        differ += e.code || memcmp(a, b, sizeof a) != 0;
    }
    ok(!differ, "warp2d gives the same bytes (%d of 20 do not)", differ);
}

static void paintvox(const struct dorg_kernels *cuda, const struct dorg_kernels *cpu)
{
    static int32_t label[MOST];
    static float value[MOST], a[MOST], b[MOST];
    int differ = 0;
    for (int r = 0; r < 20; r++) {
        struct dorg_err e = DORG_ERR_INIT;
        struct dorg_ids ids = DORG_IDS_INIT;
        size_t count = (size_t)draw(1, MOST);
        int most = draw(0, 3) ? draw(1, 300) : 0, gap = draw(1, 9), whole = draw(0, 1);
        for (size_t i = 0; i < count; i++)
            label[i] = draw(0, most) * gap;
        if (dorg_ids_make(&ids, label, count, &e)) break;
        for (size_t i = 0; i < ids.n; i++)
            value[i] = whole ? (float)draw(0, 255) : (float)unit();
        memset(a, 7, sizeof a);
        memset(b, 7, sizeof b);
        cpu->paintvox(a, label, count, &ids, value, whole, 2, &e);
        cuda->paintvox(b, label, count, &ids, value, whole, 2, &e);
        differ += e.code || memcmp(a, b, sizeof a) != 0;
        dorg_ids_free(&ids);
    }
    ok(!differ, "paintvox gives the same bytes (%d of 20 do not)", differ);
}

static void tpswarps(const struct dorg_kernels *cuda, const struct dorg_kernels *cpu)
{
    static uint8_t src[5 * 3 * 24 * 24], a[3 * sizeof src], b[sizeof a];
    int differ = 0;
    for (int r = 0; r < 20; r++) {
        struct dorg_err e = DORG_ERR_INIT;
        struct dorg_tps t = DORG_TPS_INIT;
        const struct dorg_tps_opts o = {
            .amplitude = 0.3 * unit(), .points = draw(1, 20), .seed = (uint64_t)draw(0, 1000)};
        float d[5 * 3 * 2 * DORG_TPS_MAX_MOVE];
        if (dorg_tps_new(&t, draw(4, 24), draw(4, 24), &o, &e)) break;
        size_t count = (size_t)draw(0, 5);
        struct dorg_tpswarps p = {draw(1, 3), t.h, t.w, t.n_move, draw(1, 3), t.basis};
        for (size_t i = 0; i < sizeof src; i++)
            src[i] = (uint8_t)draw(0, 255);
        for (size_t i = 0; i < count * (size_t)p.copies; i++)
            dorg_tps_draw(&t, d + i * 2 * (size_t)p.n, i, 1);
        memset(a, 7, sizeof a);
        memset(b, 7, sizeof b);
        cpu->tpswarps(a, src, count, &p, d, 2, &e);
        cuda->tpswarps(b, src, count, &p, d, 2, &e);
        differ += e.code || memcmp(a, b, sizeof a) != 0;
        dorg_tps_free(&t);
    }
    ok(!differ, "tpswarps give the same bytes (%d of 20 do not)", differ);
}

int main(void)
{
    struct dorg_err e = DORG_ERR_INIT;
    use_built_plugins();
    const struct dorg_kernels *cuda = dorg_kernels_find("cuda", &e);
    if (!cuda) {
        tap_skip(e.text);
        return tap_done();
    }
    const struct dorg_kernels *cpu = dorg_kernels_find("cpu", &e);
    gauss3d(cuda, cpu);
    patch25(cuda, cpu);
    warp2d(cuda, cpu);
    paintvox(cuda, cpu);
    tpswarps(cuda, cpu);
    ok(!dorg_kernels_find("cuda:999", &e) && e.code == DORG_EIO, "no device 999: %s", e.text);
    return tap_done();
}
