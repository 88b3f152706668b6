/* front.c - inputs, outputs, messages, signals, the last act */
#include "front.h"
#include "front_in.h"

#include <signal.h>
#include <sys/resource.h>
#include <time.h>

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
    if (isatty(0) && cmd->std && !cmd->std->quiet)
        fprintf(stderr, "%s: reading standard input\n", cmd->name);
    return 0;
}

int dorg_load_vol(struct dorg_vol *v, const char *path, enum dorg_type want,
                  struct dorg_err *e)
{
    *v = DORG_VOL_INIT;
    if (take_stdin(path, e) || dorg_vol_load(v, path, want, e)) return e->code;
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
    return e->code ? e->code : dorg_out_open(o, cmd->std ? cmd->std->out : NULL, e);
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

#define SPEAK(before)                                                                         \
    do {                                                                                      \
        va_list ap;                                                                           \
        va_start(ap, fmt);                                                                    \
        fprintf(stderr, "%s: %s", cmd->name, before);                                         \
        vfprintf(stderr, fmt, ap);                                                            \
        fputc('\n', stderr);                                                                  \
        va_end(ap);                                                                           \
    } while (0)

void dorg_say(const char *fmt, ...)
{
    if (cmd->std && (cmd->std->v1 || cmd->std->v2) && !cmd->std->quiet) SPEAK("");
}

void dorg_debug(const char *fmt, ...)
{
    if (cmd->std && cmd->std->v2 && !cmd->std->quiet) SPEAK("");
}

void dorg_note(const char *fmt, ...)
{
    if (!cmd->std || !cmd->std->quiet) SPEAK("");
}

void dorg_warn(const char *fmt, ...)
{
    if (!cmd->std || !cmd->std->quiet) SPEAK("warning: ");
}

void dorg_progress(const char *what, size_t done, size_t total)
{
    if (!cmd->std || cmd->std->quiet) return;
    if (isatty(2)) {
        fprintf(stderr, "\r%s: %s %zu/%zu%s", cmd->name, what, done, total,
                done == total ? "\n" : "");
        fflush(stderr);
    } else if (done == total || (done & (done - 1)) == 0) {
        dorg_say("%s %zu/%zu", what, done, total);
    }
}

void dorg_case_failed(const char *name, struct dorg_err *e)
{
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
