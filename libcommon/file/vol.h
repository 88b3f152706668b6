/* vol.h - scalar volumes on a millimetre grid, carried as NIfTI streams.
 *
 * Three promises.  What dorg_vol_read accepts is whole: every voxel came off the stream,
 * scl_slope and scl_inter are applied, bytes are in host order.  What dorg_vol_write
 * reports done has left this process, flushed and checked.  And nothing here seeks, prints,
 * exits or looks at the environment.
 *
 * Axis order.  A scan may be stored in any of 48 axis orders.  Reading turns it to the
 * order nearest RAS+ (x to the patient's right, y to the front, z to the head) by a
 * permutation and flips, never a resampling; writing turns it back.  So z is always the
 * axial axis, and an output lies voxel for voxel on its input.
 *
 * Voxel order is NIfTI's, x fastest: data[x + nx * (y + ny * z)]. */
#ifndef DORG_VOL_H
#define DORG_VOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/err.h"
#include "../base/mem.h"
#include "io.h"

/* As NIfTI numbers them.  Two are only asked for: DORG_LABELS is DORG_U8 where every value
 * fits, else DORG_I32; DORG_STORED is whichever type holds what is stored.  DORG_F64 is copied
 * and compared, computed with nowhere. */
enum dorg_type {
    DORG_STORED = -2,
    DORG_LABELS,
    DORG_U8 = 2,
    DORG_I16 = 4,
    DORG_I32 = 8,
    DORG_F32 = 16,
    DORG_F64 = 64
};

/* What the voxels mean: written as NIFTI_INTENT_LABEL, and as a range to be shown of 0 to 1. */
enum dorg_intent { DORG_INTENT_NONE, DORG_INTENT_LABELS, DORG_INTENT_MAP };

struct dorg_stored { /* how the file had it, to be written back unchanged */
    int8_t axis[3];  /* stored axis t runs along canonical axis axis[t] ... */
    bool flip[3];    /* ... backwards, if flip[t] */
    int16_t qform_code, sform_code;
    int8_t units;    /* NIfTI xyz_units */
    float pixdim[4]; /* qfac, then the stored pitches */
    float quatern[3], qoffset[3];
    float srow[3][4];
    char descrip[80], aux_file[24]; /* bytes, perhaps without a NUL */
};

struct dorg_grid {
    int32_t n[3];      /* voxels along x, y, z; each 1..32767 */
    float mm[3];       /* voxel pitch in mm; each finite and > 0 */
    float to_mm[3][4]; /* voxel (i, j, k, 1) -> scanner mm, RAS+ */
    struct dorg_stored stored;
};

struct dorg_vol {
    struct dorg_grid grid;
    enum dorg_type type;
    enum dorg_intent intent; /* labels where a command asked for integers */
    void *data;              /* owned: n[0]*n[1]*n[2] elements */
    char *history;           /* owned: one line per stage, oldest first; or NULL */
};
#define DORG_VOL_INIT ((struct dorg_vol){0}) /* empty: safe to free, safe to read into */

/* Read one volume from the stream up to its end, as type `want`.
 * Fails with DORG_EDATA when the bytes are not one 3-D NIfTI-1 or -2 image (a 4-D one of one
 * volume is 3-D), stop early, run on past the last voxel, hold NaN or Inf, or hold a value
 * an integer `want` cannot represent (DORG_F32 rounds to nearest); a value is whole within
 * 1e-4 or a float's last bit, since a stored slope is a float; 64-bit integers beyond 2^53
 * are no DORG_STORED.  With DORG_EIO when reading or
 * memory fails.  On failure *v stays empty. */
int dorg_vol_read(struct dorg_vol *v, struct dorg_in *in, enum dorg_type want,
                  struct dorg_err *e);

/* The same from a path ("-" or NULL: standard input); a .hdr names a pair, its .img (or
 * .img.gz) lies beside it.  The error names the path. */
int dorg_vol_load(struct dorg_vol *v, const char *path, enum dorg_type want,
                  struct dorg_err *e);

/* Write v to o with `stage` (the command line, no date, no host) added to its history.
 * The same v and stage give the same bytes, always. */
int dorg_vol_write(struct dorg_out *o, const struct dorg_vol *v, const char *stage,
                   struct dorg_err *e);

/* Make v a zero-filled volume of `type` on the grid, and with the history, of `model`: labels
 * where it is uint8 or int32, a map where it is a float and the model is one. */
int dorg_vol_like(struct dorg_vol *v, const struct dorg_vol *model, enum dorg_type type,
                  struct dorg_err *e);

/* Make v a zero-filled volume of nx*ny*nz voxels of the given pitch, RAS+, origin 0. */
int dorg_vol_new(struct dorg_vol *v, const int32_t n[3], const float mm[3],
                 enum dorg_type type, struct dorg_err *e);

/* 0 when both grids place their eight corners within 0.01 mm of each other, with equal n;
 * else DORG_EDATA and a text naming the first corner that disagrees. */
int dorg_grid_same(const struct dorg_grid *a, const struct dorg_grid *b, struct dorg_err *e);

/* The same with a stated tolerance in mm. */
int dorg_grid_within(const struct dorg_grid *a, const struct dorg_grid *b, double tolerance_mm,
                     struct dorg_err *e);

/* How far apart qform and sform place a corner of the grid, in mm; 0 where one is not there.
 */
double dorg_grid_forms_apart(const struct dorg_grid *g);

/* 0 where the axes meet at right angles, to a cosine of 0.001: then distances taken along the
 * axes are right to one part in 2000.  DORG_EDATA for a sheared grid (a tilted gantry). */
int dorg_grid_square(const struct dorg_grid *g, struct dorg_err *e);

/* The volume of one voxel in mL; of a sheared grid by its matrix. */
double dorg_grid_voxel_ml(const struct dorg_grid *g);

/* Voxels in the grid. */
size_t dorg_grid_count(const struct dorg_grid *g);

/* The box, bounds included, of the voxels of mask that are not 0; false if there is none. */
bool dorg_grid_box(int32_t lo[3], int32_t hi[3], const struct dorg_grid *g,
                   const uint8_t *mask);

/* The value of voxel i, whatever the type. */
static inline double dorg_vol_at(const struct dorg_vol *v, size_t i)
{
    switch (v->type) {
    case DORG_U8:
        return ((const uint8_t *)v->data)[i];
    case DORG_I16:
        return ((const int16_t *)v->data)[i];
    case DORG_I32:
        return ((const int32_t *)v->data)[i];
    case DORG_F32:
        return (double)((const float *)v->data)[i];
    default:
        return ((const double *)v->data)[i];
    }
}

/* Slice z of a volume of DORG_F32. */
static inline const float *dorg_vol_slice(const struct dorg_vol *v, size_t z)
{
    return (const float *)v->data + z * dorg_area(v->grid.n);
}

/* Bytes of one element. */
size_t dorg_type_size(enum dorg_type t);

/* A cheap identity of a volume's voxels, never 0: FNV-1a over its dimensions and CRCs.
 * Equal voxels on equal dimensions give equal keys, whatever the storage. */
uint64_t dorg_vol_key(const struct dorg_vol *v);

void dorg_vol_free(struct dorg_vol *v); /* empties v; a second call does nothing */

/* Histories are text, one line per stage, of at most DORG_HISTORY_MAX bytes: no header can be
 * made to grow for ever.  DORG_EDATA where one would get longer. */
enum { DORG_HISTORY_MAX = 1 << 20 };

struct dorg_lines { /* a history being read */
    char *text;     /* owned; NULL while empty */
    size_t n, cap;
};
int dorg_lines_add(struct dorg_lines *l, const char *line, size_t n, struct dorg_err *e);

/* Append the lines of `more` (may be NULL) that
 * *h (may be NULL) does not hold yet. */
int dorg_history_add(char **h, const char *more, struct dorg_err *e);

/* Append `stage` (may be NULL) as a new last line, whatever *h holds. */
int dorg_history_stage(char **h, const char *stage, struct dorg_err *e);

#endif
