/* o_gauss3d.h - the direct 3-D sum of kernels/gauss3d.h's equation, in double */
#ifndef O_GAUSS3D_H
#define O_GAUSS3D_H

/* f and g: x fastest, nx*ny*nz; whole: outside counts as 0 in the upper sum alone. */
void o_gauss3d(double *g, const float *f, const int n[3], const double sigma[3], int whole);

#endif
