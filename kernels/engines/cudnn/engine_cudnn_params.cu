/* engine_cudnn_params.cu - parameters to the device and back, layer by layer; where maps are
 * interleaved, weights [out][in][kh][kw] are [out][kh][kw][in] there */
#include "engine_cudnn.h"

/* Between [k][c][r] and [k][r][c]. */
__global__ static void reorder(size_t n, float *to, const float *from, size_t c, size_t r,
                               bool back)
{
    DORG_EACH(i, n)
    {
        size_t k = i / (c * r), m = i % (c * r) / r, at = i % r;
        size_t other = k * c * r + at * c + m;
        if (back)
            to[i] = from[other];
        else
            to[other] = from[i];
    }
}

/* Whether layer k's weights are stored in another order, and that order's sizes. */
static bool reordered(const struct dorg_engine *g, int k, size_t *c, size_t *r)
{
    const struct dorg_layer *l = &g->cfg.layer[k];
    *c = (size_t)l->in[0];
    *r = l->type == DORG_FC ? (size_t)l->in[1] * (size_t)l->in[2]
                            : (size_t)l->kernel * (size_t)l->kernel;
    return g->last && (l->type == DORG_CONV || l->type == DORG_FC) && *r > 1 && *c > 1;
}

static float *staging(const struct dorg_engine *g, struct dorg_err *e)
{
    size_t most = 0, c, r;
    for (int k = 0; k < g->cfg.n_layers; k++)
        if (reordered(g, k, &c, &r) && g->cfg.layer[k].n_w > most) most = g->cfg.layer[k].n_w;
    return (float *)dorg_cuda_room(most, sizeof(float), e);
}

static int weights_in(struct dorg_engine *g, float *device, const float *host, int k,
                      float *stage, struct dorg_err *e)
{
    size_t c, r, n = g->cfg.layer[k].n_w;
    if (!reordered(g, k, &c, &r)) return dorg_cuda_send(device, host, n * sizeof(float), e);
    if (dorg_cuda_send(stage, host, n * sizeof(float), e)) return e->code;
    DORG_LAUNCH(reorder, g->stream, n, device, (const float *)stage, c, r, false);
    return dorg_cuda_launched("ordering weights", e) ||
                   dorg_cuda_check(cudaStreamSynchronize(g->stream), "ordering weights", e)
               ? e->code
               : 0;
}

static int weights_out(const struct dorg_engine *g, float *host, const float *device, int k,
                       float *stage, struct dorg_err *e)
{
    size_t c, r, n = g->cfg.layer[k].n_w;
    if (!reordered(g, k, &c, &r)) return dorg_cuda_fetch(host, device, n * sizeof(float), e);
    DORG_LAUNCH(reorder, g->stream, n, stage, device, c, r, true);
    if (dorg_cuda_launched("ordering weights", e) ||
        dorg_cuda_check(cudaStreamSynchronize(g->stream), "ordering weights", e))
        return e->code;
    return dorg_cuda_fetch(host, stage, n * sizeof(float), e);
}

int dorg_cu_spread(struct dorg_engine *g, float *device, const float *host, struct dorg_err *e)
{
    float *stage = staging(g, e);
    for (int k = 0; stage && k < g->cfg.n_layers; k++) {
        const struct dorg_layer *l = &g->cfg.layer[k];
        const struct dorg_cu_layer *c = &g->layer[k];
        if (weights_in(g, device + c->w_at, host + l->w_at, k, stage, e) ||
            dorg_cuda_send(device + c->b_at, host + l->b_at, l->n_b * sizeof(float), e))
            break;
    }
    cudaFree(stage);
    return e->code;
}

int dorg_cu_gather(const struct dorg_engine *g, float *host, const float *device,
                   struct dorg_err *e)
{
    float *stage = staging(g, e);
    for (int k = 0; stage && k < g->cfg.n_layers; k++) {
        const struct dorg_layer *l = &g->cfg.layer[k];
        const struct dorg_cu_layer *c = &g->layer[k];
        if (weights_out(g, host + l->w_at, device + c->w_at, k, stage, e) ||
            dorg_cuda_fetch(host + l->b_at, device + c->b_at, l->n_b * sizeof(float), e))
            break;
    }
    cudaFree(stage);
    return e->code;
}
