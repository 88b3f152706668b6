/* o_flood.c - components by flooding */
#include "o_flood.h"

#include <stdlib.h>

enum { MAX = 4096 };

static int joined(int connect, int dx, int dy, int dz)
{
    int steps = abs(dx) + abs(dy) + abs(dz);
    return steps > 0 && steps <= (connect == 6 ? 1 : connect == 18 ? 2 : 3);
}

static void flood(int *comp, int number, const int32_t n[3], int connect, int from)
{
    static int stack[MAX];
    int top = 0;
    stack[top++] = from;
    comp[from] = number;
    while (top) {
        int i = stack[--top], x = i % n[0], y = i / n[0] % n[1], z = i / n[0] / n[1];
        for (int k = 0; k < 27; k++) {
            int dx = k % 3 - 1, dy = k / 3 % 3 - 1, dz = k / 9 - 1;
            int u = x + dx, v = y + dy, w = z + dz, j = (w * n[1] + v) * n[0] + u;
            if (!joined(connect, dx, dy, dz)) continue;
            if (u < 0 || v < 0 || w < 0 || u >= n[0] || v >= n[1] || w >= n[2]) continue;
            if (comp[j] != -1) continue;
            comp[j] = number;
            stack[top++] = j;
        }
    }
}

int o_flood(int *comp, const uint8_t *mask, const int32_t n[3], int connect, int zero)
{
    int voxels = n[0] * n[1] * n[2], found = 0;
    for (int i = 0; i < voxels; i++)
        comp[i] = (mask[i] == 0) == zero ? -1 : 0;
    for (int i = 0; i < voxels; i++)
        if (comp[i] == -1) flood(comp, ++found, n, connect, i);
    return found;
}

void o_keep(uint8_t *mask, const int32_t n[3], int connect, int keep, int least)
{
    static int comp[MAX], size[MAX + 1], rank;
    int voxels = n[0] * n[1] * n[2], found = o_flood(comp, mask, n, connect, 0);
    for (int c = 1; c <= found; c++) {
        size[c] = 0;
        for (int i = 0; i < voxels; i++)
            size[c] += comp[i] == c;
    }
    for (int i = 0; i < voxels; i++) {
        int c = comp[i];
        rank = 0;
        for (int d = 1; d <= found; d++)
            rank += size[d] > size[c] || (size[d] == size[c] && d < c);
        mask[i] = c && size[c] >= least && (!keep || rank < keep);
    }
}

void o_fill(uint8_t *mask, const int32_t n[3], int connect, int deep)
{
    static int comp[MAX];
    int voxels = n[0] * n[1] * n[2];
    int found = o_flood(comp, mask, n, connect == 6 ? 26 : 6, 1);
    for (int c = 1; c <= found; c++) {
        int open = 0;
        for (int i = 0; i < voxels; i++) {
            int x = i % n[0], y = i / n[0] % n[1], z = i / n[0] / n[1];
            int edge = x == 0 || y == 0 || x == n[0] - 1 || y == n[1] - 1 ||
                       (deep && (z == 0 || z == n[2] - 1));
            open |= comp[i] == c && edge;
        }
        for (int i = 0; i < voxels; i++)
            if (comp[i] == c && !open) mask[i] = 1;
    }
}
