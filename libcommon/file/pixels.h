/* pixels.h - CT and probabilities as the 8-bit pixels the nets see.
 *
 *   CT    round(255 (x - lo) / (hi - lo)), halves away from zero, clamped to 0..255
 *   map   round(255 p), halves up
 *
 * Source   Roth et al. 2015 train on 8-bit images (paper.md 5.1); arithmetic in double.
 * Silent   the HU window: dorg-choices(7), -100 to 200.
 * Types    src float[n]; dst uint8_t[n], which may be the same memory as src. */
#ifndef DORG_PIXELS_H
#define DORG_PIXELS_H

#include <stddef.h>
#include <stdint.h>

#include "../base/err.h"
#include "vol.h"

#define DORG_WINDOW_LO (-100.0f)
#define DORG_WINDOW_HI 200.0f

/* An option's list as a window: two numbers, the first below the second, else DORG_EUSAGE. */
int dorg_pixels_window(float lo_hi[2], const double *v, int n, struct dorg_err *e);

/* lo_hi[0] < lo_hi[1], else DORG_EUSAGE. */
int dorg_pixels_ct(uint8_t *dst, const float *src, size_t n, const float lo_hi[2],
                   struct dorg_err *e);

/* DORG_EDATA, with the value, if one lies outside [0, 1] by more than 1e-6. */
int dorg_pixels_map(uint8_t *dst, const float *src, size_t n, struct dorg_err *e);

/* The same on a DORG_F32 volume, in place: it becomes DORG_U8 and gives memory back. */
int dorg_pixels_ct_vol(struct dorg_vol *v, const float lo_hi[2], struct dorg_err *e);
int dorg_pixels_map_vol(struct dorg_vol *v, struct dorg_err *e);

#endif
