/* o_edges.h - borders, overlaps and means by looking at every pixel for every pair */
#ifndef DORG_O_EDGES_H
#define DORG_O_EDGES_H

#include <stdint.h>

/* Pixel sides between labels a and b in slice z of label[nz][ny][nx]. */
long o_border(const int32_t *label, const int32_t n[3], int z, int a, int b);

/* Pixels that are a in slice z and b in slice z + 1. */
long o_overlap(const int32_t *label, const int32_t n[3], int z, int a, int b);

/* Pixels of label a in slice z, and their mean in value (may be NULL). */
long o_pixels(const int32_t *label, const float *value, const int32_t n[3], int z, int a,
              double *mean);

#endif
