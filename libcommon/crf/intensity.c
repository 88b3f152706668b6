/* intensity.c - two histograms, and their ratio */
#include "intensity.h"
#include "../base/mem.h"
#include "../base/par.h"

enum { BINS = 100, LOW_HU = -200, WIDTH_HU = 5 };

struct work {
    uint8_t *bin; /* of each voxel of mask and band */
    const float *hu;
    const uint8_t *mask, *band;
    int32_t n[3];
};

/* The weighted mean of what lies around (x, y, z) inside the volume. */
static double around(const struct work *w, int32_t x, int32_t y, int32_t z)
{
    double sum = 0, weight = 0;
    for (int32_t c = -1; c <= 1; c++)
        for (int32_t b = -1; b <= 1; b++)
            for (int32_t a = -1; a <= 1; a++) {
                int32_t u = x + a, v = y + b, t = z + c;
                if (u < 0 || v < 0 || t < 0 || u >= w->n[0] || v >= w->n[1] || t >= w->n[2])
                    continue;
                int k = (a ? 1 : 2) * (b ? 1 : 2) * (c ? 1 : 2);
                size_t i = ((size_t)t * (size_t)w->n[1] + (size_t)v) * (size_t)w->n[0];
                sum += k * (double)w->hu[i + (size_t)u];
                weight += k;
            }
    return sum / weight;
}

static int bins_of_slice(void *ctx, size_t z, int worker, struct dorg_err *e)
{
    struct work *w = ctx;
    size_t i = z * (size_t)w->n[0] * (size_t)w->n[1];
    (void)worker;
    (void)e;
    for (int32_t y = 0; y < w->n[1]; y++)
        for (int32_t x = 0; x < w->n[0]; x++, i++) {
            if (!w->mask[i] && !w->band[i]) continue;
            double b = floor((around(w, x, y, (int32_t)z) - LOW_HU) / WIDTH_HU);
            w->bin[i] = (uint8_t)(b < 0 ? 0 : b >= BINS ? BINS - 1 : b);
        }
    return 0;
}

static void smooth(double h[BINS])
{
    static const double k[5] = {1, 4, 6, 4, 1};
    double to[BINS];
    for (int i = 0; i < BINS; i++) {
        double sum = 0, weight = 0;
        for (int d = -2; d <= 2; d++) {
            if (i + d < 0 || i + d >= BINS) continue;
            sum += k[d + 2] * h[i + d];
            weight += k[d + 2];
        }
        to[i] = sum / weight;
    }
    memcpy(h, to, sizeof to);
}

/* ratio[b] for each bin; 0 when there is nothing on one side. */
static void ratios(float ratio[BINS], const struct work *w, size_t n)
{
    double in[BINS] = {0}, out[BINS] = {0}, n_in = 0, n_out = 0;
    for (size_t i = 0; i < n; i++) {
        if (w->mask[i])
            in[w->bin[i]]++, n_in++;
        else if (w->band[i])
            out[w->bin[i]]++, n_out++;
    }
    for (int b = 0; b < BINS; b++) {
        in[b] = (in[b] + 1) / (n_in + BINS);
        out[b] = (out[b] + 1) / (n_out + BINS);
    }
    smooth(in);
    smooth(out);
    for (int b = 0; b < BINS; b++) {
        double r = n_in > 0 && n_out > 0 ? log(in[b] / out[b]) : 0;
        ratio[b] = (float)(r < -4 ? -4 : r > 4 ? 4 : r);
    }
}

int dorg_intensity(float *llr, const float *hu, const uint8_t *mask, const uint8_t *band,
                   const int32_t n[3], int jobs, struct dorg_err *e)
{
    struct work w = {NULL, hu, mask, band, {n[0], n[1], n[2]}};
    size_t count = (size_t)n[0] * (size_t)n[1] * (size_t)n[2];
    float ratio[BINS];
    if (!(w.bin = dorg_array(count, 1, e))) return e->code;
    if (dorg_par((size_t)n[2], jobs, bins_of_slice, &w, e)) goto done;
    ratios(ratio, &w, count);
    for (size_t i = 0; i < count; i++)
        llr[i] = band[i] ? ratio[w.bin[i]] : 0;
done:
    free(w.bin);
    return e->code;
}
