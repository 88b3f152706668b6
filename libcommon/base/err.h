/* err.h - one error, one sentence.
 *
 * A library function returns 0 or the code it put into *e.  The innermost function that
 * knows what went wrong writes the sentence; everybody above passes it up. */
#ifndef DORG_ERR_H
#define DORG_ERR_H

enum dorg_rc {
    DORG_OK = 0,
    DORG_EDIFF = 1,  /* a difference was found: dorg-cmp alone */
    DORG_EUSAGE = 2, /* unknown option, value out of range, contradiction */
    DORG_EDATA = 3,  /* malformed, truncated, grids disagree, NaN, missing column */
    DORG_EIO = 4,    /* open, read, write, disk full, memory, device */
    DORG_ECASES = 5  /* a case list was worked through; some of its cases failed */
};

struct dorg_err {
    int code;       /* enum dorg_rc; 0 while nothing is wrong */
    char text[512]; /* one sentence: what was expected, what was found */
};
#define DORG_ERR_INIT ((struct dorg_err){0})

/* Record code and sentence; returns code.  A first error is never overwritten. */
int dorg_fail(struct dorg_err *e, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with code DORG_EIO and ": strerror(errno)" at the end. */
int dorg_fail_sys(struct dorg_err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Put "name: " before the sentence e holds (which file it was about); returns e's code. */
int dorg_err_at(struct dorg_err *e, const char *name);

#endif
