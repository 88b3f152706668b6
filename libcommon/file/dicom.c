/* dicom.c - slices in order of their InstanceNumber become a volume */
#include "dicom.h"
#include "grid.h"
#include "dicom_in.h"
#include "../base/mem.h"

struct slice {
    const char *path;
    int instance;
    double position[3];
};

static int by_instance(const void *a, const void *b)
{
    int x = ((const struct slice *)a)->instance, y = ((const struct slice *)b)->instance;
    return (x > y) - (x < y);
}

/* Every file's number and place; all must be of the first one's series and size. */
static int survey(struct slice *s, struct dorg_dicom *first, const char *const *path, size_t n,
                  struct dorg_err *e)
{
    for (size_t i = 0; i < n; i++) {
        struct dorg_dicom d;
        if (dorg_dicom_file(&d, path[i], e)) return e->code;
        if (i == 0) {
            *first = d;
            first->bytes = NULL, first->pixels = NULL;
        }
        s[i] = (struct slice){path[i], d.instance, {0}};
        memcpy(s[i].position, d.position, sizeof d.position);
        if (strcmp(d.series, first->series) != 0)
            dorg_fail(e, DORG_EDATA, "%s is of another series than %s", path[i], path[0]);
        else if (d.rows != first->rows || d.cols != first->cols ||
                 memcmp(d.spacing, first->spacing, sizeof d.spacing) != 0 ||
                 memcmp(d.orientation, first->orientation, sizeof d.orientation) != 0)
            dorg_fail(e, DORG_EDATA, "%s has another size, pitch or orientation than %s",
                      path[i], path[0]);
        dorg_dicom_free(&d);
        if (e->code) return e->code;
    }
    return 0;
}

static int check_numbers(const struct slice *s, size_t n, struct dorg_err *e)
{
    for (size_t k = 0; k < n; k++) {
        if (k && s[k].instance == s[k - 1].instance)
            return dorg_fail(e, DORG_EDATA, "%s and %s both have InstanceNumber %d",
                             s[k - 1].path, s[k].path, s[k].instance);
        if (s[k].instance != (int)k + 1)
            return dorg_fail(e, DORG_EDATA, "no slice with InstanceNumber %zu; the next is %s",
                             k + 1, s[k].path);
    }
    return 0;
}

static int check_places(const struct slice *s, size_t n, struct dorg_err *e)
{
    for (size_t k = 0; k < n; k++)
        for (int a = 0; a < 3 && n > 1; a++) {
            double step = (s[n - 1].position[a] - s[0].position[a]) / (double)(n - 1);
            double off = s[k].position[a] - s[0].position[a] - (double)k * step;
            if (!(fabs(off) <= 0.1))
                return dorg_fail(e, DORG_EDATA,
                                 "slices are not evenly spaced: %s lies %.3f mm off",
                                 s[k].path, off);
        }
    return 0;
}

static int place(struct dorg_grid *g, const struct slice *s, size_t n,
                 const struct dorg_dicom *d, struct dorg_err *e)
{
    const double *o = d->orientation;
    const double normal[3] = {o[1] * o[5] - o[2] * o[4], o[2] * o[3] - o[0] * o[5],
                              o[0] * o[4] - o[1] * o[3]};
    const int32_t size[3] = {d->cols, d->rows, (int32_t)n};
    double to_mm[3][4];
    for (int r = 0; r < 3; r++) {
        double lps = r < 2 ? -1 : 1;
        to_mm[r][0] = lps * o[r] * d->spacing[1];
        to_mm[r][1] = lps * o[3 + r] * d->spacing[0];
        to_mm[r][2] =
            lps * (n > 1 ? (s[n - 1].position[r] - s[0].position[r]) / (double)(n - 1)
                         : normal[r] * d->thickness);
        to_mm[r][3] = lps * s[0].position[r];
    }
    return dorg_grid_of(g, size, to_mm, e);
}

/* One file's pixels into slice k of v, whose stored order is the series' own. */
static int fill(struct dorg_vol *v, size_t k, const struct dorg_dicom *d, struct dorg_err *e)
{
    size_t n = (size_t)d->rows * (size_t)d->cols;
    for (size_t i = 0; i < n; i++) {
        int raw = d->pixels[2 * i] | d->pixels[2 * i + 1] << 8;
        if (d->is_signed && raw > INT16_MAX) raw -= 1 << 16;
        double hu = d->slope * raw + d->intercept;
        if (v->type == DORG_F32) {
            ((float *)v->data)[k * n + i] = (float)hu;
            continue;
        }
        if (!(hu >= INT16_MIN && hu <= INT16_MAX) || hu != floor(hu))
            return dorg_fail(e, DORG_EDATA, "a value of %g HU, expected a 16-bit integer", hu);
        ((int16_t *)v->data)[k * n + i] = (int16_t)hu;
    }
    return 0;
}

static int load_all(struct dorg_vol *v, const struct slice *s, size_t n, struct dorg_err *e)
{
    for (size_t k = 0; k < n; k++) {
        struct dorg_dicom d;
        if (dorg_dicom_file(&d, s[k].path, e)) return e->code;
        if (fill(v, k, &d, e)) dorg_err_at(e, s[k].path);
        dorg_dicom_free(&d);
        if (e->code) return e->code;
    }
    return 0;
}

int dorg_dicom_load(struct dorg_vol *v, const char *const *path, size_t n, struct dorg_err *e)
{
    struct slice *s = dorg_array(n, sizeof *s, e);
    struct dorg_dicom first = {0};
    struct dorg_vol flat = DORG_VOL_INIT;
    struct dorg_grid g;
    *v = DORG_VOL_INIT;
    if (!s || survey(s, &first, path, n, e)) goto done;
    qsort(s, n, sizeof *s, by_instance);
    if (check_numbers(s, n, e) || check_places(s, n, e)) goto done;
    if (place(&g, s, n, &first, e)) goto done;
    bool whole =
        first.slope == floor(first.slope) && first.intercept == floor(first.intercept);
    const int32_t size[3] = {first.cols, first.rows, (int32_t)n};
    const float mm[3] = {1, 1, 1};
    if (dorg_vol_new(&flat, size, mm, whole ? DORG_I16 : DORG_F32, e)) goto done;
    if (load_all(&flat, s, n, e)) goto done;
    dorg_grid_by_index(v, &flat, &g, (const bool[3]){false}, e);
done:
    dorg_vol_free(&flat);
    free(s);
    return e->code;
}
