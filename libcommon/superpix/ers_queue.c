/* ers_queue.c - entropy rate superpixels: edges waiting in buckets
 *
 * A bucket is a list of chunks of two cache lines each, so that walking it waits for memory
 * once in 10 edges.  An edge is in one place only, and only the last chunk of a bucket has
 * room, so edges / 10 + one a bucket are enough. */
#include "ers_in.h"

size_t dorg_ers_queue_chunks(size_t edges, uint32_t buckets)
{
    return edges / DORG_ERS_CHUNK + buckets + 2;
}

void dorg_ers_queue_clear(struct dorg_ers_queue *q, double low, double high)
{
    q->low = low;
    q->per_width = q->buckets / (high - low);
    memset(q->head, 0, q->buckets * sizeof *q->head);
    for (uint32_t i = 0; i < q->buckets; i++)
        q->tail[i] = DORG_ERS_CHUNK;
    q->free_chunk = 0;
    q->unused = 1;
}

void dorg_ers_queue_lengthen(struct dorg_ers_queue *q, uint32_t bucket)
{
    uint32_t c = q->free_chunk ? q->free_chunk : q->unused++;
    if (c == q->free_chunk) q->free_chunk = q->chunk[c].next;
    q->chunk[c].next = 0;
    if (q->head[bucket])
        q->chunk[q->tail[bucket] >> 4].next = c;
    else
        q->head[bucket] = c;
    q->tail[bucket] = 16 * c;
}

size_t dorg_ers_queue_take(struct dorg_ers_queue *q, uint32_t *edge, uint64_t *rate,
                           uint32_t bucket)
{
    uint32_t c = q->head[bucket], tail = q->tail[bucket];
    struct dorg_ers_chunk *from = &q->chunk[c];
    memcpy(edge, from->edge, sizeof from->edge);
    memcpy(rate, from->rate, sizeof from->rate);
    q->head[bucket] = from->next;
    __builtin_prefetch(&q->chunk[from->next]);
    __builtin_prefetch(&q->chunk[from->next].rate[3]);
    from->next = q->free_chunk;
    q->free_chunk = c;
    if (c != tail >> 4) return DORG_ERS_CHUNK;
    q->tail[bucket] = DORG_ERS_CHUNK;
    return tail & 15;
}
