/* engine_cudnn_step.cu - the steps of training, recorded once and replayed
 *
 * A step is some eighty launches, and a device that computes one in two milliseconds waits
 * for them; so the second full batch is recorded as a CUDA graph and from then on started by
 * one call.  What changes from step to step is read from device memory (struct dorg_cu_now).
 * Where recording fails, steps go on unrecorded: slower, and the same numbers. */
#include <math.h>
#include <string.h>

#include "engine_cudnn.h"

int dorg_cu_say(struct dorg_engine *g, const uint8_t *y, int n, const struct dorg_sgd *sgd,
                uint64_t first, struct dorg_err *e)
{
    for (int i = 0; i < n; i++)
        if (y[i] >= g->cfg.classes)
            return dorg_fail(e, DORG_EDATA, "label %d of a net with %d classes", y[i],
                             g->cfg.classes);
    memcpy(g->host_label, y, (size_t)n);
    g->host_now->rate_w = sgd->rate_w;
    g->host_now->rate_b = sgd->rate_b;
    g->host_now->momentum = sgd->momentum;
    g->host_now->decay = sgd->decay;
    g->host_now->seed = sgd->seed;
    g->host_now->step = sgd->step;
    g->host_now->first = first;
    return 0;
}

typedef int work_fn(struct dorg_engine *g, const struct dorg_cu_call *c, struct dorg_err *e);

static int gradient(struct dorg_engine *g, const struct dorg_cu_call *c, struct dorg_err *e)
{
    if (dorg_cuda_check(cudaMemcpyAsync(g->label, g->host_label, (size_t)g->opts.max_batch,
                                        cudaMemcpyHostToDevice, g->stream),
                        "labels", e) ||
        dorg_cuda_check(cudaMemcpyAsync(g->now, g->host_now, sizeof *g->now,
                                        cudaMemcpyHostToDevice, g->stream),
                        "rates", e))
        return e->code;
    if (c->from_recs && dorg_cu_images_make(g, c->n, e)) return e->code;
    return dorg_cu_gradient(g, c, e);
}

static int step(struct dorg_engine *g, const struct dorg_cu_call *c, struct dorg_err *e)
{
    if (dorg_cu_sgd(g, c, e)) return e->code;
    return dorg_cuda_check(cudaMemcpyAsync(g->host_total, g->total, sizeof *g->total,
                                           cudaMemcpyDeviceToHost, g->stream),
                           "the loss", e);
}

static bool same(const struct dorg_cu_call *a, const struct dorg_cu_call *b)
{
    return a->n == b->n && a->all == b->all && a->from_recs == b->from_recs;
}

/* r->exec from what `work` puts onto the stream; nothing is run.  0 where that cannot be. */
static bool record(struct dorg_engine *g, struct dorg_cu_graph *r, work_fn *work,
                   const struct dorg_cu_call *c)
{
    struct dorg_err e = {};
    cudaGraph_t graph = NULL;
    if (cudaStreamBeginCapture(g->stream, cudaStreamCaptureModeThreadLocal) != cudaSuccess) {
        cudaGetLastError();
        return false;
    }
    int bad = work(g, c, &e);
    bool ended = cudaStreamEndCapture(g->stream, &graph) == cudaSuccess && graph;
    bool good = ended && !bad && cudaGraphInstantiate(&r->exec, graph, 0) == cudaSuccess;
    if (ended) cudaGraphDestroy(graph);
    if (!good) r->exec = NULL;
    cudaGetLastError(); /* what went wrong in here was not the program's */
    return good;
}

/* A call is recorded when the one before it was alike: by then every kernel has been loaded
 * and every plan has met its data, which a recording must not do. */
static int replay(struct dorg_engine *g, struct dorg_cu_graph *r, work_fn *work,
                  const struct dorg_cu_call *c, struct dorg_err *e)
{
    bool again = r->seen && same(&r->of, c);
    if (!r->exec && again && !r->never && !record(g, r, work, c)) r->never = true;
    if (r->exec && again)
        return dorg_cuda_check(cudaGraphLaunch(r->exec, g->stream), "a recorded step", e);
    if (!r->exec) r->of = *c; /* what is recorded stays so: another call is an exception */
    r->seen = true;
    return work(g, c, e);
}

int dorg_cu_replay_gradient(struct dorg_engine *g, const struct dorg_cu_call *c,
                            struct dorg_err *e)
{
    return replay(g, &g->to_gradient, gradient, c, e);
}

int dorg_cu_replay_step(struct dorg_engine *g, const struct dorg_cu_call *c,
                        struct dorg_err *e)
{
    return replay(g, &g->to_step, step, c, e);
}

int dorg_cu_hear(struct dorg_engine *g, float *loss, int all, struct dorg_err *e)
{
    if (dorg_cuda_check(cudaStreamSynchronize(g->stream), "training", e)) return e->code;
    *loss = (float)(*g->host_total / all);
    return isfinite(*loss) ? 0 : dorg_fail(e, DORG_EDATA, "the loss is not finite");
}
