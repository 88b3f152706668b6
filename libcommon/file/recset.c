/* recset.c - record files as one array */
#include "recset.h"
#include "../base/mem.h"
#include "../base/par.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Map a regular file that begins as records do; 0 when it must be read instead. */
static int try_map(struct dorg_recfile *f)
{
    struct stat st;
    char magic[8];
    int fd = open(f->name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && pread(fd, magic, 8, 0) == 8 &&
        memcmp(magic, "DORGREC\n", 8) == 0) {
        void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
        if (p != MAP_FAILED) {
            f->bytes = p;
            f->size = (size_t)st.st_size;
            f->mapped = 1;
        }
    }
    close(fd);
    return f->mapped;
}

static int read_whole(struct dorg_recfile *f, struct dorg_err *e)
{
    struct dorg_in *in = NULL;
    if (dorg_in_open(&in, f->name, e)) return e->code;
    dorg_in_all(&f->bytes, &f->size, SIZE_MAX, in, e);
    dorg_in_close(in);
    return e->code;
}

static int parse(struct dorg_recfile *f, struct dorg_rec_shape *s, struct dorg_err *e)
{
    size_t n_history;
    if (f->size < DORG_REC_HEAD)
        return dorg_fail(e, DORG_EDATA, "the record header stops at byte %zu of 64", f->size);
    if (dorg_rec_parse_head(s, &n_history, f->bytes, e)) return e->code;
    if (f->size < DORG_REC_HEAD + n_history + DORG_REC_TAIL)
        return dorg_fail(e, DORG_EDATA, "the record stream has no trailer: cut short");
    if (dorg_rec_parse_tail(&f->count, &f->crc, f->bytes + f->size - DORG_REC_TAIL, e))
        return e->code;
    size_t body = f->size - DORG_REC_HEAD - n_history - DORG_REC_TAIL;
    if (body % dorg_rec_size(s) || body / dorg_rec_size(s) != f->count)
        return dorg_fail(e, DORG_EDATA, "%zu bytes of records; the trailer says %llu of %zu",
                         body, (unsigned long long)f->count, dorg_rec_size(s));
    f->first = f->bytes + DORG_REC_HEAD + n_history;
    if (n_history == 0) return 0;
    if (!(f->history = dorg_zeroed(n_history + 1, 1, e))) return e->code;
    memcpy(f->history, f->bytes + DORG_REC_HEAD, n_history);
    return 0;
}

static int check_alike(const struct dorg_rec_shape *a, const struct dorg_rec_shape *b,
                       const char *name, struct dorg_err *e)
{
    if (a->kind != b->kind || a->c != b->c || a->h != b->h || a->w != b->w)
        return dorg_fail(e, DORG_EDATA,
                         "records of kind %u, %u x %u x %u; those of %s are kind %u, "
                         "%u x %u x %u",
                         b->kind, b->c, b->h, b->w, name, a->kind, a->c, a->h, a->w);
    if (memcmp(a->window_hu, b->window_hu, sizeof a->window_hu) != 0 ||
        fabsf(a->pitch_mm - b->pitch_mm) > 0 ||
        memcmp(a->wider_mm, b->wider_mm, sizeof a->wider_mm) != 0)
        return dorg_fail(
            e, DORG_EDATA, "window %g to %g HU, pitch %g mm; those of %s are %g to %g, %g",
            (double)b->window_hu[0], (double)b->window_hu[1], (double)b->pitch_mm, name,
            (double)a->window_hu[0], (double)a->window_hu[1], (double)a->pitch_mm);
    return 0;
}

static int open_one(struct dorg_recset *s, int i, struct dorg_err *e)
{
    struct dorg_recfile *f = &s->file[i];
    struct dorg_rec_shape shape;
    if (!try_map(f) && read_whole(f, e)) return e->code;
    if (!parse(f, &shape, e) && i > 0) check_alike(&s->shape, &shape, s->file[0].name, e);
    if (e->code) return dorg_err_at(e, f->name);
    if (i == 0) s->shape = shape;
    f->start = s->count;
    s->count += f->count;
    return 0;
}

int dorg_recset_open(struct dorg_recset *s, const char *const *path, int n, struct dorg_err *e)
{
    *s = DORG_RECSET_INIT;
    if (!(s->file = dorg_zeroed((size_t)n, sizeof *s->file, e))) return e->code;
    for (int i = 0; i < n; i++) {
        s->file[i].name = path[i];
        s->n_files = i + 1;
        if (open_one(s, i, e)) break;
    }
    if (n) s->rec_size = dorg_rec_size(&s->shape);
    if (e->code) dorg_recset_close(s);
    return e->code;
}

void dorg_recset_close(struct dorg_recset *s)
{
    for (int i = 0; i < s->n_files; i++) {
        struct dorg_recfile *f = &s->file[i];
        if (f->mapped)
            munmap(f->bytes, f->size);
        else
            free(f->bytes);
        free(f->history);
    }
    free(s->file);
    *s = DORG_RECSET_INIT;
}

static int check_one(void *ctx, size_t i, size_t worker, struct dorg_err *e)
{
    const struct dorg_recset *s = ctx;
    const struct dorg_recfile *f = &s->file[i];
    (void)worker;
    if (f->mapped) madvise(f->bytes, f->size, MADV_SEQUENTIAL);
    uint32_t crc = dorg_crc32(0, f->first, (size_t)f->count * s->rec_size);
    if (f->mapped) madvise(f->bytes, f->size, MADV_NORMAL);
    if (crc == f->crc) return 0;
    return dorg_fail(e, DORG_EDATA, "%s: records and their CRC-32 disagree", f->name);
}

int dorg_recset_check(const struct dorg_recset *s, int jobs, struct dorg_err *e)
{
    return dorg_par((size_t)s->n_files, jobs, check_one, (void *)(uintptr_t)s, e);
}

int dorg_recset_file(const struct dorg_recset *s, uint64_t i)
{
    int low = 0, high = s->n_files - 1;
    while (low < high) {
        int mid = (low + high + 1) / 2;
        if (s->file[mid].start <= i)
            low = mid;
        else
            high = mid - 1;
    }
    return low;
}

const uint8_t *dorg_recset_get(const struct dorg_recset *s, uint64_t i, struct dorg_rec *r)
{
    const struct dorg_recfile *f = &s->file[dorg_recset_file(s, i)];
    const uint8_t *p = f->first + (size_t)(i - f->start) * s->rec_size;
    if (r) dorg_rec_parse_meta(r, p);
    return p + DORG_REC_META;
}

void dorg_recset_random(const struct dorg_recset *s)
{
    for (int i = 0; i < s->n_files; i++)
        if (s->file[i].mapped) madvise(s->file[i].bytes, s->file[i].size, MADV_RANDOM);
}

void dorg_recset_soon(const struct dorg_recset *s, uint64_t i)
{
    const struct dorg_recfile *f = &s->file[dorg_recset_file(s, i)];
    if (!f->mapped) return;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t p = (uintptr_t)f->first + (uintptr_t)((i - f->start) * s->rec_size);
    uintptr_t from = p / page * page;
    madvise((void *)from, (size_t)(p + s->rec_size - from), MADV_WILLNEED);
}
