/* safetensors.h - named arrays with text beside them, as PyTorch users exchange them.
 *
 *   u64 bytes of header; the header, JSON: {"__metadata__": {"key": "text", ...},
 *   "name": {"dtype": "F32", "shape": [..], "data_offsets": [from, to]}, ...}, padded with
 *   spaces; then the arrays, little-endian, without holes.
 *
 * Source: the format's description at github.com/huggingface/safetensors. */
#ifndef DORG_SAFETENSORS_H
#define DORG_SAFETENSORS_H

#include <stddef.h>
#include <stdint.h>

#include "../base/err.h"
#include "../file/io.h"

enum { DORG_ST_DIMS = 8 };

struct dorg_st_tensor {
    char *name;    /* owned by a dorg_st; borrowed for writing */
    char dtype[8]; /* "F32", "F16", "BF16", "F64", ... */
    int n_dims;
    uint64_t shape[DORG_ST_DIMS];
    size_t n;         /* elements */
    const void *data; /* into the file's bytes; for writing: float[n] */
};

struct dorg_st_text {
    char *key, *value; /* as name above */
};

struct dorg_st {
    int n_tensors, n_texts;
    struct dorg_st_tensor *tensor; /* owned */
    struct dorg_st_text *text;     /* owned */
};
#define DORG_ST_INIT ((struct dorg_st){0})

/* The `size` bytes at p, which must outlive s.  DORG_EDATA with the byte for anything the
 * description does not allow: unknown keys, counts and offsets that disagree, holes. */
int dorg_st_parse(struct dorg_st *s, const uint8_t *p, size_t size, struct dorg_err *e);
void dorg_st_free(struct dorg_st *s);

const struct dorg_st_tensor *dorg_st_find(const struct dorg_st *s, const char *name);
const char *dorg_st_text(const struct dorg_st *s, const char *key); /* or NULL */

/* to: float[t->n], from F32, F16, BF16 or F64; DORG_EDATA for another type or a value that is
 * not finite as a float. */
int dorg_st_floats(float *to, const struct dorg_st_tensor *t, struct dorg_err *e);

/* All tensors as F32, in their order. */
int dorg_st_write(struct dorg_out *o, const struct dorg_st *s, struct dorg_err *e);

#endif
