/* dicom.h - one axial CT series of single-slice DICOM files, as a volume.
 *
 * Voxel (i, j, k) is column i, row j of the file whose InstanceNumber is k + 1; its place is
 *
 *   ImagePosition(1) + i dx ImageOrientation[0..2] + j dy ImageOrientation[3..5]
 *     + k (ImagePosition(n) - ImagePosition(1)) / (n - 1)          (LPS, turned to RAS)
 *
 * and its value RescaleSlope * pixel + RescaleIntercept, HU.
 *
 * What a scanner or an anonymiser varies from slice to slice (times, UIDs of instances) is
 * not looked at.
 *
 * Source   DICOM PS3.3 C.7.6.2, C.11.1; PS3.5 7.1 (explicit and implicit little-endian).
 * Fails    DORG_EDATA, naming the file: not DICOM, compressed or big-endian, not 16-bit
 *          grey, another series or size, an InstanceNumber missing or twice, slices not
 *          evenly spaced to 0.1 mm. */
#ifndef DORG_DICOM_H
#define DORG_DICOM_H

#include "vol.h"

/* n files in any order; *v becomes DORG_I16 when slope and intercept are whole, else F32. */
int dorg_dicom_load(struct dorg_vol *v, const char *const *path, size_t n, struct dorg_err *e);

#endif
