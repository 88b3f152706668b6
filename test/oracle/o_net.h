/* o_net.h - a ConvNet in double precision, layer by layer from the definitions in
 * dorg-net(5): the truth that engines are held to.  Slow on purpose. */
#ifndef O_NET_H
#define O_NET_H

#include <stdint.h>

#include "../../kernels/netcfg.h"

/* keep[k]: the 0/1 mask of dropout layer k, [n][numbers]; NULL: applying (times keep, and
 * bnorm by its running statistics).  p[n][classes] may be NULL.  Gives the mean
 * cross-entropy (0 without labels). */
double o_net(const struct dorg_netcfg *c, const double *params, const double *x,
             const uint8_t *label, int n, double *const *keep, double *p);

/* d o_net / d params[at] by central differences. */
double o_net_slope(const struct dorg_netcfg *c, double *params, const double *x,
                   const uint8_t *label, int n, double *const *keep, size_t at);

#endif
