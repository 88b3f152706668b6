/* o_dist.c - slow truths of distances and tests */
#include "o_dist.h"

static int is_in(const uint8_t *mask, uint8_t bit, const int n[3], int x, int y, int z)
{
    if (x < 0 || y < 0 || z < 0 || x >= n[0] || y >= n[1] || z >= n[2]) return 0;
    return (mask[((size_t)z * (size_t)n[1] + (size_t)y) * (size_t)n[0] + (size_t)x] & bit) !=
           0;
}

static int on_surface(const uint8_t *m, uint8_t bit, const int n[3], int x, int y, int z)
{
    return is_in(m, bit, n, x, y, z) &&
           !(is_in(m, bit, n, x - 1, y, z) && is_in(m, bit, n, x + 1, y, z) &&
             is_in(m, bit, n, x, y - 1, z) && is_in(m, bit, n, x, y + 1, z) &&
             is_in(m, bit, n, x, y, z - 1) && is_in(m, bit, n, x, y, z + 1));
}

static int ascending(const void *p, const void *q)
{
    double a = *(const double *)p, b = *(const double *)q;
    return a < b ? -1 : a > b;
}

size_t o_dist(double *d, const uint8_t *mask, uint8_t a, uint8_t b, const int n[3],
              const double mm[3])
{
    size_t count = 0;
    int all = n[0] * n[1] * n[2];
    for (int i = 0; i < all; i++) {
        int p[3] = {i % n[0], i / n[0] % n[1], i / n[0] / n[1]};
        if (!on_surface(mask, a, n, p[0], p[1], p[2])) continue;
        double best = INFINITY;
        for (int j = 0; j < all; j++) {
            int q[3] = {j % n[0], j / n[0] % n[1], j / n[0] / n[1]};
            if (!on_surface(mask, b, n, q[0], q[1], q[2])) continue;
            double s = 0;
            for (int c = 0; c < 3; c++)
                s += pow(mm[c] * (p[c] - q[c]), 2);
            if (s < best) best = s;
        }
        d[count++] = sqrt(best);
    }
    qsort(d, count, sizeof *d, ascending);
    return count;
}

double o_wilcoxon_exact(int n, double w_plus)
{
    double less = 0, more = 0, all = 0;
    for (unsigned signs = 0; signs < 1u << n; signs++) {
        double w = 0;
        for (int i = 0; i < n; i++)
            if (signs >> i & 1) w += i + 1;
        less += w <= w_plus;
        more += w >= w_plus;
        all++;
    }
    double p = 2 * (less < more ? less : more) / all;
    return p < 1 ? p : 1;
}

double o_student(double t, double df)
{
    /* area from 0 to t in u = atan(x / sqrt(df)), where the density is cos^(df-1) */
    const int steps = 20000;
    double top = atan(fabs(t) / sqrt(df)), area = 0, whole = 0, half_pi = acos(0);
    for (int k = 0; k <= steps; k++) {
        double w = k == 0 || k == steps ? 1 : k % 2 ? 4 : 2;
        area += w * pow(cos(top * k / steps), df - 1);
        whole += w * pow(cos(half_pi * k / steps), df - 1);
    }
    return 1 - area * top / (whole * half_pi);
}
