/* o_gauss3d.c - a triple sum per voxel, nothing shared, nothing clever */
#include "o_gauss3d.h"

static double weight(int d, double sigma)
{
    if (sigma == 0) return d == 0;
    return exp(-(double)d * d / (2 * sigma * sigma));
}

void o_gauss3d(double *g, const float *f, const int n[3], const double sigma[3], int whole)
{
    int r[3];
    for (int a = 0; a < 3; a++)
        r[a] = (int)ceil(3 * sigma[a]);
    for (int z = 0; z < n[2]; z++)
        for (int y = 0; y < n[1]; y++)
            for (int x = 0; x < n[0]; x++) {
                double above = 0, below = 0;
                for (int dz = -r[2]; dz <= r[2]; dz++)
                    for (int dy = -r[1]; dy <= r[1]; dy++)
                        for (int dx = -r[0]; dx <= r[0]; dx++) {
                            int i = x + dx, j = y + dy, k = z + dz;
                            int in =
                                i >= 0 && j >= 0 && k >= 0 && i < n[0] && j < n[1] && k < n[2];
                            double w = weight(dx, sigma[0]) * weight(dy, sigma[1]) *
                                       weight(dz, sigma[2]);
                            if (in || whole) below += w;
                            if (in) above += w * (double)f[i + n[0] * (j + n[1] * k)];
                        }
                g[x + n[0] * (y + n[1] * z)] = above / below;
            }
}
