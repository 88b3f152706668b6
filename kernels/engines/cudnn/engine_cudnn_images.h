/* engine_cudnn_images.h - records on the device, between engine_cudnn_images.cu and those who
 * step.  C++. */
#ifndef DORG_ENGINE_CUDNN_IMAGES_H
#define DORG_ENGINE_CUDNN_IMAGES_H

#include "engine_cudnn.h"
#include "../../tpswarp_dev.h"

extern "C" {
#include "../../../libcommon/base/rng.h"
#include "../../engine_images.h"
}

struct dorg_cu_images {
    struct dorg_images from;
    int c, h, w;
    size_t pixels, slot; /* of an image; bytes of a batch */
    bool varies, resident;
    cudaStream_t stream; /* copies */
    uint8_t *records;    /* device: all, or two batches */
    float *mean, *d, *basis;
    uint8_t *warped, *varied;
    uint64_t *which, *host_which; /* numbers of records within `records`; pinned */
    struct dorg_vary_move *move, *host_move;
    uint8_t *host[2]; /* pinned */
    size_t host_bytes;
    uint32_t *has[2]; /* streamed: records of each slot, and how many */
    int n[2], now;    /* now: the slot of the batch to come */
    cudaEvent_t sent[2];
};

/* dorg_engine_ops.images */
int dorg_cu_images(struct dorg_engine *g, const struct dorg_images *from, struct dorg_err *e);

/* Say which records the next step is made from; and, once it runs, send the next ones. */
int dorg_cu_images_take(struct dorg_engine *g, const struct dorg_batch *b, struct dorg_err *e);
int dorg_cu_images_ahead(struct dorg_engine *g, const struct dorg_batch *b,
                         struct dorg_err *e);

#endif
