/* ensemble.h - run a net over many examples, cutting the next ones while it works.
 *
 *   x = pixel - mean            pixel 0..255, mean the net's mean image (paper.md 5.1)
 *   p = softmax of the net      float[n][classes]
 *   p = 1/m sum_i p_i           of m nets, added up in their order in double
 *
 * Several nets that differ in what they were trained on, or in the seed, are wrong in
 * different places: their mean is steadier than each (beyond the paper, whose net is one).
 *
 * One thread cuts examples and makes them float while the engine runs the batch before: two
 * batches are held, whatever n is.  The result is what a plain loop gives. */
#ifndef DORG_ENSEMBLE_H
#define DORG_ENSEMBLE_H

#include <stddef.h>
#include <stdint.h>

#include "../../kernels/engine.h"
#include "../../kernels/engine_images.h" /* struct dorg_cut */
#include "../base/err.h"
#include "../net/net.h"

struct dorg_ensemble_opts {
    const char *engine; /* auto, ref, onednn or cuda */
    const char *device; /* auto, cpu, cuda or cuda:N */
    enum dorg_precision precision;
    int batch; /* examples at a time; 0: the engine's, else DORG_ENSEMBLE_BATCH */
    int jobs;  /* the engine's threads */
    void (*progress)(const char *what, size_t done, size_t total); /* or NULL */
    /* called with the engine that `engine` stands for, once it is ready; or NULL */
    void (*picked)(const char *engine, const struct dorg_engine_ops *ops);
};
enum { DORG_ENSEMBLE_BATCH = 64, DORG_ENSEMBLE_NETS = 64 };

struct dorg_ensemble {          /* DORG_ENSEMBLE_INIT is closed */
    const struct dorg_net *net; /* borrowed: the first */
    int n_nets;
    const struct dorg_net *nets[DORG_ENSEMBLE_NETS]; /* borrowed */
    struct dorg_engine *engines[DORG_ENSEMBLE_NETS];
    const struct dorg_engine_ops *ops;
    struct dorg_engine_opts engine_opts;
    struct dorg_ensemble_opts opts;
    size_t pixels, classes, batch; /* of an example; of the nets; examples at a time */
    float *x[2];    /* owned: two batches, centred for each net: [n_nets][batch][pixels] */
    uint8_t *bytes; /* owned: one batch, as it was cut */
};
#define DORG_ENSEMBLE_INIT ((struct dorg_ensemble){0})

/* A net is refused (DORG_EDATA) unless it was trained on records of `kind` with `channels`
 * channels and has `classes` outputs.  Engine and device: dorg_engine_pick. */
int dorg_ensemble_open(struct dorg_ensemble *a, const struct dorg_net *net, uint32_t kind,
                       int channels, int classes, const struct dorg_ensemble_opts *o,
                       struct dorg_err *e);

/* One more net to average over.  DORG_EDATA unless it takes the same examples as the first:
 * kind, channels, side, classes, window and pitch; DORG_EUSAGE beyond DORG_ENSEMBLE_NETS. */
int dorg_ensemble_add(struct dorg_ensemble *a, const struct dorg_net *net, struct dorg_err *e);

/* Examples first..first+n-1 into dst, as uint8[n][channels][size][size]; called from another
 * thread, one call at a time, in order. */
typedef int dorg_ensemble_cut_fn(uint8_t *dst, void *ctx, size_t first, size_t n,
                                 struct dorg_err *e);

/* p: float[n][classes]. */
int dorg_ensemble_run(float *p, struct dorg_ensemble *a, size_t n, dorg_ensemble_cut_fn *cut,
                      void *ctx, struct dorg_err *e);

/* c->count examples, which the engine cuts itself if it can, on its device; else cut does.
 * c's mean and progress are set here. */
int dorg_ensemble_cut(float *p, struct dorg_ensemble *a, const struct dorg_cut *c,
                      dorg_ensemble_cut_fn *cut, void *ctx, struct dorg_err *e);

void dorg_ensemble_close(struct dorg_ensemble *a);

#endif
