/* p_vol.c - laws of the volume reader: 48 axis orders, both byte orders, both versions and
 * every real data type give the same voxels; writing gives back the stored order */
#include "../../libcommon/file/vol.h"
#include "../oracle/o_nii.h"
#include "../tap.h"

#include <fcntl.h>
#include <unistd.h>

static char name[] = "/tmp/p_vol_XXXXXX";

static double value(int i, int j, int k)
{
    return i + 5 * j + 20 * k; /* at most 2 + 15 + 100: fits an int8 */
}

static const struct o_nii plain = {.version = 1,
                                   .datatype = 4,
                                   .n = {3, 4, 6},
                                   .mm = {0.5, 2, 1.25},
                                   .origin = {-10, 20, 30},
                                   .axis = {0, 1, 2},
                                   .form = 2,
                                   .n_dims = 3};

static double the_one;

static double one_value(int i, int j, int k)
{
    return i + j + k == 0 ? the_one : 0;
}

static int load_of(struct dorg_vol *v, const struct o_nii *s, enum dorg_type want,
                   double (*of)(int, int, int), struct dorg_err *e)
{
    static uint8_t bytes[8192];
    size_t n = o_nii_write(bytes, s, of);
    *e = DORG_ERR_INIT;
    FILE *f = fopen(name, "wb");
    size_t put = f ? fwrite(bytes, 1, n, f) : 0;
    if (f) fclose(f);
    if (put != n) return -1;
    return dorg_vol_load(v, name, want, e);
}

static int load(struct dorg_vol *v, const struct o_nii *s, enum dorg_type want,
                struct dorg_err *e)
{
    return load_of(v, s, want, value, e);
}

/* Voxels as value() says (through slope and inter), grid as the plain one. */
static int is_right(const struct dorg_vol *v, const struct o_nii *s)
{
    struct dorg_err e = DORG_ERR_INIT;
    double a = s->slope != 0 ? s->slope : 1, b = s->slope != 0 ? s->inter : 0;
    size_t at = 0;
    for (int k = 0; k < s->n[2]; k++)
        for (int j = 0; j < s->n[1]; j++)
            for (int i = 0; i < s->n[0]; i++)
                if (dorg_vol_at(v, at++) != a * value(i, j, k) + b) return 0;
    (void)e;
    for (int r = 0; r < 3; r++) {
        if (v->grid.n[r] != s->n[r] || fabs((double)v->grid.mm[r] - s->mm[r]) > 1e-6) return 0;
        for (int c = 0; c < 3; c++)
            if (fabs((double)v->grid.to_mm[r][c] - (r == c ? s->mm[r] : 0)) > 1e-6) return 0;
        double o = s->form ? s->origin[r] : 0;
        if (fabs((double)v->grid.to_mm[r][3] - o) > 1e-5) return 0;
    }
    return 1;
}

static void axis_orders(void)
{
    static const int perm[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                   {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    struct dorg_err e;
    struct dorg_vol first;
    load(&first, &plain, DORG_F32, &e);
    for (int p = 0; p < 6; p++)
        for (int f = 0; f < 8; f++) {
            struct o_nii s = plain;
            struct dorg_vol v, w = DORG_VOL_INIT;
            struct dorg_out o;
            for (int t = 0; t < 3; t++) {
                s.axis[t] = perm[p][t];
                s.flip[t] = f >> t & 1;
            }
            if (!ok(!load(&v, &s, DORG_F32, &e) && is_right(&v, &s),
                    "order %d%d%d flips %d %s", perm[p][0], perm[p][1], perm[p][2], f, e.text))
                continue;
            ok(dorg_grid_same(&v.grid, &first.grid, &e) == 0 &&
                   dorg_vol_key(&v) == dorg_vol_key(&first),
               "the same grid and key as any other order");
            /* written back as it was stored: bytes after the header equal */
            static uint8_t was[8192], now[8192];
            size_t n = o_nii_write(was, &s, value), got = 0;
            v.type = DORG_F32;
            dorg_out_open(&o, name, &e);
            dorg_vol_write(&o, &v, NULL, &e);
            dorg_out_close(&o, &e);
            FILE *file = fopen(name, "rb");
            if (file) got = fread(now, 1, sizeof now, file);
            if (file) fclose(file);
            int same = got == 352 + 2 * (n - 352) && memcmp(was + 280, now + 280, 48) == 0;
            for (size_t i = 0; same && i < (n - 352) / 2; i++) {
                int16_t a;
                float b;
                memcpy(&a, was + 352 + 2 * i, 2);
                memcpy(&b, now + 352 + 4 * i, 4);
                same = (float)a == b;
            }
            ok(same, "written back in its stored order, on its stored matrix");
            ok(!dorg_vol_load(&w, name, DORG_F32, &e) && is_right(&w, &s), "and read again");
            dorg_vol_free(&v);
            dorg_vol_free(&w);
        }
    dorg_vol_free(&first);
}

static void encodings(void)
{
    static const int types[] = {2, 4, 8, 16, 64, 256, 512, 768, 1024, 1280, 1536};
    struct dorg_err e;
    for (int version = 1; version <= 2; version++)
        for (int big = 0; big < 2; big++)
            for (int t = 0; t < 11; t++) {
                struct o_nii s = plain;
                struct dorg_vol v;
                s.version = version;
                s.big = big;
                s.datatype = types[t];
                s.text = t % 2;
                s.n_dims = 3 + t % 5;
                s.slope = t % 3 == 0 ? 0 : 0.5;
                s.inter = -7;
                s.form = version == 1 && t == 5 ? 0 : 1 + t % 2;
                ok(!load(&v, &s, DORG_F32, &e) && is_right(&v, &s),
                   "version %d, %s-endian, type %d, dim[0] %d, form %d %s", version,
                   big ? "big" : "little", types[t], s.n_dims, s.form, e.text);
                dorg_vol_free(&v);
            }
}

/* Every voxel is value(), whatever is stored, wanted, and whichever way the rows run. */
static void wanted_types(void)
{
    static const int stored[] = {2, 4, 8, 16, 64, 256, 512, 768, 1024, 1280};
    static const enum dorg_type want[] = {DORG_U8,  DORG_I16,    DORG_I32,   DORG_F32,
                                          DORG_F64, DORG_STORED, DORG_LABELS};
    static const int axis[3][3] = {{0, 1, 2}, {0, 1, 2}, {1, 2, 0}}, back[3] = {0, 1, 1};
    struct dorg_err e;
    for (int t = 0; t < 10 * 7 * 3 * 2 * 2; t++) {
        struct o_nii s = plain;
        struct dorg_vol v;
        int order = t / 70 % 3;
        s.datatype = stored[t % 10];
        s.big = t / 210 % 2;
        s.slope = t / 420 ? 2 : 0;
        s.inter = 1;
        memcpy(s.axis, axis[order], sizeof s.axis);
        s.flip[0] = back[order];
        ok(!load(&v, &s, want[t / 10 % 7], &e) && is_right(&v, &s),
           "stored as %d, wanted as %d, order %d, %s-endian %s", s.datatype, want[t / 10 % 7],
           order, s.big ? "big" : "little", e.text);
        dorg_vol_free(&v);
    }
}

/* The ends of what an integer type holds, what lies just beyond, and what is nearly whole. */
static void ends(void)
{
    static const struct {
        enum dorg_type want;
        double x;
        int fits;
    } c[] = {{DORG_U8, 255, 1},          {DORG_U8, 256, 0},          {DORG_U8, -1, 0},
             {DORG_I16, 32767, 1},       {DORG_I16, 32768, 0},       {DORG_I16, -32768, 1},
             {DORG_I16, -32769, 0},      {DORG_I32, 2147483647, 1},  {DORG_I32, 2147483648, 0},
             {DORG_I32, -2147483648, 1}, {DORG_I32, -2147483649, 0}, {DORG_U8, 1.00005, 1},
             {DORG_U8, 1.0005, 0},       {DORG_U8, -0.00005, 1},     {DORG_U8, 255.00005, 1},
             {DORG_U8, -0.99995, 0},     {DORG_U8, 255.99995, 0},    {DORG_I32, 1e9 + 100, 1},
             {DORG_I32, 3000000.25, 1},  {DORG_I32, 3000000.5, 0},   {DORG_I16, NAN, 0},
             {DORG_F32, 1e39, 0},        {DORG_F32, INFINITY, 0},    {DORG_F64, 1e39, 1},
             {DORG_F64, INFINITY, 0},    {DORG_LABELS, 2e9, 1},      {DORG_LABELS, 3e9, 0}};
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        struct o_nii s = plain;
        struct dorg_vol v;
        struct dorg_err e;
        s.n[0] = s.n[1] = s.n[2] = 1;
        s.datatype = 64;
        the_one = c[i].x;
        int read = !load_of(&v, &s, c[i].want, one_value, &e);
        ok(read == c[i].fits, "%.9g as type %d %s %s", c[i].x, c[i].want,
           c[i].fits ? "fits" : "does not fit", e.text);
        if (read && c[i].fits)
            ok(dorg_vol_at(&v, 0) == (c[i].want == DORG_F64 ? c[i].x : rint(c[i].x)),
               "and is %.9g", dorg_vol_at(&v, 0));
        dorg_vol_free(&v);
    }
}

int main(void)
{
    int fd = mkstemp(name);
    if (fd >= 0) close(fd);
    axis_orders();
    encodings();
    wanted_types();
    ends();
    unlink(name);
    return tap_done();
}
