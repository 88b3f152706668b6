/* netcfg_in.h - between the parser of net descriptions and its shape arithmetic */
#ifndef DORG_NETCFG_IN_H
#define DORG_NETCFG_IN_H

#include "netcfg.h"

/* Fit the newest layer, whose own numbers are set, behind `in`: shapes, its place in the
 * parameter array, multiply-adds.  A sentence without a place in *e if it does not fit. */
int dorg_netcfg_place(struct dorg_netcfg *c, struct dorg_layer *l, const int in[3],
                      struct dorg_err *e);

#endif
