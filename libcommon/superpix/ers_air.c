/* ers_air.c - entropy rate superpixels: the air outside the body */
#include "ers_in.h"

enum { REACH = 3 };

/* flat[x] = DORG_ERS_FLAT where the (2 REACH + 1)^2 pixels about (x, y) are 0; beyond the
 * slice is 0. `room` holds nx + 2 REACH bytes, the first and last REACH of them 0. */
static void flat_row(uint8_t *flat, uint8_t *room, const uint8_t *grey, int32_t nx, int32_t ny,
                     int32_t y)
{
    int32_t from = y < REACH ? 0 : y - REACH, to = y + REACH < ny ? y + REACH : ny - 1;
    memset(room + REACH, 0, (size_t)nx);
    for (int32_t r = from; r <= to; r++) {
        const uint8_t *row = grey + r * nx;
        for (int32_t x = 0; x < nx; x++)
            room[x + REACH] |= row[x];
    }
    for (int32_t x = 0; x < nx; x++)
        flat[x] = (room[x] | room[x + 1] | room[x + 2] | room[x + 3] | room[x + 4] |
                   room[x + 5] | room[x + 6]) == 0; /* DORG_ERS_FLAT */
}

/* Make air of the flat pixels 4-connected to `seed`.  Those to be looked at are a list along
 * their labels, which ends at a pixel that names itself. */
static void flood(struct dorg_ers *s, uint32_t seed)
{
    int32_t *next = s->label;
    uint32_t nx = (uint32_t)s->nx;
    if (s->air[seed] != DORG_ERS_FLAT) return;
    s->air[seed] = DORG_ERS_AIR;
    next[seed] = (int32_t)seed;
    for (uint32_t top = seed, a, end = 0; !end;) {
        a = top;
        top = (uint32_t)next[a];
        end = top == a;
        uint32_t x = a % nx, near[4], m = 0;
        next[a] = ~(int32_t)seed;
        if (x > 0) near[m++] = a - 1;
        if (x + 1 < nx) near[m++] = a + 1;
        if (a >= nx) near[m++] = a - nx;
        if (a + nx < s->n) near[m++] = a + nx;
        for (uint32_t i = 0; i < m; i++) {
            uint32_t b = near[i];
            if (s->air[b] != DORG_ERS_FLAT) continue;
            s->air[b] = DORG_ERS_AIR;
            next[b] = (int32_t)(end ? b : top);
            end = 0;
            top = b;
        }
    }
}

void dorg_ers_find_air(struct dorg_ers *s)
{
    uint32_t nx = (uint32_t)s->nx, last = s->n - nx;
    for (int32_t y = 0; y < s->ny; y++)
        flat_row(s->air + (size_t)y * nx, s->row, s->grey, s->nx, s->ny, y);
    for (uint32_t x = 0; x < nx; x++) {
        flood(s, x);
        flood(s, last + x);
    }
    for (uint32_t a = 0; a < s->n; a += nx) {
        flood(s, a);
        flood(s, a + nx - 1);
    }
}
