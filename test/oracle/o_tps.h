/* o_tps.h - a thin-plate spline and its warp, from the equations, in double */
#ifndef O_TPS_H
#define O_TPS_H
#include <stdint.h>

/* Landmarks of a side x side window with 3 x 3 moving points spaced span/sqrt(5); gives how
 * many, the last nine moving.  xy: room for 2 * 64 doubles. */
int o_tps_landmarks(double *xy, int side);

/* u at (x, y) of the spline through displacements dx, dy of n landmarks; log_kernel: r^2 log r
 */
void o_tps_fit(double *coef_x, double *coef_y, const double *xy, const double *dx,
               const double *dy, int n, int log_kernel);
double o_tps_eval(const double *coef, const double *xy, int n, int log_kernel, double x,
                  double y);

/* Value of an 8-bit plane at a point, bilinear, clamped, not rounded. */
double o_tps_sample(const uint8_t *plane, int side, double x, double y);

#endif
