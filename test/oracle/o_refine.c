/* o_refine.c - borders by enumeration */
#include "o_refine.h"

#include <math.h>

static int index_of(const struct o_refine *r, int x, int y, int z)
{
    if (x < 0 || y < 0 || z < 0 || x >= r->n[0] || y >= r->n[1] || z >= r->n[2]) return -1;
    return (z * r->n[1] + y) * r->n[0] + x;
}

static int total(const struct o_refine *r)
{
    return r->n[0] * r->n[1] * r->n[2];
}

static void place(const struct o_refine *r, int i, int p[3])
{
    p[0] = i % r->n[0];
    p[1] = i / r->n[0] % r->n[1];
    p[2] = i / (r->n[0] * r->n[1]);
}

void o_band(uint8_t *band, const struct o_refine *r)
{
    for (int i = 0; i < total(r); i++) {
        int p[3], q[3];
        double near = INFINITY;
        place(r, i, p);
        for (int j = 0; j < total(r); j++) {
            if (!r->mask[i] == !r->mask[j]) continue;
            double d = 0;
            place(r, j, q);
            for (int a = 0; a < 3; a++)
                d += pow(r->mm[a] * (p[a] - q[a]), 2);
            near = fmin(near, sqrt(d));
        }
        band[i] = near <= r->width * (1 + 1e-6);
    }
}

static double clamped(double p, double clamp)
{
    return fmin(clamp, -log(p));
}

double o_refine_energy(const struct o_refine *r, const uint8_t *band, const uint8_t *x)
{
    double sum = 0;
    for (int i = 0; i < total(r); i++) {
        int p[3];
        place(r, i, p);
        if (band[i]) {
            double m = (double)r->map[i], odds = m / (1 - m) * (1 - r->cut) / r->cut;
            if (r->llr) odds *= exp(r->intensity * (double)r->llr[i]);
            double in = isinf(odds) ? 1 : odds / (1 + odds);
            sum += x[i] ? clamped(in, r->clamp) : clamped(1 / (1 + odds), r->clamp);
        }
        for (int a = 0; a < 3; a++) {
            int j = index_of(r, p[0] + (a == 0), p[1] + (a == 1), p[2] + (a == 2));
            if (j < 0 || (!band[i] && !band[j]) || x[i] == x[j]) continue;
            sum +=
                r->lambda * exp(-pow((double)(r->hu[i] - r->hu[j]) / r->sigma, 2)) / r->mm[a];
        }
    }
    return sum;
}

double o_refine_least(const struct o_refine *r, const uint8_t *band)
{
    uint8_t x[256];
    int at[16], k = 0;
    double least = INFINITY;
    for (int i = 0; i < total(r); i++) {
        x[i] = r->mask[i] != 0;
        if (band[i]) at[k++] = i;
    }
    for (int s = 0; s < 1 << k; s++) {
        for (int j = 0; j < k; j++)
            x[at[j]] = (uint8_t)(s >> j & 1);
        least = fmin(least, o_refine_energy(r, band, x));
    }
    return least;
}

static double blurred(const struct o_refine *r, int i)
{
    double sum = 0, weight = 0;
    int p[3];
    place(r, i, p);
    for (int c = -1; c <= 1; c++)
        for (int b = -1; b <= 1; b++)
            for (int a = -1; a <= 1; a++) {
                int j = index_of(r, p[0] + a, p[1] + b, p[2] + c);
                double k = pow(0.5, abs(a) + abs(b) + abs(c));
                if (j >= 0) sum += k * (double)r->hu[j], weight += k;
            }
    return sum / weight;
}

static double density(const double h[100], int b)
{
    static const double k[5] = {1, 4, 6, 4, 1};
    double sum = 0, weight = 0;
    for (int d = -2; d <= 2; d++)
        if (b + d >= 0 && b + d < 100) sum += k[d + 2] * h[b + d], weight += k[d + 2];
    return sum / weight;
}

void o_llr(float *llr, const struct o_refine *r, const uint8_t *band)
{
    double in[100], out[100], n_in = 0, n_out = 0;
    int bin[256];
    for (int b = 0; b < 100; b++)
        in[b] = out[b] = 1;
    for (int i = 0; i < total(r); i++) {
        bin[i] = (int)fmin(99, fmax(0, floor((blurred(r, i) + 200) / 5)));
        if (r->mask[i]) in[bin[i]]++, n_in++;
        if (!r->mask[i] && band[i]) out[bin[i]]++, n_out++;
    }
    for (int i = 0; i < total(r); i++) {
        double v = log(density(in, bin[i]) / (n_in + 100)) -
                   log(density(out, bin[i]) / (n_out + 100));
        llr[i] = (float)(band[i] && n_in > 0 && n_out > 0 ? fmax(-4, fmin(4, v)) : 0);
    }
}
