/* engine_pick.c - which engine, from --engine and --device */
#include "engine_pick.h"

static int contradiction(const char *engine, const char *device, struct dorg_err *e)
{
    return dorg_fail(e, DORG_EUSAGE, "engine %s does not run on device %s", engine, device);
}

const struct dorg_engine_ops *dorg_engine_pick(const char *engine, const char *device,
                                               int *number, struct dorg_err *e)
{
    int any = strcmp(engine, "auto") == 0, cuda = strcmp(engine, "cuda") == 0;
    *number = 0;
    if (strcmp(device, "auto") == 0) return dorg_engine_find(engine, e);
    if (strcmp(device, "cpu") == 0) {
        struct dorg_err quiet = DORG_ERR_INIT;
        const struct dorg_engine_ops *ops;
        if (cuda && contradiction(engine, device, e)) return NULL;
        if (!any) return dorg_engine_find(engine, e);
        ops = dorg_engine_find("onednn", &quiet);
        return ops ? ops : dorg_engine_find("ref", e);
    }
    if (strncmp(device, "cuda", 4) == 0 && (device[4] == 0 || device[4] == ':')) {
        char *end = (char *)(uintptr_t)(device + 4);
        long n = device[4] ? strtol(device + 5, &end, 10) : 0;
        if (!*end && end != device + 5 && n >= 0 && n < 1024) {
            *number = (int)n;
            if (!any && !cuda && contradiction(engine, device, e)) return NULL;
            return dorg_engine_find("cuda", e);
        }
    }
    dorg_fail(e, DORG_EUSAGE, "unknown device %s: not auto, cpu, cuda or cuda:N", device);
    return NULL;
}

int dorg_engine_slow(char *why, size_t why_size, const char *engine,
                     const struct dorg_engine_ops *picked)
{
    struct dorg_err e = DORG_ERR_INIT;
    if (strcmp(engine, "auto") != 0 || picked != &dorg_engine_ref) return 0;
    dorg_engine_find("onednn", &e);
    snprintf(why, why_size, "%s", e.text);
    return 1;
}
