/* relate.h - rows and columns of tables: selected, computed, reduced, joined.
 *
 * A relation is a table of words, all cells text, so that what is only passed on is passed on
 * byte for byte; numbers that are computed are written as %.9g, whole ones whole.  NA is a value
 * that is not there: what is computed from it is NA, no comparison with it holds, and mean, sd,
 * sum, min and max leave it out.  sd is the sample's, with n - 1; NA of fewer than two.
 *
 *   reduction   NAME = FUNCTION:column[:weight]   mean sd sum min max n
 *   assignments and conditions: formula.h
 *
 * Fails    DORG_EUSAGE: not of these forms; DORG_EDATA: no such column, not a number. */
#ifndef DORG_RELATE_H
#define DORG_RELATE_H

#include "tab.h"
#include "tsv.h"

struct dorg_rel {
    int n_cols;
    size_t n_rows, cap, n_words, cap_words;
    const char **name; /* owned: n_cols words */
    const char **cell; /* owned: words, cell[row * n_cols + column] */
    bool *count;       /* owned: row r of a summary counts cases: it is no ratio */
    char **word;       /* owned: the text of all of them */
};
#define DORG_REL_INIT ((struct dorg_rel){0})

/* summary: NULL for the rows; else the statistics wanted of a table of scores, in this order,
 * comma-separated and each perhaps renamed (Std=sd); one that is not there is refused.  names:
 * NULL, or the names of a table without a line of them. */
int dorg_rel_read(struct dorg_rel *t, struct dorg_in *in, const char *summary,
                  const char *names, struct dorg_err *e);

int dorg_rel_set(struct dorg_rel *t, const char *assignment, struct dorg_err *e);
int dorg_rel_where(struct dorg_rel *t, const char *condition, struct dorg_err *e);
/* One row for all, or one for each value of the columns `by` (comma-separated, or NULL), in
 * order of first appearance. */
int dorg_rel_reduce(struct dorg_rel *t, const char *by, const char *reductions,
                    struct dorg_err *e);
/* The row whose column is highest, the first of equals.  DORG_EDATA if none holds a number. */
int dorg_rel_best(struct dorg_rel *t, const char *column, struct dorg_err *e);
/* Numbers as people read them: those of each column in the form `all`, or NULL, and each names
 * its own: NAME=FORM.  A form is .Nf or .Ng, as printf has them, or .N%, a ratio as a percentage
 * without its sign; + before it puts one before what is not below 0.  Counts of a summary, NA and
 * inf stay. */
int dorg_rel_format(struct dorg_rel *t, const char *columns, const char *all,
                    struct dorg_err *e);
/* Those columns, in that order, each perhaps renamed: NEW=old. */
int dorg_rel_columns(struct dorg_rel *t, const char *columns, struct dorg_err *e);

/* The rows of b behind those of a; names must agree. */
int dorg_rel_stack(struct dorg_rel *a, const struct dorg_rel *b, struct dorg_err *e);
/* The columns of b beside those of a, row by row where the column `key` agrees.  Both hold the
 * same keys, each once, or it is DORG_EDATA. */
int dorg_rel_join(struct dorg_rel *a, const struct dorg_rel *b, const char *key,
                  struct dorg_err *e);
/* New names, comma-separated, for all columns but the first. */
int dorg_rel_rename(struct dorg_rel *t, const char *names, struct dorg_err *e);

int dorg_rel_write(struct dorg_out *o, const struct dorg_rel *t, bool with_names,
                   struct dorg_err *e);
void dorg_rel_free(struct dorg_rel *t);

/* The same assignments and conditions on a superpixel table; n_set, n_where of them. */
int dorg_rel_tab(struct dorg_tab *t, const char *const *set, int n_set,
                 const char *const *where, int n_where, struct dorg_err *e);

#endif
