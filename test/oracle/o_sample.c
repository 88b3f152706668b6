/* o_sample.c - trilinear sampling of a volume that is 0 outside */
#include "o_sample.h"

static double voxel(const uint8_t *v, const int n[3], long x, long y, long z)
{
    if (x < 0 || y < 0 || z < 0 || x >= n[0] || y >= n[1] || z >= n[2]) return 0;
    return v[x + n[0] * (y + n[1] * z)];
}

/* The sum over the eight voxels around a point of value times overlap. */
static double at_point(const uint8_t *v, const int n[3], const double p[3])
{
    double sum = 0;
    for (int corner = 0; corner < 8; corner++) {
        double w = 1;
        long q[3];
        for (int a = 0; a < 3; a++) {
            q[a] = (long)floor(p[a]) + (corner >> a & 1);
            w *= 1 - fabs(p[a] - (double)q[a]);
        }
        sum += w * voxel(v, n, q[0], q[1], q[2]);
    }
    return sum;
}

double o_patch25(const uint8_t *v, const int n[3], const int at[3], int plane, int r, int c,
                 int size, const double step[3])
{
    static const int across[3] = {0, 1, 0}, down[3] = {1, 2, 2};
    double p[3] = {at[0], at[1], at[2]};
    p[across[plane]] += (c - size / 2) * step[across[plane]];
    p[down[plane]] += (r - size / 2) * step[down[plane]];
    return at_point(v, n, p);
}

double o_warp2d(const uint8_t *v, const int n[3], int x, int y, int z, int nx, int ny, int r,
                int c, int size)
{
    double p[3] = {x + c * (nx - 1.0) / size, y + r * (ny - 1.0) / size, z};
    return at_point(v, n, p);
}

/* The length that [lo, hi] and [i, i + 1] share. */
static double shared(double lo, double hi, int i)
{
    double a = fmax(lo, i), b = fmin(hi, i + 1.0);
    return b > a ? b - a : 0;
}

double o_axial(const uint8_t *v, const int n[3], const int at[3], int r, int c, int size,
               const double side[2])
{
    double x = at[0] + 0.5 + (c - size / 2) * side[0],
           y = at[1] + 0.5 + (r - size / 2) * side[1];
    double sum = 0;
    for (int j = 0; j < n[1]; j++)
        for (int i = 0; i < n[0]; i++)
            sum += v[i + n[0] * (j + n[1] * at[2])] *
                   shared(x - side[0] / 2, x + side[0] / 2, i) *
                   shared(y - side[1] / 2, y + side[1] / 2, j);
    return sum / (side[0] * side[1]);
}
