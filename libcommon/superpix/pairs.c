/* pairs.c - open addressing, linear probing, at most half full */
#include "../base/mem.h"
#include "pairs.h"

static size_t place(const struct dorg_pairs *p, uint32_t a, uint32_t b)
{
    uint64_t h = ((uint64_t)a << 32 | b) * 0x9e3779b97f4a7c15u; /* 2^64 / golden ratio */
    size_t i = (size_t)(h >> 20) & (p->n_slots - 1);
    while (p->slot[i].n && (p->slot[i].a != a || p->slot[i].b != b))
        i = (i + 1) & (p->n_slots - 1);
    return i;
}

static int widen(struct dorg_pairs *p, struct dorg_err *e)
{
    struct dorg_pairs w = {.n_slots = p->n_slots ? 2 * p->n_slots : 256, .n = p->n};
    if (!(w.slot = dorg_zeroed(w.n_slots, sizeof *w.slot, e))) return e->code;
    for (size_t i = 0; i < p->n_slots; i++)
        if (p->slot[i].n) w.slot[place(&w, p->slot[i].a, p->slot[i].b)] = p->slot[i];
    free(p->slot);
    *p = w;
    return 0;
}

int dorg_pairs_count(struct dorg_pairs *p, uint32_t a, uint32_t b, uint32_t times,
                     struct dorg_err *e)
{
    if (2 * p->n >= p->n_slots && widen(p, e)) return e->code;
    struct dorg_pair *s = &p->slot[place(p, a, b)];
    p->n += !s->n;
    *s = (struct dorg_pair){a, b, s->n + times};
    return 0;
}

static int ascending(const void *x, const void *y)
{
    const struct dorg_pair *p = x, *q = y;
    if (p->a != q->a) return p->a < q->a ? -1 : 1;
    return (p->b > q->b) - (p->b < q->b);
}

void dorg_pairs_sort(struct dorg_pairs *p)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n_slots; i++)
        if (p->slot[i].n) p->slot[n++] = p->slot[i];
    if (n) qsort(p->slot, n, sizeof *p->slot, ascending);
}

void dorg_pairs_free(struct dorg_pairs *p)
{
    free(p->slot);
    *p = DORG_PAIRS_INIT;
}
