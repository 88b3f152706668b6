/* ers_queue.c - entropy rate superpixels: edges waiting in buckets
 *
 * A bucket is a list of chunks of two cache lines each, so that walking it waits for memory
 * once in 10 edges.  An edge is in one place only, and only the last chunk of a bucket has
 * room, so 4 N / 10 + one a bucket are enough. */
#include "ers_in.h"

#include "mem.h"

int dorg_ers_queue_open(struct dorg_ers_queue **out, uint32_t n, struct dorg_err *e)
{
    struct dorg_ers_queue *q = *out = dorg_zeroed(1, sizeof *q, e);
    if (!q) return e->code;
    size_t chunks = (size_t)n * 4 / DORG_ERS_CHUNK + DORG_ERS_BUCKETS + 2;
    q->room = dorg_array(chunks + 1, sizeof *q->chunk, e);
    if (e->code) return e->code;
    uintptr_t at = (uintptr_t)q->room, line = sizeof *q->chunk;
    q->chunk = (struct dorg_ers_chunk *)(void *)((at + line - 1) / line * line);
    q->chunk[0] = (struct dorg_ers_chunk){.n = DORG_ERS_CHUNK};
    return 0;
}

void dorg_ers_queue_close(struct dorg_ers_queue *q)
{
    if (!q) return;
    free(q->room);
    free(q);
}

/* Rates begin at 2 (u(8) - u(7)) + max(-2 u(w)) < 9.77 at most.  At the end components have
 * about N / K pixels and spread about 2 N / K, which nu makes 2 lambda' top: the buckets reach
 * four times as far, and what falls below them shares the last. */
void dorg_ers_queue_clear(struct dorg_ers_queue *q, double lambda)
{
    const double most = 9.77, range = most * (1 + 8 * lambda);
    q->low = most - range;
    q->per_width = DORG_ERS_BUCKETS / range;
    memset(q->head, 0, sizeof q->head);
    memset(q->tail, 0, sizeof q->tail);
    q->free_chunk = 0;
    q->unused = 1;
}

void dorg_ers_queue_lengthen(struct dorg_ers_queue *q, uint32_t bucket)
{
    uint32_t c = q->free_chunk ? q->free_chunk : q->unused++;
    if (c == q->free_chunk) q->free_chunk = q->chunk[c].next;
    q->chunk[c].next = 0;
    q->chunk[c].n = 0;
    if (q->head[bucket])
        q->chunk[q->tail[bucket]].next = c;
    else
        q->head[bucket] = c;
    q->tail[bucket] = c;
}

size_t dorg_ers_queue_take(struct dorg_ers_queue *q, uint32_t *edge, uint64_t *rate,
                           uint32_t bucket)
{
    size_t n = 0;
    uint32_t c;
    while ((c = q->head[bucket]) && n + DORG_ERS_CHUNK <= DORG_ERS_BATCH) {
        struct dorg_ers_chunk *from = &q->chunk[c];
        memcpy(edge + n, from->edge, sizeof from->edge);
        memcpy(rate + n, from->rate, sizeof from->rate);
        n += from->n;
        q->head[bucket] = from->next;
        __builtin_prefetch(&q->chunk[from->next]);
        __builtin_prefetch(&q->chunk[from->next].rate[3]);
        from->next = q->free_chunk;
        q->free_chunk = c;
    }
    if (!q->head[bucket]) q->tail[bucket] = 0;
    return n;
}
