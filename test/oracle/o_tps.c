/* o_tps.c - the whole spline system by Householder reflections, nothing precomputed */
#include "o_tps.h"

static double kernel_of(double x, double y, int log_kernel)
{
    double r = hypot(x, y);
    if (!log_kernel) return r;
    return r == 0 ? 0 : r * r * log(r);
}

int o_tps_landmarks(double *xy, int side)
{
    int n = 0, step = (int)ceil(side / 3.0), last = side - 1;
    int on_side[8], m = 0;
    for (int p = 0; p < last; p = p + step)
        on_side[m++] = p;
    on_side[m++] = last;
    for (int a = 0; a < m; a++)
        for (int far = 0; far < 2; far++) { /* top and bottom, then left and right */
            xy[2 * n] = on_side[a], xy[2 * n + 1] = far ? last : 0, n++;
            if (a > 0 && a < m - 1)
                xy[2 * n] = far ? last : 0, xy[2 * n + 1] = on_side[a], n++;
        }
    int low = -step, high = last + step;
    for (int a = -1; a <= m; a++)
        for (int far = 0; far < 2; far++) {
            int p = a < 0 ? low : a == m ? high : on_side[a];
            xy[2 * n] = p, xy[2 * n + 1] = far ? high : low, n++;
            if (a >= 0 && a < m) xy[2 * n] = far ? high : low, xy[2 * n + 1] = p, n++;
        }
    for (int j = 0; j < 9; j++) {
        xy[2 * n] = last / 2.0 + (j % 3 - 1) * last / sqrt(5.0);
        xy[2 * n + 1] = last / 2.0 + (j / 3 - 1) * last / sqrt(5.0);
        n++;
    }
    return n;
}

enum { MAX = 96 };

/* Least squares of a square system: reflect columns to zero, then substitute backwards. */
static void reflect_solve(double a[MAX][MAX + 1], int m, double *x)
{
    for (int c = 0; c < m; c++) {
        double v[MAX], norm = 0, vv = 0;
        for (int r = c; r < m; r++)
            norm += a[r][c] * a[r][c];
        norm = a[c][c] > 0 ? -sqrt(norm) : sqrt(norm);
        for (int r = c; r < m; r++)
            v[r] = a[r][c] - (r == c ? norm : 0), vv += v[r] * v[r];
        if (vv == 0) continue;
        for (int j = c; j <= m; j++) {
            double dot = 0;
            for (int r = c; r < m; r++)
                dot += v[r] * a[r][j];
            for (int r = c; r < m; r++)
                a[r][j] -= 2 * dot / vv * v[r];
        }
    }
    for (int r = m - 1; r >= 0; r--) {
        x[r] = a[r][m];
        for (int j = r + 1; j < m; j++)
            x[r] -= a[r][j] * x[j];
        x[r] /= a[r][r];
    }
}

static void fit_axis(double *coef, const double *xy, const double *d, int n, int log_kernel)
{
    static double a[MAX][MAX + 1];
    memset(a, 0, sizeof a);
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++)
            a[i][j] =
                kernel_of(xy[2 * i] - xy[2 * j], xy[2 * i + 1] - xy[2 * j + 1], log_kernel);
        a[i][n] = a[n][i] = 1;
        a[i][n + 1] = a[n + 1][i] = xy[2 * i];
        a[i][n + 2] = a[n + 2][i] = xy[2 * i + 1];
        a[i][n + 3] = d[i];
    }
    reflect_solve(a, n + 3, coef);
}

void o_tps_fit(double *coef_x, double *coef_y, const double *xy, const double *dx,
               const double *dy, int n, int log_kernel)
{
    fit_axis(coef_x, xy, dx, n, log_kernel);
    fit_axis(coef_y, xy, dy, n, log_kernel);
}

double o_tps_eval(const double *coef, const double *xy, int n, int log_kernel, double x,
                  double y)
{
    double u = coef[n] + coef[n + 1] * x + coef[n + 2] * y;
    for (int i = 0; i < n; i++)
        u += coef[i] * kernel_of(x - xy[2 * i], y - xy[2 * i + 1], log_kernel);
    return u;
}

double o_tps_sample(const uint8_t *plane, int side, double x, double y)
{
    double last = side - 1;
    x = fmin(fmax(x, 0), last);
    y = fmin(fmax(y, 0), last);
    int i = (int)fmin(floor(x), last - 1), j = (int)fmin(floor(y), last - 1);
    double a = x - i, b = y - j;
    const uint8_t *p = plane + j * side + i;
    return (1 - a) * (1 - b) * p[0] + a * (1 - b) * p[1] + (1 - a) * b * p[side] +
           a * b * p[side + 1];
}
