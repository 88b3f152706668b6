/* kernels.h - the data-parallel arithmetic, as a table that a device fills.
 *
 * "cpu" is always linked in and is the version to read; "cuda" comes from a plug-in that may
 * be absent.  Every function meets the whole contract of its own header on every device. */
#ifndef DORG_KERNELS_H
#define DORG_KERNELS_H

#include <stdint.h>

#include "gauss3d.h"
#include "paintvox.h"
#include "patch25.h"
#include "tpswarp.h"
#include "warp2d.h"

#define DORG_KERNELS_ABI 2

struct dorg_kernels {
    uint32_t abi;     /* DORG_KERNELS_ABI, checked before anything else is touched */
    const char *name; /* "cpu" or "cuda" */
    /* Use this device, one for the whole process; NULL where there is but one. */
    int (*select)(int device, struct dorg_err *e);
    dorg_gauss3d_fn *gauss3d;
    dorg_patch25_fn *patch25;
    dorg_warp2d_fn *warp2d;
    dorg_paintvox_fn *paintvox;
    dorg_tpswarps_fn *tpswarps;
};

/* device: "auto", "cpu", "cuda" or "cuda:N".  NULL and DORG_EIO when a device given by name
 * cannot be used, DORG_EUSAGE for any other word.  The table lives until exit.
 *
 * "auto" is the CPU: these kernels are bound by memory, and a trip over the bus and back
 * costs more than the work. */
const struct dorg_kernels *dorg_kernels_find(const char *device, struct dorg_err *e);

#endif
