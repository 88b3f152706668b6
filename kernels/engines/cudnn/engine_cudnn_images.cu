/* engine_cudnn_images.cu - training images made on the device from records
 *
 * Records lie in device memory, all of them where they fit, else two batches: while one is
 * trained on, the next is gathered into pinned memory and sent.  Where a record is, is a
 * number in device memory either way, so a recorded step does not know the difference. */
#include <stdlib.h>
#include <string.h>

#include "engine_cudnn.h"
#include "engine_cudnn_images.h"

extern "C" {
#include "../../../libcommon/base/mem.h"
}

static const size_t CHUNK_BYTES = (size_t)1 << 26;

/* ---- kernels ---------------------------------------------------------------------------- */

struct source { /* images one after another, or by their numbers */
    const uint8_t *p;
    const uint64_t *which;
    size_t pixels;
};

__device__ static const uint8_t *image(const struct source *s, size_t j)
{
    return s->p + (s->which ? s->which[j] : j) * s->pixels;
}

/* as dorg_tps_draw, deformation 0 */
__global__ static void displace(size_t n, float *d, int moves, double reach_x, double reach_y,
                                uint64_t seed, const struct dorg_cu_now *now)
{
    DORG_EACH(i, n)
    {
        size_t j = i / (size_t)moves, k = i % (size_t)moves;
        uint32_t u[4];
        float *to = d + j * 2 * (size_t)moves + k;
        dorg_cu_rng4(u, seed, DORG_RNG_TPS, now->item + j, (uint32_t)k);
        to[0] = (float)(reach_x * ((double)u[0] * 4.656612873077392578125e-10 - 1));
        to[moves] = (float)(reach_y * ((double)u[1] * 4.656612873077392578125e-10 - 1));
    }
}

__global__ static void warp(size_t n, uint8_t *to, struct source from, const float *d,
                            struct dorg_tps_field f)
{
    DORG_EACH(i, n)
    {
        size_t area = (size_t)f.h * (size_t)f.w, j = i / area;
        int at = (int)(i % area);
        dorg_tps_pixel(to + j * from.pixels, image(&from, j), at % f.w, at / f.w,
                       d + j * 2 * (size_t)f.n, &f);
    }
}

struct shape {
    int c, h, w, n_grey;
};

__device__ static int within(int64_t i, int most)
{
    return i < 0 ? 0 : i > most ? most : (int)i;
}

/* as dorg_vary */
__global__ static void vary(size_t n, uint8_t *to, struct source from,
                            const struct dorg_vary_move *move, struct shape s)
{
    DORG_EACH(i, n)
    {
        size_t j = i / from.pixels, plane = (size_t)s.h * (size_t)s.w;
        size_t c = i % from.pixels / plane;
        int at = (int)(i % plane), col = at % s.w, row = at / s.w;
        struct dorg_vary_move m = move[j];
        int64_t x = m.x0 - row * m.dy + col * m.dx, y = m.y0 + row * m.dx + col * m.dy;
        int fx = (int)(x & 65535) >> 8, fy = (int)(y & 65535) >> 8;
        int xa = within((int)(x >> 16), s.w - 1), xb = within((int)(x >> 16) + 1, s.w - 1);
        int ya = within((int)(y >> 16), s.h - 1), yb = within((int)(y >> 16) + 1, s.h - 1);
        const uint8_t *p = image(&from, j) + c * plane;
        const uint8_t *a = p + (size_t)ya * (size_t)s.w, *b = p + (size_t)yb * (size_t)s.w;
        int top = a[xa] * (256 - fx) + a[xb] * fx, low = b[xa] * (256 - fx) + b[xb] * fx;
        int g = (top * (256 - fy) + low * fy + 32768) >> 16;
        double p01 = g / 255.0;
        double v = (int)c < s.n_grey
                       ? floor(127.5 + m.gain * (g - 127.5) + 127.5 * m.shift + 0.5)
                       : floor(255 * p01 * m.odds / (1 - p01 + p01 * m.odds) + 0.5);
        to[i] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
    }
}

/* Flip, subtract the mean; in the type and order of the first layer; 0 from image `real` on.
 */
template <typename T>
__global__ static void finish(size_t n, T *x, struct source from, const float *mean,
                              struct dorg_cu_lay lay, int width, bool flip, uint64_t seed,
                              const struct dorg_cu_now *now, size_t real)
{
    DORG_EACH(i, n)
    {
        size_t j = image_of(&lay, i), c = map_of(&lay, i), at = at_of(&lay, i);
        if (j >= real) {
            put(&x[i], 0);
            continue;
        }
        size_t col = at % (size_t)width, to = at;
        if (flip) {
            uint32_t u[4];
            dorg_cu_rng4(u, seed, DORG_RNG_FLIP, now->item + j, 0);
            if (u[0] >> 31) to = at - col + ((size_t)width - 1 - col);
        }
        put(&x[i], (float)image(&from, j)[c * lay.plane + to] - mean[c * lay.plane + at]);
    }
}

/* ---- a batch ---------------------------------------------------------------------------- */

static int deform(struct dorg_engine *g, struct source *s, struct dorg_err *e)
{
    struct dorg_cu_images *m = g->images;
    const struct dorg_deform *t = &m->from.deform;
    size_t batch = (size_t)g->opts.max_batch, area = (size_t)m->h * (size_t)m->w;
    struct dorg_tps_field f = {m->c, m->h, m->w, t->n_move, m->basis};
    DORG_LAUNCH(displace, g->stream, batch * (size_t)t->n_move, m->d, t->n_move, t->reach[0],
                t->reach[1], t->seed, (const struct dorg_cu_now *)g->now);
    DORG_LAUNCH(warp, g->stream, batch * area, m->warped, *s, (const float *)m->d, f);
    s->p = m->warped;
    s->which = NULL;
    return dorg_cuda_launched("deforming images", e);
}

int dorg_cu_images_make(struct dorg_engine *g, int n, struct dorg_err *e)
{
    struct dorg_cu_images *m = g->images;
    const struct dorg_layer *l = &g->cfg.layer[0];
    size_t batch = (size_t)g->opts.max_batch;
    struct source s = {m->records, m->which, m->pixels};
    struct dorg_cu_pass pass = {};
    if (dorg_cuda_check(cudaMemcpyAsync(m->which, m->host_which, batch * sizeof *m->which,
                                        cudaMemcpyHostToDevice, g->stream),
                        "numbers of records", e))
        return e->code;
    if (m->from.deform.n_move && deform(g, &s, e)) return e->code;
    if (m->varies) {
        struct shape shape = {m->c, m->h, m->w, m->from.n_grey};
        if (dorg_cuda_check(cudaMemcpyAsync(m->move, m->host_move, batch * sizeof *m->move,
                                            cudaMemcpyHostToDevice, g->stream),
                            "variations", e))
            return e->code;
        DORG_LAUNCH(vary, g->stream, batch * m->pixels, m->varied, s,
                    (const struct dorg_vary_move *)m->move, shape);
        s.p = m->varied;
        s.which = NULL;
    }
    pass.g = g;
    pass.c = &g->layer[0];
    DORG_BY_TYPE(finish, &pass, batch * m->pixels, (T *)g->input, s, (const float *)m->mean,
                 dorg_cu_lay(l->in, g->last), m->w, m->from.flip, m->from.seed,
                 (const struct dorg_cu_now *)g->now, (size_t)n);
    return dorg_cuda_launched("making images", e);
}

/* ---- records ---------------------------------------------------------------------------- */

/* Records one after another into pinned memory. */
static void gather(uint8_t *to, const struct dorg_cu_images *m, const uint32_t *which,
                   size_t first, size_t n)
{
    for (size_t j = 0; j < n; j++)
        memcpy(to + j * m->pixels,
               m->from.record(m->from.records, which ? which[j] : first + j), m->pixels);
}

/* All records, a chunk at a time: one is gathered while the other is on its way. */
static int send_all(struct dorg_cu_images *m, struct dorg_err *e)
{
    size_t chunk = m->host_bytes / m->pixels, count = m->from.count;
    for (size_t from = 0, s = 0; from < count; from += chunk, s = !s) {
        size_t n = count - from < chunk ? count - from : chunk;
        if (dorg_cuda_check(cudaEventSynchronize(m->sent[s]), "sending records", e))
            return e->code;
        gather(m->host[s], m, NULL, from, n);
        if (dorg_cuda_check(cudaMemcpyAsync(m->records + from * m->pixels, m->host[s],
                                            n * m->pixels, cudaMemcpyHostToDevice, m->stream),
                            "sending records", e) ||
            dorg_cuda_check(cudaEventRecord(m->sent[s], m->stream), "sending records", e))
            return e->code;
    }
    return dorg_cuda_check(cudaStreamSynchronize(m->stream), "sending records", e);
}

/* The batch into slot s; its copy is under way when this comes back. */
static int send_batch(struct dorg_engine *g, int s, const uint32_t *which, int n,
                      struct dorg_err *e)
{
    struct dorg_cu_images *m = g->images;
    size_t bytes = (size_t)n * m->pixels;
    if (dorg_cuda_check(cudaEventSynchronize(m->sent[s]), "sending records", e))
        return e->code;
    gather(m->host[s], m, which, 0, (size_t)n);
    memcpy(m->has[s], which, (size_t)n * sizeof *which);
    m->n[s] = n;
    if (dorg_cuda_check(cudaMemcpyAsync(m->records + (size_t)s * m->slot, m->host[s], bytes,
                                        cudaMemcpyHostToDevice, m->stream),
                        "sending records", e))
        return e->code;
    return dorg_cuda_check(cudaEventRecord(m->sent[s], m->stream), "sending records", e);
}

int dorg_cu_images_take(struct dorg_engine *g, const struct dorg_batch *b, struct dorg_err *e)
{
    struct dorg_cu_images *m = g->images;
    size_t n = (size_t)b->n, batch = (size_t)g->opts.max_batch;
    for (size_t j = 0; m->varies && j < n; j++)
        dorg_vary_draw(&m->host_move[j], m->h, m->w, &m->from.vary, m->from.seed, b->item + j);
    g->host_now->item = b->item;
    if (m->resident) {
        for (size_t j = 0; j < batch; j++)
            m->host_which[j] = b->which[j < n ? j : 0];
        return 0;
    }
    if (m->n[m->now] != b->n || memcmp(m->has[m->now], b->which, n * sizeof *b->which) != 0)
        if (send_batch(g, m->now, b->which, b->n, e)) return e->code;
    for (size_t j = 0; j < batch; j++)
        m->host_which[j] = (uint64_t)m->now * batch + (j < n ? j : 0);
    return dorg_cuda_check(cudaStreamWaitEvent(g->stream, m->sent[m->now], 0),
                           "sending records", e);
}

int dorg_cu_images_ahead(struct dorg_engine *g, const struct dorg_batch *b, struct dorg_err *e)
{
    struct dorg_cu_images *m = g->images;
    if (m->resident) return 0;
    m->now = !m->now; /* that slot's own batch was trained on before this one */
    return b->next ? send_batch(g, m->now, b->next, b->n, e) : 0;
}

/* ---- opening ---------------------------------------------------------------------------- */

/* Room for all records, or, where they take too much or another process was there first, for
 * two batches. */
static int hold(struct dorg_engine *g, struct dorg_err *e)
{
    struct dorg_cu_images *m = g->images;
    struct dorg_err why = {};
    size_t there = 0, all = 0, bytes = (size_t)m->from.count * m->pixels;
    m->slot = (size_t)g->opts.max_batch * m->pixels;
    if (dorg_cuda_check(cudaMemGetInfo(&there, &all), "free memory", e)) return e->code;
    there -= there / 8; /* the rest is for what else is running */
    there -= there < 4 * m->slot ? there : 4 * m->slot; /* images being made */
    if (m->from.most && m->from.most < there) there = m->from.most;
    if (bytes <= there && (m->records = (uint8_t *)dorg_cuda_room(bytes, 1, &why))) {
        m->resident = true;
        m->host_bytes = bytes < CHUNK_BYTES ? bytes : CHUNK_BYTES;
        if (m->host_bytes < m->pixels) m->host_bytes = m->pixels;
        return 0;
    }
    m->host_bytes = m->slot;
    return (m->records = (uint8_t *)dorg_cuda_room(2, m->slot, e)) ? 0 : e->code;
}

static int room(struct dorg_engine *g, struct dorg_err *e)
{
    struct dorg_cu_images *m = g->images;
    size_t batch = (size_t)g->opts.max_batch, moves = (size_t)m->from.deform.n_move;
    size_t basis = moves * (size_t)m->h * (size_t)m->w;
    if (!(m->mean = (float *)dorg_cuda_room(m->pixels, sizeof(float), e)) ||
        !(m->which = (uint64_t *)dorg_cuda_room(batch, sizeof *m->which, e)) ||
        !(m->move = (struct dorg_vary_move *)dorg_cuda_room(batch, sizeof *m->move, e)) ||
        !(m->warped = (uint8_t *)dorg_cuda_room(m->slot, 1, e)) ||
        !(m->varied = (uint8_t *)dorg_cuda_room(m->slot, 1, e)) ||
        !(m->d = (float *)dorg_cuda_room(batch * 2, moves * sizeof(float), e)) ||
        !(m->basis = (float *)dorg_cuda_room(basis, sizeof(float), e)) ||
        !(m->host_which = (uint64_t *)dorg_cuda_pinned(batch * sizeof *m->which, e)) ||
        !(m->host_move =
              (struct dorg_vary_move *)dorg_cuda_pinned(batch * sizeof *m->host_move, e)))
        return e->code;
    if (dorg_cuda_send(m->mean, m->from.mean, m->pixels * sizeof(float), e) ||
        (moves && dorg_cuda_send(m->basis, m->from.deform.basis, basis * sizeof(float), e)))
        return e->code;
    for (int s = 0; s < 2; s++)
        if (!(m->host[s] = (uint8_t *)dorg_cuda_pinned(m->host_bytes, e)) ||
            !(m->has[s] = (uint32_t *)dorg_zeroed(batch, sizeof *m->has[s], e)) ||
            dorg_cuda_check(cudaEventCreateWithFlags(&m->sent[s], cudaEventDisableTiming),
                            "an event", e))
            return e->code;
    return 0;
}

int dorg_cu_images(struct dorg_engine *g, const struct dorg_images *from, struct dorg_err *e)
{
    if (dorg_cuda_check(cudaSetDevice(g->opts.device), "choosing the device", e))
        return e->code;
    dorg_cu_images_close(g);
    struct dorg_cu_images *m = (struct dorg_cu_images *)dorg_zeroed(1, sizeof *m, e);
    if (!(g->images = m)) return e->code;
    m->from = *from;
    m->varies = dorg_vary_any(&from->vary);
    m->c = from->c;
    m->h = from->h;
    m->w = from->w;
    m->pixels = (size_t)m->c * (size_t)m->h * (size_t)m->w;
    if (m->pixels != dorg_layer_in(&g->cfg.layer[0]))
        return dorg_fail(e, DORG_EDATA, "records of %zu pixels for a net of %zu", m->pixels,
                         dorg_layer_in(&g->cfg.layer[0]));
    if (dorg_cuda_check(cudaStreamCreate(&m->stream), "a stream", e) || hold(g, e) ||
        room(g, e))
        return e->code;
    return m->resident ? send_all(m, e) : 0;
}

void dorg_cu_images_close(struct dorg_engine *g)
{
    struct dorg_cu_images *m = g->images;
    if (!m) return;
    if (m->stream) cudaStreamSynchronize(m->stream);
    void *all[] = {m->records, m->mean,   m->which, m->move,
                   m->warped,  m->varied, m->d,     m->basis};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        cudaFree(all[i]);
    cudaFreeHost(m->host_which);
    cudaFreeHost(m->host_move);
    for (int s = 0; s < 2; s++) {
        cudaFreeHost(m->host[s]);
        free(m->has[s]);
        if (m->sent[s]) cudaEventDestroy(m->sent[s]);
    }
    if (m->stream) cudaStreamDestroy(m->stream);
    free(m);
    g->images = NULL;
}
