/* bits.c - masks at one bit a voxel */
#include "bits.h"
#include "../base/mem.h"
#include "../base/par.h"

int dorg_bits_make(struct dorg_bits *b, const int32_t n[3], const double mm[3],
                   struct dorg_err *e)
{
    *b = (struct dorg_bits){.words = ((size_t)n[0] + 63) / 64};
    memcpy(b->n, n, sizeof b->n);
    memcpy(b->mm, mm, sizeof b->mm);
    for (int m = 0; m < 2; m++)
        if (!(b->bit[m] = dorg_zeroed(dorg_bits_words(b), sizeof **b->bit, e))) {
            dorg_bits_free(b);
            return e->code;
        }
    return 0;
}

void dorg_bits_free(struct dorg_bits *b)
{
    free(b->bit[0]);
    free(b->bit[1]);
    *b = (struct dorg_bits){0};
}

/* Bit k: byte k of the eight at p is not 0 after `flip` is taken off it. */
static uint64_t eight(const uint8_t *p, uint64_t flip)
{
    const uint64_t low = 0x7f7f7f7f7f7f7f7fu;
    uint64_t w;
    memcpy(&w, p, sizeof w);
    w ^= flip;
    w = ((((w & low) + low) | w) & ~low) >> 7; /* 1 or 0 in every byte */
    return w * 0x0102040810204080u >> 56;
}

static uint64_t from_bytes(const uint8_t *p, int32_t n, int32_t label)
{
    uint64_t w = 0, flip = (uint64_t)label * 0x0101010101010101u;
    int32_t k = 0;
    if (label < 0 || label > UINT8_MAX) return 0;
    for (; k + 8 <= n; k += 8)
        w |= eight(p + k, flip) << k;
    for (; k < n; k++)
        w |= (uint64_t)(p[k] != label) << k;
    if (label == 0) return w;
    return ~w & (n == 64 ? UINT64_MAX : ((uint64_t)1 << n) - 1);
}

uint64_t dorg_bits_of(const struct dorg_vol *v, size_t i, int32_t n, int32_t label)
{
    if (v->type == DORG_U8) return from_bytes((const uint8_t *)v->data + i, n, label);
    const int32_t *p = (const int32_t *)v->data + i;
    uint64_t w = 0;
    for (int32_t k = 0; k < n; k++)
        w |= (uint64_t)(label ? p[k] == label : p[k] != 0) << k;
    return w;
}

void dorg_bits_count(size_t *per_slice, const struct dorg_bits *b, const uint64_t *mask)
{
    size_t slice = b->words * (size_t)b->n[1];
    for (int32_t z = 0; z < b->n[2]; z++, mask += slice) {
        per_slice[z] = 0;
        for (size_t k = 0; k < slice; k++)
            if (mask[k]) per_slice[z] += (size_t)__builtin_popcountll(mask[k]);
    }
}

struct surfacing {
    uint64_t *to;
    const struct dorg_bits *b;
    const uint64_t *mask;
};

static void surface_row(uint64_t *to, const uint64_t *row, ptrdiff_t dy, ptrdiff_t dz,
                        size_t words)
{
    for (size_t k = 0; k < words; k++) {
        uint64_t w = row[k];
        const uint64_t *at = row + k;
        uint64_t before = w << 1 | (k > 0 ? row[k - 1] >> 63 : 0);
        uint64_t after = w >> 1 | (k + 1 < words ? row[k + 1] << 63 : 0);
        to[k] = w & ~(before & after & at[-dy] & at[dy] & at[-dz] & at[dz]);
    }
}

static int surface_slice(void *ctx, size_t z, size_t worker, struct dorg_err *e)
{
    (void)worker, (void)e;
    const struct surfacing *s = ctx;
    size_t ny = (size_t)s->b->n[1], nz = (size_t)s->b->n[2], words = s->b->words;
    for (size_t y = 0; y < ny; y++) {
        size_t at = (z * ny + y) * words;
        if (y == 0 || y + 1 == ny || z == 0 || z + 1 == nz)
            memcpy(s->to + at, s->mask + at, words * sizeof *s->to);
        else
            surface_row(s->to + at, s->mask + at, (ptrdiff_t)words, (ptrdiff_t)(words * ny),
                        words);
    }
    return 0;
}

int dorg_bits_surface(uint64_t *to, const struct dorg_bits *b, const uint64_t *mask, int jobs,
                      struct dorg_err *e)
{
    struct surfacing s = {to, b, mask};
    return dorg_par((size_t)b->n[2], jobs, surface_slice, &s, e);
}
