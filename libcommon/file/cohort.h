/* cohort.h - a cohort: a list of named scans, checked once, and laid out as folders.
 *
 *   case  ct                truth               patient
 *   0001  scans/1.nii.gz    labels/1.nii.gz     p1
 *
 * Names of cases are [A-Za-z0-9][A-Za-z0-9._-]* and are compared as text, never as numbers:
 * 01 and 1 are two cases.  Paths may hold any character but tab and newline; relative ones
 * start at a folder that the caller names.  Laid out, DIR/CASE/ct.nii.gz and truth.nii.gz are
 * links to the files, so whoever works there meets names without surprises only.
 *
 * Refused, with line and column: a name said twice or not of that form; an empty field among
 * case, ct, truth, patient, fold; a file that is not there; one truth for two scans; one file
 * as scan and truth. */
#ifndef DORG_COHORT_H
#define DORG_COHORT_H

#include "tsv.h"

enum {
    DORG_COHORT_CASE,
    DORG_COHORT_CT,
    DORG_COHORT_TRUTH,
    DORG_COHORT_PATIENT,
    DORG_COHORT_FOLD,
    DORG_COHORT_COLUMNS
};

struct dorg_cohort {
    struct dorg_tsv list;
    int at[DORG_COHORT_COLUMNS]; /* columns of the list, -1 where it has none */
    char **path;                 /* owned: path[2 * r], [2 * r + 1]: ct and truth, absolute */
    char **why;                  /* owned: why row r is left out, or NULL; see `lenient` */
};
#define DORG_COHORT_INIT ((struct dorg_cohort){0})

struct dorg_cohort_rules {
    const char *base; /* where relative paths start; NULL: the current folder */
    const char *need; /* columns that must be there, comma-separated, besides case and ct */
    bool lenient;     /* a file that is not there leaves its case out, not the list */
};

/* Read and check.  DORG_EDATA, DORG_EIO. */
int dorg_cohort_read(struct dorg_cohort *c, struct dorg_in *in,
                     const struct dorg_cohort_rules *rules, struct dorg_err *e);

/* Keep every count-th case from the first-th on (1 <= first <= count), in the list's order. */
void dorg_cohort_shard(struct dorg_cohort *c, size_t first, size_t count);
/* "3/8" as first and count; DORG_EUSAGE for anything else. */
int dorg_cohort_shard_parse(size_t part[2], const char *word, struct dorg_err *e);

/* DIR/CASE/ct.nii.gz and truth.nii.gz as links, for every case that is not left out.  A link
 * that is right already stays untouched; a file that is no link is never replaced. */
int dorg_cohort_lay(const struct dorg_cohort *c, const char *dir, struct dorg_err *e);

/* The list itself, its paths made absolute; or, with a column's name, that column alone. */
int dorg_cohort_write(struct dorg_out *o, const struct dorg_cohort *c, const char *column,
                      struct dorg_err *e);

const char *dorg_cohort_name(const struct dorg_cohort *c, size_t r);
const char *dorg_cohort_ct(const struct dorg_cohort *c, size_t r);
const char *dorg_cohort_truth(const struct dorg_cohort *c, size_t r); /* NULL: none */

/* Leave row r out from now on, for the reason given. */
int dorg_cohort_leave(struct dorg_cohort *c, size_t r, const char *why, struct dorg_err *e);

void dorg_cohort_free(struct dorg_cohort *c);

#endif
