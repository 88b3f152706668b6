/* formula.h - what --set and --where say: a column computed, a condition on one.
 *
 *   term        a column's name, a number or NA
 *   assignment  NAME = term [OP term]   OP: + - * / ^ and the comparisons, which give 1 or 0
 *   condition   column OP word          OP: == != (as text)  >= <= > < (as numbers)
 *
 * Fails    DORG_EUSAGE, naming the option: not of these forms. */
#ifndef DORG_FORMULA_H
#define DORG_FORMULA_H

#include "../base/err.h"

struct dorg_term {
    char name[64]; /* a column; empty: the number */
    double number;
    int column; /* of the table at hand, once its names are known; -1: the number */
};

struct dorg_formula { /* name = a [op b], or the condition a op b */
    char name[64];
    struct dorg_term a, b;
    char op[3];
    const char *word; /* a condition's right side */
};

int dorg_formula_assignment(struct dorg_formula *f, const char *s, struct dorg_err *e);
int dorg_formula_condition(struct dorg_formula *f, const char *s, struct dorg_err *e);

/* a op b; NaN where one of them is. */
double dorg_formula_apply(const struct dorg_formula *f, double a, double b);

#endif
