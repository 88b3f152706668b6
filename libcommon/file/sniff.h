/* sniff.h - what a stream holds, from its first bytes */
#ifndef DORG_SNIFF_H
#define DORG_SNIFF_H

#include "io.h"
#include "vol.h"

enum dorg_kind {
    DORG_KIND_VOLUME,
    DORG_KIND_TABLE,
    DORG_KIND_RECORDS,
    DORG_KIND_NET,
    DORG_KIND_FOREST
};

/* The kind of what comes next; nothing is consumed.  DORG_EDATA when the stream is empty or
 * begins as none of them. */
int dorg_sniff(enum dorg_kind *k, struct dorg_in *in, struct dorg_err *e);

/* What the n bytes at p begin, where it is something that others make and dorg does not read, and
 * what converts it: "an NRRD file: c3d FILE -o FILE.nii.gz (Debian: convert3d) converts it".
 * NULL for anything else. */
const char *dorg_sniff_foreign(const uint8_t *p, size_t n);

const char *dorg_kind_name(enum dorg_kind k); /* "volume", "table", ... */

struct dorg_storage { /* of a volume, before reading has made it canonical */
    int version;      /* of NIfTI, 1 or 2; 0: Analyze 7.5 */
    bool swapped, pair;
    int datatype; /* NIfTI's code */
    double slope, inter;
    enum dorg_intent intent; /* as the header says */
};

/* From the first bytes of a volume; nothing is consumed. */
int dorg_sniff_storage(struct dorg_storage *s, struct dorg_in *in, struct dorg_err *e);

/* The type that holds such voxels exactly, or nearly: DORG_I32 for integers without a scale
 * that fit, else DORG_F32. */
enum dorg_type dorg_storage_type(const struct dorg_storage *s);

/* dorg_vol_read from a stream, or, if it is the header of a pair, dorg_vol_load of its name.
 */
int dorg_sniff_vol(struct dorg_vol *v, struct dorg_in *in, enum dorg_type want,
                   struct dorg_err *e);

const char *dorg_datatype_name(int datatype); /* "int16", ... */

#endif
