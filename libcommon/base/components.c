/* components.c - runs, and a forest of runs */
#include "components.h"
#include "mem.h"

struct work {
    struct dorg_components *c;
    size_t cap;
    const uint8_t *mask;
    const int32_t *n;
    bool of_zero;
};

/* First x >= from whose voxel is (in) or is not (!in) a member; nx if none. */
static int32_t next(const uint8_t *row, int32_t from, int32_t nx, bool in, bool of_zero)
{
    const bool zero = in == of_zero; /* look for a zero byte, or for one that is not */
    int32_t x = from;
    while (!zero && x + 8 <= nx) { /* eight zeros at once */
        uint64_t w;
        memcpy(&w, row + x, 8);
        if (w) break;
        x += 8;
    }
    while (x < nx && (row[x] == 0) != zero)
        x++;
    return x;
}

static int find_runs(struct work *w, int32_t y, int32_t z, struct dorg_err *e)
{
    struct dorg_components *c = w->c;
    const uint8_t *row = w->mask + dorg_at(w->n, 0, y, z);
    for (int32_t x = 0; (x = next(row, x, w->n[0], true, w->of_zero)) < w->n[0];) {
        int32_t to = next(row, x, w->n[0], false, w->of_zero);
        if (c->n_runs >= UINT32_MAX)
            return dorg_fail(e, DORG_EDATA, "a mask of 2^32 runs of voxels");
        if (dorg_grow(&c->run, c->n_runs, &w->cap, sizeof *c->run, e)) return e->code;
        c->run[c->n_runs] = (struct dorg_run){x, to, y, z, (uint32_t)c->n_runs};
        c->n_runs++;
        x = to;
    }
    return 0;
}

static uint32_t root(struct dorg_run *r, uint32_t i)
{
    while (r[i].comp != i) {
        r[i].comp = r[r[i].comp].comp; /* halve the path */
        i = r[i].comp;
    }
    return i;
}

static void join(struct dorg_run *r, uint32_t i, uint32_t j)
{
    i = root(r, i);
    j = root(r, j);
    if (i < j)
        r[j].comp = i;
    else
        r[i].comp = j;
}

/* Join the runs i..i_end of one row with those j..j_end of another that they overlap, or
 * with reach 1 that they meet at a corner. */
static void join_rows(struct dorg_run *r, size_t i, size_t i_end, size_t j, size_t j_end,
                      int32_t reach)
{
    while (i < i_end && j < j_end) {
        if (r[i].from < r[j].to + reach && r[j].from < r[i].to + reach)
            join(r, (uint32_t)i, (uint32_t)j);
        if (r[i].to < r[j].to)
            i++;
        else
            j++;
    }
}

/* Join row (y, z), whose runs are at[row]..at[row + 1], with its neighbours before it. */
static void join_before(struct work *w, const size_t *at, int32_t y, int32_t z, int connect)
{
    static const int32_t before[4][2] = {{-1, 0}, {0, -1}, {-1, -1}, {1, -1}}; /* y, z */
    size_t me = dorg_pixel(w->n[1], y, z);
    for (int k = 0; k < (connect == 6 ? 2 : 4); k++) {
        int32_t v = y + before[k][0], u = z + before[k][1];
        if (v < 0 || v >= w->n[1] || u < 0) continue;
        size_t row = dorg_pixel(w->n[1], v, u);
        int32_t reach = connect == 26 || (connect == 18 && k < 2) ? 1 : 0;
        join_rows(w->c->run, at[me], at[me + 1], at[row], at[row + 1], reach);
    }
}

/* Roots become 0, 1, ... in order; sizes are added up. */
static int number(struct dorg_components *c, struct dorg_err *e)
{
    for (size_t i = 0; i < c->n_runs; i++)
        c->run[i].comp = root(c->run, (uint32_t)i);
    for (size_t i = 0; i < c->n_runs; i++) {
        uint32_t r = c->run[i].comp;
        c->run[i].comp = r == i ? (uint32_t)c->n++ : c->run[r].comp;
    }
    if (!(c->size = dorg_zeroed(c->n, sizeof *c->size, e))) return e->code;
    for (size_t i = 0; i < c->n_runs; i++)
        c->size[c->run[i].comp] += (size_t)(c->run[i].to - c->run[i].from);
    return 0;
}

int dorg_components(struct dorg_components *c, const uint8_t *mask, const int32_t n[3],
                    int connect, bool of_zero, struct dorg_err *e)
{
    struct work w = {c, 0, mask, n, of_zero};
    size_t *at = dorg_array(dorg_area(n + 1) + 1, sizeof *at, e), k = 0;
    *c = DORG_COMPONENTS_INIT;
    if (!at) return e->code;
    for (int32_t z = 0; z < n[2]; z++)
        for (int32_t y = 0; y < n[1]; y++) {
            at[k++] = c->n_runs;
            if (find_runs(&w, y, z, e)) goto done;
            at[k] = c->n_runs;
            join_before(&w, at, y, z, connect);
        }
    number(c, e);
done:
    free(at);
    if (e->code) dorg_components_free(c);
    return e->code;
}

void dorg_components_free(struct dorg_components *c)
{
    free(c->run);
    free(c->size);
    *c = DORG_COMPONENTS_INIT;
}
