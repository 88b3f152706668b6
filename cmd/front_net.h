/* front_net.h - the options of every command that runs a net, or cuts regions for one */
#ifndef DORG_FRONT_NET_H
#define DORG_FRONT_NET_H

#include "../kernels/engine_pick.h"
#include "../libcommon/apply/ensemble.h"
#include "../libcommon/sample/region.h"
#include "front.h"

/* A line an option. */
/* clang-format off */
/* h: struct dorg_ensemble_opts */
#define DORG_NET_OPTS(h)                                                                       \
    {'E', "engine", DORG_OPT_NAME, &(h)->engine, 0, 0, "auto|ref|onednn|cuda",                 \
     "what runs the net", false},                                                              \
    {0, "precision", DORG_OPT_WORD, &(h)->precision, 0, 0, "f32|bf16|tf32|auto|int8",          \
     "of the arithmetic", false},                                                              \
    {0, "batch", DORG_OPT_INT, &(h)->batch, 0, 65536, "count",                                 \
     "examples at a time; 0 leaves it to the program", true}

/* p: struct dorg_region; list: struct dorg_list */
#define DORG_REGION_OPTS(p, list)                                                              \
    {0, "scales", DORG_OPT_LIST, list, 0.1, 16, "factor,...",                                  \
     "sizes of the box against the superpixel's own", false},                                  \
    {0, "margin", DORG_OPT_INT, &(p)->context, 0, 256, "pixels",                               \
     "margin of the square that shows what lies around the box", false},                       \
    {0, "min-side", DORG_OPT_INT, &(p)->min_side, 1, 1024, "pixels",                           \
     "smallest side of a box, before scaling", false}

/* n: struct dorg_nets */
#define DORG_WEIGHTS_OPT(n)                                                                    \
    {'n', "net", DORG_OPT_FILES, &(n)->path, 0, 0, "net",                                      \
     "the trained net; of several nets, the mean of their outputs", false}
/* clang-format on */

/* Which engine it is; that it is the slow one, where nobody asked for that. */
static inline void dorg_net_engine(const char *asked, const struct dorg_engine_ops *picked)
{
    char why[400];
    dorg_say("engine %s", picked->name);
    if (dorg_engine_slow(why, sizeof why, asked, picked))
        dorg_note("the plain C engine runs, about ten times slower: %s", why);
}

/* Nets that an apply is opened for and averages over; dorg_nets_free in any case. */
struct dorg_nets {
    struct dorg_files path;
    struct dorg_net net[DORG_ENSEMBLE_NETS];
    int n;
};
static inline int dorg_nets_load(struct dorg_nets *n, struct dorg_err *e)
{
    _Static_assert((int)DORG_LIST_MAX <= (int)DORG_ENSEMBLE_NETS, "all that can be given fit");
    for (; n->n < n->path.n; n->n++)
        if (dorg_net_load(&n->net[n->n], n->path.path[n->n], e)) break;
    return e->code;
}
/* All but the first, which opened it. */
static inline int dorg_nets_add(struct dorg_ensemble *a, const struct dorg_nets *n,
                                struct dorg_err *e)
{
    for (int i = 1; i < n->n && !e->code; i++)
        dorg_ensemble_add(a, &n->net[i], e);
    return e->code;
}
static inline void dorg_nets_free(struct dorg_nets *n)
{
    for (int i = 0; i < n->n; i++)
        dorg_net_free(&n->net[i]);
}

/* Take over what the common options say. */
static inline void dorg_net_opts(struct dorg_ensemble_opts *h)
{
    h->jobs = dorg_std.jobs;
    h->device = dorg_std.device;
    h->progress = dorg_progress;
    h->picked = dorg_net_engine;
}

#endif
