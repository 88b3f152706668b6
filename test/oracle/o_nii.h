/* o_nii.h - an independent NIfTI writer, byte by byte from the format's tables, that can
 * store a scan in any axis order, byte order, version and data type. */
#ifndef O_NII_H
#define O_NII_H

#include <stddef.h>
#include <stdint.h>

struct o_nii {
    int version;      /* 1 or 2 */
    int big;          /* big-endian */
    int datatype;     /* NIfTI code */
    int n[3];         /* canonical extents */
    double mm[3];     /* canonical pitch */
    double origin[3]; /* canonical voxel (0, 0, 0) in mm */
    int axis[3];      /* stored axis t runs along canonical axis axis[t] ... */
    int flip[3];      /* ... backwards, if set */
    int form;         /* 0 neither, 1 qform only (unflipped, identity order only), 2 sform */
    double slope, inter;
    int n_dims; /* dim[0]; extra dimensions are 1 */
    int text;   /* with a foreign header extension */
};

/* value(i, j, k): stored number of canonical voxel (i, j, k).  Gives bytes written; with out
 * NULL only counts. */
size_t o_nii_write(uint8_t *out, const struct o_nii *s, double (*value)(int, int, int));

#endif
