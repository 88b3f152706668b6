/* ers_sort.c - entropy rate superpixels: edges in order */
#include "ers_in.h"

#include "../base/mem.h"

int dorg_ers_heap_push(struct dorg_ers_list *h, struct dorg_ers_item it, struct dorg_err *e)
{
    if (h->n == h->cap && dorg_grow(&h->v, h->n, &h->cap, sizeof *h->v, e)) return e->code;
    size_t i = h->n++;
    for (; i > 0 && dorg_ers_before(&it, &h->v[(i - 1) / 2]); i = (i - 1) / 2)
        h->v[i] = h->v[(i - 1) / 2];
    h->v[i] = it;
    return 0;
}

struct dorg_ers_item dorg_ers_heap_pop(struct dorg_ers_list *h)
{
    struct dorg_ers_item top = h->v[0], last = h->v[--h->n];
    size_t i = 0;
    for (size_t c; (c = 2 * i + 1) < h->n; i = c) {
        if (c + 1 < h->n && dorg_ers_before(&h->v[c + 1], &h->v[c])) c++;
        if (!dorg_ers_before(&h->v[c], &last)) break;
        h->v[i] = h->v[c];
    }
    h->v[i] = last;
    return top;
}

/* Merge the sorted from[a, b) and from[b, c) into to[a, c). */
static void merge(struct dorg_ers_item *to, const struct dorg_ers_item *from, size_t a,
                  size_t b, size_t c)
{
    size_t i = a, j = b, k = a;
    while (i < b && j < c)
        to[k++] = dorg_ers_before(&from[j], &from[i]) ? from[j++] : from[i++];
    memcpy(to + k, from + i, (b - i) * sizeof *to);
    memcpy(to + k + (b - i), from + j, (c - j) * sizeof *to);
}

/* End of the run of sorted items that begins at i. */
static size_t run_end(const struct dorg_ers_item *v, size_t n, size_t i)
{
    for (i++; i < n && dorg_ers_before(&v[i - 1], &v[i]); i++)
        ;
    return i;
}

/* Short runs are made long by insertion, long ones merged, until one is left. */
int dorg_ers_sort(struct dorg_ers_list *l, struct dorg_ers_list *spare, struct dorg_err *e)
{
    enum { SHORT = 12 };
    for (size_t a = 0, b; a < l->n; a = b) {
        b = run_end(l->v, l->n, a);
        for (; b < l->n && b < a + SHORT; b++) {
            struct dorg_ers_item it = l->v[b];
            size_t i = b;
            for (; i > a && dorg_ers_before(&it, &l->v[i - 1]); i--)
                l->v[i] = l->v[i - 1];
            l->v[i] = it;
        }
    }
    while (run_end(l->v, l->n, 0) < l->n) {
        while (spare->cap < l->n)
            if (dorg_grow(&spare->v, spare->cap, &spare->cap, sizeof *l->v, e)) return e->code;
        for (size_t a = 0, b, c; a < l->n; a = c) {
            b = run_end(l->v, l->n, a);
            c = b < l->n ? run_end(l->v, l->n, b) : b;
            merge(spare->v, l->v, a, b, c);
        }
        struct dorg_ers_list t = *l;
        spare->n = l->n;
        *l = *spare;
        *spare = t;
    }
    return 0;
}
