/* t_view.c - which way up the planes of a volume are shown, and what is written on them */
#include "../../libcommon/base/mem.h"
#include "../../libcommon/look/view.h"
#include "../tap.h"

#include <string.h>

enum { NX = 20, NY = 12, NZ = 8, SCALE = 20 };

/* Black, but for one white voxel. */
static void volume(struct dorg_vol *v, enum dorg_type type, int x, int y, int z,
                   struct dorg_err *e)
{
    struct dorg_vol model = {.grid = {.n = {NX, NY, NZ}, .mm = {1, 1, 1}}};
    for (int a = 0; a < 3; a++)
        model.grid.to_mm[a][a] = 1;
    dorg_vol_like(v, &model, type, e);
    size_t i = (size_t)(x + NX * (y + NY * z));
    if (type == DORG_F32) {
        float *f = v->data;
        for (size_t k = 0; k < (size_t)NX * NY * NZ; k++)
            f[k] = -1000;
        f[i] = 1000;
    } else {
        ((uint8_t *)v->data)[i] = 1;
    }
}

static int white(const struct dorg_image *m, int x, int y)
{
    const uint8_t *p = m->rgb + 3 * ((size_t)y * (size_t)m->w + (size_t)x);
    return p[0] > 240 && p[1] > 240 && p[2] > 240;
}

static int reds(const struct dorg_image *m, int x0, int y0, int x1, int y1)
{
    int n = 0;
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++) {
            const uint8_t *p = m->rgb + 3 * ((size_t)y * (size_t)m->w + (size_t)x);
            n += p[0] == 255 && p[1] == 50 && p[2] == 50;
        }
    return n;
}

int main(void)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_vol ct = DORG_VOL_INIT, mask = DORG_VOL_INIT;
    struct dorg_image m, with;
    const int x = 16, y = 9, z = 6; /* right, front, head of the middle */
    volume(&ct, DORG_F32, x, y, z, &e);
    volume(&mask, DORG_U8, x, y, z, &e);
    if (!ok(!e.code, "volumes are made %s", e.text)) return tap_done();
    struct dorg_view v = {
        .ct = &ct, .window = {0, 100}, .scale = SCALE, .crop_mm = -1, .line = 2, .slice = -1};

    /* x grows to the right of the patient's left: the picture's left is the patient's right,
     * which is high x in RAS+. */
    const int at_x = (NX - 1 - x) * SCALE + SCALE / 2, at_y = (NY - 1 - y) * SCALE + SCALE / 2,
              at_z = (NZ - 1 - z) * SCALE + SCALE / 2;
    v.mask[0] = &mask;
    v.n_masks = 1;
    ok(dorg_view_best(&v, DORG_AXIAL) == z && dorg_view_best(&v, DORG_CORONAL) == y &&
           dorg_view_best(&v, DORG_SAGITTAL) == x,
       "the best slice of each plane is the one through the mask");
    v.n_masks = 0;
    v.slice = z;
    ok(!dorg_view_render(&m, &v, &e) && m.w == NX * SCALE && m.h == NY * SCALE &&
           white(&m, at_x, at_y),
       "axial: x to the left, front up");
    dorg_image_free(&m);
    v.plane = DORG_CORONAL;
    v.slice = y;
    ok(!dorg_view_render(&m, &v, &e) && m.w == NX * SCALE && m.h == NZ * SCALE &&
           white(&m, at_x, at_z),
       "coronal: x to the left, head up");
    dorg_image_free(&m);
    v.plane = DORG_SAGITTAL;
    v.slice = x;
    ok(!dorg_view_render(&m, &v, &e) && m.w == NY * SCALE && m.h == NZ * SCALE &&
           white(&m, at_y, at_z),
       "sagittal: front on the left, head up");
    dorg_image_free(&m);

    v.n_masks = 1;
    v.plane = DORG_PLANES_ALL;
    v.slice = -1;
    ok(!dorg_view_render(&m, &v, &e) && m.w == 2 * NX * SCALE && m.h == 2 * NZ * SCALE,
       "all: the axial slice beside the two others");
    const int top = NZ * SCALE;
    ok(reds(&m, 0, 0, NX * SCALE, m.h) > 4 * SCALE && reds(&m, NX * SCALE, 0, m.w, top) > 0 &&
           reds(&m, NX * SCALE, top, m.w, m.h) > 0,
       "the outline is in each of them");
    dorg_view_name(&v, 0, "folder.d/truth.nii.gz");
    ok(strcmp(v.name[0], "truth") == 0, "named after its file: %s", v.name[0]);
    ok(!dorg_view_render(&with, &v, &e) && reds(&with, 0, 0, 80, 24) > reds(&m, 0, 0, 80, 24),
       "the legend's letters have the outline's colour");
    dorg_image_free(&m);
    dorg_image_free(&with);

    char longest[400];
    memset(longest, 'n', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    dorg_view_name(&v, 0, longest);
    ok(strlen(v.name[0]) == sizeof v.name[0] - 1, "a long name is cut");

    v.montage = 4;
    ok(dorg_view_render(&m, &v, &e) == DORG_EUSAGE, "no montage of three planes: %s", e.text);
    e = DORG_ERR_INIT;
    v.montage = 0;
    v.plane = DORG_CORONAL;
    v.slice = NY;
    ok(dorg_view_render(&m, &v, &e) == DORG_EUSAGE, "no slice beyond the plane's last: %s",
       e.text);
    dorg_vol_free(&ct);
    dorg_vol_free(&mask);
    return tap_done();
}
