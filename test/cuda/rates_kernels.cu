/* rates_kernels.cu - the kernels alone, on data that are on the device, and as the commands
 * call them, from host memory to host memory.
 *
 * Their sources are included so that what is timed is what the plug-in runs.  Bytes are the
 * fewest that must move: every input read once, every output written once. */
#include <math.h>
#include <string.h>

#include "../../kernels/patch25_dev.h"
#include "../../kernels/tpswarp_dev.h"
#include "../../kernels/warp2d_dev.h"
#include "rates.h"

extern "C" {
#include "../../kernels/kernels.h"
#include "../../libcommon/base/mem.h"
#include "../../libcommon/sample/tps.h"
}

namespace of_gauss3d
{
#include "../../kernels/gauss3d.cu"
}
namespace of_patch25
{
#include "../../kernels/patch25.cu"
}
namespace of_warp2d
{
#include "../../kernels/warp2d.cu"
}
namespace of_tpswarp
{
#include "../../kernels/tpswarp.cu"
}
namespace of_paintvox
{
#include "../../kernels/paintvox.cu"
}

enum { SIDE = 64, AREA = SIDE * SIDE, PATCHES = 20000, BOXES = 100000, IMAGES = 20000 };
static const int32_t size[3] = {512, 512, 240};
static const size_t VOXELS = (size_t)512 * 512 * 240;

static void *to_device(const void *host, size_t bytes)
{
    void *p = device_room(bytes);
    need(cudaMemcpy(p, host, bytes, cudaMemcpyHostToDevice) == cudaSuccess, "copying");
    return p;
}

static void report(const char *what, double s, double bytes, const struct ceilings *c)
{
    line(what, s, 1e-9 * bytes / s, "GB/s", bytes / s / c->copy, "copy");
}

/* The host's side of a kernel: time, and nothing to compare it with but itself. */
template <typename F>
static void whole(const char *what, double items, const char *unit, struct dorg_err *e, F f)
{
    double s = seconds([&] { need(!f(), e->text); });
    line(what, s, items / s, unit, 0, NULL);
}

static void gauss3d(const struct dorg_kernels *k, const struct ceilings *c)
{
    struct dorg_err e = {};
    struct dorg_gauss3d g = {{3, 3, 3}, false};
    float *map = (float *)room(VOXELS, sizeof *map), *to = (float *)room(VOXELS, sizeof *to);
    for (size_t i = 0; i < VOXELS; i++)
        map[i] = (float)(i * 2654435761u % 1000) * 1e-3f;
    float *a = (float *)to_device(map, VOXELS * sizeof *map);
    float *b = (float *)device_room(VOXELS * sizeof *b);
    size_t stride = 1;
    double *table[3];
    struct of_gauss3d::pass p[3];
    for (int i = 0; i < 3; stride *= (size_t)size[i++]) {
        int r = 9;
        size_t words = (size_t)r + 1 + (size_t)size[i];
        double *t = (double *)room(words, sizeof *t);
        of_gauss3d::tabulate(t, r, 3, (size_t)size[i], false);
        table[i] = (double *)to_device(t, words * sizeof *t);
        p[i] = {r, (size_t)size[i], stride, table[i], table[i] + r + 1};
        free(t);
    }
    double s = device_seconds(0, [&] {
        for (int i = 0; i < 3; i++)
            DORG_LAUNCH(of_gauss3d::smooth<uint32_t>, 0, VOXELS, i % 2 ? a : b,
                        (const float *)(i % 2 ? b : a), p[i]);
    });
    report("gauss3d 512x512x240, 3 passes", s, 24.0 * (double)VOXELS, c);
    whole("  from host to host", (double)VOXELS, "voxels/s", &e,
          [&] { return k->gauss3d(to, map, size, &g, 1, &e); });
    for (int i = 0; i < 3; i++)
        cudaFree(table[i]);
    cudaFree(a);
    cudaFree(b);
    free(map);
    free(to);
}

static void patch25(const struct dorg_kernels *k, const struct ceilings *c, const uint8_t *ct)
{
    struct dorg_err e = {};
    struct dorg_patch25 p = {SIDE, {1, 1, 0.8}};
    uint64_t *at = (uint64_t *)room(PATCHES, sizeof *at);
    uint8_t *out = (uint8_t *)room(PATCHES, 3 * AREA);
    int32_t off[3 * SIDE];
    float frac[3 * SIDE];
    for (size_t i = 0; i < PATCHES; i++) /* a mask's voxels: every third in x, in order */
        at[i] = (size_t)120 * 512 * 512 + i / 100 * 3 * 512 + 100 + i % 100 * 3;
    dorg_patch_tabulate(off, frac, &p);
    void *d[] = {to_device(ct, VOXELS), to_device(at, PATCHES * sizeof *at),
                 to_device(off, sizeof off), to_device(frac, sizeof frac),
                 device_room((size_t)PATCHES * 3 * AREA)};
    struct dorg_cut25 cut = {(uint8_t *)d[0], (uint64_t *)d[1], (int32_t *)d[2],
                             (float *)d[3],   {512, 512, 240},  SIDE};
    double s = device_seconds(0, [&] {
        DORG_LAUNCH(of_patch25::patches_by_4, 0, (size_t)PATCHES * 3 * AREA / 4,
                    (uchar4 *)d[4], cut);
    });
    report("patch25 64x64x3, 20000 patches", s, 2.0 * PATCHES * 3 * AREA, c);
    whole("  from host to host", PATCHES, "patches/s", &e,
          [&] { return k->patch25(out, ct, size, at, PATCHES, &p, 1, &e); });
    for (void *x : d)
        cudaFree(x);
    free(at);
    free(out);
}

static void warp2d(const struct dorg_kernels *k, const struct ceilings *c, const uint8_t *ct)
{
    struct dorg_err e = {};
    struct dorg_warp2d p = {SIDE, AREA};
    struct dorg_box *box = (struct dorg_box *)room(BOXES, sizeof *box);
    uint8_t *out = (uint8_t *)room(BOXES, AREA);
    for (size_t i = 0; i < BOXES; i++)
        box[i] =
            dorg_box{(int32_t)(i % 450), (int32_t)(i * 7 % 430), (int32_t)(i / 420), 40, 35};
    void *d[] = {to_device(ct, VOXELS), to_device(box, BOXES * sizeof *box),
                 device_room((size_t)BOXES * AREA)};
    struct dorg_stretch st = {(uint8_t *)d[0], (struct dorg_box *)d[1], 512, 512, SIDE};
    double s = device_seconds(0, [&] {
        DORG_LAUNCH(of_warp2d::warps_by_4, 0, (size_t)BOXES * AREA / 4, (uchar4 *)d[2], st);
    });
    report("warp2d 40x35 to 64x64, 100000", s, (double)BOXES * (AREA + 40 * 35), c);
    whole("  from host to host", BOXES, "warps/s", &e,
          [&] { return k->warp2d(out, ct, size, box, BOXES, &p, 1, &e); });
    for (void *x : d)
        cudaFree(x);
    free(box);
    free(out);
}

static void tpswarp(const struct dorg_kernels *k, const struct ceilings *c, const uint8_t *ct)
{
    struct dorg_err e = {};
    const struct dorg_tps_opts o = {0.05, 5, 0, 1};
    struct dorg_tps t;
    need(!dorg_tps_new(&t, SIDE, SIDE, &o, &e), e.text);
    size_t moves = 2 * (size_t)t.n_move, words = (size_t)t.n_move * AREA;
    float *d = (float *)room(IMAGES * moves, sizeof *d);
    uint8_t *out = (uint8_t *)room(IMAGES, 2 * AREA);
    for (size_t i = 0; i < IMAGES; i++)
        dorg_tps_draw(&t, d + i * moves, i, 1);
    void *p[] = {
        to_device(ct, (size_t)IMAGES * 2 * AREA), device_room((size_t)IMAGES * 2 * AREA),
        to_device(d, IMAGES * moves * sizeof *d), to_device(t.basis, words * sizeof(float))};
    struct dorg_tps_field f = {2, SIDE, SIDE, t.n_move, (float *)p[3]};
    const struct dorg_tpswarps how = {2, SIDE, SIDE, t.n_move, 1, t.basis};
    double s = device_seconds(0, [&] {
        DORG_LAUNCH(of_tpswarp::warps, 0, (size_t)IMAGES * AREA, (uint8_t *)p[1],
                    (const uint8_t *)p[0], (const float *)p[2], f, (size_t)1);
    });
    report("tps 64x64x2, 20000 images", s, 4.0 * IMAGES * AREA, c);
    whole("  from host to host", IMAGES, "images/s", &e,
          [&] { return k->tpswarps(out, ct, IMAGES, &how, d, 1, &e); });
    for (void *x : p)
        cudaFree(x);
    free(d);
    free(out);
    dorg_tps_free(&t);
}

static void paintvox(const struct dorg_kernels *k, const struct ceilings *c)
{
    struct dorg_err e = {};
    struct dorg_ids ids = {};
    int32_t *label = (int32_t *)room(VOXELS, sizeof *label);
    float *out = (float *)room(VOXELS, sizeof *out);
    for (size_t i = 0; i < VOXELS; i++) /* superpixels of 20 x 20, 676 a slice */
        label[i] = (int32_t)(1 + i / 262144 * 676 + i % 262144 / 512 / 20 * 26 + i % 512 / 20);
    need(!dorg_ids_make(&ids, label, VOXELS, &e), e.text);
    float *value = (float *)room(ids.n, sizeof *value);
    for (size_t i = 0; i < ids.n; i++)
        value[i] = (float)(i % 97);
    size_t words = ((size_t)ids.max_id >> 6) + 1;
    void *d[] = {to_device(ids.bits, words * 8), to_device(ids.rank, words * 4),
                 to_device(value, ids.n * 4), to_device(label, VOXELS * 4),
                 device_room(VOXELS * 4)};
    struct of_paintvox::table t = {(uint64_t *)d[0], (uint32_t *)d[1], (float *)d[2]};
    double s = device_seconds(0, [&] {
        DORG_LAUNCH(of_paintvox::paint<float>, 0, VOXELS, (float *)d[4], (const int32_t *)d[3],
                    t);
    });
    report("paint 512x512x240", s, 8.0 * (double)VOXELS, c);
    whole("  from host to host", (double)VOXELS, "voxels/s", &e,
          [&] { return k->paintvox(out, label, VOXELS, &ids, value, false, 1, &e); });
    for (void *x : d)
        cudaFree(x);
    free(label);
    free(value);
    free(out);
    dorg_ids_free(&ids);
}

void rates_kernels(const struct ceilings *c)
{
    struct dorg_err e = {};
    const struct dorg_kernels *k = dorg_kernels_find("cuda", &e);
    uint8_t *ct = (uint8_t *)room(VOXELS * 3, 1);
    need(k != NULL, e.text);
    fill_random(ct, VOXELS * 3);
    gauss3d(k, c);
    patch25(k, c, ct);
    warp2d(k, c, ct);
    tpswarp(k, c, ct);
    paintvox(k, c);
    free(ct);
}
