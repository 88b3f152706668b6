/* kernels.c - which table for which device */
#include "kernels.h"

#include "engine.h"
#include "plugin.h"

static const struct dorg_kernels cpu = {
    .abi = DORG_KERNELS_ABI,
    .name = "cpu",
    .gauss3d = dorg_gauss3d_cpu,
    .patch25 = dorg_patch25_cpu,
    .warp2d = dorg_warp2d_cpu,
    .paintvox = dorg_paintvox_cpu,
    .tpswarps = dorg_tpswarps_cpu,
};

/* The table of the plug-in dorg-cuda.so, if a device is there to run it. */
static const struct dorg_kernels *cuda(char *why, size_t why_size)
{
    const struct dorg_plugin *p = dorg_plugin_load("cuda", why, why_size);
    if (!p) return NULL;
    if (!p->kernels || p->kernels->abi != DORG_KERNELS_ABI) {
        snprintf(why, why_size, "plug-in dorg-cuda.so holds no kernels of ABI %d",
                 DORG_KERNELS_ABI);
        return NULL;
    }
    return !p->engine || p->engine->probe(why, why_size) > 0 ? p->kernels : NULL;
}

/* N of "cuda:N", 0 of "cuda", -1 of anything else. */
static long number_of(const char *device)
{
    char *end = NULL;
    if (strcmp(device, "cuda") == 0) return 0;
    if (strncmp(device, "cuda:", 5) != 0 || device[5] < '0' || device[5] > '9') return -1;
    long n = strtol(device + 5, &end, 10);
    return *end || n > 1023 ? -1 : n;
}

const struct dorg_kernels *dorg_kernels_find(const char *device, struct dorg_err *e)
{
    char why[384] = "";
    if (strcmp(device, "auto") == 0 || strcmp(device, "cpu") == 0) return &cpu;
    long n = number_of(device);
    if (n < 0) {
        dorg_fail(e, DORG_EUSAGE, "--device %s: not auto, cpu, cuda or cuda:N", device);
        return NULL;
    }
    const struct dorg_kernels *k = cuda(why, sizeof why);
    if (!k) {
        dorg_fail(e, DORG_EIO, "device %s cannot be used: %s", device, why);
        return NULL;
    }
    return k->select && k->select((int)n, e) ? NULL : k;
}
