/* netcfg.h - what a net is made of, from a text file.
 *
 *   # the net of Roth et al. 2015, Fig. 1
 *   input  channels=3 size=64
 *   conv   name=conv1 filters=64 kernel=11 stride=1 pad=0 init_w=0.01 init_b=0
 *   lrn    size=5 alpha=1e-4 beta=0.75 k=2
 *   pool   kernel=3 stride=2            # max, ceil mode
 *   relu
 *   ...
 *   fc     name=fc6 outputs=4096 init_w=0.01 init_b=1
 *   relu
 *   dropout keep=0.5
 *   fc     name=fc8 outputs=2 init_w=0.01 init_b=-7
 *   softmax
 *   train  batch=128 epochs=100 momentum=0.9 decay=5e-4 rate_w=dexp:0.01,250,4
 *
 * One layer a line, key=value words in any order, # to the end of the line is comment.  Every
 * layer type, key, default and range is in dorg-net(5). */
#ifndef DORG_NETCFG_H
#define DORG_NETCFG_H

#include <stddef.h>
#include <stdint.h>

#include "../libcommon/base/err.h"

enum dorg_layer_type {
    DORG_CONV,
    DORG_RELU,
    DORG_LRN,  /* cross-map: u / (k + alpha/size * sum of size maps u^2)^beta */
    DORG_POOL, /* max; ceil((in - kernel) / stride) + 1, windows may overhang */
    DORG_FC,
    DORG_DROPOUT, /* training: mask without rescaling; applying: times keep */
    DORG_BNORM,   /* batch normalisation: scale and shift per map, running statistics */
    DORG_GAP,     /* global average pooling */
    DORG_SOFTMAX  /* with log loss; always last */
};

enum { DORG_MAX_LAYERS = 64, DORG_MAX_CLASSES = 16 };

struct dorg_layer {
    enum dorg_layer_type type;
    char name[32];
    int in[3], out[3];       /* channels, height, width; fc: outputs, 1, 1 */
    int kernel, stride, pad; /* conv, pool (pad 0) */
    int lrn_size;
    float lrn_alpha, lrn_beta, lrn_k;
    float keep;                  /* dropout */
    float init_w, init_b;        /* N(0, init_w); init_w < 0: He, sqrt(2 / fan-in) */
    float rate_w, rate_b, decay; /* factors on the schedule's; default 1 */
    float bn_eps, bn_momentum;   /* bnorm */
    size_t w_at, n_w, b_at, n_b; /* its place in the flat parameter array; n 0 if none.
                                    bnorm: w = scale[c] then running mean[c], running
                                    variance[c] (n_w = 3c), b = shift[c] */
};

enum dorg_schedule { DORG_DEXP, DORG_COSINE, DORG_CONST };

struct dorg_rate { /* paper.md 5.3: dexp[base; factor; steps] */
    enum dorg_schedule kind;
    double base, factor; /* from base down to base/factor */
    int steps;           /* dexp: number of equal parts of training */
};

struct dorg_netcfg {
    int channels, size; /* input: channels x size x size */
    int classes;
    int n_layers;
    struct dorg_layer layer[DORG_MAX_LAYERS];
    size_t n_params;
    double macs;               /* multiply-adds of one forward pass of one image */
    int batch, epochs, warmup; /* warmup: epochs of linear rise */
    double momentum, decay;
    struct dorg_rate rate_w, rate_b;
    char *text; /* owned: the file as it was */
};

/* Parse; every size checked; `where` names the file in messages.  DORG_EDATA with the line
 * number for anything unknown, missing, out of range or not fitting. */
int dorg_netcfg_parse(struct dorg_netcfg *c, const char *text, const char *where,
                      struct dorg_err *e);
void dorg_netcfg_free(struct dorg_netcfg *c);

/* Put key=value into the last line of a type ("input", "train", "fc", ...), in c->text too,
 * so that the text stays complete; then all shapes again.  c is unchanged on error. */
int dorg_netcfg_set(struct dorg_netcfg *c, const char *type, const char *key,
                    const char *value, struct dorg_err *e);

/* Fit a net to its records: input channels and side, and the outputs of the layer before
 * the softmax.  0 leaves a number as it is. */
int dorg_netcfg_adapt(struct dorg_netcfg *c, int channels, int size, int classes,
                      struct dorg_err *e);

/* "conv", "relu", .... */
const char *dorg_layer_type_name(enum dorg_layer_type t);
size_t dorg_layer_in(const struct dorg_layer *l);  /* numbers in one image's input */
size_t dorg_layer_out(const struct dorg_layer *l); /* and output */

/* Learning rate at `epoch` (a fraction is allowed) of `epochs`, p = epoch / epochs:
 *   dexp    base / factor^(floor(p steps) / (steps - 1))      cuda-convnet2's dexp
 *   cosine  lo + (base - lo) (1 + cos(pi p)) / 2,  lo = base / factor
 *   const   base
 * times min(1, (epoch + 1) / (warmup + 1)). */
double dorg_rate_at(const struct dorg_rate *r, double epoch, int epochs, int warmup);

/* Fresh parameters: N(0, init_w) from Philox(seed, DORG_RNG_INIT, parameter index); biases
 * init_b; bnorm: scale 1, mean 0, variance 1, shift init_b. */
void dorg_netcfg_init(float *params, const struct dorg_netcfg *c, uint64_t seed);

#endif
