/* tab.h - superpixel tables: tab-separated numbers with a head and an end.
 *
 *   #dorg-tab 1
 *   #@ dorg-spfeat ...            history, one line per stage
 *   #key 0123456789abcdef        the case: dorg_vol_key of its CT; absent if unknown
 *   #group 0012                  the patient, where a patient has several cases; else absent
 *   id  z  mean_hu ...           column names, the first is always id
 *   17  3  41.25 ...             rows, ascending in id
 *   #end
 *
 * Values are finite numbers; integers up to 2^53 print whole, others as %.9g, which
 * round-trips a float.  The end line carries no count on purpose: awk may drop rows, passing
 * lines that begin with # and the names through, and the table stays valid. */
#ifndef DORG_TAB_H
#define DORG_TAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/err.h"
#include "io.h"
#include "vol.h" /* dorg_lines */

#define DORG_TAB_NO_LUNGS (-10000.0) /* below_lungs_mm where no lungs are seen */
enum { DORG_TAB_GROUP = 64 };        /* room for a group's name */

struct dorg_tab {
    char *history;              /* owned: one line per stage, or NULL */
    uint64_t key;               /* case, or 0 */
    char group[DORG_TAB_GROUP]; /* patient; empty if unknown */
    int n_cols;
    char **col; /* owned: n_cols owned names; col[0] is "id" */
    size_t n_rows;
    size_t cap; /* rows there is room for */
    double *v;  /* owned: v[row * n_cols + column] */
};
#define DORG_TAB_INIT ((struct dorg_tab){0})

/* A whole table into memory.  DORG_EDATA: no magic, no #end, a row with more or fewer fields
 * than names, a field that is not a finite number, ids not ascending, two columns alike. */
int dorg_tab_read(struct dorg_tab *t, struct dorg_in *in, struct dorg_err *e);
int dorg_tab_load(struct dorg_tab *t, const char *path, struct dorg_err *e); /* "-": stdin */

/* Whether a stream begins as such a table; nothing is consumed. */
int dorg_tab_sniff(struct dorg_in *in, bool *is_one, struct dorg_err *e);

/* The table with `stage` added to its history. */
int dorg_tab_write(struct dorg_out *o, const struct dorg_tab *t, const char *stage,
                   struct dorg_err *e);

/* An empty table with these columns; names are copied; names[0] must be "id". */
int dorg_tab_new(struct dorg_tab *t, const char *const *names, int n, struct dorg_err *e);

/* Append a zero row and point *row at its n_cols values (valid until the next append). */
int dorg_tab_append(struct dorg_tab *t, double **row, struct dorg_err *e);

/* Add a column of zeros at the end (or, if `name` is there already, return it as it is);
 * gives its index, or -1 with *e filled. */
int dorg_tab_add_col(struct dorg_tab *t, const char *name, struct dorg_err *e);

/* Index of a column, or -1.  _need fills *e with DORG_EDATA naming the column. */
int dorg_tab_col(const struct dorg_tab *t, const char *name);
int dorg_tab_need(const struct dorg_tab *t, const char *name, struct dorg_err *e);

/* Row whose id is `id`, by bisection; n_rows if there is none. */
size_t dorg_tab_find(const struct dorg_tab *t, double id);

/* What must not be split between learning and judging: a number made of the group's name, or
 * the key where there is no group. */
uint64_t dorg_tab_case(const struct dorg_tab *t);

/* Name the group; DORG_EUSAGE when the name is empty, too long or no printable ASCII. */
int dorg_tab_set_group(struct dorg_tab *t, const char *name, struct dorg_err *e);

void dorg_tab_free(struct dorg_tab *t);

/* Row by row, for tables larger than memory. */
struct dorg_tab_reader {
    struct dorg_in *in;        /* borrowed */
    struct dorg_tab head;      /* names, history, key; no rows; history is complete once the
                                  first row has been read */
    struct dorg_lines history; /* what head.history points into */
    double last_id;
    size_t line; /* number of the line just read, from 1 */
    int done;
};
int dorg_tab_open(struct dorg_tab_reader *r, struct dorg_in *in, struct dorg_err *e);
/* *got = 1 and the row filled, or *got = 0 after #end (checked to be the last line). */
int dorg_tab_next(struct dorg_tab_reader *r, double *row, int *got, struct dorg_err *e);
void dorg_tab_close(struct dorg_tab_reader *r); /* leaves the input open */

/* The numbers of row r, n_cols of them. */
static inline double *dorg_tab_row(const struct dorg_tab *t, size_t r)
{
    return t->v + r * (size_t)t->n_cols;
}

/* Rows that stay close ranks: row r becomes row (*kept)++. */
void dorg_tab_keep(struct dorg_tab *t, size_t r, size_t *kept);

#endif
