/* engine_onednn.h - between the files of the oneDNN engine (oneDNN 2.6, C API version 2).
 *
 * How it runs.  A batch is cut into micro-batches of g->micro images.  Layers become nodes;
 * runs of nodes become stages.  A stage of ordinary nodes is executed micro-batch by
 * micro-batch, all its nodes one after the other while the data are in cache; a fully
 * connected node is a stage of its own, executed output block by output block over the whole
 * batch, so that its weights are read once.  Threads (par.h) take micro-batches or blocks;
 * every oneDNN call runs on one thread.  What is computed together therefore never depends
 * on the number of threads, and sums over micro-batches are taken in their order: `jobs`
 * changes no bit.
 *
 * An image's neighbours change no bit either when applying: every primitive has one shape,
 * whatever the number of images (the last micro-batch is filled up with zeros), and the
 * kernels chosen for it add in the same order wherever in the batch an image lies. */
#ifndef DORG_ENGINE_ONEDNN_H
#define DORG_ENGINE_ONEDNN_H

#include <stdbool.h>
#include <dnnl.h>

#include "../../engine.h"

typedef dnnl_memory_desc_t dorg_md;

struct dorg_dnn_prim { /* run NULL: none */
    dnnl_primitive_t run;
    dnnl_primitive_desc_t pd;
};

struct dorg_dnn_arg {
    int id;
    const dorg_md *md;
    const void *at;
};

enum dorg_node_type {
    NODE_REORDER,
    NODE_CONV,
    NODE_LRN,
    NODE_POOL, /* max; or average over the whole map */
    NODE_RELU,
    NODE_DROPOUT,
    NODE_BNORM,
    NODE_FC
};

/* Where a node's output lies: among the outputs of the whole batch (kept), or in one of a
 * worker's buffers, overwritten by the next micro-batch. */
struct dorg_dnn_place {
    char *kept; /* owned, unless in place; micro-batch m at kept + m * dst_size */
    int turn;   /* else: worker buffer 0 or 1 */
};

struct dorg_dnn_node {
    enum dorg_node_type type;
    const struct dorg_layer *l;
    int k;               /* number of the layer in the net */
    bool relu, in_place; /* relu: fused behind conv, fc */
    bool sign;           /* int8: what goes in may be below 0 */
    float scale;         /* dropout folded behind an fc (applying) */
    dorg_md src, dst;    /* of one micro-batch */
    size_t src_size, dst_size;
    struct dorg_dnn_place place;
    struct dorg_dnn_prim forward, back_data, back_weights;
    dorg_md ws; /* lrn, pool in training: what backward wants to know; kept */
    size_t ws_size;
    char *ws_at; /* owned */

    /* conv; fc when applying */
    const struct dorg_layer *fold; /* bnorm folded into weights and bias, or NULL */
    size_t block, n_blocks;        /* fc: outputs a block */
    dorg_md w_plain, w_md;         /* of one block */
    size_t w_size;
    char *w;        /* owned: packed weights, [n_blocks][w_size] */
    float *bias;    /* owned when applying */
    dorg_md x8;     /* int8: the input as bytes */
    float *w_scale; /* int8: owned; what a unit of each output's weights is worth */
    struct dorg_dnn_prim pack;

    /* conv in training: formats its backward passes want, and how to get there */
    dorg_md w_back, dw, x_back, dy_data, dy_weights, dx;
    size_t w_back_size, dw_size;
    char *w_back_at, *dw_at; /* owned: packed once a step; one partial sum a micro-batch */
    struct dorg_dnn_prim pack_back, unpack, fit_x, fit_dy_data, fit_dy_weights, fit_dx;

    /* bnorm in training, all owned, of maps rounded up to whole blocks: two sums a
     * micro-batch and in all; the batch's mean and variance; what apply and back multiply */
    double *parts, *sums;
    float *batch, *factor;
    float *mask; /* dropout in training: one micro-batch after the other */
};

struct dorg_stage { /* nodes [first, end) */
    int first, end;
    bool fc;
};

struct dorg_worker {
    dnnl_stream_t stream;
    char *scratch;   /* the primitives' */
    char *buffer[3]; /* forward: 0 and 1; backward: all */
    char *block;     /* fc: a block's output, or its gradient */
    char *bytes;     /* int8: conv's input */
    float *factor;   /* int8: of each output */
};

enum { DORG_MAX_NODES = 3 * DORG_MAX_LAYERS, DORG_MAX_MICRO = 16 };

struct dorg_engine {
    struct dorg_netcfg cfg; /* its text is the caller's */
    struct dorg_engine_opts opts;
    dnnl_engine_t cpu;
    dnnl_data_type_t type; /* of numbers between layers: f32 or bf16 */
    bool int8;             /* conv and fc multiply bytes; type is f32 */
    size_t micro, n_micro; /* images a micro-batch; micro-batches of max_batch */
    size_t fc_rows;        /* of the fully connected nodes: all those images, or a few more */
    struct dorg_dnn_node node[DORG_MAX_NODES];
    int n_nodes;
    struct dorg_stage stage[DORG_MAX_NODES];
    int n_stages;
    struct dorg_worker *worker; /* [jobs] */
    size_t scratch_size, buffer_size, block_size;
    bool ready;          /* packed weights are those of w */
    float *w, *v, *grad; /* training: flat, canonical; grad without the fc layers' */
    float *tail;         /* the last micro-batch's images, filled up with zeros */
    char *rows;          /* int8: fc's input, whole batch */
    float *row_scale;
    char *diff[2]; /* training: errors at stage boundaries, whole batch */
    size_t diff_size;
    /* the pass under way */
    const float *x;
    size_t n;
    const struct dorg_sgd *sgd; /* NULL: applying */
};

/* engine_onednn_prim.c: calls of the library, each checked. */
int dorg_dnn_check(dnnl_status_t s, const char *what, struct dorg_err *e);
void dorg_dnn_one_thread(void); /* the calling thread's oneDNN uses no other threads */
dorg_md dorg_dnn_md(size_t n, const int chw[3], dnnl_data_type_t t, dnnl_format_tag_t tag);
int dorg_dnn_make(struct dorg_engine *g, struct dorg_dnn_prim *p, const void *op,
                  const_dnnl_primitive_attr_t attr, const_dnnl_primitive_desc_t hint,
                  const char *what, struct dorg_err *e);
/* A reorder; p stays empty where the formats are equal. */
int dorg_dnn_reorder(struct dorg_engine *g, struct dorg_dnn_prim *p, const dorg_md *from,
                     const dorg_md *to, struct dorg_err *e);
dorg_md dorg_dnn_query(const struct dorg_dnn_prim *p, dnnl_query_t what);
int dorg_dnn_run(struct dorg_engine *g, const struct dorg_dnn_prim *p, size_t worker,
                 const struct dorg_dnn_arg *arg, int n, struct dorg_err *e);
void dorg_dnn_drop(struct dorg_dnn_prim *p);
void *dorg_dnn_room(size_t count, size_t size, struct dorg_err *e); /* zeroed, 64-aligned */

/* engine_onednn_build.c, _conv.c: nodes from layers; stages; memory. */
int dorg_dnn_build(struct dorg_engine *g, struct dorg_err *e);
int dorg_dnn_conv_node(struct dorg_engine *g, struct dorg_dnn_node *d, struct dorg_err *e);
int dorg_dnn_conv_back(struct dorg_engine *g, struct dorg_dnn_node *d, bool first,
                       struct dorg_err *e);
int dorg_dnn_fc_node(struct dorg_engine *g, struct dorg_dnn_node *d, struct dorg_err *e);
int dorg_dnn_place(struct dorg_engine *g, struct dorg_err *e);

/* engine_onednn_pack.c: weights into the formats of the nodes. */
int dorg_dnn_pack(struct dorg_engine *g, const float *w, struct dorg_err *e);

/* engine_onednn_run.c: forward through all stages. */
int dorg_dnn_forward(struct dorg_engine *g, const float *x, int n, const struct dorg_sgd *sgd,
                     struct dorg_err *e);
const void *dorg_dnn_src(struct dorg_engine *g, int i, size_t m, size_t worker);
void *dorg_dnn_dst(struct dorg_engine *g, int i, size_t m, size_t worker);
size_t dorg_dnn_images(const struct dorg_engine *g, size_t m); /* real ones of micro-batch m */
size_t dorg_dnn_micros(const struct dorg_engine *g);           /* of the pass under way */

/* engine_onednn_fc.c: fully connected stages, block by block. */
int dorg_dnn_fc_forward(struct dorg_engine *g, int i, struct dorg_err *e);
size_t dorg_dnn_fc_room(const struct dorg_engine *g, const struct dorg_dnn_node *d);
/* dx (NULL: not wanted) from dy, both [n][..]; dy passes the relu in place.  Then the
 * gradient into grad or, if that is NULL, the step of SGD at once. */
int dorg_dnn_fc_backward(struct dorg_engine *g, int i, float *dx, float *dy, float *grad,
                         struct dorg_err *e);

/* engine_onednn_int8.c: bytes; the equations are there. */
bool dorg_dnn_int8_here(void);
size_t dorg_dnn_int8_micro(const struct dorg_netcfg *c, size_t most);
bool dorg_dnn_int8_sign(const struct dorg_engine *g);
int dorg_dnn_int8_room(struct dorg_engine *g, struct dorg_err *e);
void dorg_dnn_int8_weights(int8_t *q, float *scale, const float *w, size_t outputs,
                           size_t each);
int dorg_dnn_int8_conv(struct dorg_engine *g, struct dorg_dnn_node *d, float *y,
                       const float *x, size_t worker, struct dorg_err *e);
/* fc: the batch's rows become g->rows; a block's sums, [n][block], its outputs. */
int dorg_dnn_int8_rows(struct dorg_engine *g, const struct dorg_dnn_node *d, const float *x,
                       struct dorg_err *e);
void dorg_dnn_int8_settle(struct dorg_engine *g, const struct dorg_dnn_node *d, float *y,
                          size_t block, size_t worker);

/* engine_onednn_bnorm.c: batch normalisation in training.  Forward: measure every
 * micro-batch, settle, apply; backward: sums of every micro-batch, add up, back. */
bool dorg_dnn_bnorm_layout(const dorg_md *md);
int dorg_dnn_bnorm_room(struct dorg_engine *g, struct dorg_dnn_node *d, struct dorg_err *e);
void dorg_dnn_bnorm_measure(struct dorg_engine *g, struct dorg_dnn_node *d, const float *x,
                            size_t m);
void dorg_dnn_bnorm_settle(struct dorg_engine *g, struct dorg_dnn_node *d);
void dorg_dnn_bnorm_apply(struct dorg_engine *g, struct dorg_dnn_node *d, float *y,
                          const float *x);
void dorg_dnn_bnorm_sums(struct dorg_engine *g, struct dorg_dnn_node *d, const float *dy,
                         const float *x, size_t m);
void dorg_dnn_bnorm_add_up(struct dorg_engine *g, struct dorg_dnn_node *d, float *grad);
void dorg_dnn_bnorm_back(struct dorg_engine *g, struct dorg_dnn_node *d, float *dy,
                         const float *x,
                         size_t m); /* dy becomes dx; padding images keep dy = 0 */

/* engine_onednn_back.c: backward; grad NULL: with the step of SGD. */
int dorg_dnn_backward(struct dorg_engine *g, float *grad, struct dorg_err *e);

#endif
