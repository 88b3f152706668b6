/* scores_in.h - private to scores_write.c and scores_typeset.c */
#ifndef DORG_SCORES_IN_H
#define DORG_SCORES_IN_H

#include "summary.h"

void dorg_scores_label(char to[40], int32_t label);

/* A table for a paper: ratios in percent and volumes in mL with one decimal, distances in mm
 * with two; then the summaries g.  One case without summary is a short table in Markdown. */
void dorg_scores_typeset(struct dorg_out *o, const struct dorg_scores *t,
                         const struct dorg_summary *g, size_t n, bool latex,
                         struct dorg_err *e);

#endif
