/* plans.cpp net.cfg - does cuDNN itself plan a net's convolutions?  No device is needed: cuDNN
 * can be told of one.
 *
 * The engine's own source asks; the calls in between leave out the handle that only a device
 * can give, and add a description of an H100 instead.  Skipped where this cuDNN cannot read
 * the description. */
#include <map>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cudnn.h>

static const char h100[] =
    "{\"cudaDeviceId\":0,\"deviceVer\":900,\"driverVer\":13000,"
    "\"maxGridSize\":[2147483647,65535,65535],\"maxBlockSize\":[1024,1024,64],"
    "\"regsPerBlock\":65536,\"multiProcessorCount\":132,\"smClockRateKHz\":1980000,"
    "\"memClockRateKHz\":2619000,\"l2CacheSize\":52428800,\"warpSize\":32,"
    "\"maxSharedMemoryPerBlock\":49152,\"maxSharedMemoryPerBlockOptin\":232448,"
    "\"reservedSharedMemoryPerBlock\":1024,\"maxRegistersPerSM\":65536,\"pciDeviceId\":0,"
    "\"maxCtasPerSM\":32,\"maxThreadsPerBlock\":1024,\"maxThreadsPerSM\":2048,"
    "\"isTccDriver\":0,\"supportCoopLaunch\":1,\"totalGlobalMem\":85029158912,"
    "\"deviceName\":\"NVIDIA H100\"}";

static cudnnBackendDescriptor_t device; /* the description */
static std::map<cudnnBackendDescriptor_t, cudnnBackendDescriptorType_t> type_of;

static cudnnStatus_t create(cudnnBackendDescriptorType_t type, cudnnBackendDescriptor_t *d)
{
    cudnnStatus_t r = cudnnBackendCreateDescriptor(type, d);
    type_of[*d] = type;
    return r;
}

static cudnnStatus_t set_but_handle(cudnnBackendDescriptor_t d,
                                    cudnnBackendAttributeName_t name,
                                    cudnnBackendAttributeType_t type, int64_t n, const void *v)
{
    if (type == CUDNN_TYPE_HANDLE) return CUDNN_STATUS_SUCCESS;
    return cudnnBackendSetAttribute(d, name, type, n, v);
}

static cudnnStatus_t finalize_for_device(cudnnBackendDescriptor_t d)
{
    cudnnBackendDescriptorType_t type = type_of[d];
    if (type == CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR)
        cudnnBackendSetAttribute(d, CUDNN_ATTR_ENGINEHEUR_DEVICEPROP,
                                 CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &device);
    if (type == CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR)
        cudnnBackendSetAttribute(d, CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP,
                                 CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &device);
    return cudnnBackendFinalize(d);
}

#define cudnnBackendCreateDescriptor create
#define cudnnBackendSetAttribute set_but_handle
#define cudnnBackendFinalize finalize_for_device
#include "../../kernels/engines/cudnn/engine_cudnn_plan.cu"

extern "C" {
#include "../../libcommon/net/net.h"
}
#undef cudnnBackendCreateDescriptor
#undef cudnnBackendSetAttribute
#undef cudnnBackendFinalize

#include "../tap.h"

static bool describe(void)
{
    return cudnnBackendCreateDescriptor(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR, &device) ==
               CUDNN_STATUS_SUCCESS &&
           cudnnBackendSetAttribute(device, CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION,
                                    CUDNN_TYPE_CHAR, sizeof h100 - 1,
                                    h100) == CUDNN_STATUS_SUCCESS &&
           cudnnBackendFinalize(device) == CUDNN_STATUS_SUCCESS;
}

static void plan_all(const struct dorg_netcfg *cfg, bool training, enum dorg_precision how,
                     const char *name)
{
    static const char *const ways[] = {"forward", "to its input", "to its weights"};
    struct dorg_engine *g = (struct dorg_engine *)calloc(1, sizeof *g);
    struct dorg_err e = {};
    g->cfg = *cfg;
    g->opts.precision = how;
    g->opts.training = training;
    g->opts.max_batch = training ? cfg->batch : 512;
    g->last = true;
    ok(!dorg_cu_measure(g, &e), "sizes %s", e.text);
    for (int k = 0; k < cfg->n_layers; k++) {
        const struct dorg_layer *l = &cfg->layer[k];
        bool last_fc = how == DORG_PREC_BF16 && k == g->widens_at; /* in float, unplanned */
        if ((l->type != DORG_CONV && l->type != DORG_FC) || last_fc) continue;
        for (int w = 0; w < (training ? 3 : 1); w++) {
            struct dorg_cu_plan *p = NULL;
            size_t space = 0;
            if (w == DORG_CU_TO_DATA && k == 0) continue;
            dorg_cu_plan_open(&p, g, k, (enum dorg_cu_way)w, &space, &e);
            ok(p && !e.code, "%s, %s: %s %s, workspace %zu", training ? "train" : "apply",
               name, l->name, ways[w], space);
            dorg_cu_plan_close(p);
        }
    }
    free(g);
}

int main(int argc, char **argv)
{
    struct dorg_netcfg cfg;
    struct dorg_err e = {};
    if (argc != 2 || dorg_net_load_cfg(&cfg, argv[1], &e)) {
        ok(0, "plans net.cfg %s", e.text);
        return tap_done();
    }
    if (!describe()) {
        tap_skip("this cuDNN cannot be told of a device");
    } else {
        for (int training = 0; training < 2; training++) {
            plan_all(&cfg, training, DORG_PREC_BF16, "bf16");
            plan_all(&cfg, training, DORG_PREC_TF32, "tf32");
        }
    }
    dorg_netcfg_free(&cfg);
    return tap_done();
}
