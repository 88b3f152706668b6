/* quantile.c - quickselect with a median-of-three pivot */
#include "quantile.h"

#include <math.h>

static void swap(double *a, double *b)
{
    double t = *a;
    *a = *b;
    *b = t;
}

/* Reorder x[lo..hi] so that x[k] is what sorting would put there. */
static void select_kth(double *x, size_t lo, size_t hi, size_t k)
{
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (x[mid] < x[lo]) swap(x + mid, x + lo);
        if (x[hi] < x[lo]) swap(x + hi, x + lo);
        if (x[hi] < x[mid]) swap(x + hi, x + mid);
        double pivot = x[mid];
        size_t i = lo, j = hi;
        for (;;) { /* x[lo..i) <= pivot <= x(j..hi]; indices stay inside: the pivot stops both
                    */
            while (x[i] < pivot)
                i++;
            while (x[j] > pivot)
                j--;
            if (i >= j) break;
            swap(x + i++, x + j--);
        }
        if (k <= j)
            hi = j;
        else
            lo = j + 1;
    }
}

double dorg_quantile(double *x, size_t n, double q)
{
    if (n == 0) return NAN;
    double h = q * (double)(n - 1);
    size_t k = (size_t)h;
    if (k > n - 1) k = n - 1;
    select_kth(x, 0, n - 1, k);
    double rest = h - (double)k;
    if (k + 1 >= n || !(rest > 0)) return x[k];
    double next = x[k + 1];
    for (size_t i = k + 2; i < n; i++)
        next = fmin(next, x[i]);
    return next == x[k] ? x[k] : x[k] + rest * (next - x[k]);
}
