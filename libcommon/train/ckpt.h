/* ckpt.h - training half-way: everything that the next step depends on.
 *
 *   "DORGCKP\n", u32 version 1, u32 bytes of log, u64 identity, u64 floats of parameters,
 *   u64 step, i32 best epoch, i32 epochs since, f64 best validation AUC, f64 best loss,
 *   f64 loss summed over the epoch so far, f64 seconds so far, u32 1 if best parameters
 *   follow, zeros to 96; the log; parameters, momentum[, best parameters] as float32;
 *   "DORGEND\n", u32 CRC-32 of all before it.  Little-endian; for this program alone. */
#ifndef DORG_CKPT_H
#define DORG_CKPT_H

#include <stddef.h>
#include <stdint.h>

#include "../base/err.h"

struct dorg_ckpt {
    uint64_t identity; /* of net, records and options: another's checkpoint is refused */
    uint64_t step;     /* steps done */
    int32_t best_epoch, since_best; /* 0: none yet */
    double best_auc, best_loss;
    double loss_sum; /* of the epoch under way */
    double seconds;
    char *log; /* owned: a line per epoch done; or NULL */
    size_t n_params;
    float *params, *momentum; /* owned */
    float *best;              /* owned; NULL when none is kept */
};
#define DORG_CKPT_INIT ((struct dorg_ckpt){0})

/* Room for n_params, and for a best copy if asked; all zero. */
int dorg_ckpt_new(struct dorg_ckpt *c, size_t n_params, int best, struct dorg_err *e);
void dorg_ckpt_free(struct dorg_ckpt *c);

/* Written beside its name and renamed: a reader sees the old one or the new one. */
int dorg_ckpt_save(const struct dorg_ckpt *c, const char *path, struct dorg_err *e);

/* Into c as made by _new.  *found = 0 when there is no such file.  DORG_EDATA: damaged, or of
 * another identity, size, or with best parameters where c has none. */
int dorg_ckpt_load(struct dorg_ckpt *c, const char *path, int *found, struct dorg_err *e);

#endif
