/* o_edges.c - borders and overlaps by looking */
#include "o_edges.h"

static int32_t at(const int32_t *label, const int32_t n[3], int x, int y, int z)
{
    return label[((long)z * n[1] + y) * n[0] + x];
}

long o_border(const int32_t *label, const int32_t n[3], int z, int a, int b)
{
    static const int step[4][2] = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}};
    long sides = 0;
    for (int y = 0; y < n[1]; y++)
        for (int x = 0; x < n[0]; x++)
            for (int k = 0; k < 4; k++) {
                int u = x + step[k][0], v = y + step[k][1];
                if (u < 0 || v < 0 || u >= n[0] || v >= n[1]) continue;
                sides += at(label, n, x, y, z) == a && at(label, n, u, v, z) == b;
            }
    return sides;
}

long o_overlap(const int32_t *label, const int32_t n[3], int z, int a, int b)
{
    long pixels = 0;
    for (int y = 0; y < n[1]; y++)
        for (int x = 0; x < n[0]; x++)
            pixels += at(label, n, x, y, z) == a && at(label, n, x, y, z + 1) == b;
    return pixels;
}

long o_pixels(const int32_t *label, const float *value, const int32_t n[3], int z, int a,
              double *mean)
{
    long pixels = 0;
    double sum = 0;
    for (long i = 0; i < (long)n[0] * n[1]; i++) {
        long j = (long)z * n[0] * n[1] + i;
        if (label[j] != a) continue;
        pixels++;
        if (value) sum += (double)value[j];
    }
    if (mean) *mean = pixels ? sum / (double)pixels : 0;
    return pixels;
}
