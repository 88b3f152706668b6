/* o_ers.h - entropy rate superpixels by evaluating every edge at every step */
#ifndef O_ERS_H
#define O_ERS_H

#include <stdint.h>

/* Labels 1..k in raster order of first pixels; gives F(A).  nx * ny <= 4096. */
double o_ers(int32_t *label, const uint8_t *grey, int nx, int ny, int k, double lambda,
             double sigma);

/* The same without air: pixels whose 7 by 7 neighbourhood in the slice is 0 and that are
 * 4-connected through such to its border, each piece one label.  Gives F(A) of the rest and
 * the number of labels; air[nx * ny] is 1 there. */
double o_ers_body(int32_t *label, int *labels, char *air, const uint8_t *grey, int nx, int ny,
                  int k, double lambda, double sigma);

/* 1 if every label 1..k occurs and is 8-connected (4-connected with four = 1). */
int o_connected(const int32_t *label, int nx, int ny, int k, int four);

#endif
