/* surf.c - how far the surfaces of two masks lie from each other */
#include "surf.h"
#include "edt.h"
#include "../base/mem.h"
#include "../base/order.h"

static double directed(double *sum, double *within, double *d, size_t n, double tolerance_mm,
                       double *p95)
{
    double max = 0, reach = tolerance_mm * (1 + 1e-6); /* pitches are floats */
    for (size_t i = 0; i < n; i++) {
        *sum += d[i];
        *within += d[i] <= reach;
        max = fmax(max, d[i]);
    }
    *p95 = dorg_order_quantile(d, n, 0.95);
    return max;
}

/* Distances from surface to surface, one way; adds to *sum and *within. */
static int one_way(double *sum, double *within, double *max, double *p95, size_t *n,
                   const struct dorg_bits *b, uint64_t *const surface[2], int from,
                   double tolerance_mm, int jobs, struct dorg_err *e)
{
    double *d = NULL;
    if (dorg_edt(&d, n, b, surface[from], surface[!from], jobs, e)) return e->code;
    *max = directed(sum, within, d, *n, tolerance_mm, p95);
    free(d);
    return 0;
}

int dorg_surf(struct dorg_surf *s, const struct dorg_bits *b, double tolerance_mm, int jobs,
              struct dorg_err *e)
{
    size_t words = dorg_bits_words(b), n[2];
    uint64_t *surface[2] = {NULL, NULL};
    double sum = 0, within = 0, max[2], p95[2];
    for (int m = 0; m < 2; m++) {
        if (!(surface[m] = dorg_array(words, sizeof **surface, e))) goto done;
        if (dorg_bits_surface(surface[m], b, b->bit[m], jobs, e)) goto done;
    }
    for (int m = 0; m < 2; m++)
        if (one_way(&sum, &within, max + m, p95 + m, n + m, b, surface, m, tolerance_mm, jobs,
                    e))
            goto done;
    s->assd = sum / (double)(n[0] + n[1]);
    s->nsd = within / (double)(n[0] + n[1]);
    s->hd = fmax(max[0], max[1]);
    s->hd95 = fmax(p95[0], p95[1]);
done:
    free(surface[0]);
    free(surface[1]);
    return e->code;
}
