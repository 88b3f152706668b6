/* plugin.h - shared objects that may be absent: dorg-onednn.so, dorg-cuda.so.
 *
 * A plug-in exports one symbol, `const struct dorg_plugin dorg_plugin`.  It is looked for in
 * $DORG_PLUGINS, or in ../lib/dorg beside the folder of the running executable (the one
 * place where the library reads its environment), and is never unloaded. */
#ifndef DORG_PLUGIN_H
#define DORG_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#define DORG_PLUGIN_ABI 1

struct dorg_engine_ops;
struct dorg_kernels;

struct dorg_plugin {
    uint32_t abi;                         /* checked before anything else is touched */
    const struct dorg_engine_ops *engine; /* or NULL */
    const struct dorg_kernels *kernels;   /* or NULL */
};

extern const struct dorg_plugin dorg_plugin; /* defined by plug-ins only */

/* The plug-in of dorg-NAME.so; or NULL and in why[] a sentence: not there, its libraries not
 * there, another ABI. */
const struct dorg_plugin *dorg_plugin_load(const char *name, char *why, size_t why_size);

#endif
