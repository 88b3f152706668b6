/* surf.c - surface voxels of two masks and how far they lie from each other */
#include "surf.h"
#include "quantile.h"

/* Mark slice z: a mask voxel is on the surface when the AND of its six neighbours lacks it. */
static void mark_slice(const struct dorg_cells *b, size_t z)
{
    const uint8_t both = DORG_BIT_A | DORG_BIT_B;
    size_t nx = (size_t)b->n[0], ny = (size_t)b->n[1], nz = (size_t)b->n[2], plane = nx * ny;
    for (size_t y = 0; y < ny; y++)
        for (size_t x = 0; x < nx; x++) {
            uint8_t *c = b->cell + z * plane + y * nx + x;
            if (!(*c & both)) continue;
            uint8_t inner = x > 0 && x + 1 < nx && y > 0 && y + 1 < ny && z > 0 && z + 1 < nz
                                ? c[-1] & c[1] & *(c - nx) & c[nx] & *(c - plane) & c[plane]
                                : 0;
            *c = (uint8_t)(*c | (*c & ~inner & both) << 2);
        }
}

static double directed(double *sum, double *within, double *d, size_t n, double tolerance_mm,
                       double *p95)
{
    double max = 0;
    for (size_t i = 0; i < n; i++) {
        *sum += d[i];
        *within += d[i] <= tolerance_mm;
        max = fmax(max, d[i]);
    }
    *p95 = dorg_quantile(d, n, 0.95);
    return max;
}

int dorg_surf(struct dorg_surf *s, const struct dorg_cells *b, double tolerance_mm, int jobs,
              struct dorg_err *e)
{
    double *d = NULL, sum = 0, within = 0, p_ab, p_ba;
    size_t n_a, n_b;
    for (int32_t z = 0; z < b->n[2]; z++)
        mark_slice(b, (size_t)z);
    if (dorg_edt(&d, &n_a, b, DORG_BIT_SA, DORG_BIT_SB, jobs, e)) return e->code;
    double h_ab = directed(&sum, &within, d, n_a, tolerance_mm, &p_ab);
    free(d);
    if (dorg_edt(&d, &n_b, b, DORG_BIT_SB, DORG_BIT_SA, jobs, e)) return e->code;
    double h_ba = directed(&sum, &within, d, n_b, tolerance_mm, &p_ba);
    free(d);
    s->assd = sum / (double)(n_a + n_b);
    s->nsd = within / (double)(n_a + n_b);
    s->hd = fmax(h_ab, h_ba);
    s->hd95 = fmax(p_ab, p_ba);
    return 0;
}
