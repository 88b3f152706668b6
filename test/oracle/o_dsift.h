/* o_dsift.h - a SIFT descriptor by its definition, in double precision, pixel by pixel */
#ifndef O_DSIFT_H
#define O_DSIFT_H

#include <stdint.h>

/* d[4][4][8] (y first) of the descriptor centred on (cx, cy), cells of 3 pixels; gives edge.
 */
double o_dsift(double d[128], const uint8_t *u, int nx, int ny, double cx, double cy);

#endif
