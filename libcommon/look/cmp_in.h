/* cmp_in.h - family talk between cmp.c and cmp_kinds.c */
#ifndef DORG_CMP_IN_H
#define DORG_CMP_IN_H

#include <stdarg.h>

#include "cmp.h"

struct dorg_worst { /* over many pairs of numbers */
    size_t seen, differ, at;
    double a, b, gap; /* the pair furthest apart of those that differ */
};

void dorg_cmp_says(struct dorg_cmp *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void dorg_cmp_pair(struct dorg_worst *w, const struct dorg_cmp *c, double a, double b,
                   size_t at);
int dorg_cmp_vols(struct dorg_cmp *c, const struct dorg_vol *a, const struct dorg_vol *b);
int dorg_cmp_tables(struct dorg_cmp *c, struct dorg_in *a, struct dorg_in *b,
                    struct dorg_err *e);
int dorg_cmp_records(struct dorg_cmp *c, struct dorg_in *a, struct dorg_in *b,
                     struct dorg_err *e);
int dorg_cmp_nets(struct dorg_cmp *c, struct dorg_in *a, struct dorg_in *b,
                  struct dorg_err *e);
int dorg_cmp_forests(struct dorg_cmp *c, struct dorg_in *a, struct dorg_in *b,
                     struct dorg_err *e);

#endif
