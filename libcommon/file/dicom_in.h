/* dicom_in.h - one DICOM file; private to dicom.c and dicom_file.c */
#ifndef DORG_DICOM_IN_H
#define DORG_DICOM_IN_H

#include "vol.h"

struct dorg_dicom { /* what one file says */
    uint8_t *bytes; /* owned: the whole file */
    size_t n_bytes;
    const uint8_t *pixels; /* within bytes */
    size_t n_pixels;       /* bytes of them */
    char series[66];
    int rows, cols, samples;
    int bits, stored, high, is_signed; /* allocated; stored; the highest stored one */
    double frames, instance;           /* instance: NaN where it is missing */
    double position[3], orientation[6], spacing[2], thickness, slope, intercept;
    int n_position, n_orientation, n_spacing; /* numbers found */
};

int dorg_dicom_file(struct dorg_dicom *d, const char *path, struct dorg_err *e);
int dorg_dicom_pixel(const struct dorg_dicom *d, size_t i); /* as stored, its sign extended */
void dorg_dicom_free(struct dorg_dicom *d);

#endif
