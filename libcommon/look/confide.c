/* confide.c - what to think of a mask that no truth is known of */
#include "confide.h"

#include <stdarg.h>

#include "../file/io.h"

enum { MOST = 8, DISTRUST = 9 };
struct doubts {
    char text[MOST][120];
    int n, weight;
};

static void doubt(struct doubts *d, int weight, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static void doubt(struct doubts *d, int weight, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(d->text[d->n++], sizeof *d->text, fmt, ap);
    va_end(ap);
    d->weight += weight;
}

/* x as it reads when written with so many digits. */
static double shown(double x, int digits)
{
    char text[40];
    snprintf(text, sizeof text, "%.*g", digits, x);
    return strtod(text, NULL);
}

static bool outside(double x, const double range[2])
{
    return x < range[0] || x > range[1];
}

double dorg_confide_ml(const struct dorg_vol *mask)
{
    const uint8_t *in = mask->data;
    size_t n = 0;
    for (size_t i = 0, all = dorg_grid_count(&mask->grid); i < all; i++)
        n += in[i] != 0;
    return (double)n * dorg_grid_voxel_ml(&mask->grid);
}

static void of_volume(struct doubts *d, const struct dorg_confide *c, const double known[2])
{
    double ml = shown(c->ml, 6), cut = shown(c->cut_ml, 6), map = shown(c->map_ml, 6);
    const double lo = known[0], hi = known[1];
    if (ml <= 0)
        doubt(d, DISTRUST, "nothing was found");
    else if (hi <= 0)
        doubt(d, 0, "too little of the body to know a volume by");
    if (ml <= 0 || hi <= 0) return;
    if (ml < lo / 2 || ml > 2 * hi)
        doubt(d, DISTRUST, "%.0f mL is no volume of a pancreas", ml);
    if (map < lo) doubt(d, map < lo / 2 ? 2 : 1, "the nets are sure of %.0f mL only", map);
    if (map > hi) doubt(d, map > 2 * hi ? 2 : 1, "the nets take %.0f mL for pancreas", map);
    if (ml < 0.6 * cut) doubt(d, 1, "in pieces: the largest is %.0f of %.0f mL", ml, cut);
}

static void of_scan(struct doubts *d, const struct dorg_confide *c,
                    const struct dorg_confide_known *k)
{
    double bright = shown(c->bright, 6), x = shown((double)c->mm[0], 7),
           y = shown((double)c->mm[1], 7), z = shown((double)c->mm[2], 7);
    if (outside(bright, k->bright))
        doubt(d, 2,
              "soft tissue of %.0f HU; the model knows %g to %g: another contrast phase?",
              bright, k->bright[0], k->bright[1]);
    if (outside(x, k->pixels) || outside(y, k->pixels))
        doubt(d, 1, "pixels of %.2f x %.2f mm; the model knows %g to %g mm", x, y,
              k->pixels[0], k->pixels[1]);
    if (z > k->slices[1])
        doubt(d, 1, "slices of %.1f mm; the model knows up to %g mm", z, k->slices[1]);
}

int dorg_confide(struct dorg_out *o, bool *trusted, const struct dorg_confide *c,
                 const struct dorg_confide_known *k, struct dorg_err *e)
{
    struct doubts d = {.n = 0};
    of_volume(&d, c, k->volume);
    of_scan(&d, c, k);
    *trusted = d.weight < DISTRUST;
    dorg_out_printf(o, e, "volume_ml=%.1f\ncertainty=%.2f\nconfidence=%s\n", shown(c->ml, 6),
                    c->mean,
                    d.weight >= 2 ? "doubtful"
                    : d.n         ? "fair"
                                  : "good");
    for (int i = 0; i < d.n; i++)
        dorg_out_printf(o, e, "doubt=%s\n", d.text[i]);
    return e->code;
}

static bool far(double mm, const double known[2])
{
    return shown(mm, 7) < known[0] / 1.25 || shown(mm, 7) > 1.25 * known[1];
}

int dorg_confide_far(struct dorg_out *o, const float mm[3], const struct dorg_confide_known *k,
                     struct dorg_err *e)
{
    double x = (double)mm[0], y = (double)mm[1], z = (double)mm[2];
    if (!far(x, k->pixels) && !far(y, k->pixels) && !far(z, k->slices)) return 0;
    return dorg_out_printf(o, e,
                           "voxels of %.7g x %.7g x %.7g mm; the models know pixels of "
                           "%.9g,%.9g and slices of %.9g,%.9g mm\n",
                           x, y, z, k->pixels[0], k->pixels[1], k->slices[0], k->slices[1]);
}
