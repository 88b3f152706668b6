/* front_list.c - one command, many cases: -L */
#include "front.h"
#include "front_in.h"

#include "../libcommon/base/mem.h"
#include "../libcommon/file/tsv.h" /* dorg_tsv_cases */

static dorg_one_fn *one_case;
static char *names; /* owned: the card's, cut into name[] */
static const char *name[DORG_TSV_COLUMNS];
static int n_needed, n_names;

static int listed(const char *const *value, struct dorg_err *e)
{
    return one_case(dorg_front_case(name, value, n_names), e);
}

static int cut_names(const char *columns, struct dorg_err *e)
{
    if (!(names = dorg_strdup(columns, e))) return e->code;
    for (char *p = names; p && *p && n_names < DORG_TSV_COLUMNS;) {
        char *end = p + strcspn(p, ",|"), mark = *end;
        *end = 0;
        name[n_names++] = p;
        if (mark == '|') n_needed = n_names;
        p = mark ? end + 1 : NULL;
    }
    if (!n_needed) n_needed = n_names;
    return 0;
}

int dorg_each(const char *const *operands, dorg_one_fn *one, struct dorg_err *e)
{
    const struct dorg_cmd *cmd = dorg_front_cmd();
    struct dorg_in *in = NULL;
    if (e->code) return e->code;
    if (!dorg_std.list) return one(operands, e);
    one_case = one;
    if (!cut_names(cmd->list, e) && !dorg_open_in(&in, dorg_std.list, e))
        dorg_tsv_cases(in, name, n_needed, n_names, listed, dorg_case_failed, e);
    dorg_in_close(in);
    free(names);
    names = NULL;
    return e->code;
}

int dorg_main(const struct dorg_cmd *c, int argc, char **argv, dorg_one_fn *one)
{
    const char *const *operands = dorg_parse(c, argc, argv);
    struct dorg_err e = DORG_ERR_INIT;
    dorg_each(operands, one, &e);
    return dorg_finish(&e);
}
