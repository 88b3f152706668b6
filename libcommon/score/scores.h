/* scores.h - tables of scores: filled from pairs of volumes, written, summed up, read back.
 *
 * One row per case and label (and threshold, for a sweep), in the order of the pairs.  A case
 * that fails is a row like any other, with its reason in the status column.
 *
 * A table on disk is tab-separated text: comment lines that begin with #, a line of column
 * names (case label threshold, the measures of score.h, status), the rows.  NA is a value
 * that is not defined, inf one without bound.  The summary follows as comment lines with the
 * same columns, the statistic's name for the case (#mean, #sd, #median, ...). */
#ifndef DORG_SCORES_H
#define DORG_SCORES_H

#include "measure.h"
#include "sweep.h"
#include "../file/tsv.h"

struct dorg_scored {
    char *name; /* owned: the case */
    struct dorg_score s;
};

struct dorg_scores {
    size_t n, cap;
    struct dorg_scored *row; /* owned */
};
#define DORG_SCORES_INIT ((struct dorg_scores){0})

int dorg_scores_add(struct dorg_scores *t, const char *name, const struct dorg_score *s,
                    struct dorg_err *e);
void dorg_scores_free(struct dorg_scores *t);

struct dorg_match { /* borrowed text */
    const char *name, *pred, *ref;
};

struct dorg_matches {
    size_t n;
    struct dorg_match *pair; /* owned */
    struct dorg_tsv list;    /* what the pairs point into, when they were read */
    bool listed;             /* a list, or several pairs: failed cases become rows */
};
#define DORG_MATCHES_INIT ((struct dorg_matches){0})

/* path[0], path[1] are the first pair, and so on; n is even.  A case is named after its mask.
 */
int dorg_matches_of(struct dorg_matches *p, const char *const *path, size_t n,
                    struct dorg_err *e);

/* A list: with a line of names, columns `truth`, one of `mask`, `pred`, `seg`, `map`, and
 * perhaps `case`; without, two (mask truth) or three (case mask truth) columns. */
int dorg_matches_read(struct dorg_matches *p, struct dorg_in *in, struct dorg_err *e);
void dorg_matches_free(struct dorg_matches *p);

typedef int dorg_loader(struct dorg_vol *v, const char *path, enum dorg_type want,
                        struct dorg_err *e);
typedef void dorg_scores_failed_fn(const char *name,
                                   struct dorg_err *e); /* is given the cases that failed */

struct dorg_scores_opt {
    struct dorg_score_opt score; /* its jobs are set here */
    struct dorg_cuts cuts;       /* if any, pred is a map, cut at each of them */
    int jobs;
    dorg_loader *load;
    dorg_scores_failed_fn *failed; /* called in the order of the pairs */
};

/* Score every pair.  Gives DORG_ECASES with no text when some of a list failed. */
int dorg_scores_fill(struct dorg_scores *t, const struct dorg_matches *p,
                     const struct dorg_scores_opt *opt, struct dorg_err *e);

/* Read a table back (its rows; the summary is not read). */
int dorg_scores_load(struct dorg_scores *t, const char *path, struct dorg_err *e);

enum dorg_format { DORG_FORMAT_TSV, DORG_FORMAT_JSON, DORG_FORMAT_LATEX, DORG_FORMAT_MD };

struct dorg_scores_style {
    enum dorg_format format;
    const char *stage;   /* the command line */
    double tolerance_mm; /* of NSD, for the notes */
    double outlier;      /* cases with a DSC below are named; 0 for none */
    bool sweep, summary;
};

/* Rows, summary and notes. */
int dorg_scores_write(struct dorg_out *o, const struct dorg_scores *t,
                      const struct dorg_scores_style *style, struct dorg_err *e);

/* "any" or the number. */
void dorg_scores_label(char to[40], int32_t label);

#endif
