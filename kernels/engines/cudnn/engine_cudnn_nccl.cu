/* engine_cudnn_nccl.cu - NCCL, opened at run time: the few functions used here, as NCCL 2 has
 * had them from its beginning */
#include <dlfcn.h>
#include <stdlib.h>

#include "engine_cudnn_team.h"

extern "C" {
#include "../../../libcommon/base/mem.h"
}

typedef struct ncclComm *comm_t;
enum { SUM = 0, FLOAT = 7, DOUBLE = 8 }; /* ncclSum, ncclFloat32, ncclFloat64 */

struct dorg_nccl {
    void *so; /* never unloaded: it has threads of its own */
    const char *(*error)(int);
    int (*init_all)(comm_t *, int, const int *);
    int (*destroy)(comm_t);
    int (*begin)(void);
    int (*end)(void);
    int (*all_reduce)(const void *, void *, size_t, int, int, comm_t, cudaStream_t);
    comm_t comm[DORG_CU_TEAM];
    int n;
};

static int check(const struct dorg_nccl *c, int r, const char *what, struct dorg_err *e)
{
    if (r == 0) return 0;
    return dorg_fail(e, DORG_EIO, "NCCL: %s: %s", what, c->error(r));
}

/* f, a pointer to a function, becomes the symbol. */
static bool find(struct dorg_nccl *c, const char *name, void *f)
{
    return (*(void **)f = dlsym(c->so, name)) != NULL;
}

static int load(struct dorg_nccl *c, struct dorg_err *e)
{
    if (!(c->so = dlopen("libnccl.so.2", RTLD_NOW | RTLD_LOCAL)))
        return dorg_fail(e, DORG_EIO, "several GPUs need NCCL: %s", dlerror());
    if (find(c, "ncclGetErrorString", &c->error) && find(c, "ncclCommInitAll", &c->init_all) &&
        find(c, "ncclCommDestroy", &c->destroy) && find(c, "ncclGroupStart", &c->begin) &&
        find(c, "ncclGroupEnd", &c->end) && find(c, "ncclAllReduce", &c->all_reduce))
        return 0;
    return dorg_fail(e, DORG_EIO, "libnccl.so.2 lacks a function that NCCL 2 has");
}

int dorg_nccl_open(struct dorg_nccl **to, int device, int n, struct dorg_err *e)
{
    struct dorg_nccl *c = (struct dorg_nccl *)dorg_zeroed(1, sizeof *c, e);
    int list[DORG_CU_TEAM];
    if (!(*to = c)) return e->code;
    for (int i = 0; i < n; i++)
        list[i] = device + i;
    if (!load(c, e) && !check(c, c->init_all(c->comm, n, list), "bringing GPUs together", e))
        c->n = n;
    if (e->code) {
        dorg_nccl_close(c);
        *to = NULL;
    }
    return e->code;
}

void dorg_nccl_close(struct dorg_nccl *c)
{
    if (!c) return;
    for (int i = 0; i < c->n; i++)
        c->destroy(c->comm[i]);
    free(c);
}

int dorg_nccl_sum(struct dorg_nccl *c, struct dorg_engine *const *member, int n,
                  struct dorg_err *e)
{
    if (check(c, c->begin(), "summing gradients", e)) return e->code;
    for (int i = 0; i < n && !e->code; i++) {
        struct dorg_engine *g = member[i];
        if (dorg_cuda_check(cudaSetDevice(g->opts.device), "choosing the device", e)) break;
        check(c, c->all_reduce(g->grad, g->grad, g->room, FLOAT, SUM, c->comm[i], g->stream),
              "summing gradients", e);
        check(c, c->all_reduce(g->total, g->total, 1, DOUBLE, SUM, c->comm[i], g->stream),
              "summing losses", e);
    }
    int r = c->end(); /* also after an error: what was begun must end */
    return e->code ? e->code : check(c, r, "summing gradients", e);
}
