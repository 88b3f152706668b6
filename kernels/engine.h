/* engine.h - one ConvNet, run by whoever can run it.
 *
 * An engine is a set of functions over host memory.  "ref" is plain C, always linked in,
 * and is the meaning of every layer; "onednn" and "cuda" are shared objects that may be
 * absent, and are right when they agree with "ref" (test/unit/t_engine.c).
 *
 * Images are float[n][c][h][w].  Parameters are one flat float array, layer after layer,
 * weights float[out][in][kh][kw] then bias float[out]; engines reorder privately, so a
 * .net trained by one runs on all.
 *
 * bnorm, per map over images and positions: y = scale (x - mean) / sqrt(var + eps) + shift,
 * in training with the batch's own mean and (biased) variance, else with the running ones,
 * which train() moves: r = (1 - m) r + m b, b the batch's mean or unbiased variance. Their
 * gradient is 0. */
#ifndef DORG_ENGINE_H
#define DORG_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../libcommon/base/err.h"
#include "netcfg.h" /* struct dorg_netcfg: layers and shapes, from a .cfg */

#define DORG_ENGINE_ABI 3

struct dorg_engine; /* each engine's own state */

/* AUTO: bf16 for applying where the processor or device computes in it, else f32; for training
 * tf32 on a device, else f32.  What an engine cannot do, asked for outright, is DORG_EIO at open. */
enum dorg_precision {
    DORG_PREC_F32,
    DORG_PREC_BF16,
    DORG_PREC_TF32,
    DORG_PREC_AUTO,
    DORG_PREC_INT8 /* applying: products of bytes, float32 between layers */
};

struct dorg_engine_opts {
    int max_batch;                 /* largest n of any call, >= 1 */
    int jobs;                      /* threads, >= 1; on the CPU never changes a bit */
    int device;                    /* cuda: device number */
    enum dorg_precision precision; /* of forward; training keeps float32 master weights */
    int training;                  /* 0: train() will not be called, make no room for it */
    bool fast; /* cuda: sums whose order depends on timing are allowed, if they are faster */
    int gpus;  /* cuda, training: devices `device` and up share each batch; 0 and 1: one */
};

struct dorg_sgd {          /* v = momentum*v - rate*(grad + decay*w); w += v */
    float rate_w, rate_b;  /* weights and biases; times the layer's own factors in cfg */
    float momentum, decay; /* decay: weights only (biases have none), times the layer's */
    uint64_t seed, step;   /* dropout masks are a function of (seed, step, layer) */
};

/* Dropout in training: number t of the batch (image by image, float[n][c][h][w]) at layer k
 * of the net is kept when word t mod 4 of Philox(seed, DORG_RNG_DROPOUT, 64 step + k, t / 4)
 * is below keep * 2^32.  mask[0..count) becomes 1 (kept) or 0 for t from `first` on. */
void dorg_dropout_mask(float *mask, uint64_t first, size_t count, float keep,
                       const struct dorg_sgd *sgd, int layer);

struct dorg_images; /* engine_images.h */
struct dorg_batch;
struct dorg_cut;

struct dorg_engine_ops {
    uint32_t abi; /* DORG_ENGINE_ABI, checked before anything else is touched */
    const char *name;

    int (*probe)(char *why, size_t why_size); /* devices usable now; if 0, why[] says */

    int (*open)(struct dorg_engine **g, const struct dorg_netcfg *cfg,
                const struct dorg_engine_opts *opts, struct dorg_err *e);
    void (*close)(struct dorg_engine *g); /* NULL is allowed */

    /* n must be cfg->n_params.  Parameters; momentum buffers.  All but set_params want an
     * engine opened for training: one for applying may have packed or rounded its weights,
     * and answers DORG_EUSAGE. */
    int (*set_params)(struct dorg_engine *g, const float *w, size_t n, struct dorg_err *e);
    int (*get_params)(struct dorg_engine *g, float *w, size_t n, struct dorg_err *e);
    int (*set_momentum)(struct dorg_engine *g, const float *v, size_t n, struct dorg_err *e);
    int (*get_momentum)(struct dorg_engine *g, float *v, size_t n, struct dorg_err *e);

    /* p: float[n][k], each row a softmax over cfg's k classes; 1 <= n <= max_batch. */
    int (*forward)(struct dorg_engine *g, const float *x, int n, float *p, struct dorg_err *e);

    /* One step of minibatch SGD on labels y[i] in 0..k-1; *loss = mean cross-entropy
     * before the step.  Gives DORG_EDATA, and changes nothing, if the loss is not finite. */
    int (*train)(struct dorg_engine *g, const float *x, const uint8_t *y, int n,
                 const struct dorg_sgd *sgd, float *loss, struct dorg_err *e);

    /* The gradient of the mean cross-entropy (no decay, no step) with dropout as in train;
     * n must be cfg->n_params.  For tests and for export checks. */
    int (*gradient)(struct dorg_engine *g, const float *x, const uint8_t *y, int n,
                    const struct dorg_sgd *sgd, float *grad, float *loss, struct dorg_err *e);

    /* What follows is NULL where the engine has nothing that its caller cannot do as well. */

    int batch; /* images at a time that suit it for applying; 0: it does not mind */

    /* Take these records to train on; then train() on a batch of them. */
    int (*images)(struct dorg_engine *g, const struct dorg_images *from, struct dorg_err *e);
    int (*train_images)(struct dorg_engine *g, const struct dorg_batch *b,
                        const struct dorg_sgd *sgd, float *loss, struct dorg_err *e);

    /* forward() of c->count examples cut from a volume: p[count][k]. */
    int (*forward_cut)(struct dorg_engine *g, const struct dorg_cut *c, float *p,
                       struct dorg_err *e);
};

extern const struct dorg_engine_ops dorg_engine_ref;

/* name: "ref", "onednn", "cuda", or "auto": the first of cuda, onednn, ref whose probe is
 * above 0.  A name given outright never falls back: NULL and DORG_EIO if it cannot run.
 * The table lives until exit; shared objects are never unloaded. */
const struct dorg_engine_ops *dorg_engine_find(const char *name, struct dorg_err *e);

#endif
