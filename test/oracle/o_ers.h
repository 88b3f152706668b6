/* o_ers.h - entropy rate superpixels by evaluating every edge at every step */
#ifndef O_ERS_H
#define O_ERS_H

#include <stdint.h>

/* Labels 1..k in raster order of first pixels; gives F(A).  nx * ny <= 4096. */
double o_ers(int32_t *label, const uint8_t *grey, int nx, int ny, int k, double lambda,
             double sigma);

/* 1 if every label 1..k occurs and is 8-connected (4-connected with four = 1). */
int o_connected(const int32_t *label, int nx, int ny, int k, int four);

#endif
