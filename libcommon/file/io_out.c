/* io_out.c - outputs that appear whole or not at all */
#include "io.h"
#include "../base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { CHUNK = 1 << 18 };
enum kind { PLAIN, GZIP, ZSTD };

static const char *volatile pending; /* the name a signal handler would unlink */

const char *dorg_out_pending(void)
{
    return pending;
}

static int full_write(int fd, const uint8_t *p, size_t n, struct dorg_err *e)
{
    while (n) {
        ssize_t k = write(fd, p, n);
        if (k < 0 && errno == EINTR) continue;
        if (k < 0) return dorg_fail_sys(e, "writing");
        p += k;
        n -= (size_t)k;
    }
    return 0;
}

static bool ends_in(const char *s, const char *tail)
{
    size_t n = strlen(s), t = strlen(tail);
    return n >= t && strcmp(s + n - t, tail) == 0;
}

static int start_packer(struct dorg_out *o, struct dorg_err *e)
{
    if (o->kind == GZIP) {
        z_stream *z = dorg_zeroed(1, sizeof *z, e);
        if (!z) return e->code;
        if (deflateInit2(z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
            free(z);
            return dorg_fail(e, DORG_EIO, "out of memory for gzip");
        }
        o->packer = z; /* header time stays 0: equal data, equal bytes */
    } else if (o->kind == ZSTD) {
        if (!(o->packer = ZSTD_createCStream()))
            return dorg_fail(e, DORG_EIO, "out of memory for zstd");
        ZSTD_CCtx_setParameter(o->packer, ZSTD_c_checksumFlag, 1);
    }
    return 0;
}

static int open_file(struct dorg_out *o, const char *path, struct dorg_err *e)
{
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        o->fd = open(path, O_WRONLY | O_CLOEXEC);
    } else {
        size_t n = strlen(path) + 5;
        o->path = dorg_strdup(path, e);
        o->tmp = dorg_array(n, 1, e);
        if (e->code) return e->code;
        snprintf(o->tmp, n, "%s.tmp", path);
        o->fd = open(o->tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        if (o->fd >= 0) pending = o->tmp;
    }
    if (o->fd < 0) return dorg_fail_sys(e, "%s", path);
    o->kind = ends_in(path, ".gz") ? GZIP : ends_in(path, ".zst") ? ZSTD : PLAIN;
    return 0;
}

int dorg_out_open(struct dorg_out *o, const char *path, struct dorg_err *e)
{
    *o = DORG_OUT_INIT;
    if (!path || strcmp(path, "-") == 0)
        o->fd = 1;
    else if (open_file(o, path, e))
        goto fail;
    if (!(o->buf = dorg_array(CHUNK, 1, e))) goto fail;
    if (start_packer(o, e)) goto fail;
    return 0;
fail:
    dorg_out_abort(o);
    return e->code;
}

/* Run the packer over src until it has taken everything (and, at the end, given all). */
static int pack(struct dorg_out *o, const void *src, size_t n, bool end, struct dorg_err *e)
{
    bool more = true;
    if (o->kind == GZIP) {
        z_stream *z = o->packer;
        z->next_in = (Bytef *)(uintptr_t)src;
        z->avail_in = (uInt)n;
        while (more) {
            z->next_out = o->buf;
            z->avail_out = CHUNK;
            int rc = deflate(z, end ? Z_FINISH : Z_NO_FLUSH);
            if (full_write(o->fd, o->buf, CHUNK - z->avail_out, e)) return e->code;
            more = end ? rc != Z_STREAM_END : z->avail_out == 0;
        }
        return 0;
    }
    ZSTD_inBuffer in = {src, n, 0};
    while (more) {
        ZSTD_outBuffer out = {o->buf, CHUNK, 0};
        size_t rc =
            ZSTD_compressStream2(o->packer, &out, &in, end ? ZSTD_e_end : ZSTD_e_continue);
        if (ZSTD_isError(rc)) return dorg_fail(e, DORG_EIO, "zstd: %s", ZSTD_getErrorName(rc));
        if (full_write(o->fd, o->buf, out.pos, e)) return e->code;
        more = end ? rc != 0 : in.pos < in.size;
    }
    return 0;
}

int dorg_out_write(struct dorg_out *o, const void *buf, size_t n, struct dorg_err *e)
{
    const uint8_t *p = buf;
    while (n && o->kind != PLAIN) {
        size_t k = n < (1u << 30) ? n : 1u << 30;
        if (pack(o, p, k, false, e)) goto fail;
        p += k;
        n -= k;
    }
    if (n >= CHUNK) { /* large: past the buffer */
        if (full_write(o->fd, o->buf, o->n_buf, e)) goto fail;
        o->n_buf = 0;
        if (full_write(o->fd, p, n, e)) goto fail;
        return 0;
    }
    if (o->n_buf + n > CHUNK) {
        if (full_write(o->fd, o->buf, o->n_buf, e)) goto fail;
        o->n_buf = 0;
    }
    if (n) memcpy(o->buf + o->n_buf, p, n);
    o->n_buf += n;
    return 0;
fail:
    return dorg_err_at(e, o->path ? o->path : o->fd == 1 ? "<stdout>" : "output");
}

int dorg_out_printf(struct dorg_out *o, struct dorg_err *e, const char *fmt, ...)
{
    char small[512], *big = NULL;
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(small, sizeof small, fmt, ap);
    va_end(ap);
    if (n < 0) return dorg_fail(e, DORG_EIO, "cannot format output");
    if ((size_t)n < sizeof small) return dorg_out_write(o, small, (size_t)n, e);
    if (!(big = dorg_array((size_t)n + 1, 1, e))) return e->code;
    va_start(ap, fmt);
    vsnprintf(big, (size_t)n + 1, fmt, ap);
    va_end(ap);
    dorg_out_write(o, big, (size_t)n, e);
    free(big);
    return e->code;
}

static void release(struct dorg_out *o)
{
    if (o->packer && o->kind == GZIP) deflateEnd(o->packer);
    if (o->packer && o->kind == GZIP) free(o->packer);
    if (o->packer && o->kind == ZSTD) ZSTD_freeCStream(o->packer);
    if (pending && pending == o->tmp) pending = NULL;
    free(o->buf);
    free(o->path);
    free(o->tmp);
    *o = DORG_OUT_INIT;
}

int dorg_out_close(struct dorg_out *o, struct dorg_err *e)
{
    const char *name = o->path ? o->path : "<stdout>";
    if (o->fd < 0) return e->code;
    if (e->code) {
        dorg_out_abort(o);
        return e->code;
    }
    if (o->kind == PLAIN ? full_write(o->fd, o->buf, o->n_buf, e) : pack(o, "", 0, true, e))
        dorg_err_at(e, name);
    int fd = o->fd;
    o->fd = -1;
    if (close(fd) && !e->code) dorg_fail_sys(e, "%s: closing", name);
    if (!e->code && o->tmp && rename(o->tmp, o->path)) dorg_fail_sys(e, "%s", o->path);
    if (e->code && o->tmp) unlink(o->tmp);
    release(o);
    return e->code;
}

void dorg_out_abort(struct dorg_out *o)
{
    if (o->fd > 2) close(o->fd);
    if (o->tmp) unlink(o->tmp);
    release(o);
}
