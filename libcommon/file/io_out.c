/* io_out.c - outputs that appear whole or not at all */
#include "io.h"
#include "../base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { CHUNK = 1 << 18, MOST_PENDING = 64, TRIES = 100 };
enum kind { PLAIN, GZIP, ZSTD };

/* Temporary names that exist, for a signal handler: a fixed table, since it may neither
 * allocate nor lock.  state: 0 free, 1 being filled in, 2 holds a name. */
static struct {
    atomic_int state;
    int dir;
    char name[sizeof((struct dorg_out *)0)->tmp];
} pending[MOST_PENDING];

static void remember(const struct dorg_out *o)
{
    for (int i = 0; i < MOST_PENDING; i++) {
        int was = 0;
        if (!atomic_compare_exchange_strong(&pending[i].state, &was, 1)) continue;
        pending[i].dir = o->dir;
        memcpy(pending[i].name, o->tmp, sizeof o->tmp);
        atomic_store(&pending[i].state, 2);
        return;
    }
}

/* The temporary name is not there any more. */
static void forget(struct dorg_out *o)
{
    for (int i = 0; i < MOST_PENDING; i++)
        if (atomic_load(&pending[i].state) == 2 && pending[i].dir == o->dir &&
            strcmp(pending[i].name, o->tmp) == 0)
            atomic_store(&pending[i].state, 0);
    o->tmp[0] = 0;
}

void dorg_out_drop_pending(void)
{
    for (int i = 0; i < MOST_PENDING; i++)
        if (atomic_load(&pending[i].state) == 2) unlinkat(pending[i].dir, pending[i].name, 0);
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

/* A name that nobody can guess, so that nobody can have put a file or a link there. */
static int name_temporary(struct dorg_out *o, struct dorg_err *e)
{
    uint64_t r;
    if (getrandom(&r, sizeof r, 0) != sizeof r) return dorg_fail_sys(e, "getrandom");
    snprintf(o->tmp, sizeof o->tmp, ".dorg-%016llx", (unsigned long long)r);
    remember(o);
    return 0;
}

static int create_named(struct dorg_out *o, struct dorg_err *e)
{
    for (int i = 0; i < TRIES; i++) {
        if (name_temporary(o, e)) return e->code;
        o->fd =
            openat(o->dir, o->tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (o->fd >= 0) return 0;
        forget(o);
        if (errno != EEXIST) break;
    }
    return dorg_fail_sys(e, "%s", o->path);
}

/* A file without a name, where the file system can make one (it goes with the process,
 * whatever ends it), else one with a temporary name. */
static int create(struct dorg_out *o, struct dorg_err *e)
{
    char self[40];
    o->fd = openat(o->dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
    if (o->fd >= 0) {
        snprintf(self, sizeof self, "/proc/self/fd/%d", o->fd);
        if (access(self, F_OK) == 0) return 0; /* linkat will need it */
        close(o->fd);
        o->fd = -1;
    } else if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL && errno != ENOENT) {
        return dorg_fail_sys(e, "%s", o->path);
    }
    return create_named(o, e);
}

/* The new file is read and written by whom the old one was: its mode, and its group.  Where
 * the group cannot be kept, the group it has instead may do no more than others. */
static int take_mode(struct dorg_out *o, const struct stat *old, struct dorg_err *e)
{
    struct stat new;
    mode_t mode = old->st_mode & 0777;
    if (fstat(o->fd, &new)) return dorg_fail_sys(e, "%s", o->path);
    if (new.st_gid != old->st_gid && fchown(o->fd, (uid_t)-1, old->st_gid))
        mode &= (mode & 07) << 3 | 0707;
    if (fchmod(o->fd, mode)) return dorg_fail_sys(e, "%s", o->path);
    return 0;
}

/* The folder the output will lie in, open, and its name there. */
static int open_folder(struct dorg_out *o, struct dorg_err *e)
{
    char *slash = strrchr(o->path, '/'), *folder = ".";
    if (slash == o->path) folder = "/";
    if (slash && slash != o->path) *slash = 0, folder = o->path;
    o->dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (o->dir < 0 && errno == EACCES) /* may be written though not listed */
        o->dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int rc = o->dir < 0 ? dorg_fail_sys(e, "%s", folder) : 0;
    if (slash) *slash = '/';
    o->base = slash ? slash + 1 : o->path;
    return *o->base ? rc : dorg_fail(e, DORG_EIO, "an output without a name: '%s'", o->path);
}

/* A file of this process, by its descriptor: written as it stands. */
static bool is_descriptor(const char *path)
{
    return strncmp(path, "/dev/fd/", 8) == 0 || strncmp(path, "/proc/", 6) == 0 ||
           strcmp(path, "/dev/stderr") == 0;
}

static bool ends_in(const char *s, const char *tail)
{
    size_t n = strlen(s), t = strlen(tail);
    return n >= t && strcmp(s + n - t, tail) == 0;
}

/* Where a regular file will lie: o->path, and its folder open.  *there: there is one. */
static int find_place(struct dorg_out *o, const char *path, bool there, struct dorg_err *e)
{
    struct stat self;
    if (lstat(path, &self) == 0 && S_ISLNK(self.st_mode)) {
        if (!there) return dorg_fail(e, DORG_EIO, "%s: a link that leads to no file", path);
        if (!(o->path = realpath(path, NULL))) return dorg_fail_sys(e, "%s", path);
    } else if (!(o->path = dorg_strdup(path, e))) {
        return e->code;
    }
    return open_folder(o, e);
}

static int open_file(struct dorg_out *o, const char *path, struct dorg_err *e)
{
    struct stat st;
    bool there = stat(path, &st) == 0;
    if (!there && errno != ENOENT) return dorg_fail_sys(e, "%s", path);
    o->kind = ends_in(path, ".gz") ? GZIP : ends_in(path, ".zst") ? ZSTD : PLAIN;
    if ((there && !S_ISREG(st.st_mode)) || is_descriptor(path)) {
        o->fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
        return o->fd < 0 ? dorg_fail_sys(e, "%s", path) : 0;
    }
    if (find_place(o, path, there, e) || create(o, e)) return e->code;
    o->replaces = there;
    return there ? take_mode(o, &st, e) : 0;
}

static bool is_stdout(const char *path)
{
    return !path || strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0;
}

static void release(struct dorg_out *o)
{
    if (o->packer && o->kind == GZIP) deflateEnd(o->packer);
    if (o->packer && o->kind == GZIP) free(o->packer);
    if (o->packer && o->kind == ZSTD) ZSTD_freeCStream(o->packer);
    if (o->tmp[0]) {
        unlinkat(o->dir, o->tmp, 0);
        forget(o);
    }
    if (o->fd > 2) close(o->fd);
    if (o->dir >= 0) close(o->dir);
    free(o->buf);
    free(o->path);
    *o = DORG_OUT_INIT;
}

int dorg_out_open(struct dorg_out *o, const char *path, struct dorg_err *e)
{
    *o = DORG_OUT_INIT;
    if (is_stdout(path))
        o->fd = 1;
    else if (open_file(o, path, e))
        goto fail;
    if (!(o->buf = dorg_array(CHUNK, 1, e))) goto fail;
    if (start_packer(o, e)) goto fail;
    return 0;
fail:
    release(o);
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

int dorg_out_check(const char *path, struct dorg_err *e)
{
    struct dorg_out o = DORG_OUT_INIT;
    struct stat st;
    if (is_stdout(path) || is_descriptor(path)) return 0;
    bool there = stat(path, &st) == 0;
    if (!there && errno != ENOENT) return dorg_fail_sys(e, "%s", path);
    if (there && !S_ISREG(st.st_mode)) {
        errno = EISDIR;
        return S_ISDIR(st.st_mode) ? dorg_fail_sys(e, "%s", path) : 0;
    }
    if (!find_place(&o, path, there, e) && faccessat(o.dir, ".", W_OK | X_OK, AT_EACCESS))
        dorg_fail_sys(e, "%s", path);
    release(&o);
    return e->code;
}

/* The bytes and the mode of a file that can have no name, in one that has a temporary one. */
static int copy_named(struct dorg_out *o, struct dorg_err *e)
{
    int from = o->fd;
    struct stat st;
    off_t at = 0;
    o->fd = -1;
    if (fstat(from, &st)) dorg_fail_sys(e, "%s", o->path);
    if (!e->code && !create_named(o, e)) take_mode(o, &st, e);
    while (!e->code) {
        ssize_t k = pread(from, o->buf, CHUNK, at);
        if (k < 0 && errno == EINTR) continue;
        if (k < 0) dorg_fail_sys(e, "%s", o->path);
        if (k <= 0 || full_write(o->fd, o->buf, (size_t)k, e)) break;
        at += k;
    }
    close(from);
    return e->code;
}

/* A file without a name gets a temporary one; some file systems make such files and cannot. */
static int link_temporary(struct dorg_out *o, struct dorg_err *e)
{
    char self[40];
    snprintf(self, sizeof self, "/proc/self/fd/%d", o->fd);
    if (name_temporary(o, e)) return e->code;
    if (linkat(AT_FDCWD, self, o->dir, o->tmp, AT_SYMLINK_FOLLOW) == 0) return 0;
    forget(o);
    return copy_named(o, e);
}

/* The folder's names to the disk; not every file system can be asked. */
static int flush_folder(const struct dorg_out *o, struct dorg_err *e)
{
    if (fsync(o->dir) == 0 || errno == EINVAL || errno == EBADF || errno == ENOTSUP) return 0;
    return dorg_fail_sys(e, "%s: flushing its folder", o->path);
}

/* The file and its temporary name to the disk, then in one step its own name. */
static int settle(struct dorg_out *o, struct dorg_err *e)
{
    if (!o->tmp[0] && link_temporary(o, e)) return e->code;
    if (fsync(o->fd)) return dorg_fail_sys(e, "%s: flushing", o->path);
    if (flush_folder(o, e)) return e->code;
    if (renameat(o->dir, o->tmp, o->dir, o->base)) return dorg_fail_sys(e, "%s", o->path);
    forget(o);
    if (flush_folder(o, e) && !o->replaces) unlinkat(o->dir, o->base, 0);
    return e->code;
}

int dorg_out_close(struct dorg_out *o, struct dorg_err *e)
{
    const char *name = o->path ? o->path : "<stdout>";
    if (o->fd < 0) return e->code;
    if (e->code) goto done;
    if (o->kind == PLAIN ? full_write(o->fd, o->buf, o->n_buf, e) : pack(o, "", 0, true, e))
        dorg_err_at(e, name);
    if (!e->code && o->dir >= 0) settle(o, e); /* after fsync a close has nothing to report */
    if (!o->path) {
        int fd = o->fd;
        o->fd = -1;
        if (close(fd) && !e->code) dorg_fail_sys(e, "%s: closing", name);
    }
done:
    release(o);
    return e->code;
}
