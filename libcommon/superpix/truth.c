/* truth.c - superpixels against the truth: overlaps, label rules, the optimal DSC */
#include "truth.h"

#include "../base/ids.h"
#include "../base/mem.h"

__extension__ typedef __int128 wide; /* products of voxel counts */

int dorg_truth_rule_parse(struct dorg_truth_rule *r, const char *s, struct dorg_err *e)
{
    static const char *const name[] = {"coverage", "dice", "optimal"};
    size_t n = strcspn(s, ":");
    for (int k = 0; k < 3; k++) {
        if (strlen(name[k]) != n || strncmp(s, name[k], n) != 0) continue;
        *r = (struct dorg_truth_rule){.kind = (enum dorg_truth_kind)k, .cut = 0.5};
        if (!s[n]) return 0;
        char *end = NULL;
        double cut = strtod(s + n + 1, &end);
        if (k == DORG_TRUTH_OPTIMAL || end == s + n + 1 || *end || !(cut > 0 && cut <= 1))
            break;
        r->cut = cut;
        return 0;
    }
    return dorg_fail(e, DORG_EUSAGE,
                     "label rule must be coverage:F, dice:D (0 < F, D <= 1) or optimal, "
                     "found %.40s",
                     s);
}

static void tally(struct dorg_truth *s, const struct dorg_ids *m, const int32_t *label,
                  const uint8_t *truth, const int32_t n[3])
{
    for (int32_t z = 0; z < n[2]; z++) {
        struct dorg_truth_overlap *o = NULL;
        for (size_t i = dorg_at(n, 0, 0, z), end = dorg_at(n, 0, 0, z + 1); i < end; i++) {
            int in = truth[i] != 0;
            s->truth_voxels += in;
            if (label[i] == 0) continue;
            if (!o || o->id != label[i]) o = &s->sp[dorg_ids_at(m, label[i])];
            if (o->area == 0) *o = (struct dorg_truth_overlap){.id = label[i], .z = z};
            o->area++;
            o->inside += in;
        }
    }
}

int dorg_truth_count(struct dorg_truth *s, const struct dorg_vol *labels,
                     const struct dorg_vol *truth, struct dorg_err *e)
{
    *s = DORG_TRUTH_INIT;
    struct dorg_ids m = DORG_IDS_INIT;
    if (dorg_grid_same(&labels->grid, &truth->grid, e)) goto done;
    if (dorg_ids_make(&m, labels->data, dorg_grid_count(&labels->grid), e)) goto done;
    s->sp = dorg_zeroed(m.n, sizeof *s->sp, e);
    if (e->code) goto done;
    s->n = m.n;
    tally(s, &m, labels->data, truth->data, labels->grid.n);
done:
    dorg_ids_free(&m);
    return e->code;
}

void dorg_truth_free(struct dorg_truth *s)
{
    free(s->sp);
    *s = DORG_TRUTH_INIT;
}

double dorg_truth_coverage(const struct dorg_truth *s, size_t i)
{
    return (double)s->sp[i].inside / (double)s->sp[i].area;
}

/* Descending in f; f_a > f_b iff inside_a area_b > inside_b area_a. */
static int by_coverage(const void *pa, const void *pb)
{
    const struct dorg_truth_overlap *a = pa, *b = pb;
    wide l = (wide)a->inside * b->area, r = (wide)b->inside * a->area;
    if (l != r) return l > r ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

/* The best prefix: tp = sum inside, size = sum area of the superpixels kept. */
static int best_prefix(int64_t *tp, int64_t *size, const struct dorg_truth *s,
                       struct dorg_err *e)
{
    *tp = *size = 0;
    struct dorg_truth_overlap *o = dorg_array(s->n, sizeof *o, e);
    if (!o) return e->code;
    if (s->n) memcpy(o, s->sp, s->n * sizeof *o);
    qsort(o, s->n, sizeof *o, by_coverage);
    int64_t t = 0, a = 0, g = s->truth_voxels;
    for (size_t i = 0; i < s->n && o[i].inside > 0; i++) {
        t += o[i].inside;
        a += o[i].area;
        if ((wide)t * (*size + g) > (wide)*tp * (a + g)) { /* strictly better only */
            *tp = t;
            *size = a;
        }
    }
    free(o);
    return 0;
}

int dorg_truth_apply(uint8_t *truth, const struct dorg_truth *s,
                     const struct dorg_truth_rule *r, struct dorg_err *e)
{
    int64_t tp = 0, size = 0;
    if (r->kind == DORG_TRUTH_OPTIMAL && best_prefix(&tp, &size, s, e)) return e->code;
    for (size_t i = 0; i < s->n; i++) {
        const struct dorg_truth_overlap *o = &s->sp[i];
        double in = (double)o->inside, all = (double)o->area;
        switch (r->kind) {
        case DORG_TRUTH_COVERAGE:
            truth[i] = in / all >= r->cut;
            break;
        case DORG_TRUTH_DICE:
            truth[i] = 2 * in / (all + in) >= r->cut;
            break;
        case DORG_TRUTH_OPTIMAL: /* f > DSC* / 2 = tp / (size + |G|) */
            truth[i] = (wide)o->inside * (size + s->truth_voxels) > (wide)tp * o->area;
            break;
        }
    }
    return 0;
}

int dorg_truth_optimum(double *dsc, const struct dorg_truth *s, struct dorg_err *e)
{
    int64_t tp, size;
    *dsc = (double)NAN;
    if (best_prefix(&tp, &size, s, e)) return e->code;
    if (s->truth_voxels) *dsc = 2 * (double)tp / (double)(size + s->truth_voxels);
    return 0;
}
