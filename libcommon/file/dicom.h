/* dicom.h - one CT series of single-slice DICOM files, as a volume.
 *
 * The files are put in the order of their positions along the normal of their plane, from the
 * end whose InstanceNumber is the lower one (where these are missing, against the normal).
 * Voxel (i, j, k) is column i, row j of the k-th of them; its place is
 *
 *   ImagePosition(0) + i dx ImageOrientation[0..2] + j dy ImageOrientation[3..5]
 *     + k (ImagePosition(n-1) - ImagePosition(0)) / (n - 1)          (LPS, turned to RAS)
 *
 * and its value RescaleSlope * pixel + RescaleIntercept, HU, by its own file's numbers.  A pixel
 * is its BitsStored bits below HighBit, with their sign; bits above are an overlay's.
 *
 * What a scanner or an anonymiser varies from slice to slice (times, UIDs of instances) is
 * not looked at, nor is what follows the pixels.
 *
 * Source   DICOM PS3.3 C.7.6.2, C.7.6.3, C.11.1; PS3.5 6.2.2, 7.1, 7.5, 8.1.1.
 * Bounds   no pixel lies more than 0.1 mm from where its own file puts it.
 * Fails    DORG_EDATA, naming the file: not DICOM, compressed or big-endian, several frames,
 *          not 16-bit grey, another series or size, two slices at one place, one missing or
 *          not evenly spaced.  DORG_EIO. */
#ifndef DORG_DICOM_H
#define DORG_DICOM_H

#include "vol.h"

/* n files or folders in any order.  Of a folder all files below it are taken that are DICOM,
 * but none called DICOMDIR.  *v becomes DORG_I16 when every value of every slice is whole and
 * fits, else F32.  *n_files: how many there were; may be NULL. */
int dorg_dicom_load(struct dorg_vol *v, const char *const *path, size_t n, size_t *n_files,
                    struct dorg_err *e);

#endif
