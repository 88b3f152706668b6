/* edt_in.h - what the two ways to a distance share */
#ifndef DORG_EDT_IN_H
#define DORG_EDT_IN_H

#include "edt.h"

struct dorg_edt {
    const struct dorg_box *b;
    const uint64_t *query, *site;
    bool *has_site;    /* [n2][n1]: rows that have one */
    size_t *first;     /* [n2 + 1]: index of slice z's first query in d */
    double *d;         /* NaN: not known yet */
    size_t budget;     /* rows a search may look at before it gives up */
    size_t every, off; /* searches are for queries i with i % every == off only */
};

/* Every distance that is not known yet. */
int dorg_edt_far(struct dorg_edt *t, int jobs, struct dorg_err *e);

#endif
