/* engine.c - which engine runs the net */
#include "engine.h"
#include "plugin.h"

static const struct dorg_engine_ops *usable(const char *name, char *why, size_t why_size)
{
    if (strcmp(name, "ref") == 0) return &dorg_engine_ref;
    const struct dorg_plugin *p = dorg_plugin_load(name, why, why_size);
    if (!p) return NULL;
    if (!p->engine || p->engine->abi != DORG_ENGINE_ABI) {
        snprintf(why, why_size, "plug-in dorg-%s.so holds no engine of ABI %d", name,
                 DORG_ENGINE_ABI);
        return NULL;
    }
    return p->engine->probe(why, why_size) > 0 ? p->engine : NULL;
}

const struct dorg_engine_ops *dorg_engine_find(const char *name, struct dorg_err *e)
{
    static const char *const names[] = {"cuda", "onednn", "ref"};
    char why[384] = "";
    int automatic = strcmp(name, "auto") == 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!automatic && strcmp(name, names[i]) != 0) continue;
        const struct dorg_engine_ops *ops = usable(names[i], why, sizeof why);
        if (ops) return ops;
        if (automatic) continue;
        dorg_fail(e, DORG_EIO, "engine %s cannot run: %s", name, why);
        return NULL;
    }
    dorg_fail(e, DORG_EUSAGE, "unknown engine %s: not auto, cuda, onednn or ref", name);
    return NULL;
}
