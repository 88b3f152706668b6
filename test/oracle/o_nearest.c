/* o_nearest.c - one loop, whole numbers */
#include "o_nearest.h"

size_t o_nearest(const int n[3], const int64_t pitch[3], const uint64_t *at, size_t count,
                 int x, int y, int z)
{
    size_t best = 0;
    int64_t least = -1;
    for (size_t i = 0; i < count; i++) {
        int64_t j = (int64_t)at[i];
        int64_t dx = (j % n[0] - x) * pitch[0], dy = (j / n[0] % n[1] - y) * pitch[1],
                dz = (j / n[0] / n[1] - z) * pitch[2];
        int64_t d = dx * dx + dy * dy + dz * dz;
        if (least >= 0 && d >= least) continue;
        least = d;
        best = i;
    }
    return best;
}
