/* net.h - a trained net on disk: dorg-net(5).
 *
 *   "DORGNET\n", u32 version 1, u32 bytes of text, u64 floats of parameters, u32 bytes of
 *   history, f32 window low, high, f32 pitch in mm (as in dorg-rec(5)), u32 record kind,
 *   f32[3] pitches of more channels, zeros to 64; history; the .cfg text; the mean image
 *   float[c][size][size]; the parameters, float32 little-endian in canonical order;
 *   "DORGEND\n", u32 CRC-32 of all before it.
 *
 * The float arrays start at a multiple of 64 bytes, so that a file can be mapped and used
 * in place. */
#ifndef DORG_NET_H
#define DORG_NET_H

#include <stddef.h>
#include <stdint.h>

#include "../base/err.h"
#include "../file/io.h"
#include "../file/rec.h" /* DORG_REC_WIDER */
#include "../../kernels/netcfg.h"

struct dorg_net {
    struct dorg_netcfg cfg;
    char *history;      /* owned */
    float *mean;        /* channels*size*size: subtracted from 0..255 input (paper.md 5.3) */
    float *params;      /* cfg.n_params */
    float window_hu[2]; /* how its records were made: rec.h */
    float pitch_mm, wider_mm[DORG_REC_WIDER];
    uint32_t kind;
    void *map; /* the mapped file, or NULL if mean and params are owned */
    size_t map_size;
};
#define DORG_NET_INIT ((struct dorg_net){0})

/* A net description from a file; DORG_EDATA as dorg_netcfg_parse, and for one beyond 1 MiB or
 * with a NUL byte. */
int dorg_net_load_cfg(struct dorg_netcfg *c, const char *path, struct dorg_err *e);

/* From a regular, uncompressed file the arrays are mapped, not copied. */
int dorg_net_load(struct dorg_net *n, const char *path, struct dorg_err *e);
int dorg_net_read(struct dorg_net *n, struct dorg_in *in, struct dorg_err *e); /* copied */
int dorg_net_write(struct dorg_out *o, const struct dorg_net *n, const char *stage,
                   struct dorg_err *e);
void dorg_net_free(struct dorg_net *n);

/* A description to read: layers with shapes, parameters and multiply-adds an image, what its
 * records were like, how training went, the history.  *text is the caller's to free. */
int dorg_net_describe(char **text, const struct dorg_net *n, struct dorg_err *e);

/* The net as a safetensors file: of a layer NAME conv "NAME.weight" [out][in][k][k], fc
 * [out][in], bnorm "NAME.weight" [c], "NAME.running_mean", "NAME.running_var", each with
 * "NAME.bias"; "mean" [c][h][w], to be subtracted from pixels of 0 to 255.  Texts: dorg.cfg,
 * dorg.history, dorg.window_hu "low,high", dorg.pitch_mm, dorg.kind, format "pt". */
int dorg_net_to_st(struct dorg_out *o, const struct dorg_net *n, const char *stage,
                   struct dorg_err *e);

/* And back, from the stream up to its end.  cfg: a file, or NULL for the text dorg.cfg.
 * Tensors that the layers do not need are passed over.  DORG_EDATA when one is missing or of
 * another shape. */
int dorg_net_from_st(struct dorg_net *n, struct dorg_in *in, const char *cfg,
                     struct dorg_err *e);

/* What both formats must say of the records: window low < high, pitch 0 or more, all finite,
 * kind 0 to 3; else DORG_EDATA. */
int dorg_net_check_frame(const float window_hu[2], float pitch_mm, uint32_t kind,
                         struct dorg_err *e);

/* An example as nets want it: its pixels less the mean image. */
static inline void dorg_net_centre(float *x, const uint8_t *pixel, const float *mean, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (float)pixel[i] - mean[i];
}

/* dorg-train leaves its epochs in the .cfg text as comments that begin with this. */
#define DORG_NET_LOG "#: "

#endif
