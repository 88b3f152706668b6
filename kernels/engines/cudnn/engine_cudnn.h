/* engine_cudnn.h - between the .cu files of the "cuda" engine.  C++.
 *
 * The net is run at one batch size, max_batch, whatever n is: rows n and up are images of
 * zeros, whose errors are zero.  So cuDNN's algorithms are chosen once, and an image's result
 * does not depend on how many came with it.
 *
 * In bf16, activations, their errors, and a copy of the weights are bf16 up to the last fc,
 * which computes in float; sums are in float throughout, and the weights that are stepped are
 * float.  In bf16 and tf32 an image's maps are interleaved (struct dorg_cu_lay, `last`), where
 * cuDNN can run the net so, and weights are stored [out][kh][kw][in] on the device.
 *
 * Each layer's parameters start at a multiple of DORG_CU_ALIGN numbers on the device. */
#ifndef DORG_ENGINE_CUDNN_H
#define DORG_ENGINE_CUDNN_H

#include <cudnn.h>

#include "engine_cudnn_dev.h"

extern "C" {
#include "../../engine.h"
}

enum { DORG_CU_ALIGN = 64, DORG_CU_PARTS = 1024, DORG_CU_GROUPS = 32 }; /* sums of a map */

struct dorg_cu_plan; /* engine_cudnn_plan.cu: a convolution by cuDNN's graph interface */
enum dorg_cu_way { DORG_CU_FORWARD, DORG_CU_TO_DATA, DORG_CU_TO_FILTER, DORG_CU_WAYS };

struct dorg_cu_layer {
    size_t w_at, b_at; /* in the device's arrays */
    bool half;         /* input, output and weights are half_t */
    bool shares;       /* the output lies where the input is (relu) */
    bool owns;         /* y is this layer's own */
    const void *x;     /* input */
    void *y;           /* output */
    float *extra;      /* dropout: mask; bnorm: mean[c], variance[c] of the batch; pool: which
                          of its window each output is, uint16_t */
    cudnnTensorDescriptor_t in, out; /* conv and fc, from here on */
    cudnnFilterDescriptor_t filter;
    cudnnConvolutionDescriptor_t conv;
    cudnnConvolutionFwdAlgo_t forward;
    cudnnConvolutionBwdDataAlgo_t to_data;
    cudnnConvolutionBwdFilterAlgo_t to_filter;
    struct dorg_cu_plan *plan[DORG_CU_WAYS]; /* instead of the algorithms; NULL: none */
};

/* What changes from step to step; on the device, so that a recorded step can be replayed. */
struct dorg_cu_now {
    float rate_w, rate_b, momentum, decay;
    uint64_t seed, step;
    uint64_t first; /* number of the first image in the whole batch: several devices */
    uint64_t item;  /* of the first image here */
};

/* What a recording was made of: it is replayed for the same again. */
struct dorg_cu_call {
    int n, all;     /* images here, and on all devices */
    bool from_recs; /* images are made from records, not from g->x */
};

struct dorg_cu_graph {
    cudaGraphExec_t exec;
    struct dorg_cu_call of; /* recorded; before that, the last one seen */
    bool seen, never;       /* never: it cannot be recorded */
};

struct dorg_cu_images; /* engine_cudnn_images.cu: records on the device */
struct dorg_cu_team;   /* engine_cudnn_team.cu: several devices */

struct dorg_engine {
    struct dorg_netcfg cfg;       /* its text is the caller's */
    struct dorg_engine_opts opts; /* max_batch: less than asked for where memory is short */
    int asked;                    /* applying: images of a call */
    struct dorg_cu_layer layer[DORG_MAX_LAYERS];
    bool last;     /* maps are interleaved */
    bool half;     /* some layers are in bf16 */
    int widens_at; /* layer whose input is widened from bf16 to float; -1: none */
    cudnnHandle_t cudnn;
    cudaStream_t stream;
    size_t largest, room; /* numbers an image in the largest layer; parameters with gaps */
    float *w, *v, *grad;  /* device: parameters; training: momentum, gradient */
    half_t *w_half, *grad_half;
    float *x;       /* device: images as the caller has them */
    void *input;    /* device: as the first layer takes them; may be x */
    float *wide;    /* device: the input of layer widens_at */
    void *turn[2];  /* device: outputs when applying, errors when training */
    float *scratch; /* device: lrn's backward pass */
    double *sums;   /* device: partial sums; losses */
    double *total;  /* device: sum of the losses */
    uint8_t *label; /* device */
    struct dorg_cu_now *now;
    double *host_total; /* pinned */
    uint8_t *host_label;
    struct dorg_cu_now *host_now;
    void *workspace; /* device: cuDNN's */
    size_t workspace_size;
    struct dorg_cu_graph to_gradient, to_step;
    struct dorg_cu_images *images;
    struct dorg_cu_team *team; /* owned by the leader, the first of several devices, or NULL */
    bool member; /* of a team: its gradients are widened before they are summed */
};

/* One pass of one layer over the whole batch; n of its images are real. */
struct dorg_cu_pass {
    struct dorg_engine *g;
    const struct dorg_layer *l;
    struct dorg_cu_layer *c;
    int k, n;
    bool training;
    const void *x;
    void *y;
    const void *dy; /* backward: d loss / d y, and d loss / d x or NULL */
    void *dx;
};

typedef int dorg_cu_fn(const struct dorg_cu_pass *s, struct dorg_err *e);

/* Run kernel<T> for the type the layer computes in. */
#define DORG_BY_TYPE(kernel, s, n, ...)                                                       \
    do {                                                                                      \
        if ((s)->c->half) {                                                                   \
            typedef half_t T;                                                                 \
            DORG_LAUNCH(kernel<T>, (s)->g->stream, n, __VA_ARGS__);                           \
        } else {                                                                              \
            typedef float T;                                                                  \
            DORG_LAUNCH(kernel<T>, (s)->g->stream, n, __VA_ARGS__);                           \
        }                                                                                     \
    } while (0)

/* engine_cudnn_room.cu: sizes, types and places; memory. */
int dorg_cu_measure(struct dorg_engine *g, struct dorg_err *e);
int dorg_cu_furnish(struct dorg_engine *g, struct dorg_err *e);
void dorg_cu_clear(struct dorg_engine *g);

/* engine_cudnn_params.cu: a flat host array to its places on the device, and back. */
int dorg_cu_spread(struct dorg_engine *g, float *device, const float *host,
                   struct dorg_err *e);
int dorg_cu_gather(const struct dorg_engine *g, float *host, const float *device,
                   struct dorg_err *e);

/* engine_cudnn.cu: half the images at a time, with the same parameters (applying). */
int dorg_cu_shrink(struct dorg_engine *g, struct dorg_err *e);

/* engine_cudnn_run.cu: one pass of the net; x is in g->x, or in g->input (from_recs). */
int dorg_cu_apply(struct dorg_engine *g, int n, bool from_recs, struct dorg_err *e);
int dorg_cu_gradient(struct dorg_engine *g, const struct dorg_cu_call *c, struct dorg_err *e);
int dorg_cu_sgd(struct dorg_engine *g, const struct dorg_cu_call *c, struct dorg_err *e);
/* The n images of host memory into g->x, and zeros for the rest. */
int dorg_cu_load(struct dorg_engine *g, const float *x, int n, struct dorg_err *e);

/* engine_cudnn_step.cu: the steps of training, recorded and replayed. */
int dorg_cu_say(struct dorg_engine *g, const uint8_t *y, int n, const struct dorg_sgd *sgd,
                uint64_t first, struct dorg_err *e);
int dorg_cu_replay_gradient(struct dorg_engine *g, const struct dorg_cu_call *c,
                            struct dorg_err *e);
int dorg_cu_replay_step(struct dorg_engine *g, const struct dorg_cu_call *c,
                        struct dorg_err *e);
/* Wait for the step; the mean loss of `all` images, DORG_EDATA if it is not finite. */
int dorg_cu_hear(struct dorg_engine *g, float *loss, int all, struct dorg_err *e);

/* engine_cudnn_conv.cu: conv and fc (a convolution of a 1 x 1 image). */
int dorg_cudnn_check(cudnnStatus_t r, const char *what, struct dorg_err *e);
int dorg_cu_conv_open(struct dorg_engine *g, int k, size_t *workspace, struct dorg_err *e);
void dorg_cu_conv_close(struct dorg_cu_layer *c);
dorg_cu_fn dorg_cu_conv_forward, dorg_cu_conv_backward;

struct dorg_cu_conv_shape {
    int in[3], out[3], kernel, pad, stride;
};
struct dorg_cu_conv_shape dorg_cu_conv_shape(const struct dorg_layer *l);

/* engine_cudnn_plan.cu: *p stays NULL, and 0 is returned, where cuDNN has no such plan. */
struct dorg_cu_data { /* device: x and y or their errors, w or its gradient, b, workspace */
    const void *x, *w, *y, *b;
    void *space;
};
int dorg_cu_plan_open(struct dorg_cu_plan **p, struct dorg_engine *g, int k,
                      enum dorg_cu_way way, size_t *workspace, struct dorg_err *e);
int dorg_cu_plan_run(struct dorg_cu_plan *p, struct dorg_engine *g,
                     const struct dorg_cu_data *d, struct dorg_err *e);
void dorg_cu_plan_close(struct dorg_cu_plan *p);

/* engine_cudnn_layers.cu, _back.cu, _bnorm.cu */
dorg_cu_fn dorg_cu_relu_forward, dorg_cu_relu_backward;
dorg_cu_fn dorg_cu_lrn_forward, dorg_cu_lrn_backward;
dorg_cu_fn dorg_cu_pool_forward, dorg_cu_pool_backward;
dorg_cu_fn dorg_cu_gap_forward, dorg_cu_gap_backward;
dorg_cu_fn dorg_cu_dropout_forward, dorg_cu_dropout_backward;
dorg_cu_fn dorg_cu_bnorm_forward, dorg_cu_bnorm_backward;
dorg_cu_fn dorg_cu_softmax_forward;

/* Whether layer k is a relu that its predecessor's bias has done already. */
bool dorg_cu_done_before(const struct dorg_engine *g, int k);

/* y += b, map by map; grad_b = sum dy (the first n images). */
int dorg_cu_add_bias(const struct dorg_cu_pass *s, struct dorg_err *e);
int dorg_cu_bias_gradient(const struct dorg_cu_pass *s, struct dorg_err *e);

/* g->sums: -ln p of each label's class, g->total their sum; dz = (p - one-hot) / all, 0 from
 * row n on. */
int dorg_cu_loss(struct dorg_engine *g, float *dz, const float *z, int n, int all,
                 struct dorg_err *e);

/* One step of SGD on the parameters of layer k, as engine_sgd.h; none if g->total is not
 * finite. */
int dorg_cu_step(struct dorg_engine *g, int k, int n, struct dorg_err *e);

/* The gradients of weights in bf16 into g->grad. */
int dorg_cu_widen_gradient(struct dorg_engine *g, struct dorg_err *e);

/* Change type: n numbers. */
int dorg_cu_to_half(half_t *to, const float *from, size_t n, cudaStream_t s,
                    struct dorg_err *e);
int dorg_cu_to_float(float *to, const half_t *from, size_t n, cudaStream_t s,
                     struct dorg_err *e);

/* g->x into g->input: type and order of the first layer. */
int dorg_cu_take_in(struct dorg_engine *g, struct dorg_err *e);

/* engine_cudnn_images.cu: g->input from records, and zeros for the rest (engine_images.h). */
int dorg_cu_images_make(struct dorg_engine *g, int n, struct dorg_err *e);
void dorg_cu_images_close(struct dorg_engine *g);

/* engine_cudnn_cut.cu: dorg_engine_ops.forward_cut */
int dorg_cu_forward_cut(struct dorg_engine *g, const struct dorg_cut *c, float *p,
                        struct dorg_err *e);

/* Numbers in the batch's input and output of a layer. */
static inline size_t dorg_cu_in(const struct dorg_cu_pass *s)
{
    return (size_t)s->g->opts.max_batch * dorg_layer_in(s->l);
}
static inline size_t dorg_cu_out(const struct dorg_cu_pass *s)
{
    return (size_t)s->g->opts.max_batch * dorg_layer_out(s->l);
}

#endif
