/* io_in.c - inputs: file or pipe, plain, gzip or zstd */
#include "io.h"
#include "../base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

enum { CHUNK = 1 << 18, LINE_MAX_BYTES = 1 << 24 };
enum kind { PLAIN, GZIP, ZSTD };

struct dorg_in {
    int fd;
    bool owns_fd;
    bool eof;       /* read(2) has said so */
    bool mid_frame; /* inside a compressed member */
    enum kind kind;
    char *name;
    uint8_t *raw; /* CHUNK bytes off the descriptor */
    size_t raw_at, raw_n;
    z_stream z;
    ZSTD_DStream *zs;
    uint8_t *text; /* decoded bytes waiting for dorg_in_line */
    size_t text_at, text_n, text_cap;
    uint64_t count;
};

static int refill(struct dorg_in *in, struct dorg_err *e)
{
    while (!in->eof && in->raw_at == in->raw_n) {
        ssize_t n = read(in->fd, in->raw, CHUNK);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return dorg_fail_sys(e, "reading");
        in->raw_at = 0;
        in->raw_n = (size_t)n;
        if (n == 0) in->eof = true;
    }
    return 0;
}

/* Fill at least 4 bytes, if the stream has them, to see the magic number. */
static int sniff(struct dorg_in *in, struct dorg_err *e)
{
    while (!in->eof && in->raw_n < 4) {
        ssize_t n = read(in->fd, in->raw + in->raw_n, CHUNK - in->raw_n);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return dorg_fail_sys(e, "reading");
        in->raw_n += (size_t)n;
        if (n == 0) in->eof = true;
    }
    const uint8_t *m = in->raw;
    if (in->raw_n >= 2 && m[0] == 0x1f && m[1] == 0x8b) {
        in->kind = GZIP;
        if (inflateInit2(&in->z, 15 + 16) != Z_OK)
            return dorg_fail(e, DORG_EIO, "out of memory for gzip");
    } else if (in->raw_n >= 4 && memcmp(m, "\x28\xb5\x2f\xfd", 4) == 0) {
        in->kind = ZSTD;
        if (!(in->zs = ZSTD_createDStream()))
            return dorg_fail(e, DORG_EIO, "out of memory for zstd");
    }
    return 0;
}

int dorg_in_fd(struct dorg_in **out, int fd, const char *name, struct dorg_err *e)
{
    struct dorg_in *in = dorg_zeroed(1, sizeof *in, e);
    *out = NULL;
    if (!in) return e->code;
    in->fd = fd;
    in->name = dorg_strdup(name, e);
    in->raw = dorg_array(CHUNK, 1, e);
    if (e->code || sniff(in, e)) {
        dorg_err_at(e, name);
        dorg_in_close(in);
        return e->code;
    }
    *out = in;
    return 0;
}

int dorg_in_open(struct dorg_in **in, const char *path, struct dorg_err *e)
{
    *in = NULL;
    if (!path || strcmp(path, "-") == 0) return dorg_in_fd(in, 0, "<stdin>", e);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return dorg_fail_sys(e, "%s", path);
    if (dorg_in_fd(in, fd, path, e))
        close(fd);
    else
        (*in)->owns_fd = true;
    return e->code;
}

void dorg_in_close(struct dorg_in *in)
{
    if (!in) return;
    if (in->kind == GZIP) inflateEnd(&in->z);
    if (in->zs) ZSTD_freeDStream(in->zs);
    if (in->owns_fd) close(in->fd);
    free(in->name);
    free(in->raw);
    free(in->text);
    free(in);
}

static int inflate_some(struct dorg_in *in, uint8_t *to, size_t n, size_t *got,
                        struct dorg_err *e)
{
    if (!in->mid_frame) { /* a further gzip member, if any */
        inflateReset2(&in->z, 15 + 16);
        in->mid_frame = true;
    }
    in->z.next_in = in->raw + in->raw_at;
    in->z.avail_in = (uInt)(in->raw_n - in->raw_at);
    in->z.next_out = to;
    in->z.avail_out = n > UINT_MAX ? UINT_MAX : (uInt)n;
    uInt had = in->z.avail_out;
    int rc = inflate(&in->z, Z_NO_FLUSH);
    in->raw_at = in->raw_n - in->z.avail_in;
    *got = had - in->z.avail_out;
    if (rc == Z_STREAM_END) in->mid_frame = false;
    if (rc == Z_MEM_ERROR) return dorg_fail(e, DORG_EIO, "out of memory for gzip");
    if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
        return dorg_fail(e, DORG_EDATA, "broken gzip data: %s", in->z.msg ? in->z.msg : "?");
    return 0;
}

static int unzstd_some(struct dorg_in *in, uint8_t *to, size_t n, size_t *got,
                       struct dorg_err *e)
{
    ZSTD_inBuffer src = {in->raw, in->raw_n, in->raw_at};
    ZSTD_outBuffer dst = {to, n, 0};
    size_t rc = ZSTD_decompressStream(in->zs, &dst, &src);
    if (ZSTD_getErrorCode(rc) == ZSTD_error_memory_allocation)
        return dorg_fail(e, DORG_EIO, "out of memory for zstd");
    if (ZSTD_isError(rc))
        return dorg_fail(e, DORG_EDATA, "broken zstd data: %s", ZSTD_getErrorName(rc));
    in->mid_frame = rc != 0;
    in->raw_at = src.pos;
    *got = dst.pos;
    return 0;
}

/* Decoded bytes, 1..n of them, or 0 at the end. */
static int some(struct dorg_in *in, uint8_t *to, size_t n, size_t *got, struct dorg_err *e)
{
    *got = 0;
    while (*got == 0) {
        size_t at = in->raw_at;
        if (refill(in, e)) return e->code;
        size_t have = in->raw_n - in->raw_at;
        if (in->kind == PLAIN) {
            *got = have < n ? have : n;
            memcpy(to, in->raw + in->raw_at, *got);
            in->raw_at += *got;
            return 0;
        }
        if (have == 0 && !in->mid_frame) return 0;
        if (in->kind == GZIP && inflate_some(in, to, n, got, e)) return e->code;
        if (in->kind == ZSTD && unzstd_some(in, to, n, got, e)) return e->code;
        if (*got == 0 && have == 0 && at == in->raw_at)
            return dorg_fail(e, DORG_EDATA, "compressed data stop early");
    }
    return 0;
}

int dorg_in_read(struct dorg_in *in, void *buf, size_t n, size_t *got, struct dorg_err *e)
{
    uint8_t *to = buf;
    *got = 0;
    while (*got < n) {
        size_t k;
        if (in->text_at < in->text_n) { /* left over from dorg_in_line */
            k = in->text_n - in->text_at;
            if (k > n - *got) k = n - *got;
            memcpy(to + *got, in->text + in->text_at, k);
            in->text_at += k;
        } else if (some(in, to + *got, n - *got, &k, e)) {
            return e->code;
        }
        if (k == 0) break;
        *got += k;
    }
    in->count += *got;
    return 0;
}

/* Move the unread tail to the front and decode more behind it. */
static int more_text(struct dorg_in *in, size_t *got, struct dorg_err *e)
{
    size_t left = in->text_n - in->text_at;
    if (left >= LINE_MAX_BYTES)
        return dorg_fail(e, DORG_EDATA, "a line of more than %d bytes", LINE_MAX_BYTES);
    if (in->text_at) memmove(in->text, in->text + in->text_at, left);
    in->text_at = 0;
    in->text_n = left;
    if (in->text_cap - left < CHUNK) {
        size_t cap = 2 * in->text_cap + 2 * CHUNK;
        if (dorg_resize(&in->text, cap, 1, e)) return e->code;
        in->text_cap = cap;
    }
    if (some(in, in->text + left, in->text_cap - left, got, e)) return e->code;
    in->text_n += *got;
    return 0;
}

int dorg_in_all(uint8_t **bytes, size_t *n, size_t most, struct dorg_in *in,
                struct dorg_err *e)
{
    size_t cap = 0, got = 1;
    *bytes = NULL;
    *n = 0;
    while (got) {
        if (*n == cap && dorg_resize(bytes, cap = cap ? 2 * cap : 1 << 20, 1, e)) break;
        if (dorg_in_read(in, *bytes + *n, cap - *n, &got, e)) break;
        if ((*n += got) > most) {
            dorg_fail(e, DORG_EDATA, "more than %zu bytes", most);
            break;
        }
    }
    if (e->code) {
        free(*bytes);
        *bytes = NULL;
    }
    return e->code;
}

int dorg_in_peek(struct dorg_in *in, const uint8_t **bytes, size_t n, size_t *got,
                 struct dorg_err *e)
{
    size_t more = 1;
    while (more && in->text_n - in->text_at < n)
        if (more_text(in, &more, e)) return e->code;
    *bytes = in->text + in->text_at;
    *got = in->text_n - in->text_at < n ? in->text_n - in->text_at : n;
    return 0;
}

/* `open`: the last line may lack its newline. */
static int next_line(struct dorg_in *in, char **line, size_t *len, bool open,
                     struct dorg_err *e)
{
    size_t seen = 0;
    *line = NULL;
    for (;;) {
        size_t have = in->text_n - in->text_at;
        uint8_t *nl =
            have > seen ? memchr(in->text + in->text_at + seen, '\n', have - seen) : NULL;
        if (nl) {
            *nl = 0;
            *line = (char *)in->text + in->text_at;
            *len = (size_t)(nl - (in->text + in->text_at));
            in->text_at += *len + 1;
            in->count += *len + 1;
            if (strlen(*line) != *len) return dorg_fail(e, DORG_EDATA, "a NUL byte in text");
            return 0;
        }
        seen = have;
        size_t got;
        if (more_text(in, &got, e)) return e->code;
        if (got == 0) break;
    }
    if (!seen) return 0;
    if (!open) return dorg_fail(e, DORG_EDATA, "the last line has no newline: cut short?");
    *line = (char *)in->text + in->text_at; /* more_text has left room behind it */
    (*line)[ *len = seen] = 0;
    in->text_at += seen;
    in->count += seen;
    return strlen(*line) == seen ? 0 : dorg_fail(e, DORG_EDATA, "a NUL byte in text");
}

int dorg_in_line(struct dorg_in *in, char **line, size_t *len, struct dorg_err *e)
{
    return next_line(in, line, len, false, e);
}

int dorg_in_line_open(struct dorg_in *in, char **line, size_t *len, struct dorg_err *e)
{
    return next_line(in, line, len, true, e);
}

const char *dorg_in_name(const struct dorg_in *in)
{
    return in->name;
}

uint64_t dorg_in_count(const struct dorg_in *in)
{
    return in->count;
}

int64_t dorg_in_file_size(const struct dorg_in *in)
{
    struct stat st;
    if (in->kind != PLAIN || fstat(in->fd, &st) || !S_ISREG(st.st_mode)) return -1;
    return st.st_size;
}
