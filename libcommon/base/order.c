/* order.c - quickselect with a median-of-three pivot */
#include <math.h>

#include "order.h"
#include "mem.h"

static void swap_double(double *a, double *b)
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
        if (x[mid] < x[lo]) swap_double(x + mid, x + lo);
        if (x[hi] < x[lo]) swap_double(x + hi, x + lo);
        if (x[hi] < x[mid]) swap_double(x + hi, x + mid);
        double pivot = x[mid];
        size_t i = lo, j = hi;
        for (;;) { /* x[lo..i) <= pivot <= x(j..hi]; indices stay inside: the pivot stops both
                    */
            while (x[i] < pivot)
                i++;
            while (x[j] > pivot)
                j--;
            if (i >= j) break;
            swap_double(x + i++, x + j--);
        }
        if (k <= j)
            hi = j;
        else
            lo = j + 1;
    }
}

int dorg_order_ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double dorg_order_quantile(double *x, size_t n, double q)
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

/* ---- twelve statistics; several order statistics by one quickselect ------------------ */

const char *const dorg_order_stat_name[DORG_ORDER_STATS] = {
    "mean", "std", "min", "max", "p20", "p30", "p40", "p50", "p60", "p70", "p80", "p90"};

static void insertion(float *v, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        float x = v[i];
        size_t j = i;
        for (; j > 0 && v[j - 1] > x; j--)
            v[j] = v[j - 1];
        v[j] = x;
    }
}

static float middle(float a, float b, float c)
{
    float lo = a < b ? a : b, hi = a < b ? b : a;
    return c < lo ? lo : c > hi ? hi : c;
}

static void swap(float *a, float *b)
{
    float t = *a;
    *a = *b;
    *b = t;
}

/* v becomes [< pivot][= pivot][> pivot]; *lo and *hi bound the middle part. */
static void three_way(float *v, size_t n, float pivot, size_t *lo, size_t *hi)
{
    size_t a = 0, i = 0, b = n;
    while (i < b) {
        if (v[i] < pivot)
            swap(&v[a++], &v[i++]);
        else if (v[i] > pivot)
            swap(&v[--b], &v[i]);
        else
            i++;
    }
    *lo = a;
    *hi = b;
}

static void select_from(float *v, size_t base, size_t n, const size_t *rank, size_t k)
{
    while (k > 0 && n > 24) {
        float p =
            middle(middle(v[n / 8], v[n / 4], v[n / 2 - 1]), middle(v[1], v[n / 2], v[n - 2]),
                   middle(v[n / 2 + 1], v[n - n / 4], v[n - n / 8]));
        size_t lo, hi, left = 0, right;
        three_way(v, n, p, &lo, &hi);
        while (left < k && rank[left] < base + lo)
            left++;
        for (right = left; right < k && rank[right] < base + hi;)
            right++;
        select_from(v, base, lo, rank, left);
        v += hi;
        base += hi;
        n -= hi;
        rank += right;
        k -= right;
    }
    if (k > 0) insertion(v, n);
}

size_t dorg_order_rank(int q, size_t n)
{
    size_t r = ((size_t)q * n + 99) / 100;
    return r > 0 ? r - 1 : 0;
}

void dorg_order_stats(float out[DORG_ORDER_STATS], float *v, size_t n)
{
    enum { Q = DORG_ORDER_STATS - DORG_ORDER_FIRST_PERCENTILE };
    size_t rank[Q];
    double sum = 0, square = 0;
    float lo = v[0], hi = v[0];
    for (size_t i = 0; i < n; i++) {
        sum += (double)v[i];
        lo = v[i] < lo ? v[i] : lo;
        hi = v[i] > hi ? v[i] : hi;
    }
    double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        square += ((double)v[i] - mean) * ((double)v[i] - mean);
    out[0] = (float)mean;
    out[1] = (float)sqrt(square / (double)n);
    out[2] = lo;
    out[3] = hi;
    for (int k = 0; k < Q; k++)
        rank[k] = dorg_order_rank(20 + 10 * k, n);
    if (lo < hi) select_from(v, 0, n, rank, Q);
    for (int k = 0; k < Q; k++)
        out[DORG_ORDER_FIRST_PERCENTILE + k] = v[rank[k]];
}

/* ---- the area under the ROC curve ---------------------------------------------------- */

struct scored {
    float score;
    uint8_t positive;
};

static int by_score(const void *a, const void *b)
{
    float x = ((const struct scored *)a)->score, y = ((const struct scored *)b)->score;
    return (x > y) - (x < y);
}

double dorg_order_auc(const float *score, const uint8_t *positive, size_t n,
                      struct dorg_err *e)
{
    struct scored *s = dorg_array(n, sizeof *s, e);
    double wins = 0, below = 0, n_pos = 0;
    if (!s) return (double)NAN;
    for (size_t i = 0; i < n; i++)
        s[i] = (struct scored){score[i], positive[i]};
    qsort(s, n, sizeof *s, by_score);
    for (size_t i = 0, j; i < n; i = j) { /* i..j: equal scores */
        double pos = 0, neg = 0;
        for (j = i; j < n && !(s[j].score > s[i].score); j++) {
            pos += s[j].positive;
            neg += !s[j].positive;
        }
        wins += pos * (below + 0.5 * neg);
        below += neg;
        n_pos += pos;
    }
    free(s);
    return n_pos > 0 && below > 0 ? wins / (n_pos * below) : (double)NAN;
}
