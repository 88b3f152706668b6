/* folds.h - a random hard split of cases into folds, whole patients together.
 *
 * Patients are sorted by name, shuffled (Philox(seed, DORG_RNG_FOLDS)), put in order of
 * falling number of scans, and given one by one to the fold that has the fewest cases so far
 * (the first of equals).
 *
 * Source   Roth et al. 2015, sec. 3: 82 cases, "random hard split", 21/21/20/20.
 * Silent   the authors' own folds; how duplicates of one patient were kept: dorg-choices(7).
 * Bounds   every case is in one fold; no two folds hold one patient; where every patient has
 *          one scan fold sizes differ by at most 1, larger ones first; the order of the list
 *          does not matter.
 * Fails    DORG_EDATA: a case named twice, fewer patients than folds; DORG_EIO. */
#ifndef DORG_FOLDS_H
#define DORG_FOLDS_H

#include <stddef.h>
#include <stdint.h>

#include "../file/io.h"
#include "../file/tsv.h"

/* fold[i] in 1..folds for each of n cases; patient[i] may be NULL: the case is the patient. */
int dorg_folds(int *fold, const char *const *name, const char *const *patient, size_t n,
               int folds, uint64_t seed, struct dorg_err *e);

/* The folds of a list (columns `case` and perhaps `patient`; without names the first field is
 * the case) as a table of case and fold, in the list's order.
 *
 * `old`: such a table from before, or NULL.  A case that has a fold there keeps it, so that a
 * longer list does not shuffle what was trained already; a new one goes to its patient's fold,
 * else to the smallest.  DORG_EDATA where it has a fold that is none of 1..folds, a case
 * twice, or one patient in two folds. */
int dorg_folds_write(struct dorg_out *o, const struct dorg_tsv *list,
                     const struct dorg_tsv *old, int folds, uint64_t seed, const char *stage,
                     struct dorg_err *e);

#endif
