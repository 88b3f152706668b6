/* tsv.h - small tab-separated lists of words: cohorts, case lists, score tables.
 *
 *   # comment lines and empty lines are passed over
 *   case  ct  truth  patient          the names of the columns, where there are any
 *   0001  a/ct.nii.gz ...             rows, as many fields each
 *
 * The first line is a line of names when one of its fields is the name asked for; always when
 * that is "", never when it is NULL.  Lists come
 * from editors and spreadsheets: a byte-order mark, CR LF and a last line without its newline
 * are read; fields in quotes, fields with blanks around them, control characters and UTF-16
 * are refused with line and column, for what is meant by them cannot be known. */
#ifndef DORG_TSV_H
#define DORG_TSV_H

#include <stdbool.h>
#include <stddef.h>

#include "../base/err.h"
#include "io.h"

struct dorg_tsv {
    int n_cols;
    size_t n_rows, cap;
    size_t
        hash_line; /* the first comment line with as many fields as a row: maybe one; or 0 */
    char **name;   /* n_cols column names, or NULL when the list has none */
    char **text;   /* owned: the text of row r, cut at its tabs */
    char **cell;   /* owned: cell[r * n_cols + c] points into text[r] */
    size_t *line;  /* owned: where row r stands in the file, from 1 */
    char *head;    /* owned: the text name[] points into */
};
#define DORG_TSV_INIT ((struct dorg_tsv){0})

/* A whole list.  DORG_EDATA: no row or name line at all, a row with another number of fields
 * than the first, two columns of one name, a field as described above. */
int dorg_tsv_read(struct dorg_tsv *t, struct dorg_in *in, const char *names_hold,
                  struct dorg_err *e);

/* A table that a command wrote, whose last line must be whole.  With `summary`, its rows are
 * not the rows but the summary of a table of scores: the lines #mean, #sd and so on, without
 * their #. */
int dorg_tsv_read_table(struct dorg_tsv *t, struct dorg_in *in, const char *names_hold,
                        bool summary, struct dorg_err *e);

/* Field c of row r: text, never NULL. */
const char *dorg_tsv_at(const struct dorg_tsv *t, size_t r, int c);

/* DORG_EDATA where a line that begins with # may be a row: no line is lost as a comment. */
int dorg_tsv_no_hash(const struct dorg_tsv *t, struct dorg_err *e);

/* Index of a column, or -1; _need fills *e with DORG_EDATA naming the column. */
int dorg_tsv_col(const struct dorg_tsv *t, const char *name);
int dorg_tsv_need(const struct dorg_tsv *t, const char *name, struct dorg_err *e);

/* A failure that says where: "line 3, column truth: ...". */
int dorg_tsv_fail(const struct dorg_tsv *t, size_t r, int c, struct dorg_err *e,
                  const char *fmt, ...) __attribute__((format(printf, 5, 6)));

void dorg_tsv_free(struct dorg_tsv *t);

/* ---- work through a list of cases, one line each, going on after a failed one -------- */

/* The list is a dorg_tsv: with a line of names its columns are found by name, in any order
 * and among others; without one it has exactly the columns asked for, in order. */

enum { DORG_TSV_COLUMNS = 12 };

/* field[i]: what the line says under columns[i]; NULL for one that the list does not have. */
typedef int dorg_tsv_case_fn(const char *const *field, struct dorg_err *e);
/* Report a failed case to the user, and clear e. */
typedef void dorg_tsv_failed_fn(const char *name, struct dorg_err *e);

/* n_all columns, at most DORG_TSV_COLUMNS, of which a list must have the first n; columns[0] names
 * a case in messages.  DORG_EDATA,
 * before any case is begun, if the list does not have the columns, a field is empty or two
 * lines have one field under "out"; DORG_ECASES after the last
 * one if one or more failed. */
int dorg_tsv_cases(struct dorg_in *in, const char *const *columns, int n, int n_all,
                   dorg_tsv_case_fn *one, dorg_tsv_failed_fn *failed, struct dorg_err *e);

#endif
