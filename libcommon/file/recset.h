/* recset.h - record files as one array in memory, mapped, not read.
 *
 * Files must agree in kind, shape, window and pitch.  A regular uncompressed file is mapped
 * and may be larger than memory; anything else is read whole. */
#ifndef DORG_RECSET_H
#define DORG_RECSET_H

#include <stddef.h>
#include <stdint.h>

#include "../base/err.h"
#include "rec.h"

struct dorg_recfile {
    const char *name;      /* borrowed */
    uint8_t *bytes;        /* the whole file */
    size_t size;           /* of it */
    int mapped;            /* else owned */
    const uint8_t *first;  /* its first record */
    uint64_t count, start; /* records; those of earlier files */
    uint32_t crc;
    char *history; /* owned; may be NULL */
};

struct dorg_recset {
    struct dorg_rec_shape shape;
    size_t rec_size;
    int n_files;
    struct dorg_recfile *file; /* owned */
    uint64_t count;
};
#define DORG_RECSET_INIT ((struct dorg_recset){0})

/* DORG_EDATA: not records, no trailer, a length that is not a whole number of records or not
 * the trailer's count, a shape unlike the first file's; the file is named. */
int dorg_recset_open(struct dorg_recset *s, const char *const *path, int n,
                     struct dorg_err *e);
void dorg_recset_close(struct dorg_recset *s);

/* One pass over every byte: the CRC-32 of each file, `jobs` files at a time. */
int dorg_recset_check(const struct dorg_recset *s, int jobs, struct dorg_err *e);

/* Pixels of record i of count, and its numbers (r may be NULL); valid until _close. */
const uint8_t *dorg_recset_get(const struct dorg_recset *s, uint64_t i, struct dorg_rec *r);

/* Which file record i lies in. */
int dorg_recset_file(const struct dorg_recset *s, uint64_t i);

/* Advise the kernel: records will be asked for in no order, so that it reads what is asked
 * for and no more; record i will be asked for soon.  Both cost next to nothing for what is in
 * memory already, and whether all can stay there (a batch system's limit) cannot be known.
 */
void dorg_recset_random(const struct dorg_recset *s);
void dorg_recset_soon(const struct dorg_recset *s, uint64_t i);

#endif
