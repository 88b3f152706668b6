/* phantom.c - from the seed to the volumes: grid, slices, noise */
#include "phantom_in.h"
#include "../base/mem.h"
#include "../base/par.h"
#include "../base/rng.h"

enum { TAPS = 9 }; /* half width of the widest noise kernel */

struct job {
    struct ph_scene *s;
    struct dorg_vol *ct, *truth, *organs;
    int subs; /* thin slices in one */
    float kernel[2][2 * TAPS + 1];
};

static const float thin_mm = 1.6f;

/* One allocation for all planes of a worker's canvas. */
static int canvas_new(struct ph_canvas *c, float **own, const struct job *j,
                      struct dorg_err *e)
{
    const struct dorg_grid *g = &j->ct->grid;
    size_t n = dorg_area(g->n);
    *c = (struct ph_canvas){.s = j->s,
                            .nx = g->n[0],
                            .ny = g->n[1],
                            .mm = {g->mm[0], g->mm[1]},
                            .x0 = -0.5f * g->mm[0] * (float)(g->n[0] - 1),
                            .y0 = -0.5f * g->mm[1] * (float)(g->n[1] - 1)};
    c->ramp = 0.5f * (g->mm[0] + g->mm[1]) + 0.5f;
    if (!(*own = dorg_array(n * 10 + n / 4 + 1, sizeof(float), e))) return e->code;
    float **plane[] = {&c->wx, &c->wy, &c->wz,    &c->d,     &c->t,
                       &c->up, &c->hu, &c->share, &c->cavity};
    for (size_t k = 0; k < 9; k++)
        *plane[k] = *own + k * n;
    c->organ = (uint8_t *)(*own + 10 * n);
    return 0;
}

/* White noise: the sum of a word's four bytes, variance 1. */
static void white(float *w, const struct job *j, int z)
{
    const struct dorg_grid *g = &j->ct->grid;
    size_t n = dorg_area(g->n);
    const float inv = 1 / 147.7982f; /* sqrt(4 (256^2 - 1) / 12) */
    uint32_t r[4];
    for (size_t i = 0; i < n; i += 4) {
        dorg_rng4(r, j->s->seed, DORG_RNG_PHANTOM, 2 + (uint64_t)z, (uint32_t)i);
        for (size_t k = 0; k < 4 && i + k < n; k++) {
            uint32_t sum =
                (r[k] & 255) + (r[k] >> 8 & 255) + (r[k] >> 16 & 255) + (r[k] >> 24);
            w[i + k] = ((float)sum - 510) * inv;
        }
    }
}

static void smooth(float *dst, const float *src, int n, int step, const float *kernel)
{
    for (int i = 0; i < n; i++) {
        float sum = 0;
        for (int k = -TAPS; k <= TAPS; k++) {
            int at = i + k < 0 ? -(i + k) : i + k;
            at = at >= n ? 2 * n - 2 - at : at;
            if (kernel[k + TAPS] != 0) sum += kernel[k + TAPS] * src[at * step];
        }
        dst[i * step] = sum;
    }
}

static void smooth_slice(float *w, float *scratch, const struct job *j)
{
    const int32_t nx = j->ct->grid.n[0], ny = j->ct->grid.n[1];
    for (int32_t y = 0; y < ny; y++)
        smooth(scratch + y * nx, w + y * nx, nx, 1, j->kernel[0]);
    for (int32_t x = 0; x < nx; x++)
        smooth(w + x, scratch + x, ny, nx, j->kernel[1]);
}

static void finish_slice(const struct job *j, const struct ph_canvas *c, const float *sum,
                         const float *share, const float *noise, int z)
{
    size_t n = dorg_area(j->ct->grid.n), at = dorg_at(j->ct->grid.n, 0, 0, z);
    float inv = 1 / (float)j->subs;
    for (size_t i = 0; i < n; i++) {
        float v = sum[i] * inv + j->s->b.noise * noise[i];
        v = v < -1024 ? -1024 : v > 3071 ? 3071 : v;
        ((int16_t *)j->ct->data)[at + i] = (int16_t)(v < 0 ? v - 0.5f : v + 0.5f);
        bool in = share[i] * inv >= 0.5f;
        uint8_t organ = c->organ[i] == DORG_ORGAN_PANCREAS ? 0 : c->organ[i];
        if (j->truth) ((uint8_t *)j->truth->data)[at + i] = in;
        if (j->organs) ((uint8_t *)j->organs->data)[at + i] = in ? DORG_ORGAN_PANCREAS : organ;
    }
}

static int slice(void *ctx, size_t item, size_t worker, struct dorg_err *e)
{
    const struct job *j = ctx;
    const struct dorg_grid *g = &j->ct->grid;
    struct ph_canvas c;
    float *own = NULL, *more = NULL;
    size_t n = dorg_area(g->n);
    (void)worker;
    if (canvas_new(&c, &own, j, e)) goto done;
    if (!(more = dorg_zeroed(2 * n, sizeof *more, e))) goto done;
    float *sum = more, *share = more + n;
    for (int k = 0; k < j->subs; k++) {
        float off = ((float)k + 0.5f) / (float)j->subs - 0.5f;
        c.z = ((float)item + off - 0.5f * (float)(g->n[2] - 1)) * g->mm[2];
        ph_paint_slice(&c);
        for (size_t i = 0; i < n; i++) {
            sum[i] += c.hu[i];
            share[i] += c.share[i];
        }
    }
    white(c.d, j, (int)item);
    smooth_slice(c.d, c.t, j);
    finish_slice(j, &c, sum, share, c.d, (int)item);
done:
    free(own);
    free(more);
    return e->code;
}

/* The scanner's sharpness: a bell of sd 1 mm, (1 - u^2/R^2)^3 as its series, unit energy. */
static void noise_kernel(float k[2 * TAPS + 1], float mm)
{
    double sum = 0, reach = 2.6 / (double)mm;
    if (reach > TAPS) reach = TAPS;
    for (int i = -TAPS; i <= TAPS; i++) {
        double u = (double)i / reach, w = u * u < 1 ? 1 - u * u : 0;
        k[i + TAPS] = (float)(w * w * w);
        sum += w * w * w * w * w * w;
    }
    for (int i = 0; i < 2 * TAPS + 1; i++)
        k[i] = (float)((double)k[i] / sqrt(sum));
}

/* A grid that shows the whole patient: 11 mm of air at the sides, 216 mm high. */
static void grid(float mm[3], const struct dorg_phantom *p, const struct ph_body *b)
{
    float width = 2 * (b->cavity[0] + b->muscle * 1.1f + b->sub * 1.4f + 13);
    for (int a = 0; a < 3; a++) {
        float want = (a == 2 ? 216 : width) / (float)p->n[a];
        mm[a] = p->mm[a] > 0 ? p->mm[a] : (float)((int)(want * 1000 + 0.5f)) / 1000;
    }
}

int dorg_phantom_make(struct dorg_vol *ct, struct dorg_vol *truth, struct dorg_vol *organs,
                      const struct dorg_phantom *p, int jobs, struct dorg_err *e)
{
    struct job j = {.ct = ct, .truth = truth, .organs = organs};
    float mm[3];
    for (int a = 0; a < 3; a++)
        if (p->n[a] < 16 || p->n[a] > 2048 || (p->mm[a] != 0 && !(p->mm[a] >= 0.1f)) ||
            p->mm[a] > 20)
            return dorg_fail(e, DORG_EUSAGE, "a phantom of %d voxels of %g mm along axis %d",
                             p->n[a], (double)p->mm[a], a);
    *ct = DORG_VOL_INIT;
    if (truth) *truth = DORG_VOL_INIT;
    if (organs) *organs = DORG_VOL_INIT;
    if (!(j.s = dorg_array(1, sizeof *j.s, e))) return e->code;
    ph_build(j.s, p);
    grid(mm, p, &j.s->b);
    if (dorg_vol_new(ct, p->n, mm, DORG_I16, e)) goto done;
    if (truth && dorg_vol_like(truth, ct, DORG_U8, e)) goto done;
    if (organs && dorg_vol_like(organs, ct, DORG_U8, e)) goto done;
    j.subs = (int)(mm[2] / thin_mm + 0.999f);
    for (int a = 0; a < 2; a++)
        noise_kernel(j.kernel[a], mm[a]);
    dorg_par((size_t)p->n[2], jobs, slice, &j, e);
done:
    free(j.s);
    return e->code;
}
