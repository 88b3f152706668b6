/* rec.h - sample records: what the nets train on, fixed in size, checked at the end.
 *
 * Little-endian.  Header, 64 bytes: magic "DORGREC\n", u32 version 1, u32 kind, u32 C, H, W,
 * u32 history bytes, f32 window low, f32 window high (HU shown as 0 and 255), f32 pitch in mm
 * (0: the scan's own), f32 pitches of up to three more channels (kinds 4 and 5), zeros; then the
 * history text.  Record: u64 id, u64 id2, u32 slice, u32 scale, u32 deformation, u32 label,
 * uint8[C][H][W].  Trailer: magic "DORGEND\n", u64 count, u32 CRC-32 of all records.  A stream
 * without its trailer, or with a wrong one, is DORG_EDATA at its reader. */
#ifndef DORG_REC_H
#define DORG_REC_H

#include <stddef.h>
#include <stdint.h>

#include "../base/err.h"
#include "io.h"

enum dorg_rec_kind {
    DORG_REC_PATCH = 1,
    DORG_REC_REGION = 2,
    DORG_REC_PAIR = 3,
    DORG_REC_AXIAL = 4,     /* patches whose channels are axial, at a pitch each */
    DORG_REC_AXIAL_MAP = 5, /* and then as many of a probability map */
    DORG_REC_KINDS          /* one more than the last */
};
enum { DORG_REC_WIDER = 3 };
enum { DORG_LABEL_UNKNOWN = 255, DORG_REC_HEAD = 64, DORG_REC_META = 32, DORG_REC_TAIL = 20 };

struct dorg_rec_shape {
    uint32_t kind, c, h, w; /* each of c, h, w 1..4096, c*h*w at most 2^26 */
    float window_hu[2];     /* the HU that became 0 and 255; low < high */
    float pitch_mm;         /* patches: sample distance; 0: the scan's in-plane pitch */
    float wider_mm[DORG_REC_WIDER]; /* axial: those of channels 1, 2, ...; else 0 */
};

struct dorg_rec {
    uint64_t id;     /* voxel index (patch) or superpixel id */
    uint64_t id2;    /* the other superpixel of a pair; else 0 */
    uint32_t slice;  /* axial slice it came from */
    uint32_t scale;  /* index into the list of zoom-out factors; patches 0 */
    uint32_t deform; /* 0: as it was; else the number of the TPS deformation */
    uint32_t label;  /* class 0..k-1, or DORG_LABEL_UNKNOWN */
    /* then c*h*w bytes of pixels, passed beside this struct */
};

size_t dorg_rec_pixels(const struct dorg_rec_shape *s); /* c*h*w */
int dorg_rec_grey(const struct dorg_rec_shape *s);      /* the first channels: grey values */
size_t dorg_rec_size(const struct dorg_rec_shape *s);   /* bytes of a record in the stream */
const char *dorg_rec_of(uint32_t kind);            /* "patches", ...; "unknown" of no kind */
int dorg_rec_pitches(uint32_t kind, int channels); /* how many pitches have a place in it */

/* Writing: open, any number of puts, close (which writes the trailer). */
struct dorg_rec_writer {
    struct dorg_out *out; /* borrowed */
    struct dorg_rec_shape shape;
    uint64_t count;
    uint32_t crc;
};
int dorg_rec_begin(struct dorg_rec_writer *w, struct dorg_out *out,
                   const struct dorg_rec_shape *shape, const char *history, const char *stage,
                   struct dorg_err *e);
int dorg_rec_put(struct dorg_rec_writer *w, const struct dorg_rec *r, const uint8_t *pixels,
                 struct dorg_err *e);
int dorg_rec_end(struct dorg_rec_writer *w, struct dorg_err *e);

/* Streaming.  _next: *got = 1 with r and pixels filled, or *got = 0 after a sound trailer. */
struct dorg_rec_reader {
    struct dorg_in *in; /* borrowed */
    struct dorg_rec_shape shape;
    char *history; /* owned; may be NULL */
    uint64_t count;
    uint32_t crc;
};
int dorg_rec_open(struct dorg_rec_reader *r, struct dorg_in *in, struct dorg_err *e);
int dorg_rec_next(struct dorg_rec_reader *r, struct dorg_rec *rec, uint8_t *pixels, int *got,
                  struct dorg_err *e);
void dorg_rec_close(struct dorg_rec_reader *r); /* leaves the input open */

/* The same layout in memory (a mapped file): _head parses the first bytes and gives the
 * offset of the first record; _meta decodes one record's 32 bytes; _tail checks count. */
int dorg_rec_parse_head(struct dorg_rec_shape *s, size_t *n_history, const uint8_t head[64],
                        struct dorg_err *e);
void dorg_rec_parse_meta(struct dorg_rec *r, const uint8_t meta[32]);
int dorg_rec_parse_tail(uint64_t *count, uint32_t *crc, const uint8_t tail[20],
                        struct dorg_err *e);

#endif
