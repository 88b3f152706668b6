/* front.c - inputs, outputs, messages, signals, the last act */
#include "front.h"
#include "../libcommon/file/plausible.h"
#include "front_in.h"

#include <signal.h>
#include <sys/resource.h>
#include <time.h>

struct dorg_std dorg_std = {.device = "auto"};

static const struct dorg_cmd *cmd;
static bool stdin_taken;
static struct timespec began;

/* A temporary name must not outlive us. */
static void on_signal(int sig)
{
    dorg_out_drop_pending();
    signal(sig, SIG_DFL);
    raise(sig);
}

/* Every signal that would end the process, unless whoever started it has it ignored (or, as
 * the sanitizers do, caught).  A file past its limit is a failed write, with its sentence. */
static void catch_signals(void)
{
    static const int spared[] = {SIGKILL,  SIGSTOP, SIGCHLD, SIGCONT, SIGURG,
                                 SIGWINCH, SIGTSTP, SIGTTIN, SIGTTOU};
    for (int sig = 1; sig <= SIGRTMAX; sig++) {
        struct sigaction now;
        bool ends = true;
        for (size_t i = 0; i < sizeof spared / sizeof *spared; i++)
            ends = ends && sig != spared[i];
        if (!ends || sigaction(sig, NULL, &now) || now.sa_handler != SIG_DFL) continue;
        signal(sig, sig == SIGXFSZ ? SIG_IGN : on_signal);
    }
}

void dorg_front_start(const struct dorg_cmd *c)
{
    cmd = c;
    clock_gettime(CLOCK_MONOTONIC, &began);
    catch_signals();
}

static int take_stdin(const char *path, struct dorg_err *e)
{
    if (path && strcmp(path, "-") != 0) return 0;
    if (stdin_taken)
        return dorg_fail(e, DORG_EUSAGE, "standard input can be only one of the inputs");
    stdin_taken = true;
    if (isatty(0) && !dorg_std.quiet)
        fprintf(stderr, "%s: reading standard input\n", cmd->name);
    return 0;
}

static const char *name_of(const char *path)
{
    return path && strcmp(path, "-") != 0 ? path : "<stdin>";
}

int dorg_load_vol(struct dorg_vol *v, const char *path, enum dorg_type want,
                  struct dorg_err *e)
{
    *v = DORG_VOL_INIT;
    if (take_stdin(path, e) || dorg_vol_load(v, path, want, e)) return e->code;
    if (want == DORG_LABELS && dorg_plausible_labels(v, e)) {
        dorg_vol_free(v);
        return dorg_err_at(e, name_of(path));
    }
    const struct dorg_grid *g = &v->grid;
    dorg_say("read %s: %d x %d x %d voxels of %g x %g x %g mm%s", path ? path : "<stdin>",
             g->n[0], g->n[1], g->n[2], (double)g->mm[0], (double)g->mm[1], (double)g->mm[2],
             g->stored.sform_code > 0 || g->stored.qform_code > 0
                 ? ""
                 : "; no orientation in the header, axes taken as stored");
    double apart = dorg_grid_forms_apart(g);
    if (apart > 0.01)
        dorg_warn("%s: qform and sform place a corner %.3g mm apart; the sform counts",
                  path ? path : "<stdin>", apart);
    return 0;
}

int dorg_load_ct(struct dorg_vol *ct, const char *path, struct dorg_err *e)
{
    if (dorg_load_vol(ct, path, DORG_F32, e)) return e->code;
    const char *doubt = dorg_plausible_ct(ct);
    if (doubt) dorg_warn("%s: a CT in HU is expected: %s", name_of(path), doubt);
    return 0;
}

int dorg_load_map(struct dorg_vol *map, const char *path, struct dorg_err *e)
{
    if (dorg_load_vol(map, path, DORG_F32, e)) return e->code;
    if (dorg_plausible_map(map, e)) {
        dorg_vol_free(map);
        return dorg_err_at(e, name_of(path));
    }
    return 0;
}

int dorg_load_tab(struct dorg_tab *t, const char *path, struct dorg_err *e)
{
    *t = DORG_TAB_INIT;
    return take_stdin(path, e) ? e->code : dorg_tab_load(t, path, e);
}

int dorg_open_in(struct dorg_in **in, const char *path, struct dorg_err *e)
{
    *in = NULL;
    return take_stdin(path, e) ? e->code : dorg_in_open(in, path, e);
}

int dorg_open_out(struct dorg_out *o, struct dorg_err *e)
{
    *o = DORG_OUT_INIT;
    return e->code ? e->code : dorg_out_open(o, dorg_std.out, e);
}

int dorg_save_vol(const struct dorg_vol *v, struct dorg_err *e)
{
    struct dorg_out o;
    if (dorg_open_out(&o, e)) return e->code;
    dorg_vol_write(&o, v, dorg_cmdline(), e);
    return dorg_out_close(&o, e);
}

int dorg_save_tab(const struct dorg_tab *t, struct dorg_err *e)
{
    struct dorg_out o;
    if (dorg_open_out(&o, e)) return e->code;
    dorg_tab_write(&o, t, dorg_cmdline(), e);
    return dorg_out_close(&o, e);
}

static void wipe(void);

#define SPEAK(before)                                                                         \
    do {                                                                                      \
        va_list ap;                                                                           \
        va_start(ap, fmt);                                                                    \
        wipe();                                                                               \
        fprintf(stderr, "%s: %s", cmd->name, before);                                         \
        vfprintf(stderr, fmt, ap);                                                            \
        fputc('\n', stderr);                                                                  \
        va_end(ap);                                                                           \
    } while (0)

void dorg_say(const char *fmt, ...)
{
    if ((dorg_std.v1 || dorg_std.v2) && !dorg_std.quiet) SPEAK("");
}

void dorg_debug(const char *fmt, ...)
{
    if (dorg_std.v2 && !dorg_std.quiet) SPEAK("");
}

void dorg_note(const char *fmt, ...)
{
    if (!dorg_std.quiet) SPEAK("");
}

void dorg_warn(const char *fmt, ...)
{
    if (!dorg_std.quiet) SPEAK("warning: ");
}

/* ---- progress: one line of a terminal, drawn over and over, gone when it is done ---------- */

static int drawn;   /* characters of the line */
static bool staged; /* a stage is told of by name: not the loops within it */

static double seconds_since(const struct timespec *t)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - t->tv_sec) + 1e-9 * (double)(now.tv_nsec - t->tv_nsec);
}

static void wipe(void)
{
    if (drawn) fprintf(stderr, "\r%*s\r", drawn, "");
    drawn = 0;
}

/* What is being made, as far as it tells one case from another: the last two parts of -o. */
static const char *made(void)
{
    const char *out = dorg_std.out;
    if (!out || strcmp(out, "-") == 0) return "";
    const char *p = out + strlen(out);
    for (int slashes = 0; p > out; p--)
        if (p[-1] == '/' && ++slashes == 2) break;
    return p;
}

static void draw(const char *what, size_t done, size_t total)
{
    static struct timespec started, last;
    static size_t before;
    static bool named; /* what was drawn last */
    double spent = seconds_since(&started);
    if (done <= before || !before) {
        clock_gettime(CLOCK_MONOTONIC, &started);
        spent = 0;
    }
    before = done;
    if (done >= total) {
        wipe();
        before = 0;
        return;
    }
    /* not too often: loops may be many and short */
    bool sooner = *what && !named;
    if (last.tv_sec && !sooner && seconds_since(&last) < 0.2) return;
    named = *what != 0;
    clock_gettime(CLOCK_MONOTONIC, &last);
    const char *of = made();
    size_t left = (size_t)(spent * (double)(total - done) / (double)done + 0.5);
    wipe();
    drawn = fprintf(stderr, "%s%s%s: %s%s%.0f%%, %zu of %zu, %zu:%02zu left", cmd->name,
                    *of ? " " : "", of, what, *what ? " " : "",
                    100 * (double)done / (double)total, done, total, left / 60, left % 60);
    fflush(stderr);
}

void dorg_progress(const char *what, size_t done, size_t total)
{
    if (dorg_std.quiet) return;
    staged = done < total;
    if (isatty(2))
        draw(what, done, total);
    else if (done == total || (done & (done - 1)) == 0)
        dorg_say("%s %zu/%zu", what, done, total);
}

static void on_items(size_t done, size_t n)
{
    if (!staged) draw("", done, n);
}

void dorg_front_watch(void)
{
    if (!dorg_std.quiet && isatty(2)) dorg_par_watch(on_items);
}

void dorg_case_failed(const char *name, struct dorg_err *e)
{
    wipe();
    fprintf(stderr, "%s: case failed: %s: %s\n", cmd->name, name, e->text);
    *e = DORG_ERR_INIT;
}

static void closing_line(void)
{
    struct rusage u;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    getrusage(RUSAGE_SELF, &u);
    double wall =
        (double)(now.tv_sec - began.tv_sec) + 1e-9 * (double)(now.tv_nsec - began.tv_nsec);
    double cpu = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
                 1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
    dorg_say("%s: %.3f s wall, %.3f s CPU, %.1f MB at the peak", DORG_VERSION, wall, cpu,
             (double)u.ru_maxrss / 1024);
}

int dorg_finish(const struct dorg_err *e)
{
    int code = e->code;
    dorg_out_drop_pending();
    wipe();
    if (code && code != DORG_EDIFF && e->text[0])
        fprintf(stderr, "%s: error: %s\n", cmd->name, e->text);
    if (code == DORG_EDIFF && e->text[0]) dorg_say("%s", e->text);
    if (!code) closing_line();
    dorg_front_stop();
    if (fflush(stdout) && !code) {
        fprintf(stderr, "%s: error: <stdout>: %s\n", cmd->name, strerror(errno));
        code = DORG_EIO;
    }
    return code;
}
