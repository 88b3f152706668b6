/* inject.c - a preloaded library that makes the n-th call of one kind fail, once; or that
 * kills the process there, as kill -9 would.
 *
 *   FAULT="malloc 17" LD_PRELOAD=inject.so command ...
 *
 * Kinds: malloc (malloc, calloc and realloc together), read, write, close, open, fsync, link,
 * rename; kill-write (with half of it written), kill-open, kill-close, kill-fsync, kill-link,
 * kill-rename (the call done, or, as kill-linking and kill-renaming, not yet); stop-write (the
 * process stops itself before it writes).  When the fault has struck, the file named by
 * FAULT_LOG is created, so that a test can tell "survived the fault" from "never reached it".
 *
 *   FAULT_TRACE=file    a line for each fsync, link and rename
 *   FAULT_NAMED=1       a file system that has no files without a name */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *kind = "";
static long at = -1;
static atomic_long count;
static bool armed;

__attribute__((constructor)) static void arm(void)
{
    const char *f = getenv("FAULT");
    if (!f) return;
    kind = f;
    const char *space = strchr(f, ' ');
    at = space ? strtol(space + 1, NULL, 10) : -1;
    armed = at > 0;
}

static bool strike(const char *what)
{
    size_t n = strlen(what);
    if (!armed || strncmp(kind, what, n) != 0 || kind[n] != ' ') return false;
    if (atomic_fetch_add(&count, 1) + 1 != at) return false;
    const char *log = getenv("FAULT_LOG");
    long fd = log ? syscall(SYS_openat, AT_FDCWD, log, O_CREAT | O_WRONLY, 0600) : -1;
    if (fd >= 0) syscall(SYS_close, fd);
    return true;
}

static void trace(const char *what)
{
    const char *to = getenv("FAULT_TRACE");
    long fd = to ? syscall(SYS_openat, AT_FDCWD, to, O_CREAT | O_WRONLY | O_APPEND, 0600) : -1;
    if (fd < 0) return;
    syscall(SYS_write, fd, what, strlen(what));
    syscall(SYS_write, fd, "\n", 1);
    syscall(SYS_close, fd);
}

static void die_at(const char *what)
{
    if (strike(what)) kill(getpid(), SIGKILL);
}

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);

void *malloc(size_t n)
{
    if (!strike("malloc")) return __libc_malloc(n);
    errno = ENOMEM;
    return NULL;
}

void *calloc(size_t n, size_t size)
{
    if (!strike("malloc")) return __libc_calloc(n, size);
    errno = ENOMEM;
    return NULL;
}

void *realloc(void *p, size_t n)
{
    if (!strike("malloc")) return __libc_realloc(p, n);
    errno = ENOMEM;
    return NULL;
}

ssize_t read(int fd, void *buf, size_t n)
{
    if (!strike("read")) return syscall(SYS_read, fd, buf, n);
    errno = EIO;
    return -1;
}

ssize_t write(int fd, const void *buf, size_t n)
{
    if (strike("kill-write")) {
        syscall(SYS_write, fd, buf, n / 2);
        kill(getpid(), SIGKILL);
    }
    if (strike("stop-write")) raise(SIGSTOP);
    if (!strike("write")) return syscall(SYS_write, fd, buf, n);
    errno = ENOSPC;
    return -1;
}

int close(int fd)
{
    long rc = syscall(SYS_close, fd);
    die_at("kill-close");
    if (!strike("close")) return (int)rc;
    errno = EIO;
    return -1;
}

static int open_it(int dir, const char *path, int flags, int mode)
{
    bool nameless = (flags & O_TMPFILE) == O_TMPFILE;
    if (strike("open")) {
        errno = EMFILE;
        return -1;
    }
    if (nameless && getenv("FAULT_NAMED")) {
        errno = EOPNOTSUPP;
        return -1;
    }
    int fd = (int)syscall(SYS_openat, dir, path, flags, mode);
    die_at("kill-open");
    return fd;
}

#define MODE(flags)                                                                           \
    int mode = 0;                                                                             \
    if (flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) {                                     \
        va_list ap;                                                                           \
        va_start(ap, flags);                                                                  \
        mode = va_arg(ap, int);                                                               \
        va_end(ap);                                                                           \
    }

int open(const char *path, int flags, ...)
{
    MODE(flags)
    return open_it(AT_FDCWD, path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...)
{
    MODE(flags)
    return open_it(dir, path, flags, mode);
}

int fsync(int fd)
{
    trace("fsync");
    long rc = syscall(SYS_fsync, fd);
    die_at("kill-fsync");
    if (!strike("fsync")) return (int)rc;
    errno = EIO;
    return -1;
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
    trace("link");
    die_at("kill-linking");
    if (strike("link")) {
        errno = EIO;
        return -1;
    }
    long rc = syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
    die_at("kill-link");
    return (int)rc;
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    trace("rename");
    die_at("kill-renaming");
    if (strike("rename")) {
        errno = EIO;
        return -1;
    }
    long rc = syscall(SYS_renameat2, from_dir, from, to_dir, to, 0);
    die_at("kill-rename");
    return (int)rc;
}
