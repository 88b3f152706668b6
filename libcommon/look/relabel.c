/* relabel.c - labels by index */
#include "relabel.h"
#include "../file/grid.h"

int dorg_relabel_flips(bool flip[3], const char *word, struct dorg_err *e)
{
    flip[0] = flip[1] = flip[2] = false;
    if (strcmp(word, "none") == 0) return 0;
    for (const char *p = word; *p; p++) {
        if (*p < 'x' || *p > 'z' || flip[*p - 'x'])
            return dorg_fail(e, DORG_EUSAGE, "--flip: not none or some of xyz: %s", word);
        flip[*p - 'x'] = true;
    }
    return 0;
}

static bool kept(const struct dorg_relabel *how, int32_t v)
{
    if (how->n_keep == 0) return v != 0;
    for (int i = 0; i < how->n_keep; i++)
        if (how->keep[i] == v) return true;
    return false;
}

/* The mask and the CT share a grid; further flips are along its stored axes. */
static void shares(struct dorg_relabel *how, const struct dorg_vol *ct,
                   const struct dorg_vol *mask)
{
    struct dorg_walk w;
    uint64_t n = 0, in[4] = {0};
    const float *hu = ct->data;
    const uint8_t *m = mask->data;
    dorg_walk_stored(&w, &ct->grid);
    for (int32_t k = 0; k < w.n[2]; k++)
        for (int32_t j = 0; j < w.n[1]; j++)
            for (int32_t i = 0; i < w.n[0]; i++) {
                ptrdiff_t at = w.start + i * w.step[0] + j * w.step[1] + k * w.step[2];
                if (!m[at]) continue;
                n++;
                ptrdiff_t to_y = (w.n[1] - 1 - 2 * j) * w.step[1];
                ptrdiff_t to_z = (w.n[2] - 1 - 2 * k) * w.step[2];
                for (int f = 0; f < 4; f++) {
                    float v = hu[at + (f & 1 ? to_y : 0) + (f & 2 ? to_z : 0)];
                    in[f] += (double)v >= how->lo_hu && (double)v <= how->hi_hu;
                }
            }
    for (int f = 0; f < 4; f++)
        how->share[f] = n ? (double)in[f] / (double)n : 0;
}

static int judge(const struct dorg_relabel *how, struct dorg_err *e)
{
    static const char *const name[] = {"", "y", "z", "y and z"};
    int best = 0;
    for (int f = 1; f < 4; f++)
        if (how->share[f] > how->share[best]) best = f;
    if (how->share[0] < how->least)
        return dorg_fail(
            e, DORG_EDATA,
            "the label does not fit: %.3f of it lies within %g to %g HU, expected "
            "at least %g (flipped in y %.3f, z %.3f, both %.3f)",
            how->share[0], how->lo_hu, how->hi_hu, how->least, how->share[1], how->share[2],
            how->share[3]);
    if (best)
        return dorg_fail(e, DORG_EDATA,
                         "the label fits better flipped in %s: %.3f of it lies within %g to "
                         "%g HU, as placed %.3f",
                         name[best], how->share[best], how->lo_hu, how->hi_hu, how->share[0]);
    return 0;
}

/* The label on the CT's grid. */
static int lay(struct dorg_vol *laid, const struct dorg_vol *ct, const struct dorg_vol *label,
               const struct dorg_relabel *how, struct dorg_err *e)
{
    const double tolerance_mm = 0.1;
    const struct dorg_stored *c = &ct->grid.stored, *l = &label->grid.stored;
    if (!how->by_header) return dorg_grid_by_index(laid, label, &ct->grid, how->flip, e);
    bool ct_says = c->sform_code > 0 || c->qform_code > 0;
    bool label_says = l->sform_code > 0 || l->qform_code > 0;
    if (ct_says != label_says)
        return dorg_fail(e, DORG_EDATA,
                         "the header of the %s states no orientation, that of the %s does",
                         ct_says ? "label" : "CT", ct_says ? "CT" : "label");
    if (dorg_grid_within(&ct->grid, &label->grid, tolerance_mm, e)) return e->code;
    const struct dorg_vol on_ct = {.grid = ct->grid, .history = label->history};
    if (dorg_vol_like(laid, &on_ct, label->type, e)) return e->code;
    memcpy(laid->data, label->data,
           dorg_grid_count(&label->grid) * dorg_type_size(label->type));
    return 0;
}

int dorg_relabel(struct dorg_vol *out, const struct dorg_vol *ct, const struct dorg_vol *label,
                 struct dorg_relabel *how, struct dorg_err *e)
{
    struct dorg_vol laid;
    size_t any = 0;
    *out = DORG_VOL_INIT;
    if (lay(&laid, ct, label, how, e)) return e->code;
    if (dorg_vol_like(out, &laid, DORG_U8, e)) goto done;
    const int32_t *v = laid.data;
    uint8_t *m = out->data;
    for (size_t i = 0, n = dorg_grid_count(&ct->grid); i < n; i++)
        any += m[i] = kept(how, v[i]);
    shares(how, ct, out);
    if (how->least > 0 && any) judge(how, e);
    if (how->least > 0 && !any && !how->allow_empty)
        dorg_fail(e, DORG_EDATA, "the label is empty");
done:
    dorg_vol_free(&laid);
    if (e->code) dorg_vol_free(out);
    return e->code;
}

int dorg_relabel_fits(const struct dorg_vol *ct, const struct dorg_vol *mask,
                      struct dorg_relabel *how, struct dorg_err *e)
{
    const uint8_t *m = mask->data;
    if (dorg_grid_same(&ct->grid, &mask->grid, e)) return e->code;
    for (size_t i = 0, n = dorg_grid_count(&mask->grid); i < n; i++)
        if (m[i]) {
            shares(how, ct, mask);
            return how->least > 0 ? judge(how, e) : 0;
        }
    return 0;
}
