/* rows.h - training tables as a stream of rows, read as often as needed.
 *
 * Files are read row by row; what cannot be read twice (a pipe) is kept in memory, and with a
 * previous forest one table at a time is, because neighbours are looked up in it.
 *
 * Features are all columns of the first table but id, z, coverage, truth, label, x_mm, y_mm,
 * z_mm, volume_mm3, below_lungs_mm, p and p followed by one digit; further tables must have
 * them too, in any order. */
#ifndef DORG_ROWS_H
#define DORG_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/err.h"
#include "forest.h"
#include "../file/tab.h"

struct dorg_row {
    const float *x;               /* [n_features] */
    uint64_t table_key, case_key; /* dorg_tab_case */
    uint32_t case_no;             /* of its table: case_no below */
    double id, z;
    double coverage, area; /* area 1 and coverage = truth when the table lacks them */
    int truth;             /* 0 or 1 */
    bool passed;           /* by the previous forest; true without one */
};
typedef int dorg_row_fn(void *ctx, const struct dorg_row *row, struct dorg_err *e);

struct dorg_rows {
    uint32_t n_tables;
    const char *const *path;        /* borrowed */
    const struct dorg_forest *prev; /* borrowed, or NULL */
    const char *without;            /* borrowed, or NULL */
    int jobs;
    uint32_t n_features;
    char **feature;                 /* owned */
    uint64_t *table_key, *case_key; /* owned [n_tables] */
    uint32_t *case_no;              /* owned [n_tables]: tables of one group share a number */
    bool *grouped;                  /* owned [n_tables] */
    uint32_t n_cases;
    char *history;         /* owned: of all tables, or NULL */
    struct dorg_tab *kept; /* owned [n_tables]: tables that can be read only once */
};

/* Look at every table's head; *s keeps path.  without: names of columns, with commas between
 * them, that are no features, or NULL; DORG_EDATA when the first table lacks one. */
int dorg_rows_open(struct dorg_rows *s, const char *const *path, uint32_t n_tables,
                   const struct dorg_forest *prev, const char *without, int jobs,
                   struct dorg_err *e);
int dorg_rows_each(const struct dorg_rows *s, dorg_row_fn *fn, void *ctx, struct dorg_err *e);
void dorg_rows_close(struct dorg_rows *s);

/* True for a column that no forest takes as a feature. */
bool dorg_rows_reserved(const char *name);

/* A double as the float a forest sees; beyond a float's range, its largest. */
static inline float dorg_rows_value(double x)
{
    const double most = 0x1.fffffep127;
    return (float)(x > most ? most : x < -most ? -most : x);
}

#endif
