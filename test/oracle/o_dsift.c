/* o_dsift.c - every pixel asked about every cell and orientation */
#include "o_dsift.h"

static double tent(double s)
{
    s = fabs(s);
    return s < 1 ? 1 - s : 0;
}

static double length(const double d[128])
{
    double sum = 0;
    for (int k = 0; k < 128; k++)
        sum += d[k] * d[k];
    return sqrt(sum);
}

static int clamp(int x, int n)
{
    return x < 0 ? 0 : x >= n ? n - 1 : x;
}

static void pixel(double d[128], const uint8_t *u, int nx, int ny, int x, int y, double cx,
                  double cy)
{
    double dx = u[y * nx + clamp(x + 1, nx)] - u[y * nx + clamp(x - 1, nx)];
    double dy = u[clamp(y + 1, ny) * nx + x] - u[clamp(y - 1, ny) * nx + x];
    double m = hypot(dx, dy), a = atan2(dy, dx) / (M_PI / 4);
    for (int c = 0; c < 16; c++) {
        double ox = (c % 4 - 1.5) * 3, oy = (c / 4 - 1.5) * 3;
        double w = tent((x - cx - ox) / 3) * tent((y - cy - oy) / 3) *
                   exp(-(ox * ox + oy * oy) / (2 * 6.0 * 6.0));
        for (int k = 0; k < 8; k++)
            for (int turn = -8; turn <= 8; turn += 8)
                d[c * 8 + k] += w * m * tent(a - k + turn);
    }
}

/* Length of the descriptor of a field of one direction and m = 1 that has no border. */
static double whole(double cx, double cy)
{
    double d[128] = {0};
    for (int c = 0; c < 16; c++)
        for (int y = -12; y <= 12; y++)
            for (int x = -12; x <= 12; x++) {
                double ox = (c % 4 - 1.5) * 3, oy = (c / 4 - 1.5) * 3;
                d[8 * c] += tent((x + floor(cx) - cx - ox) / 3) *
                            tent((y + floor(cy) - cy - oy) / 3) *
                            exp(-(ox * ox + oy * oy) / (2 * 6.0 * 6.0));
            }
    return length(d);
}

double o_dsift(double d[128], const uint8_t *u, int nx, int ny, double cx, double cy)
{
    for (int k = 0; k < 128; k++)
        d[k] = 0;
    for (int y = 0; y < ny; y++)
        for (int x = 0; x < nx; x++)
            pixel(d, u, nx, ny, x, y, cx, cy);
    double norm = length(d);
    if (norm <= 0) return 0;
    for (int k = 0; k < 128; k++)
        d[k] = d[k] / norm < 0.2 ? d[k] / norm : 0.2;
    double again = length(d);
    for (int k = 0; k < 128; k++)
        d[k] /= again;
    return norm / whole(cx, cy);
}
