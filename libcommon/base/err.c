/* err.c - one error, one sentence */
#include "err.h"

#include <errno.h>
#include <stdarg.h>

int dorg_fail(struct dorg_err *e, int code, const char *fmt, ...)
{
    if (e->code) return e->code;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(e->text, sizeof e->text, fmt, ap);
    va_end(ap);
    return e->code = code;
}

int dorg_fail_sys(struct dorg_err *e, const char *fmt, ...)
{
    int err = errno;
    if (e->code) return e->code;
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(e->text, sizeof e->text, fmt, ap);
    va_end(ap);
    if (n >= 0 && (size_t)n < sizeof e->text)
        snprintf(e->text + n, sizeof e->text - (size_t)n, ": %s", strerror(err));
    return e->code = DORG_EIO;
}

int dorg_err_at(struct dorg_err *e, const char *name)
{
    char was[sizeof e->text];
    snprintf(was, sizeof was, "%s", e->text);
    int room = (int)sizeof e->text - 1 - (int)strlen(name) - 2;
    if (room > 0) snprintf(e->text, sizeof e->text, "%s: %.*s", name, room, was);
    return e->code;
}
