/* trainset.h - what a net is trained on: labelled records, held-out records, the mean image,
 * and the order of an epoch.
 *
 * Source   paper.md 5.3: input is the 8-bit image minus the mean image of the training set,
 *          all samples shuffled; paper.md 4: all of the smaller class and as many of the
 *          larger, drawn at random, as the authors' balancing script.
 * Silent   which records are held out, balancing over epochs (a fresh draw each): below and
 *          dorg-choices(7). */
#ifndef DORG_TRAINSET_H
#define DORG_TRAINSET_H

#include <stdbool.h>
#include <stdint.h>

#include "../base/err.h"
#include "../../kernels/netcfg.h"
#include "../file/recset.h"

enum dorg_balance {
    DORG_BALANCE_UNDER, /* of every class as many as the smallest has; each epoch others */
    DORG_BALANCE_OVER,  /* of every class as many as the largest has, by repetition */
    DORG_BALANCE_NONE   /* every record once */
};

struct dorg_trainset {
    struct dorg_recset recs; /* training files */
    struct dorg_recset vals; /* validation files; empty when held out of recs, or none */
    int classes;             /* 2; records of pairs 3 */
    uint8_t *label;          /* owned: of each record of recs; 255: not trained on */
    uint32_t
        *of_class[DORG_MAX_CLASSES]; /* owned: training records of each class, ascending */
    uint32_t n_of[DORG_MAX_CLASSES];
    uint32_t *held;      /* owned: validation records, numbers in recs or in vals */
    uint8_t *held_label; /* owned */
    uint32_t n_held;
    uint32_t n_unknown; /* training records whose class is unknown: left out */
    float *mean;        /* owned: float[c][h][w], of the training records, each once */
};
#define DORG_TRAINSET_INIT ((struct dorg_trainset){0})

struct dorg_trainset_opts {
    double val_fraction; /* hold out this part of the training records, in whole groups */
    bool no_check;       /* take the CRCs on trust */
    uint64_t seed;
    int jobs;
};

/* Open, check, sort by class, hold out, average.  Groups held out are whole files when there
 * are at least 1/val_fraction of them, else runs of 8 slices of a file; only records that are
 * not deformed copies are validated on.  DORG_EDATA: a bad file, no labelled record, records
 * of one class only, a label past the kind's classes, nothing left to train or to validate on.
 */
int dorg_trainset_open(struct dorg_trainset *t, const char *const *train, int n_train,
                       const char *const *val, int n_val, const struct dorg_trainset_opts *o,
                       struct dorg_err *e);
void dorg_trainset_close(struct dorg_trainset *t);

/* Records of an epoch. */
uint32_t dorg_epoch_size(const struct dorg_trainset *t, enum dorg_balance b);

/* The epoch's records in training order, a function of (seed, epoch); order has room for
 * dorg_epoch_size. */
int dorg_epoch_order(uint32_t *order, const struct dorg_trainset *t, enum dorg_balance b,
                     uint64_t seed, uint32_t epoch, struct dorg_err *e);

#endif
