/* t_vol.c - the volume reader's refusals: prefixes, trailing bytes, hostile headers, values */
#include "../../libcommon/file/vol.h"
#include "../oracle/o_nii.h"
#include "../tap.h"

#include <unistd.h>

static double number = 0; /* every voxel */
static uint8_t bytes[8192];

static double value(int i, int j, int k)
{
    (void)i, (void)j, (void)k;
    return number;
}

static struct o_nii plain(void)
{
    return (struct o_nii){.version = 1,
                          .datatype = 16,
                          .n = {3, 4, 2},
                          .mm = {1, 1, 1},
                          .axis = {0, 1, 2},
                          .form = 2,
                          .n_dims = 3};
}

/* Through a pipe, so that file size is no help. */
static int read_bytes(size_t n, enum dorg_type want, struct dorg_err *e)
{
    struct dorg_vol v = DORG_VOL_INIT;
    struct dorg_in *in = NULL;
    int fd[2];
    *e = DORG_ERR_INIT;
    if (pipe(fd) || write(fd[1], bytes, n) != (ssize_t)n) return -1;
    close(fd[1]);
    if (!dorg_in_fd(&in, fd[0], "pipe", e)) dorg_vol_read(&v, in, want, e);
    if (e->code && (v.data || v.history)) e->code = -2; /* a failure must leave it empty */
    dorg_vol_free(&v);
    dorg_in_close(in);
    close(fd[0]);
    return e->code;
}

static void refused(const char *what, size_t n, const char *says)
{
    struct dorg_err e;
    int rc = read_bytes(n, DORG_F32, &e);
    ok(rc == DORG_EDATA && strstr(e.text, says), "refused: %s (%s)", what, e.text);
}

static void set16(size_t at, int x)
{
    int16_t v = (int16_t)x;
    memcpy(bytes + at, &v, 2);
}

static void setf(size_t at, double x)
{
    float v = (float)x;
    memcpy(bytes + at, &v, 4);
}

static void hostile_headers(void)
{
    struct o_nii s = plain();
    size_t n = o_nii_write(bytes, &s, value);
#define CASE(what, edit, says)                                                                \
    o_nii_write(bytes, &s, value);                                                            \
    edit;                                                                                     \
    refused(what, n, says)
    CASE("header size 0", set16(0, 0), "not NIfTI");
    CASE("no magic", bytes[344] = 0, "Analyze");
    CASE("a pair's header as a stream", bytes[345] = 'i', "pair");
    CASE("no dimensions", set16(40, 0), "dimensions");
    CASE("nine dimensions", set16(40, 9), "dimensions");
    CASE("a dimension of 0", set16(44, 0), "dimension 2");
    CASE("a negative dimension", set16(46, -3), "dimension 3");
    CASE("two volumes", (set16(40, 4), set16(48, 2)), "4 dimensions");
    CASE("huge dimensions", (set16(42, 32767), set16(44, 32767), set16(46, 32767)), "2^33");
    CASE("large dimensions, no data", (set16(42, 1000), set16(44, 1000)), "stop at byte 96");
    CASE("colour", set16(70, 128), "colour");
    CASE("complex", set16(70, 32), "complex");
    CASE("an unknown type", set16(70, 77), "unknown datatype");
    CASE("pitch 0", setf(80, 0), "pitch");
    CASE("pitch NaN", setf(84, NAN), "pitch");
    CASE("pitch too small", setf(88, 1e-30), "pitch");
    CASE("data inside the header", setf(108, 100), "voxel data at byte");
    CASE("data at a fraction", setf(108, 352.5), "voxel data at byte");
    CASE("data at the end of the world", setf(108, 1e30), "voxel data at byte");
    CASE("data at NaN", setf(108, NAN), "voxel data at byte");
    CASE("a singular matrix", memset(bytes + 280, 0, 48), "singular");
    CASE("a matrix with NaN", setf(280, NAN), "");
}

static void values(void)
{
    static const struct {
        double x;
        enum dorg_type want;
        int rc;
    } t[] = {
        {255, DORG_U8, 0},
        {256, DORG_U8, 3},
        {-1, DORG_U8, 3},
        {0.5, DORG_U8, 3},
        {-32768, DORG_I16, 0},
        {32768, DORG_I16, 3},
        {-2147483648.0, DORG_I32, 0},
        {2147483648.0, DORG_I32, 3},
        {1e30, DORG_F32, 0},
        {1e300, DORG_F32, 3},
        {NAN, DORG_F32, 3},
        {INFINITY, DORG_F32, 3},
        {NAN, DORG_U8, 3},
    };
    struct o_nii s = plain();
    struct dorg_err e;
    s.datatype = 64;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        number = t[i].x;
        size_t n = o_nii_write(bytes, &s, value);
        ok(read_bytes(n, t[i].want, &e) == t[i].rc, "%g as type %d gives %d %s", t[i].x,
           t[i].want, t[i].rc, e.text);
    }
    number = 0;
}

static void grids(void)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_vol a, b;
    const float mm[3] = {1, 1, 2};
    dorg_vol_new(&a, (const int32_t[3]){4, 5, 6}, mm, DORG_U8, &e);
    dorg_vol_new(&b, (const int32_t[3]){4, 5, 6}, mm, DORG_F32, &e);
    ok(dorg_grid_same(&a.grid, &b.grid, &e) == 0, "equal grids");
    ok(dorg_vol_key(&a) == dorg_vol_key(&b), "equal voxels, equal keys, whatever the type");
    b.grid.to_mm[0][3] += 0.009f;
    ok(dorg_grid_same(&a.grid, &b.grid, &e) == 0, "0.009 mm apart is the same");
    b.grid.to_mm[0][3] += 0.002f;
    ok(dorg_grid_same(&a.grid, &b.grid, &e) == DORG_EDATA && strstr(e.text, "corner 0"),
       "0.011 mm apart is not");
    e = DORG_ERR_INIT;
    b.grid.to_mm[0][3] = 0;
    b.grid.to_mm[2][2] *= 1.01f;
    ok(dorg_grid_same(&a.grid, &b.grid, &e) == DORG_EDATA, "another pitch is not");
    e = DORG_ERR_INIT;
    b.grid.n[1] = 6;
    ok(dorg_grid_same(&a.grid, &b.grid, &e) == DORG_EDATA, "another size is not");
    b.grid.n[1] = 5;
    ((uint8_t *)a.data)[7] = 1;
    ok(dorg_vol_key(&a) != dorg_vol_key(&b), "other voxels, other key");
    dorg_vol_free(&a);
    dorg_vol_free(&a);
    dorg_vol_free(&b);
    ok(!a.data, "free empties, twice is fine");

    char *h = NULL;
    e = DORG_ERR_INIT;
    dorg_history_stage(&h, "one", &e);
    dorg_history_add(&h, "one\ntwo\n", &e);
    dorg_history_stage(&h, "two", &e);
    ok(h && !strcmp(h, "one\ntwo\ntwo\n"), "histories merge; stages always count");
    free(h);
}

int main(void)
{
    struct o_nii s = plain();
    struct dorg_err e;
    for (s.version = 1; s.version <= 2; s.version++) {
        size_t n = o_nii_write(bytes, &s, value);
        int bad = 0;
        ok(read_bytes(n, DORG_F32, &e) == 0, "version %d reads %s", s.version, e.text);
        for (size_t k = 0; k < n; k++)
            bad += read_bytes(k, DORG_F32, &e) != DORG_EDATA;
        ok(bad == 0, "every prefix of it is refused (%d were not)", bad);
        bytes[n] = 0;
        refused("a byte too many", n + 1, "past the last voxel");
    }
    hostile_headers();
    values();
    grids();
    return tap_done();
}
