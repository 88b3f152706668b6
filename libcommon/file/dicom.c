/* dicom.c - slices in the order of their positions become a volume */
#include "dicom.h"
#include "dicom_in.h"
#include "grid.h" /* dorg_grid_of, dorg_grid_by_index */
#include "../base/mem.h"
#include "../base/order.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const double near_mm = 0.1; /* as far as a pixel may lie from its voxel */

/* ---- files and folders --------------------------------------------------------------- */

struct files {
    char **path; /* owned */
    size_t n, cap;
};

static int add_file(struct files *f, const char *path, struct dorg_err *e)
{
    if (dorg_grow(&f->path, f->n, &f->cap, sizeof *f->path, e)) return e->code;
    if (!(f->path[f->n] = dorg_strdup(path, e))) return e->code;
    f->n++;
    return 0;
}

static void free_files(struct files *f)
{
    while (f->n > 0)
        free(f->path[--f->n]);
    free(f->path);
}

/* Has it the mark of a DICOM file?  One that cannot be read is no file to pass over. */
static int is_dicom(bool *yes, const char *path, struct dorg_err *e)
{
    char head[132] = {0};
    size_t n = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return dorg_fail_sys(e, "%s", path);
    while (n < sizeof head) {
        ssize_t k = read(fd, head + n, sizeof head - n);
        if (k < 0 && errno == EINTR) continue;
        if (k < 0) dorg_fail_sys(e, "%s", path);
        if (k <= 0) break;
        n += (size_t)k;
    }
    close(fd);
    *yes = n == sizeof head && memcmp(head + 128, "DICM", 4) == 0;
    return e->code;
}

struct folder { /* one that is being walked through */
    const struct folder *up;
    dev_t dev;
    ino_t ino;
};

static int add_any(struct files *f, const char *path, const struct folder *up,
                   struct dorg_err *e);

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What lies in a folder, as paths in the order of their names. */
static int entries(struct files *names, const char *folder, struct dorg_err *e)
{
    DIR *dir = opendir(folder);
    if (!dir) return dorg_fail_sys(e, "%s", folder);
    for (struct dirent *x; !e->code && (errno = 0, x = readdir(dir));) {
        if (strcmp(x->d_name, ".") == 0 || strcmp(x->d_name, "..") == 0) continue;
        size_t n = strlen(folder) + strlen(x->d_name) + 2;
        char *path = dorg_array(n, 1, e);
        if (!path) break;
        const char *slash = folder[strlen(folder) - 1] == '/' ? "" : "/";
        snprintf(path, n, "%s%s%s", folder, slash, x->d_name);
        add_file(names, path, e);
        free(path);
    }
    if (!e->code && errno) dorg_fail_sys(e, "%s", folder);
    closedir(dir);
    if (names->n) qsort(names->path, names->n, sizeof *names->path, by_name);
    return e->code;
}

/* Links are followed; a folder that holds itself has no end. */
static int add_folder(struct files *f, const char *path, const struct stat *st,
                      const struct folder *up, struct dorg_err *e)
{
    struct files names = {0};
    struct folder here = {up, st->st_dev, st->st_ino};
    for (; up; up = up->up)
        if (up->dev == st->st_dev && up->ino == st->st_ino)
            return dorg_fail(e, DORG_EDATA, "%s: a folder within itself", path);
    entries(&names, path, e);
    for (size_t i = 0; i < names.n && !e->code; i++)
        add_any(f, names.path[i], &here, e);
    free_files(&names);
    return e->code;
}

/* Of what lies in a folder: DICOM files, and folders.  A link to nowhere is passed over. */
static int add_any(struct files *f, const char *path, const struct folder *up,
                   struct dorg_err *e)
{
    struct stat st, link;
    bool yes = false;
    if (stat(path, &st)) {
        int why = errno;
        if (lstat(path, &link) == 0 && S_ISLNK(link.st_mode) && why == ENOENT) return 0;
        errno = why;
        return dorg_fail_sys(e, "%s", path);
    }
    if (S_ISDIR(st.st_mode)) return add_folder(f, path, &st, up, e);
    if (!S_ISREG(st.st_mode) || strcmp(strrchr(path, '/'), "/DICOMDIR") == 0) return 0;
    if (!is_dicom(&yes, path, e) && yes) add_file(f, path, e);
    return e->code;
}

static int list(struct files *f, const char *const *path, size_t n, struct dorg_err *e)
{
    for (size_t i = 0; i < n && !e->code; i++) {
        struct stat st;
        size_t had = f->n;
        if (stat(path[i], &st) || !S_ISDIR(st.st_mode))
            add_file(f, path[i], e);
        else if (!add_folder(f, path[i], &st, NULL, e) && f->n == had)
            dorg_fail(e, DORG_EDATA, "%s: no DICOM file in this folder", path[i]);
    }
    return e->code;
}

/* ---- the series ---------------------------------------------------------------------- */

struct slice {
    const char *path;
    double instance, position[3], along; /* along the normal, mm */
};

struct series {
    struct dorg_dicom first; /* without its bytes */
    double normal[3];
    bool whole; /* every value is a 16-bit integer */
};

static void cross(double n[3], const double *o)
{
    n[0] = o[1] * o[5] - o[2] * o[4];
    n[1] = o[2] * o[3] - o[0] * o[5];
    n[2] = o[0] * o[4] - o[1] * o[3];
}

static double apart(const double *a, double of_a, const double *b, double of_b)
{
    double sum = 0;
    for (int r = 0; r < 3; r++)
        sum += (a[r] * of_a - b[r] * of_b) * (a[r] * of_a - b[r] * of_b);
    return sqrt(sum);
}

/* All must be of the first one's series and size, and their last pixels lie where the first
 * one's pitch and orientation put them. */
static int same_series(const struct dorg_dicom *d, const struct dorg_dicom *f,
                       const char *path, const char *first, struct dorg_err *e)
{
    if (strcmp(d->series, f->series) != 0)
        return dorg_fail(e, DORG_EDATA, "%s is of another series than %s", path, first);
    if (d->rows != f->rows || d->cols != f->cols)
        return dorg_fail(e, DORG_EDATA, "%s has another size than %s: %d x %d, not %d x %d",
                         path, first, d->cols, d->rows, f->cols, f->rows);
    double off =
        (f->cols - 1) * apart(d->orientation, d->spacing[1], f->orientation, f->spacing[1]) +
        (f->rows - 1) *
            apart(d->orientation + 3, d->spacing[0], f->orientation + 3, f->spacing[0]);
    if (!(off <= near_mm))
        return dorg_fail(e, DORG_EDATA,
                         "%s has another pitch or orientation than %s: its last pixel lies "
                         "%.3f mm off, at most %g are allowed",
                         path, first, off, near_mm);
    return 0;
}

/* Is every value of this slice a 16-bit integer? */
static bool is_whole(const struct dorg_dicom *d)
{
    int lo = INT32_MAX, hi = INT32_MIN;
    if (d->slope != floor(d->slope) || d->intercept != floor(d->intercept)) return false;
    for (size_t i = 0, n = dorg_pixel(d->cols, 0, d->rows); i < n; i++) {
        int v = dorg_dicom_pixel(d, i);
        lo = v < lo ? v : lo;
        hi = v > hi ? v : hi;
    }
    double a = d->slope * lo + d->intercept, b = d->slope * hi + d->intercept;
    return fmin(a, b) >= INT16_MIN && fmax(a, b) <= INT16_MAX;
}

static int survey(struct slice *s, struct series *t, const struct files *f, struct dorg_err *e)
{
    t->whole = true;
    for (size_t i = 0; i < f->n; i++) {
        struct dorg_dicom d;
        if (dorg_dicom_file(&d, f->path[i], e)) return e->code;
        if (i == 0) {
            t->first = d;
            t->first.bytes = NULL, t->first.pixels = NULL;
            cross(t->normal, d.orientation);
        }
        s[i] = (struct slice){.path = f->path[i], .instance = d.instance};
        memcpy(s[i].position, d.position, sizeof d.position);
        for (int r = 0; r < 3; r++)
            s[i].along += t->normal[r] * d.position[r];
        t->whole = t->whole && is_whole(&d);
        same_series(&d, &t->first, f->path[i], f->path[0], e);
        dorg_dicom_free(&d);
        if (e->code) return e->code;
    }
    return 0;
}

static int by_place(const void *a, const void *b)
{
    const struct slice *x = a, *y = b;
    return (x->along > y->along) - (x->along < y->along);
}

/* By position, from the end with the lower InstanceNumber. */
static void put_in_order(struct slice *s, size_t n)
{
    qsort(s, n, sizeof *s, by_place);
    if (!(s[n - 1].instance < s[0].instance)) return;
    for (size_t i = 0; i < n / 2; i++) {
        struct slice x = s[i];
        s[i] = s[n - 1 - i];
        s[n - 1 - i] = x;
    }
}

/* The usual step, to tell a gap from a drift. */
static int usual_step(double *step, const struct slice *s, size_t n, struct dorg_err *e)
{
    double *d = dorg_array(n, sizeof *d, e);
    if (!d) return e->code;
    for (size_t k = 0; k + 1 < n; k++)
        d[k] = fabs(s[k + 1].along - s[k].along);
    qsort(d, n - 1, sizeof *d, dorg_order_ascending);
    *step = d[(n - 2) / 2];
    free(d);
    return 0;
}

static int check_places(const struct slice *s, size_t n, struct dorg_err *e)
{
    double usual = 0;
    if (n < 2) return 0;
    if (usual_step(&usual, s, n, e)) return e->code;
    for (size_t k = 0; k + 1 < n; k++) {
        double step = fabs(s[k + 1].along - s[k].along);
        if (step < 1e-3)
            return dorg_fail(e, DORG_EDATA, "%s and %s lie at one place", s[k].path,
                             s[k + 1].path);
        if (step > 1.5 * usual)
            return dorg_fail(e, DORG_EDATA,
                             "a slice is missing: %s and %s lie %.3f mm apart, others %.3f",
                             s[k].path, s[k + 1].path, step, usual);
    }
    for (size_t k = 0; k < n; k++)
        for (int a = 0; a < 3; a++) {
            double step = (s[n - 1].position[a] - s[0].position[a]) / (double)(n - 1);
            double off = s[k].position[a] - s[0].position[a] - (double)k * step;
            if (!(fabs(off) <= near_mm))
                return dorg_fail(e, DORG_EDATA,
                                 "slices are not evenly spaced: %s lies %.3f mm off, at most "
                                 "%g are allowed",
                                 s[k].path, off, near_mm);
        }
    return 0;
}

/* ---- the volume ---------------------------------------------------------------------- */

static int place(struct dorg_grid *g, const struct slice *s, size_t n, const struct series *t,
                 struct dorg_err *e)
{
    const struct dorg_dicom *d = &t->first;
    const double *o = d->orientation;
    const int32_t size[3] = {d->cols, d->rows, (int32_t)n};
    double to_mm[3][4];
    for (int r = 0; r < 3; r++) {
        double lps = r < 2 ? -1 : 1;
        to_mm[r][0] = lps * o[r] * d->spacing[1];
        to_mm[r][1] = lps * o[3 + r] * d->spacing[0];
        to_mm[r][2] =
            lps * (n > 1 ? (s[n - 1].position[r] - s[0].position[r]) / (double)(n - 1)
                         : t->normal[r] * d->thickness);
        to_mm[r][3] = lps * s[0].position[r];
    }
    return dorg_grid_of(g, size, to_mm, e);
}

/* One file's pixels into slice k of v, whose stored order is the series' own. */
static void fill(struct dorg_vol *v, size_t k, const struct dorg_dicom *d)
{
    size_t n = dorg_pixel(d->cols, 0, d->rows);
    for (size_t i = 0; i < n; i++) {
        double hu = d->slope * dorg_dicom_pixel(d, i) + d->intercept;
        if (v->type == DORG_F32)
            ((float *)v->data)[k * n + i] = (float)hu;
        else
            ((int16_t *)v->data)[k * n + i] = (int16_t)hu;
    }
}

static int load_all(struct dorg_vol *v, const struct slice *s, size_t n,
                    const struct series *t, struct dorg_err *e)
{
    for (size_t k = 0; k < n; k++) {
        struct dorg_dicom d;
        if (dorg_dicom_file(&d, s[k].path, e)) return e->code;
        if (d.rows != t->first.rows || d.cols != t->first.cols || (t->whole && !is_whole(&d)))
            dorg_fail(e, DORG_EDATA, "%s: changed while it was read", s[k].path);
        else
            fill(v, k, &d);
        dorg_dicom_free(&d);
        if (e->code) return e->code;
    }
    return 0;
}

int dorg_dicom_load(struct dorg_vol *v, const char *const *path, size_t n, size_t *n_files,
                    struct dorg_err *e)
{
    struct files f = {0};
    struct slice *s = NULL;
    struct series t = {0};
    struct dorg_vol flat = DORG_VOL_INIT;
    struct dorg_grid g;
    const float mm[3] = {1, 1, 1};
    *v = DORG_VOL_INIT;
    if (list(&f, path, n, e)) goto done;
    if (n_files) *n_files = f.n;
    if (!(s = dorg_array(f.n, sizeof *s, e)) || survey(s, &t, &f, e)) goto done;
    put_in_order(s, f.n);
    if (check_places(s, f.n, e) || place(&g, s, f.n, &t, e)) goto done;
    const int32_t size[3] = {t.first.cols, t.first.rows, (int32_t)f.n};
    if (dorg_vol_new(&flat, size, mm, t.whole ? DORG_I16 : DORG_F32, e)) goto done;
    if (load_all(&flat, s, f.n, &t, e)) goto done;
    dorg_grid_by_index(v, &flat, &g, (const bool[3]){false}, e);
done:
    dorg_vol_free(&flat);
    free(s);
    free_files(&f);
    return e->code;
}
