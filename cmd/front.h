/* front.h - the command-line front end: options, help, messages, the last act.
 *
 * The only code that prints to people or exits.  --help, the man page's OPTIONS block
 * (--help=mdoc), the range check and the history line all come from one option table. */
#ifndef DORG_FRONT_H
#define DORG_FRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../kernels/kernels.h"
#include "../libcommon/base/err.h"
#include "../libcommon/file/io.h"
#include "../libcommon/file/pixels.h" /* DORG_WINDOW_LO, _HI */
#include "../libcommon/file/tab.h"
#include "../libcommon/file/vol.h"

#define DORG_VERSION "0.1.0"

enum dorg_opt_type {
    DORG_OPT_FLAG,  /* bool */
    DORG_OPT_INT,   /* int */
    DORG_OPT_U64,   /* uint64_t */
    DORG_OPT_F32,   /* float */
    DORG_OPT_F64,   /* double */
    DORG_OPT_STR,   /* const char *: a word */
    DORG_OPT_FILE,  /* const char *: a path; history keeps its last part only */
    DORG_OPT_LIST,  /* struct dorg_list: comma-separated numbers, replaces the default */
    DORG_OPT_FILES, /* struct dorg_files: may be repeated */
    DORG_OPT_INTS,  /* struct dorg_list of whole numbers */
    DORG_OPT_PAIR,  /* struct dorg_list of lo,hi, lo not above hi; n is 0 until given */
    DORG_OPT_SPAN,  /* the same, whole numbers */
    DORG_OPT_WORD,  /* int or enum: which of the words in arg, "mean|median|max" */
    DORG_OPT_NAME   /* const char *: one of the words in arg */
};

enum { DORG_LIST_MAX = 64 };
struct dorg_list {
    int n;
    double v[DORG_LIST_MAX];
};
struct dorg_files {
    int n;
    const char *path[DORG_LIST_MAX];
};

struct dorg_opt {
    char letter; /* 0: long form only */
    const char *name;
    enum dorg_opt_type type;
    void *value;     /* holds the default until dorg_parse; --help prints it */
    double min, max; /* numbers: inclusive range; lists: of each element */
    const char *arg; /* the argument's name or unit; NULL for flags */
    const char *help;
    bool quiet; /* cannot change the result: not in the history */
};

/* What the options that every command has were given. */
extern struct dorg_std {
    const char *out;    /* -o, or NULL; with -L the case's */
    const char *list;   /* -L, or NULL */
    const char *device; /* -d, and what runs the regular arithmetic there */
    const struct dorg_kernels *kernels;
    int jobs;           /* -j; after dorg_parse never 0 */
    bool quiet, v1, v2; /* -q, -v, --debug */
} dorg_std;

/* A line an option. */
/* clang-format off */

/* Options that are the same wherever they are. */
#define DORG_WINDOW_DEFAULT {2, {(double)DORG_WINDOW_LO, (double)DORG_WINDOW_HI}}
#define DORG_WINDOW_OPT(list)                                                                  \
    {'w', "window", DORG_OPT_PAIR, list, -32768, 32767, "lo,hi",                               \
     "HU that become 0 and 255, black and white", false}
#define DORG_SEED_DEFAULT 1
#define DORG_SEED_OPT(seed, of)                                                                \
    {0, "seed", DORG_OPT_U64, seed, 0, 0, "seed", "seed of " of, false}
#define DORG_MAX_OPT(max, help)                                                                \
    {0, "max", DORG_OPT_U64, max, 0, 4e9, "count", help "; 0 is no limit", false}

/* p: something with a stride and a stride_z; every: struct dorg_list of two */
#define DORG_STRIDE_OPTS(p, every)                                                             \
    {0, "stride", DORG_OPT_INT, &(p)->stride, 1, 1000, "voxels",                               \
     "take every n-th voxel of the mask in x and y", false},                                   \
    {0, "z-stride", DORG_OPT_INT, &(p)->stride_z, 1, 1000, "slices", "and every n-th slice",   \
     false},                                                                                   \
    {0, "every", DORG_OPT_LIST, every, 0, 1000, "mm,mm",                                       \
     "in place of strides: distance of samples in x and y, and in z; 0 keeps the stride", false}

/* For commands with a card that says list; see dorg_each. */
#define DORG_LIST_OPT                                                                          \
    {'L', "list", DORG_OPT_FILE, &dorg_std.list, 0, 0, "list",                                 \
     "work through the cases of this list, its columns in place of operands and -o", true}

/* The options every command has, which end its table. */
#define DORG_STD_OPTS                                                                          \
    {'o', "output", DORG_OPT_FILE, &dorg_std.out, 0, 0, "file",                                \
     "write here, whole or not at all, instead of to standard output", true},                  \
    {'j', "jobs", DORG_OPT_INT, &dorg_std.jobs, 0, 256, "threads",                             \
     "threads to use; 0 is one for each processor; never changes the result", true},           \
    {'d', "device", DORG_OPT_STR, &dorg_std.device, 0, 0, "device",                            \
     "auto, cpu, cuda or cuda:N", true},                                                       \
    {'q', "quiet", DORG_OPT_FLAG, &dorg_std.quiet, 0, 0, NULL, "say nothing but errors", true},\
    {'v', "verbose", DORG_OPT_FLAG, &dorg_std.v1, 0, 0, NULL,                                  \
     "say what is done, and at the end time and peak memory", true},                           \
    {0, "debug", DORG_OPT_FLAG, &dorg_std.v2, 0, 0, NULL, "say still more", true},             \
    {0, NULL, DORG_OPT_FLAG, NULL, 0, 0, NULL, NULL, false}
/* clang-format on */

struct dorg_letter { /* of an option by its long name */
    char letter;
    const char *name;
};

struct dorg_cmd {
    const char *name;
    const char *usage; /* what follows the name */
    const char *what;  /* one line */
    const struct dorg_opt *opts;
    int min_args, max_args;             /* max_args -1: any number */
    bool binary;                        /* output is not text: never to a terminal */
    const struct dorg_letter *unlisted; /* letters that scripts have, taken but not shown */
    /* Columns of -L's list: "ct,mask,out|map", those after the bar where the list has them.  out is
     * -o; a long name of an option that takes a file or word is that option, others are the
     * operands in this order. */
    const char *list;
};

/* Parse; exits 2 on misuse, 4 if a device is named that cannot run, 0 after --help or
 * --version.  Gives the operands, at least max_args + 1 pointers, those not given NULL. */
const char *const *dorg_parse(const struct dorg_cmd *c, int argc, char **argv);

size_t dorg_operands(void); /* how many of them were given */

/* One case: load, work, save. */
typedef int dorg_one_fn(const char *const *operands, struct dorg_err *e);

/* The one case that the command line names, or with -L each of the list: its operands, options
 * and output are set and `one` is called.  A case that fails is named and the next one begun;
 * DORG_ECASES at the end.  Nothing is done once *e is filled. */
int dorg_each(const char *const *operands, dorg_one_fn *one, struct dorg_err *e);

/* All of main, where nothing is to be done before the first case. */
int dorg_main(const struct dorg_cmd *c, int argc, char **argv, dorg_one_fn *one);

/* Name, version, and the options and operands given, as they go into histories. */
const char *dorg_cmdline(void);

/* From now on the history line is that of a case of a list: n file names or words under the
 * long names of options or, others, as operands; NULL is left out. */
void dorg_cmdline_case(const char *const *name, const char *const *value, int n);

/* True if this option of the command, by its long name, was given. */
bool dorg_given(const char *name);

/* Load an input; "-" or NULL is standard input, which only one input may be. */
int dorg_load_vol(struct dorg_vol *v, const char *path, enum dorg_type want,
                  struct dorg_err *e);
/* A CT as float32; a warning where it is hardly one.  A map of probabilities, each from 0 to 1. */
int dorg_load_ct(struct dorg_vol *ct, const char *path, struct dorg_err *e);
int dorg_load_map(struct dorg_vol *map, const char *path, struct dorg_err *e);
int dorg_load_tab(struct dorg_tab *t, const char *path, struct dorg_err *e);
int dorg_open_in(struct dorg_in **in, const char *path, struct dorg_err *e);

/* Open -o (or standard output), write, close. */
int dorg_open_out(struct dorg_out *o, struct dorg_err *e);
int dorg_save_vol(const struct dorg_vol *v, struct dorg_err *e);
int dorg_save_tab(const struct dorg_tab *t, struct dorg_err *e);

/* A line on stderr: at -v; at --debug; unless -q; unless -q, "warning: " before it. */
void dorg_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void dorg_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void dorg_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void dorg_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* How far a stage is, and how long it will take: drawn on a terminal, where it is wiped out
 * when it is done; at powers of two in a log at -v.  What dorg_par does is told by itself. */
void dorg_progress(const char *what, size_t done, size_t total);

/* The last act: prints e if it holds anything, removes a half-written output, checks
 * standard output, gives the exit status. */
int dorg_finish(const struct dorg_err *e);

/* An error of one case among many, on stderr, cleared for the next. */
void dorg_case_failed(const char *name, struct dorg_err *e);

#endif
