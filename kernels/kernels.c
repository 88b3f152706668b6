/* kernels.c - which table for which device */
#include "kernels.h"

static const struct dorg_kernels cpu = {
    .abi = DORG_KERNELS_ABI,
    .name = "cpu",
    .gauss3d = dorg_gauss3d_cpu,
    .patch25 = dorg_patch25_cpu,
    .warp2d = dorg_warp2d_cpu,
};

const struct dorg_kernels *dorg_kernels_find(const char *device, struct dorg_err *e)
{
    if (strcmp(device, "auto") == 0 || strcmp(device, "cpu") == 0) return &cpu;
    if (strcmp(device, "cuda") == 0 || strncmp(device, "cuda:", 5) == 0)
        dorg_fail(e, DORG_EIO, "--device %s: no plug-in dorg-cuda.so to run it", device);
    else
        dorg_fail(e, DORG_EUSAGE, "--device %s: not auto, cpu, cuda or cuda:N", device);
    return NULL;
}
