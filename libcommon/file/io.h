/* io.h - byte streams: files or pipes, plain, gzip or zstd; outputs that appear whole.
 *
 * An input is decompressed by its magic, whatever its name.  An output is compressed when
 * its name ends in .gz or .zst.
 *
 * Until dorg_out_close an output has no name, or where the file system cannot make such a
 * file (NFS, FAT) a random one in the same folder.  It takes its name in one step, after its
 * bytes have reached the disk.  So a name has the whole old file or the whole new one,
 * whatever ends the process or the machine, and of two writers the last to finish wins with a
 * whole file.
 *
 * A file that is replaced hands on its mode and group; a new one has the umask's.  A link is
 * written through: the file that it leads to is replaced and the link stays; one that leads to
 * no file is refused. */
#ifndef DORG_IO_H
#define DORG_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/err.h"

struct dorg_in; /* an open input */

/* path: a file, or "-" or NULL for standard input.  The caller closes *in. */
int dorg_in_open(struct dorg_in **in, const char *path, struct dorg_err *e);
int dorg_in_fd(struct dorg_in **in, int fd, const char *name,
               struct dorg_err *e);     /* borrows fd */
void dorg_in_close(struct dorg_in *in); /* NULL is allowed */

/* Up to n bytes into buf; *got < n only at the end of the stream.  DORG_EIO if read(2)
 * fails, DORG_EDATA if compressed data are broken or stop early. */
int dorg_in_read(struct dorg_in *in, void *buf, size_t n, size_t *got, struct dorg_err *e);

/* The rest of the stream; *bytes is the caller's, *n their number.  DORG_EDATA for more than
 * `most`. */
int dorg_in_all(uint8_t **bytes, size_t *n, size_t most, struct dorg_in *in,
                struct dorg_err *e);

/* Up to n (at most 65536) bytes to come, left where they are; *got < n only at the end of the
 * stream.  *bytes is valid until the next call. */
int dorg_in_peek(struct dorg_in *in, const uint8_t **bytes, size_t n, size_t *got,
                 struct dorg_err *e);

/* One line without its newline, NUL-terminated, valid until the next call; *line is NULL at
 * the end of the stream.  DORG_EDATA for a line over 16 MiB, one holding a NUL byte, or a
 * last line without a newline. */
int dorg_in_line(struct dorg_in *in, char **line, size_t *len, struct dorg_err *e);
/* The same for text that people write: the last line may lack its newline. */
int dorg_in_line_open(struct dorg_in *in, char **line, size_t *len, struct dorg_err *e);

const char *dorg_in_name(const struct dorg_in *in); /* "<stdin>" or the path */
uint64_t dorg_in_count(const struct dorg_in *in);   /* bytes handed out so far */
int64_t
dorg_in_file_size(const struct dorg_in *in); /* plain regular file: its size; else -1 */

struct dorg_out { /* an output; DORG_OUT_INIT is closed and safe to close */
    int fd;       /* -1 when closed */
    int dir;      /* the folder it will lie in, open; -1 for a stream or a device */
    char *path;   /* owned, links followed; NULL for a stream or a device */
    char *base;   /* within path: the name in the folder */
    char tmp[24]; /* the temporary name it has there now, or "" */
    void *packer; /* owned; gzip or zstd state, or NULL */
    uint8_t *buf; /* owned; bytes not yet written */
    size_t n_buf;
    bool replaces; /* there was a file of that name */
    int kind;      /* 0 plain, 1 gzip, 2 zstd */
};
#define DORG_OUT_INIT ((struct dorg_out){.fd = -1, .dir = -1})

/* path: a file, or "-" or NULL for standard output.  Something that exists and is not a
 * regular file (/dev/full, a FIFO) is written directly, and so are the descriptors in
 * /dev/fd. */
int dorg_out_open(struct dorg_out *o, const char *path, struct dorg_err *e);

/* Could it be written?  Better known before the work than after it.  DORG_EIO where its folder is
 * not there or not to be written, or it is a folder itself; nothing is made. */
int dorg_out_check(const char *path, struct dorg_err *e);
int dorg_out_write(struct dorg_out *o, const void *buf, size_t n, struct dorg_err *e);
int dorg_out_printf(struct dorg_out *o, struct dorg_err *e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Flush, check, name; where *e is filled, drop everything: nothing is left. */
int dorg_out_close(struct dorg_out *o, struct dorg_err *e);

/* Unlink every temporary name there is now; safe in a signal handler. */
void dorg_out_drop_pending(void);

/* CRC-32 (zlib's polynomial), continued from `crc`; start with 0. */
uint32_t dorg_crc32(uint32_t crc, const void *buf, size_t n);

/* FNV-1a of 64 bits, continued from h; start with DORG_FNV. */
#define DORG_FNV UINT64_C(0xcbf29ce484222325)
uint64_t dorg_fnv(uint64_t h, const void *buf, size_t n);

/* Streams that are checked at their end: "DORGEND\n", then the CRC-32 of all before it, which
 * has to pass through here.  Nothing is done once *e is filled. */
struct dorg_sink {
    struct dorg_out *out; /* borrowed */
    size_t n;             /* bytes so far */
    uint32_t crc;
};
int dorg_sink_put(struct dorg_sink *s, const void *p, size_t n, struct dorg_err *e);
int dorg_sink_end(struct dorg_sink *s, struct dorg_err *e);

/* DORG_EDATA if the stream stops before p is full; at the end, if the mark or the CRC is
 * another, or anything follows. */
struct dorg_source {
    struct dorg_in *in; /* borrowed */
    const char *what;   /* "forest": for messages */
    uint32_t crc;
};
int dorg_source_take(struct dorg_source *s, void *p, size_t n, struct dorg_err *e);
int dorg_source_end(struct dorg_source *s, struct dorg_err *e);

#endif
