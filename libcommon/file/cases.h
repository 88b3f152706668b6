/* cases.h - work through a list of cases, one line each, going on after a failed one.
 *
 * The list is a dorg_tsv: with a line of names its columns are found by name, in any order
 * and among others; without one it has exactly the columns asked for, in order. */
#ifndef DORG_CASES_H
#define DORG_CASES_H

#include "../base/err.h"
#include "io.h"

enum { DORG_CASE_COLUMNS = 8 };

/* field[i]: what the line says under columns[i]. */
typedef int dorg_case_fn(const char *const *field, struct dorg_err *e);
/* Tell a person that a case failed, and clear e. */
typedef void dorg_case_failed_fn(const char *name, struct dorg_err *e);

/* n columns, at most DORG_CASE_COLUMNS; columns[0] names a case in messages.  DORG_EDATA,
 * before any case is begun, if the list does not have the columns; DORG_ECASES after the last
 * one if one or more failed. */
int dorg_cases_run(struct dorg_in *in, const char *const *columns, int n, dorg_case_fn *one,
                   dorg_case_failed_fn *failed, struct dorg_err *e);

#endif
