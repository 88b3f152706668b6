/* scores_pairs.c - which mask goes with which truth: see scores.h */
#include "../base/mem.h"
#include "../base/twin.h"
#include "scores.h"

/* A name is one field of one line, and the line no comment; no case comes twice; no field is
 * empty. */
static int check(const struct dorg_matches *p, struct dorg_err *e)
{
    size_t first, again;
    const char **name = dorg_array(p->n, sizeof *name, e);
    if (!name) return e->code;
    for (size_t i = 0; i < p->n && !e->code; i++) {
        const struct dorg_match *m = p->pair + i;
        name[i] = m->name;
        if (!*m->name || !*m->pred || !*m->ref)
            dorg_fail(e, DORG_EDATA, "row %zu: an empty field", i + 1);
        if (*m->name == '#')
            dorg_fail(
                e, DORG_EDATA,
                "row %zu: a case called %.80s would be a comment in the table (a file of "
                "that name is ./%.80s)",
                i + 1, m->name, m->name);
        for (const char *c = m->name; *c; c++)
            if ((unsigned char)*c < ' ')
                dorg_fail(e, DORG_EDATA, "row %zu: a control character in a case's name",
                          i + 1);
    }
    if (!e->code && !dorg_twin(&first, &again, name, p->n, e) && again < p->n)
        dorg_fail(e, DORG_EDATA, "case %.200s comes twice, in rows %zu and %zu", name[again],
                  first + 1, again + 1);
    free(name);
    return e->code;
}

int dorg_matches_of(struct dorg_matches *p, const char *const *path, size_t n,
                    struct dorg_err *e)
{
    *p = DORG_MATCHES_INIT;
    if (!(p->pair = dorg_array(n / 2, sizeof *p->pair, e))) return e->code;
    for (; p->n < n / 2; p->n++)
        p->pair[p->n] =
            (struct dorg_match){path[2 * p->n], path[2 * p->n], path[2 * p->n + 1]};
    p->listed = p->n > 1;
    if (check(p, e)) dorg_matches_free(p);
    return e->code;
}

static int find_columns(int at[3], const struct dorg_tsv *t, struct dorg_err *e)
{
    static const char *const mask[] = {"mask", "pred", "seg", "map"};
    at[0] = at[1] = -1;
    if (!t->name) {
        if (t->n_cols != 2 && t->n_cols != 3)
            return dorg_fail(
                e, DORG_EDATA,
                "%d fields a line, expected 2 (mask truth) or 3 (case mask truth)", t->n_cols);
        at[0] = t->n_cols == 3 ? 0 : -1;
        at[1] = t->n_cols - 2;
        at[2] = t->n_cols - 1;
        return 0;
    }
    at[0] = dorg_tsv_col(t, "case");
    for (size_t i = 0; i < sizeof mask / sizeof *mask && at[1] < 0; i++)
        at[1] = dorg_tsv_col(t, mask[i]);
    if (at[1] < 0)
        return dorg_fail(e, DORG_EDATA, "the list has no column mask, pred, seg or map");
    at[2] = dorg_tsv_need(t, "truth", e);
    return e->code;
}

int dorg_matches_read(struct dorg_matches *p, struct dorg_in *in, struct dorg_err *e)
{
    int at[3] = {-1, -1, -1};
    *p = (struct dorg_matches){.listed = true};
    if (dorg_tsv_read(&p->list, in, "truth", e)) return e->code;
    if (find_columns(at, &p->list, e)) {
        dorg_err_at(e, dorg_in_name(in));
        goto fail;
    }
    if (!(p->pair = dorg_array(p->list.n_rows, sizeof *p->pair, e))) goto fail;
    for (; p->n < p->list.n_rows; p->n++) {
        const char *pred = dorg_tsv_at(&p->list, p->n, at[1]);
        p->pair[p->n] =
            (struct dorg_match){at[0] < 0 ? pred : dorg_tsv_at(&p->list, p->n, at[0]), pred,
                                dorg_tsv_at(&p->list, p->n, at[2])};
    }
    if (!dorg_tsv_no_hash(&p->list, e)) check(p, e);
    if (e->code) dorg_err_at(e, dorg_in_name(in));
    if (!e->code) return 0;
fail:
    dorg_matches_free(p);
    return e->code;
}

void dorg_matches_free(struct dorg_matches *p)
{
    if (!p) return;
    free(p->pair);
    dorg_tsv_free(&p->list);
    *p = DORG_MATCHES_INIT;
}
