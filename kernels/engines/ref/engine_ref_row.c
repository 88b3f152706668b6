/* engine_ref_row.c - the three loops over a row that all sums of the ref engine are made of */
#include "engine_ref.h"

#define CLONES __attribute__((target_clones("avx512f", "avx2", "default")))

CLONES void dorg_ref_axpy(float *restrict y, float a, const float *restrict x, int n,
                          int stride)
{
    if (stride == 1) {
        for (int i = 0; i < n; i++)
            y[i] += a * x[i];
    } else {
        for (int i = 0; i < n; i++)
            y[i] += a * x[i * stride];
    }
}

CLONES void dorg_ref_axpy_to(float *restrict y, float a, const float *restrict x, int n,
                             int stride)
{
    if (stride == 1) {
        for (int i = 0; i < n; i++)
            y[i] += a * x[i];
    } else {
        for (int i = 0; i < n; i++)
            y[i * stride] += a * x[i];
    }
}

CLONES void dorg_ref_lanes(float lane[16], const float *x, const float *y, int n, int stride)
{
    int i = 0;
    if (stride == 1)
        for (; i + 16 <= n; i += 16)
            for (int j = 0; j < 16; j++)
                lane[j] += x[i + j] * y[i + j];
    for (int j = 0; i < n; i++, j = (j + 1) % 16)
        lane[j] += x[i] * y[i * stride];
}

float dorg_ref_sum(float lane[16])
{
    for (int half = 8; half > 0; half /= 2)
        for (int j = 0; j < half; j++)
            lane[j] += lane[j + half];
    return lane[0];
}
