/* plugin.c - finding and opening plug-ins */
#include "plugin.h"

#include <dlfcn.h>
#include <limits.h>
#include <unistd.h>

/* The folder that holds plug-ins, into dir[PATH_MAX]; 0 if it is not known. */
static int plugin_folder(char dir[PATH_MAX])
{
    const char *set = getenv("DORG_PLUGINS");
    if (set && *set) return snprintf(dir, PATH_MAX, "%s", set) < PATH_MAX;
    char exe[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (n <= 0) return 0;
    exe[n] = '\0';
    char *slash = strrchr(exe, '/');
    if (!slash) return 0;
    *slash = '\0';
    return snprintf(dir, PATH_MAX, "%s/../lib/dorg", exe) < PATH_MAX;
}

const struct dorg_plugin *dorg_plugin_load(const char *name, char *why, size_t why_size)
{
    char dir[PATH_MAX], path[PATH_MAX + 64];
    if (!plugin_folder(dir)) {
        snprintf(why, why_size, "the folder of plug-ins cannot be told");
        return NULL;
    }
    snprintf(path, sizeof path, "%s/dorg-%s.so", dir, name);
    if (access(path, R_OK) != 0) {
        snprintf(why, why_size, "there is no plug-in %s", path);
        return NULL;
    }
    void *so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const struct dorg_plugin *p = so ? dlsym(so, "dorg_plugin") : NULL;
    if (!p) {
        const char *said = dlerror();
        snprintf(why, why_size, "%s", said ? said : "no symbol dorg_plugin");
        return NULL;
    }
    if (p->abi != DORG_PLUGIN_ABI) {
        snprintf(why, why_size, "%s has plug-in ABI %u, this program wants %d", path,
                 (unsigned)p->abi, DORG_PLUGIN_ABI);
        return NULL;
    }
    return p;
}
