/* formula.c - assignments and conditions, one operator each */
#include "formula.h"
#include "../base/num.h"

#include <ctype.h>

static const char *skip(const char *p)
{
    while (*p == ' ')
        p++;
    return p;
}

static bool take_name(char to[64], const char **p)
{
    size_t n = 0;
    *p = skip(*p);
    if (!isalpha((unsigned char)**p) && **p != '_') return false;
    while (isalnum((unsigned char)(*p)[n]) || (*p)[n] == '_' || (*p)[n] == '.')
        n++;
    if (n > 63) return false;
    snprintf(to, 64, "%.*s", (int)n, *p);
    *p = skip(*p + n);
    return true;
}

static bool take_term(struct dorg_term *t, const char **p)
{
    char *end;
    if (take_name(t->name, p)) {
        if (strcmp(t->name, "NA") == 0) *t = (struct dorg_term){.number = NAN, .column = -1};
        return true;
    }
    t->number = strtod(*p, &end);
    if (end == *p || !isfinite(t->number)) return false;
    *p = skip(end);
    return true;
}

static bool take_op(char op[3], const char **p, bool compare_only)
{
    static const char *const ops[] = {"==", "!=", ">=", "<=", ">", "<",
                                      "+",  "-",  "*",  "/",  "^"};
    for (int i = 0; i < (compare_only ? 6 : 11); i++)
        if (strncmp(*p, ops[i], strlen(ops[i])) == 0) {
            snprintf(op, 3, "%s", ops[i]);
            *p = skip(*p + strlen(ops[i]));
            return true;
        }
    return false;
}

int dorg_formula_assignment(struct dorg_formula *f, const char *s, struct dorg_err *e)
{
    const char *p = s;
    *f = (struct dorg_formula){.a.column = -1, .b.column = -1};
    bool fine = take_name(f->name, &p) && *p == '=' && p++ && take_term(&f->a, &p);
    if (fine && *p) fine = take_op(f->op, &p, false) && take_term(&f->b, &p) && !*p;
    if (fine) return 0;
    return dorg_fail(e, DORG_EUSAGE, "--set: not NAME=COLUMN or NAME=COLUMN OP X: %s", s);
}

int dorg_formula_condition(struct dorg_formula *f, const char *s, struct dorg_err *e)
{
    const char *p = s;
    *f = (struct dorg_formula){.a.column = -1, .b = {.column = -1, .number = NAN}};
    bool fine = take_name(f->a.name, &p) && take_op(f->op, &p, true);
    f->word = p;
    if (fine && f->op[0] != '=' && f->op[0] != '!')
        fine = dorg_num_read(&f->b.number, p) && !isnan(f->b.number);
    if (fine) return 0;
    return dorg_fail(e, DORG_EUSAGE, "--where: not COLUMN==WORD or COLUMN>=NUMBER: %s", s);
}

double dorg_formula_apply(const struct dorg_formula *f, double a, double b)
{
    bool or_equal = f->op[1];
    if (isnan(a) || isnan(b)) return NAN;
    switch (f->op[0]) {
    case '+':
        return a + b;
    case '-':
        return a - b;
    case '*':
        return a * b;
    case '/':
        return a / b;
    case '^':
        return pow(a, b);
    case '=':
        return a == b;
    case '!':
        return a != b;
    case '>':
        return or_equal ? a >= b : a > b;
    default:
        return or_equal ? a <= b : a < b;
    }
}
